"""Steps with less than the full batch: shorter, to the microsecond, whichever way they are asked for."""

from bisect import bisect_right
from dataclasses import replace

import numpy as np
import pytest
from clocks import clock_of
from hypothesis import given
from hypothesis import strategies as st
from plans import CLASSIC, TINY

from pysim.physics.ramps import BatchRamp
from pysim.pretraining.figures import figures
from pysim.pretraining.ramp import plateaus, steps_seconds
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.grown import GrownClock, Shorter, shorter
from pysim.pretraining.run.run import Run, simulate
from pysim.story.steps import DataStep, Executed

CLOCK = clock_of(1, 40_000, 0.1, 8)
RAMP = (Shorter(500, 800_000), Shorter(1200, 333_333), Shorter(9000, 1))
UNIT = TINY.micro_batch_size * TINY.data_parallel
GROWING = replace(
    TINY,
    global_batch_size=8 * UNIT,
    batch_ramp=BatchRamp(UNIT, UNIT, 40 * 8 * UNIT),
    tokens=200 * 8 * UNIT * TINY.sequence_length,
    epochs=1,
)


def grown(completed: int = 0, shift: int = 0) -> GrownClock:
    return GrownClock(CLOCK, RAMP, Executed(completed), shift)


@pytest.mark.parametrize(("completed", "shift"), [(0, 0), (700, -300), (100, 450), (20_000, -19_990)])
def test_each_step_takes_its_share_of_what_the_clock_says(completed: int, shift: int) -> None:
    clock, last = grown(completed, shift), completed + 9500
    full = np.diff(CLOCK.totals_us(completed, last))
    own = np.diff(clock.totals_us(completed, last))
    data_steps = np.arange(completed + 1, last + 1) + shift
    cuts = [
        RAMP[index].millionths if (index := bisect_right([500, 1200, 9000], step - 1)) < len(RAMP) else 0
        for step in data_steps
    ]
    assert np.abs(own - full * (1 - np.array(cuts) / 1e6)).max() <= 2
    assert clock.total_us(completed) == CLOCK.total_us(completed)


@given(step=st.integers(0, 12_000), aside=st.integers(-3, 3), start=st.sampled_from([(0, 0), (700, -300), (3000, 0)]))
def test_the_step_of_a_time_is_the_inverse(step: int, aside: int, start: tuple[int, int]) -> None:
    clock = grown(*start)
    step = max(step, start[0] + 1)
    time_us = clock.total_us(step) + aside
    found = clock.last_within(time_us)
    assert clock.total_us(found) <= time_us < clock.total_us(found + 1)
    assert clock.least_us(step) <= clock.total_us(step)
    assert clock.totals_us(step, step + 5).tolist() == [clock.total_us(each) for each in range(step, step + 6)]


def test_before_its_stretch_it_is_the_runs_own() -> None:
    clock = grown(700)
    assert clock.total_us(300) == CLOCK.total_us(300)
    assert clock.last_within(CLOCK.total_us(300)) == 300
    assert clock.totals_us(299, 301).tolist() == CLOCK.totals_us(299, 301).tolist()


def test_a_share_is_never_more_than_all() -> None:
    assert shorter(1, 1e-9, 1.0).millionths == 999_999
    assert shorter(1, 1.2, 1.0).millionths == 0
    assert shorter(1, 0.25, 1.0).millionths == 750_000


def test_longest_plateaus_do_not_overflow() -> None:
    """A plateau of fifty years, whose product with a million is more than an int64 holds."""
    clock = clock_of(1, 9000, 200_000.0, 8)
    long = GrownClock(clock, (Shorter(8000, 999_999),), Executed(0), 0)
    totals = long.totals_us(7000, 8200)
    assert totals.tolist() == [long.total_us(step) for step in range(7000, 8201)]
    assert (np.diff(totals) > 0).all()


def test_smaller_batches_take_less_time_and_have_a_larger_bubble() -> None:
    plan = replace(CLASSIC, batch_ramp=BatchRamp(128, 128, 500_000))
    smaller = plateaus(plan)
    seconds = [each.step_seconds for each in smaller]
    assert seconds == sorted(seconds)
    assert [each.batch for each in smaller] == [128, 256, 384, 512, 640, 768, 896]
    assert smaller[0].step_seconds > figures(plan).step_seconds / 8, (
        "what does not grow with the batch is there as ever"
    )
    assert sum(each.steps for each in smaller) == plan.batches.ramp_steps == smaller[-1].last
    one_by_one = sum(
        next((each.step_seconds for each in smaller if step <= each.last), figures(plan).step_seconds)
        for step in range(1, plan.total_steps + 1)
    )
    assert steps_seconds(plan, figures(plan).step_seconds) == pytest.approx(one_by_one)
    assert plateaus(CLASSIC) == ()


def interrupted(plan_steps: tuple[int, ...]) -> Run:
    """A run that is stopped in the middle of some steps of its ramp."""
    run, stops = simulate(GROWING), []
    for step in plan_steps:
        at_us = run.timeline.start_of_us(Executed(step)) + 5
        stops.append(Interruption(at_us, 60_000_000, 30_000_000))
        run = simulate(GROWING, stops)
    return run


@pytest.mark.parametrize("stops", [(), (30,), (30, 45, 120), (200,)])
def test_a_run_is_the_same_whichever_way_it_is_asked_for(stops: tuple[int, ...]) -> None:
    run = interrupted(stops)
    timeline = run.timeline
    for stretch in timeline.stretches:
        if not stretch.steps:
            continue
        first, last = stretch.first_step, stretch.last_step
        starts, ends = timeline.spans_us(first, last)
        steps = list(map(Executed, range(first, last + 1)))
        assert ends.tolist() == list(map(timeline.end_of_us, steps))
        assert starts.tolist() == list(map(timeline.start_of_us, steps))
        assert [timeline.running(stretch, int(time_us)) for time_us in starts] == steps
        assert [timeline.running(stretch, int(time_us) - 1) for time_us in ends] == steps
    steps_taken = [stretch.last_data_step for stretch in timeline.stretches]
    assert steps_taken[-1] == GROWING.total_steps


def test_the_columns_of_a_ramp_tie() -> None:
    run = simulate(GROWING)
    last = GROWING.batches.ramp_steps + 20
    whole = run.steps.columns(Executed(1), Executed(last))
    assert whole.tokens.tolist() == [
        GROWING.batches.total(step) * GROWING.sequence_length for step in range(1, last + 1)
    ]
    for cut in (2, GROWING.batches.ends[0], GROWING.batches.ramp_steps, GROWING.batches.ramp_steps + 1):
        part = run.steps.columns(Executed(cut), Executed(last))
        for name in ("loss", "learning_rate", "grad_norm", "eta_us", "end_us", "tokens"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[cut - 1 :]), name
    left = np.diff(whole.eta_us)
    assert (left < 0).all(), "the time left only shrinks"
    took = run.timeline.end_us - run.timeline.end_of_us(Executed(1))
    assert whole.eta_us[0] == pytest.approx(took, rel=0.03)


def test_noise_shrinks_as_the_batch_grows() -> None:
    """With the root of the batch: an eighth of it has 2.8 times the noise."""
    run, ends = simulate(GROWING), GROWING.batches.ends
    last = GROWING.total_steps
    losses, expected = run.steps.losses(DataStep(1), DataStep(last)), run.steps.expected_losses(np.arange(1, last + 1))
    noise = np.abs(losses - expected)
    assert noise[: ends[0]].mean() > 1.8 * noise[ends[-1] :].mean()
