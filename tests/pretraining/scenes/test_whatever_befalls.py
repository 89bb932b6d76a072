"""Whatever befalls a run, in whatever order: what is told of it holds together."""

import itertools
import re
from dataclasses import replace

from befalling import befallen_by, incident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import TINY
from thorough import examples

from pysim.catalog.incidents import causes
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.views.jsonlines import json_line

PLAN: Plan = replace(TINY, spares=1, checkpoint_interval=30)
LASTS_US = 400_000_000
Asked = list[tuple[str, int, int]]
asked_for = st.lists(
    st.tuples(st.sampled_from(sorted(causes())), st.integers(0, LASTS_US), st.integers(0, 1)), min_size=1, max_size=6
)
some = settings(deadline=None, max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])


def run_of(asked: Asked) -> Run:
    return befallen_by(
        PLAN,
        [incident(name, at_us, node=node, address=32 * index) for index, (name, at_us, node) in enumerate(asked)],
    )


@some
@given(asked=asked_for)
def test_no_checkpoint_names_a_step_that_was_not_reached(asked: Asked) -> None:
    """And who goes back goes back to one that was completed."""
    reached, saved = 0, {0}
    for event in narrate(run_of(asked)):
        if isinstance(event, ev.StepCompleted):
            reached = event.step
        elif isinstance(event, ev.CheckpointStarted | ev.CheckpointCompleted):
            assert event.step == reached
            assert event.path.endswith(f"step_{reached:06d}")
            if isinstance(event, ev.CheckpointCompleted):
                saved.add(event.step)
        elif isinstance(event, ev.TrainingResumed):
            named = re.search(r"step_(\d+)$", event.checkpoint)
            assert (int(named[1]) if named else 0) in saved
            reached = event.step - 1


@some
@given(asked=asked_for, cuts=st.lists(st.integers(0, LASTS_US), max_size=4))
def test_what_is_told_in_parts_is_the_whole(asked: Asked, cuts: list[int]) -> None:
    """Seeking shows what playing does."""
    run = run_of(asked)
    seams = [0, *sorted(cuts), run.end_us + 1]
    parts = [json_line(event) for since, until in itertools.pairwise(seams) for event in narrate(run, since, until)]
    assert parts == [json_line(event) for event in narrate(run)]


@some
@given(asked=asked_for)
def test_labels_say_what_the_events_say(asked: Asked) -> None:
    run = run_of(asked)
    told = list(narrate(run))
    began = sorted((event.time_seconds, event.cause) for event in told if isinstance(event, ev.IncidentBegan))
    labels = [label for label in PretrainingStory(run).labels() if label.cause in causes()]
    assert sorted((label.begin_us / 1e6, label.cause) for label in labels) == began


@some
@given(asked=asked_for)
def test_exactly_one_segment_holds_and_the_time_is_productive_or_lost(asked: Asked) -> None:
    run = run_of(asked)
    segments = list(run.timeline.segments)
    assert segments[0].begin_us == 0
    assert all(before.end_us == after.begin_us for before, after in itertools.pairwise(segments))
    found = run.goodput
    lost_us = found.starting_us + found.noticing_us + found.repairing_us + found.restarting_us + found.redoing_us
    assert found.productive_us + lost_us == found.wall_us
