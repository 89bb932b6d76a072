"""Facts that the trainer cannot know: they are told where they happen, and what the trainer measures agrees with them."""

import json
from dataclasses import replace
from statistics import median

import pytest
from plans import HUGE, TINY

from pysim.pretraining.story import tell
from pysim.story import events as ev
from pysim.story.steps import Executed
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.jsonlines import JsonLines

SLOWED = tell(HUGE)
SHIFT = SLOWED.run.timeline.level_shifts[0]
READING = tell(replace(TINY, tokens=4 * TINY.tokens, seed=3))


def around(first: int, last: int) -> list[ev.Event]:
    timeline = SLOWED.run.timeline
    return list(SLOWED.narrate(timeline.start_of_us(Executed(first)), timeline.end_of_us(Executed(last)) + 1))


def only(events: list[ev.Event], *kinds: type[ev.Event]) -> list[ev.Event]:
    return [event for event in events if isinstance(event, kinds)]


def test_a_slowdown_begins_with_its_first_step() -> None:
    events = around(SHIFT.first - 1, SHIFT.first + 1)
    (began,) = only(events, ev.SlowdownBegan)
    assert isinstance(began, ev.SlowdownBegan)
    told = [event for event in events if isinstance(event, ev.SlowdownBegan | ev.StepCompleted)]
    assert told[told.index(began) + 1].step == began.step == SHIFT.first
    assert 0.05 <= began.slower <= 0.06
    assert 0 <= began.node < HUGE.nodes


def test_it_ends_with_its_last_step() -> None:
    events = around(SHIFT.last - 1, SHIFT.last + 1)
    (ended,) = only(events, ev.SlowdownEnded)
    (began,) = only(around(SHIFT.first, SHIFT.first), ev.SlowdownBegan)
    assert isinstance(ended, ev.SlowdownEnded)
    assert isinstance(began, ev.SlowdownBegan)
    assert (ended.step, ended.node, ended.host) == (SHIFT.last, began.node, began.host)
    assert ended.seconds == pytest.approx(ended.time_seconds - began.time_seconds)


def test_a_slowdown_is_as_slow_as_it_says() -> None:
    columns = SLOWED.run.steps.columns(Executed(SHIFT.first - 400), Executed(SHIFT.first + 399))
    seconds = columns.duration_us.tolist()
    assert median(seconds[400:]) / median(seconds[:400]) == pytest.approx(SHIFT.factor, abs=0.005)


def test_labels_agree_with_events() -> None:
    label = next(iter(SLOWED.labels()))
    (began,) = only(around(SHIFT.first, SHIFT.first), ev.SlowdownBegan)
    (ended,) = only(around(SHIFT.last, SHIFT.last), ev.SlowdownEnded)
    assert isinstance(began, ev.SlowdownBegan)
    assert (label.begin_us / 1e6, label.end_us / 1e6) == (began.time_seconds, ended.time_seconds)
    assert (label.cause, label.place) == ("slow node", began.host)
    assert label.evidence == f"every step takes {began.slower:.1%} longer"


def test_a_slowdown_that_outlives_the_run_ends_with_its_training() -> None:
    cut = tell(replace(HUGE, tokens=(SHIFT.first + 100) * HUGE.tokens_per_step, epochs=1))
    label = list(cut.labels())[-1]
    assert label.end_us == cut.run.timeline.end_us
    assert not only(list(cut.narrate(label.begin_us)), ev.SlowdownEnded)


def test_a_step_that_waits_for_a_file_says_so() -> None:
    """Each wait is as much as its step takes beyond its own time, and no other step takes more than that."""
    events = list(READING.narrate())
    waits = {event.step: event for event in events if isinstance(event, ev.ShardAwaited)}
    tokens = READING.run.timeline.shards.shard_tokens
    assert len(waits) == READING.run.plan.total_steps * TINY.tokens_per_step // tokens > 3
    assert [wait.shard for wait in waits.values()] == list(range(2, len(waits) + 2))
    steps = {
        event.step: event.step_seconds for event in events if isinstance(event, ev.StepCompleted) and event.step > 1
    }
    clock = READING.run.timeline._pace.clock
    own = {step: (clock.total_us(step) - clock.total_us(step - 1)) / 1e6 for step in steps}
    for step, wait in waits.items():
        assert (step - 1) * TINY.tokens_per_step < (wait.shard - 1) * tokens <= step * TINY.tokens_per_step
        assert steps[step] - wait.seconds == pytest.approx(own[step], abs=0.001)
    assert all(steps[step] == pytest.approx(own[step], abs=0.001) for step in steps.keys() - waits.keys())


def test_the_trainer_says_nothing_of_it() -> None:
    console = Console(SLOWED.header, Screen())
    events = [*around(SHIFT.first, SHIFT.first), *around(SHIFT.last, SHIFT.last), *READING.narrate()]
    truths = only(events, ev.GroundTruth)
    assert {type(event) for event in truths} == {ev.SlowdownBegan, ev.SlowdownEnded, ev.ShardAwaited}
    assert all(console.lines(event) == [] for event in truths)


def test_data_marks_what_the_trainer_cannot_know() -> None:
    view = JsonLines(SLOWED.header, Screen())
    for event in around(SHIFT.first, SHIFT.first):
        (line,) = view.lines(event)
        assert ("ground_truth" in json.loads(line)) == isinstance(event, ev.GroundTruth)


def test_a_step_that_waits_for_a_file_has_a_label() -> None:
    events = list(READING.narrate())
    waits = [event for event in events if isinstance(event, ev.ShardAwaited)]
    steps = {event.time_seconds: event for event in events if isinstance(event, ev.StepCompleted)}
    labels = [label for label in READING.labels() if label.cause == "next file"]
    assert [label.end_us / 1e6 for label in labels] == [wait.time_seconds for wait in waits]
    for label, wait in zip(labels, waits, strict=True):
        lasted = (label.end_us - label.begin_us + 1) / 1e6
        assert lasted == pytest.approx(steps[wait.time_seconds].step_seconds)
        assert label.evidence == f"one step takes {wait.seconds:.2f} s longer"


def test_nodes_are_slow_for_one_reason_only() -> None:
    """By causes where these are drawn, and as ever where they are not."""
    fated = tell(replace(HUGE, incident_factor=1e-6))
    assert SLOWED.run.timeline.level_shifts
    assert fated.run.timeline.level_shifts == ()
    assert not any(label.cause == "slow node" for label in fated.labels())
    slow = tell(
        replace(
            HUGE, incident_factor=4.0, spares=84, checkpoint_interval=50, tokens=60_000 * HUGE.tokens_per_step, epochs=1
        )
    )
    found = {label.number: label for label in slow.labels() if label.cause in ("straggler", "congestion", "power-cap")}
    assert found, "what is only seen as slowness has its cause"
    for each in slow.run.befallen:
        if each.number in found and each.incident.cause.slowing:
            assert found[each.number].evidence == "every step takes longer"
