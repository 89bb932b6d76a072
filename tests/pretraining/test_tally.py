"""A run in numbers up to any moment, and how it got on: what its events and moments say."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.kinds import modules
from pysim.pretraining.story import PretrainingStory, tell
from pysim.story import events as ev

few = settings(deadline=None, max_examples=20)


@cache
def night() -> PretrainingStory:
    module = modules()["night-shift"]
    return tell(module.plan(module.seed))


@few
@given(st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_energy_and_rent_only_grow(shares: list[float]) -> None:
    tallies = [night().tally(int(night().end_us * share)) for share in sorted(shares)]
    for name in ("energy_kwh", "usd", "stops", "steps_redone"):
        numbers = [getattr(tally, name) for tally in tallies]
        assert numbers == sorted(numbers), name


@few
@given(st.floats(0, 1))
def test_a_tally_is_what_the_moment_says(share: float) -> None:
    time_us = int(night().end_us * share)
    tally, now = night().tally(time_us), night().moment(time_us)
    assert tally.step == now.step
    if now.accounted:
        said = now.accounted.goodput, now.accounted.interruptions, now.accounted.steps_redone
        assert (tally.goodput, tally.stops, tally.steps_redone) == said


def test_the_last_validation_is_the_last_that_was_told() -> None:
    told = [event for event in night().narrate() if isinstance(event, ev.ValidationCompleted)]
    for event in told[::7]:
        time_us = round(event.time_seconds * 1e6)
        assert night().tally(time_us + 1).validation_loss == pytest.approx(event.loss, nan_ok=True)


def test_nothing_is_known_before_the_first_step_and_nothing_changes_after_the_end() -> None:
    begin, end, later = (night().tally(time_us) for time_us in (0, night().end_us, night().end_us * 2))
    assert (begin.step, begin.train_loss, begin.validation_loss, begin.energy_kwh) == (0, None, None, 0.0)
    assert end.is_over
    assert (later.time_us, later.usd, later.energy_kwh) == (end.time_us, end.usd, end.energy_kwh)


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_a_course_is_the_same_however_it_is_asked_for(shares: list[float]) -> None:
    times_us = sorted(int(night().end_us * share) for share in shares)
    together = night().course(times_us)
    alone = [night().course([time_us]) for time_us in times_us]
    assert together.step.tolist() == [int(each.step[0]) for each in alone]
    assert together.loss.tolist() == pytest.approx([float(each.loss[0]) for each in alone], nan_ok=True)
    for time_us, step in zip(times_us, together.step.tolist(), strict=True):
        assert step == night().moment(time_us).step or night().moment(time_us).last is None
