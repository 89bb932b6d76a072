"""Work that comes back, counted in closed form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.pretraining.run.periodic import Lengths, Periodic
from pysim.story.noise import Stream
from pysim.story.steps import DataStep


def make(interval: int = 100, total_steps: int = 1050, jitter_us: int = 300) -> Periodic:
    return Periodic(interval, total_steps, Lengths(1000, jitter_us, Stream(1, "work-time")))


WORKS = st.builds(make, st.integers(1, 400), st.integers(1, 400), st.integers(0, 999))


@settings(deadline=None)
@given(work=WORKS)
def test_counting_is_what_stepping_through_would_find(work: Periodic) -> None:
    due = [step for step in range(work.total_steps + 1) if work.due(DataStep(step))]
    assert due == [work.step_of(index) for index in range(1, work.occurrences() + 1)]
    assert [work.index(DataStep(step)) for step in due] == list(range(1, len(due) + 1))
    assert due[-1] == work.total_steps, "the last step is always followed by it"


@settings(deadline=None)
@given(work=WORKS)
def test_totals_are_sums_of_durations(work: Periodic) -> None:
    total, totals = 0, []
    for step in range(work.total_steps + 1):
        total += work.duration_us(work.index(DataStep(step))) if work.due(DataStep(step)) else 0
        totals.append(total)
    assert work.totals_us(np.arange(work.total_steps + 1)).tolist() == totals
    assert [work.total_us(DataStep(step)) for step in range(work.total_steps + 1)] == totals


@settings(deadline=None)
@given(work=WORKS, data=st.data())
def test_totals_along_steps_are_those_of_each(work: Periodic, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, work.total_steps))
    last = data.draw(st.integers(first, work.total_steps))
    along = work.totals_along_us(DataStep(first), DataStep(last))
    assert along.tolist() == work.totals_us(np.arange(first, last + 1)).tolist()


def test_durations_vary_around_the_base() -> None:
    work = make(total_steps=100_000)
    durations = [work.duration_us(index) for index in range(1, work.occurrences() + 1)]
    assert len(set(durations)) > 1
    assert all(700 <= duration <= 1300 for duration in durations)
    assert sum(durations) / len(durations) == pytest.approx(1000, abs=1)


def test_before_the_first_step_nothing_was_due() -> None:
    assert not make().due(DataStep(0))
    assert make().total_us(DataStep(0)) == 0


def test_without_jitter_every_duration_is_the_base() -> None:
    assert {make(jitter_us=0).duration_us(index) for index in range(1, 12)} == {1000}
