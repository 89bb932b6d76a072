"""The run as data."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from plans import HUGE, TINY

from pysim import __version__
from pysim.pretraining.story import tell
from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.story.fleet import NAMED
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.screen import Screen
from pysim.views.jsonlines import LISTED_ACCELERATORS, JsonLines
from pysim.views.view import Glance

STORY = tell(TINY)
TIMELINE = STORY.run.timeline
QUANTITIES = (
    *("utilisation_percent", "temperature_celsius", "power_watts", "memory_bytes", "clock_mhz"),
    *("memory_celsius", "throttled"),
)


def stream(span: Span) -> list[dict[str, Any]]:
    return [json.loads(line) for _, line in timed_transcript(STORY, Screen(), *span, view=JsonLines)]


@pytest.mark.parametrize(
    "span", [Span(), Span(TIMELINE.end_of_us(Executed(40))), Span(0, 10**6), Span(10**6, 2 * 10**6)]
)
def test_every_stream_says_what_it_is_a_part_of(span: Span) -> None:
    first, *rest = stream(span)
    assert first["event"] == "Opened"
    assert (first["schema_version"], first["pysim_version"]) == (ev.SCHEMA_VERSION, __version__)
    assert (first["run_name"], first["seed"], first["kind"]) == (TINY.name, TINY.seed, "pretraining")
    assert first["command"].startswith("torchrun ")
    assert first["launched_at"] == "2026-01-05T09:00:00.000000Z"
    assert first["time"] == first["begins_at"]
    assert first["time_seconds"] == span.since_us / 1e6
    assert (first["ends_at"] is None) == (first["until_seconds"] is None) == (span.until_us is None)
    assert "Opened" not in [record["event"] for record in rest]


def test_the_end_of_a_part_has_its_time_too() -> None:
    first = stream(Span(0, 90 * 10**6))[0]
    assert (first["ends_at"], first["until_seconds"]) == ("2026-01-05T09:01:30.000000Z", 90.0)


def test_a_run_has_an_id_of_its_own() -> None:
    plans = [TINY, replace(TINY, seed=8), replace(TINY, start_time=0), replace(TINY, checkpoint_interval=99)]
    ids = [tell(plan).header.run_id for plan in plans]
    assert len(set(ids)) == len(plans)
    assert tell(TINY).header.run_id == ids[0]


def test_every_record_has_its_time_of_day() -> None:
    records = stream(Span(TIMELINE.end_of_us(Executed(40)), TIMELINE.end_of_us(Executed(42))))
    step = next(record for record in records if record["event"] == "StepCompleted")
    seconds, microseconds = divmod(TIMELINE.end_of_us(Executed(40)), 10**6)
    assert step["time"] == f"2026-01-05T09:{seconds // 60:02d}:{seconds % 60:02d}.{microseconds:06d}Z"


@pytest.mark.parametrize("plan", [TINY, HUGE], ids=lambda plan: plan.name)
def test_a_fleet_in_a_few_numbers(plan: Any) -> None:
    """However large: what the lists would say together is always said, and the hottest are named."""
    story = tell(plan)
    sample = story.run.fleet.sample(story.run.timeline.end_of_us(Executed(10)), 10**10)
    (line,) = JsonLines(story.header, Screen()).lines(sample)
    record = json.loads(line)
    for name in QUANTITIES:
        values = getattr(sample, name)
        listed = values.tolist() if plan.world_size <= LISTED_ACCELERATORS else None
        assert record[name] == listed
        assert record["summary"][name] == {
            "min": values.min(),
            "mean": pytest.approx(values.mean(), abs=1e-3),
            "max": values.max(),
            "sum": values.sum(),
        }
    hottest = record["summary"]["hottest"]
    assert len(hottest) == NAMED
    assert [part["temperature_celsius"] for part in hottest] == sorted(sample.temperature_celsius)[::-1][:NAMED]
    assert all(part["power_watts"] == sample.power_watts[part["rank"]] for part in hottest)


def test_no_live_region() -> None:
    view = JsonLines(STORY.header, Screen())
    assert len(view.live(Glance(STORY, STORY.moment(0)))) == view.live_rows == 0


def test_what_json_cannot_hold_is_refused() -> None:
    event = ev.StepSkipped(time_seconds=1.0, step=1, loss_scale=2, next_loss_scale={1})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="which JSON cannot"):
        JsonLines(STORY.header, Screen()).lines(event)


def test_lists_of_numbers_are_lists() -> None:
    event = next(event for event in STORY.narrate(0, TIMELINE.start_us) if isinstance(event, ev.TreesBuilt))
    record = json.loads(JsonLines(STORY.header, Screen()).lines(event)[0])
    assert np.array_equal(record["children"], event.children)
