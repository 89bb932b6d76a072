"""A batch that grows, asked for: what is refused, what is suggested, what a preset keeps of it."""

from dataclasses import replace

import pytest

from pysim.physics.ramps import BatchRamp, written_ramp
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan
from pysim.pretraining.planning.limits import MOST_INCREMENTS
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.planning.ramping import nearest
from pysim.pretraining.planning.validate import structure_problem, validate

CLASSIC = presets()["classic"].plan()  # 1,024 sequences, 2 x 64 at once
GROWING = ("bloom-176b", "gpt3-175b", "deepseek-v3")


def with_ramp(first: int, increment: int, sequences: int, plan: Plan = CLASSIC) -> Plan:
    return replace(plan, batch_ramp=BatchRamp(first, increment, sequences))


@pytest.mark.parametrize(
    ("ramp", "says"),
    [
        ((0, 128, 1_000_000), "less than 1"),
        ((1024, 128, 1_000_000), "begins with 1,024 sequences, and the full batch has 1,024"),
        ((128, 192, 1_000_000), "increments of 192 do not lead from 128 to 1,024"),
        ((1, 1, 1_000_000), "1,023 increments, and 512 are the most"),
        (
            (64, 192, 1_000_000),
            "first batch of 64 sequences cannot be divided by micro-batch 2 x data parallel 64 = 128",
        ),
        ((128, 64, 1_000_000), "increments of 64 sequences cannot be divided"),
        ((128, 128, 4_882_812), "sequences, and the first pass over the data has 4,882,812"),
    ],
)
def test_what_does_not_go_is_refused_and_the_nearest_that_does_is_named(ramp: tuple[int, int, int], says: str) -> None:
    plan = with_ramp(*ramp)
    error = structure_problem(plan)
    assert error is not None
    assert error.field == "batch_ramp"
    assert says in error.problem
    near = nearest(plan, BatchRamp(*ramp))
    assert near is not None
    assert error.near == ({"batch_ramp": written_ramp(near)}, {"batch_ramp": "off"})
    validate(replace(plan, batch_ramp=near))


def test_the_nearest_of_one_that_goes_is_itself() -> None:
    for ramp in (BatchRamp(128, 128, 1_000_000), BatchRamp(512, 512, 100), BatchRamp(896, 128, 4_000_000)):
        assert nearest(CLASSIC, ramp) == ramp
        validate(replace(CLASSIC, batch_ramp=ramp))


def test_a_batch_that_cannot_be_smaller_has_no_ramp() -> None:
    tight = replace(CLASSIC, global_batch_size=128)
    assert nearest(tight, BatchRamp(64, 64, 1000)) is None
    error = structure_problem(with_ramp(128, 128, 1000, tight))
    assert error is not None
    assert error.near == ({"batch_ramp": "off"},)


def test_what_is_suggested_works() -> None:
    for asked in ("100,16,1M", "128,192,1M", "2048,1,5", "128,128,1B", "1,1,1M"):
        with pytest.raises(PlanError) as refused:
            choose_plan(Request(preset="classic", batch_ramp=asked))
        change = refused.value.change
        assert change is not None
        assert set(change) == {"batch_ramp"}
        choose_plan(Request(preset="classic", **change))


@pytest.mark.parametrize("preset", GROWING)
def test_presets_of_runs_whose_batch_grew_have_it(preset: str) -> None:
    plan = presets()[preset].plan()
    assert plan.batch_ramp is not None
    assert len(plan.batches.sizes) <= MOST_INCREMENTS
    assert plan.total_steps == plan.steps_per_epoch + plan.extra_steps
    assert plan.run_tokens == pytest.approx(plan.tokens, rel=1e-4)
    assert choose_plan(Request(preset=preset, incidents=0.0)).batch_ramp == plan.batch_ramp


def test_deepseek_v3_grows_over_469_billion_tokens() -> None:
    """arXiv 2412.19437, section 4.2."""
    plan = presets()["deepseek-v3"].plan()
    assert plan.batches.size(1) == 3072
    assert plan.batches.ramp_sequences * plan.sequence_length == pytest.approx(469e9, rel=1e-3)


def test_a_preset_keeps_what_it_can_of_its_ramp() -> None:
    usual = presets()["bloom-176b"].plan()
    wider = choose_plan(Request(preset="bloom-176b", gpus=768))
    assert wider.batch_ramp == BatchRamp(192, 32, 9_765_625)
    shorter = choose_plan(Request(preset="bloom-176b", tokens=15_000_000_000))
    assert shorter.batch_ramp is not None
    assert shorter.batches.ramp_sequences * 2048 < shorter.tokens / 3
    plain = choose_plan(Request(preset="bloom-176b", batch_ramp="off"))
    assert plain.batch_ramp is None
    assert plain.total_steps == usual.steps_per_epoch
    assert plain.schedule.warmup_steps == pytest.approx(183_105 / 2048, abs=1), "as many sequences"


def test_a_drawn_plan_has_the_ramp_that_is_asked_for() -> None:
    full = choose_plan(Request(model="llama-7b", gpus=64, seed=3))
    ramp = nearest(full, BatchRamp(full.global_batch_size // 4, full.global_batch_size // 4, 100_000))
    assert ramp is not None
    plan = choose_plan(Request(model="llama-7b", gpus=64, seed=3, batch_ramp=written_ramp(ramp)))
    assert plan.batch_ramp == ramp
    assert replace(plan, batch_ramp=None).global_batch_size == full.global_batch_size


def test_epochs_begin_where_the_one_before_ends() -> None:
    plan = with_ramp(128, 128, 1_000_000)
    first = plan.before_epoch(2)
    assert plan.extra_steps > 0
    assert first == plan.steps_per_epoch + plan.extra_steps
    for step, epoch, within in (
        (1, 1, 1),
        (first, 1, first),
        (first + 1, 2, 1),
        (plan.total_steps, 3, plan.steps_per_epoch),
    ):
        assert (plan.epoch_of(step), plan.step_in_epoch(step)) == (epoch, within)
    assert plan.before_epoch(3) + plan.steps_per_epoch == plan.total_steps


def test_a_plan_without_a_ramp_says_nothing_of_it() -> None:
    assert "batch_ramp" not in CLASSIC.chosen
    assert with_ramp(128, 128, 1_000_000).chosen["batch_ramp"] == {
        "first": 128,
        "increment": 128,
        "sequences": 1_000_000,
    }
    seeds = {CLASSIC.data_seed, with_ramp(128, 128, 1_000_000).data_seed, with_ramp(128, 128, 1_000_001).data_seed}
    assert len(seeds) == 3
