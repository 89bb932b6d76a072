"""What the live region knows of a moment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN
from plans import TINY

from pysim.pretraining.moment import moment, step_event
from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import simulate
from pysim.story.events import CauseCost, StepCompleted, TimeAccounted
from pysim.story.steps import Executed

RUN = simulate(TINY)
TIMELINE = RUN.timeline


@pytest.mark.parametrize(
    ("time_us", "phase", "activity"),
    [
        (0, "bring-up", "launching processes"),
        (TIMELINE.start_us - 1, "bring-up", "warming up"),
        (TIMELINE.start_us, "training", "step 0"),
        (TIMELINE.end_of_us(Executed(50)), "validating", "step 50"),
        (TIMELINE.end_of_us(Executed(120)), "saving", "step 120"),
        (TIMELINE.end_us, "exporting", "merging shards"),
        (RUN.end_us - 1, "exporting", "writing metadata"),
        (RUN.end_us, "done", "done"),
    ],
)
def test_what_is_going_on(time_us: int, phase: str, activity: str) -> None:
    now = moment(RUN, time_us)
    assert (now.phase, now.activity) == (phase, activity)


@pytest.mark.parametrize(
    ("completed", "epoch", "step_in_epoch"),
    [(0, 1, 0), (1, 1, 1), (99, 1, 99), (100, 2, 0), (101, 2, 1), (200, 3, 0), (299, 3, 99), (300, 3, 100)],
)
def test_epochs_count_complete_steps(completed: int, epoch: int, step_in_epoch: int) -> None:
    """Fault 7: the epoch is never one ahead."""
    time_us = TIMELINE.end_of_us(Executed(completed)) if completed else TIMELINE.start_us
    now = moment(RUN, time_us)
    assert (now.completed, now.step, now.epoch, now.step_in_epoch) == (completed, completed, epoch, step_in_epoch)
    assert now.run_fraction == completed / 300


@settings(deadline=None)
@given(st.integers(0, RUN.end_us + 10**9), st.integers(0, RUN.end_us + 10**9))
def test_fractions_stay_in_range_and_steps_never_go_back(one_us: int, other_us: int) -> None:
    earlier, later = (moment(RUN, time_us) for time_us in sorted((one_us, other_us)))
    assert 0.0 <= earlier.activity_fraction <= 1.0
    assert 0.0 <= earlier.run_fraction <= later.run_fraction <= 1.0
    assert (earlier.epoch, earlier.step_in_epoch) <= (later.epoch, later.step_in_epoch)
    if earlier.activity == later.activity and earlier.phase == later.phase not in ("bring-up", "exporting"):
        assert earlier.activity_fraction <= later.activity_fraction


def test_a_step_as_the_event_that_it_was() -> None:
    told = {event.step: event for event in narrate(RUN) if isinstance(event, StepCompleted)}
    assert all(step_event(RUN, Executed(step)) == told[step] for step in (1, 50, 299, 300))
    assert step_event(RUN, Executed(0)) is None


def test_before_anything_went_wrong_there_is_no_account() -> None:
    run = BEFALLEN["with a hang"].run()
    down = next(segment for segment in run.timeline.segments if segment.kind == "down")
    assert moment(RUN, RUN.end_us).accounted is None
    assert moment(run, down.begin_us - 1).accounted is None
    assert moment(run, down.begin_us).accounted is not None


@pytest.mark.parametrize("name", BEFALLEN)
def test_the_account_so_far_ends_as_the_one_that_is_told(name: str) -> None:
    run = BEFALLEN[name].run()
    told = next((event for event in narrate(run, run.timeline.end_us) if isinstance(event, TimeAccounted)), None)
    assert moment(run, run.end_us).accounted == told
    assert (told is None) == (not BEFALLEN[name].cuts)


def test_an_account_so_far_counts_from_the_launch_to_now() -> None:
    run = BEFALLEN["with a hang"].run()
    restart = next(segment for segment in run.timeline.segments if segment.kind == "restart")
    now = moment(run, restart.begin_us).accounted
    assert now is not None
    assert now.time_seconds == now.wall_seconds == restart.begin_us / 1e6
    assert (now.noticing_seconds, now.repairing_seconds, now.restarting_seconds) == (480.0, 600.0, 0.0)
    assert now.costs == (CauseCost(cause="unknown", seconds=1080.0, interruptions=1),)
    assert now.goodput == round(now.productive_seconds / now.wall_seconds, 4)
    assert now.availability == round(1 - 600.0 / now.wall_seconds, 4)
    assert (now.interruptions, now.between_failures_seconds) == (1, now.wall_seconds)
