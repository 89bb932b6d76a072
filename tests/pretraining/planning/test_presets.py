"""Presets: whole plans that validate, fit, and come near the runs that they are named after."""

import datetime as dt
from dataclasses import replace

import pytest
from made_plans import is_joke

from pysim.catalog import models
from pysim.catalog.resources import read_table
from pysim.pretraining.figures import Figures, figures
from pysim.pretraining.hazard import Failures
from pysim.pretraining.planning import presets as module
from pysim.pretraining.planning.intervals import round_steps, with_intervals
from pysim.pretraining.planning.presets import DEFAULT_PRESET, Preset, accelerator_weights, presets
from pysim.pretraining.planning.validate import validate

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
PRESETS = [pytest.param(preset, id=name) for name, preset in presets().items()]
PUBLISHED = [pytest.param(preset, id=name) for name, preset in presets().items() if not preset.joke]


def of(name: str) -> Figures:
    return figures(presets()[name].plan(0))


def days(name: str) -> float:
    return of(name).training_seconds / DAY


def test_the_presets_that_were_promised_are_there() -> None:
    promised = {"classic", "gpt2-124m", "llama-7b", "llama3-70b", "llama3-405b", "bloom-176b", "deepseek-v3"}
    assert promised <= presets().keys()
    assert len(presets()) >= 12
    assert any(preset.joke for preset in presets().values())


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_can_be_simulated_and_fits_into_memory(preset: Preset) -> None:
    plan = preset.plan(3)
    validate(plan)
    assert figures(plan).memory.fits


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_introduces_itself_in_one_line(preset: Preset) -> None:
    assert preset.title
    assert 10 < len(preset.summary) <= 90
    assert not preset.summary.endswith(".")
    assert len(preset.source) > 10


def test_a_published_run_says_when_it_began() -> None:
    bloom, classic = presets()["bloom-176b"], presets()["classic"]
    assert bloom.introduction == f"{bloom.summary} (March 2022)"
    assert classic.introduction == classic.summary
    assert presets()["night-shift"].introduction.endswith("exaggerated")
    assert max(len(preset.introduction) for preset in presets().values()) <= 110


def test_kimi_k2_is_trained_as_it_was() -> None:
    f = of("kimi-k2")
    plan = presets()["kimi-k2"].plan(0)
    assert f.parameters == pytest.approx(1.04e12, rel=0.015)
    assert plan.tokens_per_step == pytest.approx(67e6, rel=0.005)
    decay = plan.schedule.decay_steps * plan.tokens_per_step
    assert decay == pytest.approx(5.5e12, rel=0.001)


def test_olmo_3_steps_as_its_script_says() -> None:
    plan = presets()["olmo3-32b"].plan(0)
    assert plan.tokens_per_step == 8 * 1024 * 1024
    assert plan.accumulation == 1


@pytest.mark.parametrize(
    ("name", "validation", "batches", "checkpoint"),
    [
        ("gpt2-124m", 250, None, 5000),  # llm.c's -v and -n
        ("gpt3-175b", 1000, 10, None),
        ("opt-175b", 2000, None, None),
        ("bloom-176b", 1000, 29, 100),
        ("olmo2-13b", None, None, 250),
    ],
)
def test_published_intervals_are_those_of_the_source(
    name: str, validation: int | None, batches: int | None, checkpoint: int | None
) -> None:
    plan = presets()[name].plan(0)
    said = (plan.validation_interval, plan.validation_batches, plan.checkpoint_interval)
    published = (validation, batches, checkpoint)
    assert said == tuple(own if there is None else there for own, there in zip(said, published, strict=True))


@pytest.mark.parametrize(
    "preset", [each for each in PRESETS if each.id not in ("bloom-176b", "gpt3-175b", "olmo2-13b")]
)
def test_a_preset_validates_and_saves_at_sensible_intervals(preset: Preset) -> None:
    plan = preset.plan(0)
    f = figures(plan)
    assert 20 <= plan.total_steps / plan.validation_interval <= 400
    between_saves = plan.checkpoint_interval * f.step_seconds
    best = Failures(replace(plan, incident_factor=1.0)).interval_seconds(f.checkpoint_seconds)
    assert min(15 * MINUTE, 0.9 * best) <= between_saves <= HOUR
    share = f.validation_seconds / (plan.validation_interval * f.step_seconds)
    assert 0.005 <= share <= 0.02
    assert f.checkpoint_seconds < 0.05 * between_saves or between_saves < 1.3 * best


@pytest.mark.parametrize("preset", PRESETS)
def test_a_schedule_fits_its_run(preset: Preset) -> None:
    plan = preset.plan(0)
    schedule = plan.schedule
    assert 0 <= schedule.final_lr < schedule.peak_lr < 2e-3
    assert 0 < schedule.warmup_steps <= plan.total_steps / 10
    assert (schedule.decay_steps > 0) == (schedule.kind == "wsd")
    assert schedule.warmup_steps + schedule.decay_steps < plan.total_steps


@pytest.mark.parametrize("preset", PUBLISHED)
def test_a_serious_preset_uses_its_cluster_as_people_do(preset: Preset) -> None:
    f = figures(preset.plan(0))
    assert (0.15 if preset.precision == "fp8" else 0.25) < f.mfu < 0.55  # fp8's peak is twice that of bf16
    assert 0.05 * DAY < f.training_seconds < 110 * DAY


def test_the_classic_preset_looks_as_it_always_did() -> None:
    plan = presets()[DEFAULT_PRESET].plan(0)
    f = figures(plan)
    assert (plan.world_size, plan.nodes, plan.epochs) == (64, 8, 3)
    assert (plan.global_batch_size, plan.sequence_length) == (1024, 4096)
    assert abs(f.total_steps - 14_305) <= 1
    assert 8.0 < f.step_seconds < 10.0
    assert 0.38 < f.mfu < 0.50


def test_gpt2_takes_an_evening_as_the_reproduction_did() -> None:
    f = of("gpt2-124m")
    assert f.total_steps == 10_000_000_000 // 524_288
    assert 1.0 < f.training_seconds / HOUR < 4.0
    assert f.final_loss == pytest.approx(3.29, abs=0.05)


def test_llama3_405b_reaches_the_published_utilisation() -> None:
    f = of("llama3-405b")
    assert 0.38 <= f.mfu <= 0.43
    assert presets()["llama3-405b"].plan(0).data_parallel == 128


def test_a_long_context_costs_utilisation() -> None:
    assert 0.30 <= of("llama3-405b-128k").mfu < of("llama3-405b").mfu


def test_deepseek_v3_takes_the_published_accelerator_hours() -> None:
    assert of("deepseek-v3").accelerator_hours == pytest.approx(2.664e6, rel=0.15)


def test_bloom_steps_as_slowly_as_on_jean_zay() -> None:
    """On Jean Zay's network, a quarter of what the catalog gives an A100; the rest is in pysim/physics/README.md, "known to be wrong"."""
    plan = presets()["bloom-176b"].plan(0)
    plan = replace(plan, accelerator=replace(plan.accelerator, scale_out="opa-100-shared"))
    assert figures(plan).step_seconds == pytest.approx(105.0, rel=0.18)


def test_llama_7b_takes_the_published_accelerator_hours() -> None:
    assert of("llama-7b").accelerator_hours == pytest.approx(82_432, rel=0.15)


def test_gpt3_and_opt_take_a_month() -> None:
    assert days("gpt3-175b") == pytest.approx(34, rel=0.15)
    assert days("opt-175b") == pytest.approx(33, rel=0.15)


def test_enh_03_and_enh_04_presets_cover_precisions_and_shardings() -> None:
    """ENH-03 precision (fp16 with loss scale, bf16, fp8) and ENH-04 sharding (ZeRO, FSDP, TP/PP/CP, and experts)."""
    plans = [preset.plan(0) for preset in presets().values()]
    assert {plan.precision for plan in plans} >= {"fp16", "bf16", "fp8"}
    assert {plan.sharding for plan in plans} == {"ddp", "zero1", "zero2", "zero3", "fsdp"}
    for degree in ("tensor", "pipeline", "context", "expert", "virtual_pipeline"):
        assert any(getattr(plan.parallel, degree) > 1 for plan in plans)


def test_runs_start_on_a_monday_morning_unless_told_otherwise() -> None:
    plan = presets()["classic"].plan(0)
    assert dt.datetime.fromtimestamp(plan.start_time, dt.UTC) == dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    assert presets()["classic"].plan(0, start=5).start_time == 5


def test_the_seed_names_the_run() -> None:
    classic = presets()["classic"]
    assert classic.plan(1) == classic.plan(1)
    assert classic.plan(1).name != classic.plan(2).name


def test_jokes_are_labelled() -> None:
    for preset in presets().values():
        assert is_joke(preset.plan(0)) == preset.joke


def test_a_preset_with_a_misspelt_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'x': unknown or missing keys .*sedule"):
        module._preset({"name": "x", "sedule": {}})


def test_weights_name_accelerators_that_exist() -> None:
    listed = read_table("presets")["accelerator_weights"]
    assert listed.keys() <= accelerator_weights().keys()
    assert accelerator_weights()["tpu-v4"] == 1.0


@pytest.mark.parametrize(
    ("steps", "expected"), [(0.3, 1), (1, 1), (4.9, 2), (5, 5), (99, 50), (100, 100), (2600, 2000)]
)
def test_round_steps(steps: float, expected: int) -> None:
    assert round_steps(steps) == expected


def test_even_the_shortest_run_validates_and_saves() -> None:
    classic = presets()["classic"].plan(0)
    short = with_intervals(replace(classic, tokens=10 * classic.tokens_per_step, epochs=1))
    assert (short.validation_interval, short.checkpoint_interval, short.validation_batches) == (1, 10, 1)


def test_the_house_model_is_no_joke() -> None:
    assert models()["classic-10b"].fictional
    assert not module.is_invented(models()["classic-10b"])
    assert module.is_invented(models()["hal-9000b"])
