"""Choosing a plan: presets, what is changed in them, and what is drawn from the seed."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_plans import is_joke

from pysim.catalog import UnknownName, accelerators, datasets, models
from pysim.physics.transformer import active_parameter_count, parameter_count
from pysim.physics.workload import Parallelism
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning import draws, sizing
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan, draw_plan
from pysim.pretraining.planning.layout import rounded_batch, worlds_from
from pysim.pretraining.planning.parallel import parse_parallel
from pysim.pretraining.planning.presets import DEFAULT_START, presets
from pysim.pretraining.planning.validate import validate

HOUR, DAY = 3600.0, 86_400.0


@pytest.mark.parametrize(
    "changes",
    [{"gpus": 192}, {"seed": 9}, {"tokens": 10**11}, {"incidents": 2.0}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_published_run_keeps_its_date_however_it_is_run(changes: dict[str, Any]) -> None:
    assert choose_plan(Request(preset="bloom-176b", **changes)).start_time == presets()["bloom-176b"].start_time


@pytest.mark.parametrize("changes", [{"accelerator": "gb300"}, {"model": "qwen3-8b"}, {"dataset": "fineweb"}])
def test_another_run_is_of_another_date(changes: dict[str, Any]) -> None:
    """No GB300 ran in 2022."""
    assert choose_plan(Request(preset="bloom-176b", **changes)).start_time == DEFAULT_START
    assert choose_plan(Request(preset="bloom-176b", start=5, **changes)).start_time == 5


SEEDS = range(200)
CHANGES: dict[str, dict[str, Any]] = {
    "gpus": {"gpus": 128},
    "gpus of no power of two": {"gpus": 96},
    "many gpus": {"gpus": 4096},
    "model": {"model": "llama-7b"},
    "large model": {"model": "llama3-405b"},
    "accelerator": {"accelerator": "a100-80gb"},
    "accelerator without bf16": {"accelerator": "v100-32gb"},
    "large dataset": {"dataset": "fineweb"},
    "tiny dataset": {"dataset": "tinystories"},
    "precision": {"precision": "fp8"},
    "parallel": {"parallel": "tp=8,pp=4"},
    "larger replica": {"parallel": "tp=8,pp=16"},
    "sharding": {"sharding": "zero1"},
    "batch": {"batch_tokens": 4_000_000},
    "small batch": {"batch_tokens": 2**19},
    "tokens": {"tokens": 10**12, "dataset": "fineweb"},
    "few tokens": {"tokens": 10**7},
    "epochs": {"epochs": 1},
    "schedule": {"schedule": "wsd"},
    "constant rate": {"schedule": "constant"},
    "loss curve": {"loss_curve": "exponential"},
}
ASKED: dict[str, dict[str, Any]] = {
    "model": {"model": "llama3-70b"},
    "tiny model": {"model": "gpt2-124m"},
    "huge model": {"model": "hal-9000b"},
    "mixture": {"model": "deepseek-v3", "accelerator": "tpu-v5p"},
    "accelerator": {"accelerator": "tpu-v5p"},
    "slow network": {"accelerator": "rtx-4090"},
    "slowest": {"accelerator": "potato-mk2"},
    "one gpu": {"gpus": 1},
    "seven gpus": {"gpus": 7},
    "gpus": {"gpus": 1024},
    "dataset": {"dataset": "arxiv"},
    "tiny dataset": {"dataset": "dad-jokes"},
    "fp32": {"precision": "fp32"},
    "fp16": {"precision": "fp16"},
    "fp8": {"precision": "fp8"},
    "parallel": {"parallel": "tp=4,pp=8"},
    "experts": {"parallel": "ep=8"},
    "context": {"parallel": "cp=4"},
    "sharding": {"sharding": "zero3"},
    "batch": {"batch_tokens": 2**22},
    "tokens": {"tokens": 10**11},
    "few tokens": {"tokens": 10**6},
    "epochs": {"epochs": 3},
    "schedule": {"schedule": "inverse-sqrt"},
    "loss curve": {"loss_curve": "exponential"},
}


@cache
def drawn(seed: int) -> Plan:
    return draw_plan(Request(seed=seed))


def asked_for(plan: Plan, asked: dict[str, Any]) -> None:
    """What was asked for stands."""
    found: dict[str, Any] = {
        "model": plan.model.name,
        "accelerator": plan.accelerator.name,
        "gpus": plan.world_size,
        "dataset": plan.dataset.name,
        "precision": plan.precision,
        "sharding": plan.sharding,
        "tokens": plan.tokens,
        "epochs": plan.epochs,
        "schedule": plan.schedule.kind,
        "loss_curve": plan.loss_curve,
    }
    for name, value in asked.items():
        if name == "parallel":
            assert plan.parallel == parse_parallel(value)
        elif name == "batch_tokens":
            assert plan.tokens_per_step == pytest.approx(value, rel=1 / 8)
        else:
            assert found[name] == value


# Presets


def trained(plan: Plan) -> Plan:
    """Without what is decided for it."""
    return replace(plan, incident_factor=0.0, spares=0)


def test_nothing_asked_for_is_the_classic_preset() -> None:
    assert trained(choose_plan(Request())) == trained(presets()["classic"].plan())
    assert trained(choose_plan(Request(seed=4, start=9))) == trained(presets()["classic"].plan(4, 9))


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_taken_as_it_is(name: str) -> None:
    assert trained(choose_plan(Request(preset=name.upper(), seed=2))) == trained(presets()[name].plan(2))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_classic_preset_stands_and_the_rest_adapts(change: dict[str, Any]) -> None:
    plan = choose_plan(Request(preset="classic", **change))
    validate(plan)
    asked_for(plan, change)
    assert plan == choose_plan(Request(preset="classic", **change))
    assert plan.schedule.warmup_steps <= plan.total_steps / 10
    assert plan.validation_interval * 20 <= max(20, plan.total_steps)


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("factor", [2, 4])
def test_every_preset_runs_on_a_larger_cluster(name: str, factor: int) -> None:
    preset = presets()[name]
    plan = choose_plan(Request(preset=name, gpus=preset.gpus * factor))
    assert plan.world_size == preset.gpus * factor
    assert figures(plan).step_seconds < figures(preset.plan(0)).step_seconds


def test_a_layout_is_kept_while_it_fits() -> None:
    preset = presets()["llama3-405b"].plan(0)
    plan = choose_plan(Request(preset="llama3-405b", gpus=8192))
    assert (plan.parallel, plan.sharding) == (preset.parallel, preset.sharding)
    assert plan.recompute == "selective"  # half the replicas leave less room
    assert (plan.schedule, plan.tokens) == (preset.schedule, preset.tokens)


def test_a_layout_is_searched_anew_where_it_does_not_fit() -> None:
    plan = choose_plan(Request(preset="llama3-70b", accelerator="a100-40gb"))
    assert plan.accelerator.name == "a100-40gb"
    assert figures(plan).memory.fits


def test_a_change_of_the_curve_changes_nothing_else() -> None:
    plain = choose_plan(Request(preset="classic"))
    assert choose_plan(Request(preset="classic", loss_curve="exponential")) == replace(plain, loss_curve="exponential")


def test_a_batch_asked_for_is_rounded_to_what_every_replica_can_share() -> None:
    plan = choose_plan(Request(preset="classic", batch_tokens=4_000_000))
    assert plan.global_batch_size == 1024
    with pytest.raises(PlanError, match="batch_tokens"):
        choose_plan(Request(preset="bloom-176b", batch_tokens=2048 * 5, parallel="tp=1,pp=1", gpus=384))


def test_one_epoch_of_three_is_a_third_of_the_tokens() -> None:
    assert choose_plan(Request(preset="classic", epochs=1)).tokens == 20_000_000_000


def test_a_corpus_that_is_large_enough_is_gone_through_once() -> None:
    assert choose_plan(Request(preset="classic", dataset="fineweb")).epochs == 1
    tiny = choose_plan(Request(preset="classic", dataset="tinystories"))
    assert (tiny.epochs, tiny.tokens) == (4, 4 * datasets()["tinystories"].tokens)


def test_a_change_of_schedule_keeps_the_peak() -> None:
    plan = choose_plan(Request(preset="classic", schedule="wsd"))
    assert (plan.schedule.peak_lr, plan.schedule.final_lr) == (3e-4, 3e-5)
    assert plan.schedule.decay_steps > 1000
    constant = choose_plan(Request(preset="classic", schedule="constant")).schedule
    assert constant.final_lr == constant.peak_lr


# Errors


@pytest.mark.parametrize(
    ("asked", "closest"),
    [
        ({"preset": "clasic"}, "classic"),
        ({"model": "lama3-405b"}, "llama3-405b"),
        ({"accelerator": "h100-smx"}, "h100-sxm"),
        ({"dataset": "fine-web"}, "fineweb"),
    ],
)
def test_an_unknown_name_is_answered_with_the_closest(asked: dict[str, Any], closest: str) -> None:
    with pytest.raises(UnknownName, match=f"did you mean '{closest}'"):
        choose_plan(Request(**asked))


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"gpus": 0}, "gpus", "must be at least 1; try gpus=1"),
        ({"tokens": -5}, "tokens", "must be at least 1; try tokens="),
        ({"precision": "int4"}, "precision", "one of fp32, fp16, bf16, fp8, nvfp4, mxfp4 is"),
        ({"sharding": "zero9"}, "sharding", "zero1"),
        ({"schedule": "sine"}, "schedule", "cosine"),
        ({"loss_curve": "flat"}, "loss_curve", "scaling-law"),
        ({"parallel": "tp=8,pp"}, "parallel", "write it as"),
        ({"parallel": "tp=8,tp=4"}, "parallel", "write it as"),
        ({"parallel": "tpp=8"}, "parallel", "none of tp, pp, cp, ep and vpp; write it as"),
        ({"parallel": "tp=0"}, "parallel", "write it as"),
        ({"parallel": "tp=\u00b2"}, "parallel", "write it as"),
        ({"model": "llama3-405b", "accelerator": "h100-sxm", "gpus": 64}, "gpus", r"GiB > 79\.6 GiB; try gpus=128"),
        ({"preset": "classic", "gpus": 1}, "gpus", r"GiB > 79\.6 GiB; try gpus=4"),
        ({"preset": "classic", "precision": "fp8", "accelerator": "a100-80gb"}, "precision", "try precision=bf16"),
        ({"model": "dbrx-132b", "accelerator": "tpu-v5p", "precision": "fp32"}, "precision", "try precision=bf16"),
        ({"model": "llama-7b", "gpus": 100, "parallel": "tp=8"}, "gpus", "tp 8 x pp 1 x cp 1 = 8; try gpus=(96|104)"),
        ({"preset": "classic", "tokens": 10}, "tokens", r"only 0 steps .* try tokens=\d+"),
        ({"dataset": "tinystories", "tokens": 10**12, "epochs": 1}, "epochs", "gone through once; try epochs=2110"),
        (
            {"preset": "potato", "tokens": 5 * 10**14, "dataset": "fineweb"},
            "tokens",
            r"years, and 50 are the most; try tokens=\d+",
        ),
        (
            {"preset": "classic", "epochs": 1_000_000},
            "epochs",
            r"50 are the most|1,000,000,000 are the most; try epochs=",
        ),
        ({"model": "gpt2-124m", "tokens": 10**18, "batch_tokens": 2**19}, "tokens", "are the most; try tokens="),
        (
            {"model": "gpt2-124m", "accelerator": "potato-mk2", "parallel": "vpp=4"},
            "parallel",
            "interleave; try parallel=vpp=1",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(asked: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(PlanError, match=words) as refused:
        choose_plan(Request(**asked))
    assert refused.value.field == field
    if refused.value.change:
        choose_plan(replace(Request(**asked), **dict(refused.value.change)))


@pytest.mark.parametrize(
    "asked",
    [
        {"sharding": "zero2", "seed": 4},
        {"parallel": "pp=3"},
        {"parallel": "cp=3"},
        {"parallel": "tp=16"},
        {"model": "gpt3-175b", "accelerator": "rtx-4090"},
        {"gpus": 100_000},
        {"gpus": 524_288, "model": "gpt2-124m"},
        {"epochs": 1_000_000, "preset": None},
        {"batch_tokens": 100},
        {"batch_tokens": 10**12},
        {"tokens": 10**16},
        {"preset": "llama3-405b", "dataset": "dad-jokes"},
        {"preset": "classic", "parallel": "pp=3"},
        {"preset": "deepseek-v3", "parallel": "pp=6,ep=8"},
    ],
)
def test_what_is_not_asked_for_gives_way(asked: dict[str, Any]) -> None:
    validate(choose_plan(Request(**asked)))


def test_what_fits_nowhere_is_said_with_the_sum_of_the_tightest_layout() -> None:
    with pytest.raises(PlanError, match=r"= [\d.]+ GiB > 4\.0 GiB; try accelerator=\S+$"):
        choose_plan(Request(model="llama3-405b", accelerator="potato-mk2"))


def test_layouts_are_read_from_text() -> None:
    assert parse_parallel("TP=8, pp=4,cp=2,ep=16,vpp=3") == Parallelism(8, 4, 2, 16, 3)
    assert parse_parallel("") == Parallelism()


@pytest.mark.parametrize("field", ["preset", "model", "accelerator", "dataset", "precision", "sharding", "parallel"])
@pytest.mark.parametrize("text", ["\x1b[2J", "x" * 100_000, "tp=\x1b", "\x1b=3"])
def test_what_makes_no_sense_is_repeated_safely(field: str, text: str) -> None:
    asked: dict[str, Any] = {field: text}
    with pytest.raises((PlanError, UnknownName)) as refused:
        choose_plan(Request(**asked))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


# Draws


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drawn_plan_can_be_simulated_and_makes_sense(seed: int) -> None:
    plan = drawn(seed)
    validate(plan)
    f = figures(plan)
    parameters = parameter_count(plan.model)
    assert 2 * HOUR < f.training_seconds < 125 * DAY
    assert plan.total_steps >= 1000
    assert 15 <= plan.tokens / active_parameter_count(plan.model) <= 2100
    assert plan.epochs <= sizing.MOST_EPOCHS
    assert plan.epochs == 1 or plan.dataset.tokens < plan.tokens
    assert plan.world_size <= (64 if parameters < 1e9 else 131_072)
    assert plan.world_size >= (256 if parameters > 3e11 else 8 if parameters > 3e10 else 1)
    assert f.mfu > 0.03
    assert plan.start_time == DEFAULT_START


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drawn_schedule_and_its_intervals_fit_the_run(seed: int) -> None:
    plan = drawn(seed)
    f = figures(plan)
    assert 5e-5 <= plan.schedule.peak_lr <= 8e-4
    assert plan.schedule.final_lr <= plan.schedule.peak_lr
    assert plan.schedule.warmup_steps + plan.schedule.decay_steps < plan.total_steps
    assert 20 <= plan.total_steps / plan.validation_interval <= 400
    assert f.validation_seconds < 0.04 * plan.validation_interval * f.step_seconds
    assert plan.checkpoint_interval * f.step_seconds <= HOUR


def test_draws_are_as_varied_as_the_world() -> None:
    """DATA-01 to DATA-03: models, accelerators and corpora of the catalog; ENH-03 and ENH-04: precisions and shardings."""
    plans = [drawn(seed) for seed in SEEDS]
    assert len({plan.model.name for plan in plans}) >= 40
    assert len({plan.accelerator.name for plan in plans}) >= 17
    assert len({plan.dataset.name for plan in plans}) >= 25
    assert {plan.precision for plan in plans} == {"fp16", "bf16", "fp8"}
    assert {plan.sharding for plan in plans} >= {"zero1", "zero2", "zero3", "fsdp"}
    assert {plan.schedule.kind for plan in plans} == {"cosine", "wsd", "linear"}
    assert any(plan.epochs > 1 for plan in plans)
    assert 10 < sum(map(is_joke, plans)) < len(plans) / 3


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_is_asked_for_stands_and_the_rest_is_drawn_around_it(asked: dict[str, Any], seed: int) -> None:
    plan = choose_plan(Request(seed=seed, **asked))
    asked_for(plan, asked)
    assert plan == choose_plan(Request(seed=seed, **asked))


@pytest.mark.parametrize("name", models())
def test_every_model_finds_a_cluster(name: str) -> None:
    f = figures(choose_plan(Request(model=name, seed=1)))
    assert 2 * HOUR < f.training_seconds < 125 * DAY


@pytest.mark.parametrize("name", accelerators())
def test_every_accelerator_finds_work(name: str) -> None:
    plan = choose_plan(Request(accelerator=name, seed=1))
    assert 2 * HOUR < figures(plan).training_seconds < 125 * DAY


@pytest.mark.parametrize("name", datasets())
def test_every_corpus_finds_a_model(name: str) -> None:
    plan = choose_plan(Request(dataset=name, seed=1))
    assert plan.tokens <= sizing.MOST_EPOCHS * plan.dataset.tokens


@given(seed=st.integers(0, 2**63 - 1))
@settings(max_examples=25, deadline=None)
def test_any_seed_will_do(seed: int) -> None:
    plan = draw_plan(Request(seed=seed))
    validate(plan)
    assert plan.seed == seed


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_asking_for_what_would_be_drawn_changes_nothing(seed: int) -> None:
    plan = drawn(seed)
    same = Request(seed=seed, model=plan.model.name, accelerator=plan.accelerator.name, precision=plan.precision)
    assert choose_plan(same) == plan
    assert choose_plan(replace(same, dataset=plan.dataset.name, schedule=plan.schedule.kind)) == plan


@pytest.mark.parametrize("seed", range(10))
def test_asking_for_one_thing_leaves_the_others(seed: int) -> None:
    plan = drawn(seed)
    assert choose_plan(Request(seed=seed, schedule="linear")).model == plan.model
    assert choose_plan(Request(seed=seed, loss_curve="exponential")) == replace(plan, loss_curve="exponential")
    assert trained(choose_plan(Request(seed=seed, start=77))) == trained(presets()["classic"].plan(seed, 77))


def test_large_models_learn_more_slowly_from_larger_batches() -> None:
    small, large = models()["gpt2-124m"], models()["llama3-405b"]
    assert sizing.usual_peak_lr(small) == 6e-4
    assert sizing.usual_peak_lr(models()["llama-7b"]) == 3e-4
    assert sizing.usual_peak_lr(models()["llama3-70b"]) == 1.5e-4
    assert sizing.usual_peak_lr(large) == 8e-5
    assert sizing.usual_batch_tokens(small) == 2**19
    assert sizing.usual_batch_tokens(models()["llama-7b"]) == 2**22
    assert sizing.usual_batch_tokens(large) == 2**24


def test_a_choice_by_share_never_falls_through() -> None:
    assert draws._weighted(1, "none", {"first": 0.0, "second": 0.0}) == "first"


def test_batches_are_rounded_to_the_nearest_multiple() -> None:
    assert [rounded_batch(sequences, 8) for sequences in (1, 11, 12, 16)] == [8, 8, 16, 16]


def test_worlds_double_up_to_a_limit() -> None:
    assert worlds_from(3, 24) == [3, 6, 12, 24]
    assert worlds_from(64, 10) == [64]


def test_a_draw_that_cannot_be_is_refused_with_what_can() -> None:
    with pytest.raises(PlanError) as refused:
        draw_plan(Request(seed=1, model="llama3-405b", gpus=1))
    change = refused.value.change
    assert change
    assert draw_plan(replace(Request(seed=1, model="llama3-405b", gpus=1), **change))
