"""Which step ran when, with one stretch and with two."""

from bisect import bisect_right

import numpy as np
import pytest
from clocks import clock_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.pretraining.run.clock import BLOCK_STEPS
from pysim.pretraining.run.course import Durations, Interruption, course
from pysim.pretraining.run.pace import Pace
from pysim.pretraining.run.periodic import Lengths, Periodic
from pysim.pretraining.run.timeline import Timeline
from pysim.story.noise import Stream
from pysim.story.steps import DataStep, Executed

START_US = 5_000_000
WARMUP_US = 700_000
REPAIR_US = 40_000_000
DURATIONS = Durations(bring_up_us=START_US, export_us=3_000_000, warmup_us=WARMUP_US)


def pace_of(total_steps: int, every: tuple[int, int] = (70, 140)) -> Pace:
    """Steps of a tenth of a second with validations and, half as often by default, checkpoints."""
    return Pace(
        clock=clock_of(1, total_steps, 0.1, 8),
        validation=Periodic(every[0], total_steps, Lengths(300_000, 9_000, Stream(1, "validation-time"))),
        checkpoint=Periodic(every[1], total_steps, Lengths(900_000, 90_000, Stream(1, "checkpoint-time"))),
    )


def timeline(total_steps: int, every: tuple[int, int] = (70, 140)) -> Timeline:
    pace = pace_of(total_steps, every)
    return Timeline(course(pace, DURATIONS), pace)


def restarted(total_steps: int, fails_after: int, resumes_at: int, skipped: int) -> Timeline:
    """A run that fails just after some data step and goes on from an earlier one, `skipped` batches behind a checkpoint."""
    pace = pace_of(total_steps)
    failed_us = timeline(total_steps).end_of_us(Executed(fails_after)) + 1
    cut = Interruption(
        at_us=failed_us,
        down_us=REPAIR_US // 2,
        restart_us=REPAIR_US // 2,
        resume_after=DataStep(resumes_at - 1 - skipped),
        skipped_batches=skipped,
    )
    return Timeline(course(pace, DURATIONS, [cut]), pace)


WHOLE = timeline(BLOCK_STEPS + 500)
EXACT = timeline(2 * BLOCK_STEPS)
TWO = restarted(2 * BLOCK_STEPS, fails_after=BLOCK_STEPS + 333, resumes_at=BLOCK_STEPS + 281, skipped=36)
LONG = restarted(2 * BLOCK_STEPS, fails_after=2 * BLOCK_STEPS - 1, resumes_at=BLOCK_STEPS, skipped=35)
ALL = {"one": WHOLE, "exact": EXACT, "two": TWO, "long": LONG}
runs = pytest.mark.parametrize("course", ALL.values(), ids=ALL.keys())


def steps_of(course: Timeline) -> range:
    return range(1, course.last_step + 1)


@runs
def test_a_step_starts_when_the_one_before_and_its_work_are_done(course: Timeline) -> None:
    firsts: dict[int, int] = {stretch.first_step: stretch.begin_us for stretch in course.stretches}
    for step in steps_of(course):
        expected = firsts.get(step) or course.next_start_us(Executed(step - 1))
        assert course.start_of_us(Executed(step)) == expected


@runs
def test_columns_are_the_single_answers(course: Timeline) -> None:
    for stretch in course.stretches:
        steps = range(stretch.first_step, stretch.last_step + 1)
        starts, ends = course.spans_us(stretch.first_step, stretch.last_step)
        assert starts.tolist() == [course.start_of_us(Executed(step)) for step in steps]
        assert ends.tolist() == [course.end_of_us(Executed(step)) for step in steps]
        assert (ends > starts).all()
        middle = stretch.first_step + stretch.steps // 2
        assert np.array_equal(course.ends_us(Executed(middle), stretch.last_step), ends[middle - stretch.first_step :])


@runs
def test_time_only_goes_on(course: Timeline) -> None:
    moments = []
    for step in steps_of(course):
        moments += [
            course.start_of_us(Executed(step)),
            course.end_of_us(Executed(step)),
            course.checkpoint_start_us(Executed(step)),
        ]
        moments.append(course.next_start_us(Executed(step)))
    assert moments == sorted(moments)
    assert (course.start_us, course.end_us) == (moments[0], moments[-1])


@runs
def test_step_at_is_the_inverse_of_start_of_us(course: Timeline) -> None:
    starts = [course.start_of_us(Executed(step)) for step in steps_of(course)]
    probes = {1, course.last_step, *range(1, course.last_step, 97)}
    for block in range(BLOCK_STEPS, course.last_step, BLOCK_STEPS):
        probes |= {block - 1, block, block + 1}
    for stretch in course.stretches:
        probes |= {stretch.first_step, stretch.first_step + 1, stretch.last_step - 1, stretch.last_step}
    for step in sorted(probes & set(steps_of(course))):
        for time_us in (starts[step - 1] - 1, starts[step - 1], starts[step - 1] + 1):
            assert course.step_at(time_us) == max(bisect_right(starts, time_us), 1)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), name=st.sampled_from(sorted(ALL)))
def test_step_at_finds_the_step_of_any_time_in_any_order(data: st.DataObject, name: str) -> None:
    course = ALL[name]
    for time_us in data.draw(st.lists(st.integers(0, course.end_us + REPAIR_US), min_size=1, max_size=8)):
        step = course.step_at(time_us)
        assert 1 <= step <= course.last_step
        assert course.start_of_us(step) <= max(time_us, START_US)
        assert step == course.last_step or time_us < course.start_of_us(Executed(step + 1))


@runs
def test_the_first_step_of_a_stretch_warms_up(course: Timeline) -> None:
    for stretch in course.stretches:
        first, second = (
            course.end_of_us(Executed(step)) - course.start_of_us(Executed(step))
            for step in (stretch.first_step, stretch.first_step + 1)
        )
        assert first - second == pytest.approx(WARMUP_US, abs=60_000)


@pytest.mark.parametrize("step", [70, 140, 280])
def test_a_validation_comes_before_the_checkpoint_of_the_same_step(step: int) -> None:
    validated, saved = WHOLE.checkpoint_start_us(Executed(step)), WHOLE.next_start_us(Executed(step))
    assert validated - WHOLE.end_of_us(Executed(step)) == pytest.approx(300_000, abs=9_000)
    assert (saved > validated) == (step % 140 == 0)


def test_the_last_step_is_followed_by_both() -> None:
    last = WHOLE.last_step
    assert last % 70 != 0
    assert WHOLE.end_of_us(last) < WHOLE.checkpoint_start_us(last) < WHOLE.next_start_us(last) == WHOLE.end_us


def test_work_after_every_step() -> None:
    busy = timeline(300, every=(1, 1))
    assert all(
        busy.end_of_us(Executed(step)) < busy.checkpoint_start_us(Executed(step)) < busy.next_start_us(Executed(step))
        for step in range(1, 301)
    )
    assert [busy.step_at(busy.next_start_us(Executed(step))) for step in range(1, 300)] == list(range(2, 301))


# Two stretches


def test_a_restart_goes_back_to_the_data_of_the_checkpoint() -> None:
    failed = TWO.stretches[0].last_step
    assert TWO.data_step(failed) == BLOCK_STEPS + 333
    assert TWO.data_step(Executed(failed + 1)) == BLOCK_STEPS + 281
    assert TWO.data_step(TWO.last_step) == 2 * BLOCK_STEPS
    assert [TWO.stretch_of(Executed(step)) for step in (1, failed, failed + 1)] == [
        *TWO.stretches[:1] * 2,
        TWO.stretches[1],
    ]


def test_nothing_changes_before_the_failure() -> None:
    calm = timeline(2 * BLOCK_STEPS)
    failed = TWO.stretches[0].last_step
    assert [TWO.start_of_us(Executed(step)) for step in range(1, failed + 1)] == [
        calm.start_of_us(Executed(step)) for step in range(1, failed + 1)
    ]


def test_between_two_stretches_the_last_step_is_the_one_that_was() -> None:
    before, after = TWO.stretches
    for time_us in (before.end_us, after.begin_us - 1):
        assert TWO.step_at(time_us) == before.last_step
    assert TWO.step_at(after.begin_us) == after.first_step


def test_redone_data_steps_meet_their_work_again() -> None:
    """A validation is due by the data step: a restart that redoes its step redoes the validation."""
    due = [step for step in steps_of(TWO) if TWO.validation.due(TWO.data_step(Executed(step)))]
    data = [TWO.data_step(Executed(step)) for step in due]
    assert sorted(set(data)) == [TWO.validation.step_of(index) for index in range(1, TWO.validation.occurrences() + 1)]
    assert [step for step in set(data) if data.count(step) > 1] == [63 * 70]
    assert all(TWO.checkpoint_start_us(Executed(step)) > TWO.end_of_us(Executed(step)) for step in due)


@runs
def test_what_steps_take_together_is_a_closed_form(course: Timeline) -> None:
    for stretch in course.stretches:
        first = stretch.first_step
        for begin, end in (
            (first, first),
            (first, stretch.last_step),
            (first + 1, first + 72),
            (first + 300, stretch.last_step),
        ):
            span = Executed(begin), Executed(min(end, stretch.last_step))
            if span[0] <= span[1]:
                assert course.worked_us(stretch, *span) == course.took_us(*span).sum()
