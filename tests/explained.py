"""Samples of events of all kinds that a console prints, and which of their fields it prints: what an explanation has to speak of."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
from plans import CLASSIC, HALF, MIXTURE, PIPELINED, RAMPED, TINY

from pysim.catalog import accelerators
from pysim.catalog.scenarios import scenarios
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.decisions import Decision, Orders
from pysim.pretraining.story import PretrainingStory, tell
from pysim.story.events import Event, LogLine
from pysim.terminal.ansi import strip
from pysim.terminal.screen import PAGE
from pysim.views.console.console import Console
from pysim.views.dialects.table import DIALECTS
from pysim.views.registry import VIEWS, why_not

AMD = replace(CLASSIC, name="red-kite-3", accelerator=accelerators()["mi300x"])
DRILL = replace(TINY, name="drilled-lark-2", incident_factor=1.0, is_drill=True, spares=4)
TOLD: tuple[Plan, ...] = (TINY, AMD, PIPELINED, MIXTURE, HALF, RAMPED, DRILL)
_ROWS_OF_A_KIND = 3
_NO_NUMBERS = ("time_seconds", "is_shown")  # before every line; whether there is one


@cache
def story_of(plan: Plan) -> PretrainingStory:
    return tell(plan)


@cache
def on_call() -> PretrainingStory:
    """Somebody decides."""
    decisions = (
        Decision(action="diagnose", at_us=900_000_000, node=0),
        Decision(action="spares", at_us=901_000_000, count=1),
    )
    scenario = replace(scenarios()["one-bad-gpu"], goal="goodput >= 0.1 and steps_redone <= 0")
    return tell(CLASSIC, (), Orders(on_call=True, decisions=decisions), scenario)


@cache
def samples() -> Mapping[str, tuple[tuple[PretrainingStory, Event], ...]]:
    """Some events of each kind that is printed, with the story that told them."""
    found: dict[str, list[tuple[PretrainingStory, Event]]] = {}
    for story in (*map(story_of, TOLD), on_call()):
        console = Console(story.header, PAGE)
        mine: dict[str, int] = {}
        for event in events_of(story):
            kind = type(event).__name__
            told = f"{kind} {event.speaker}" if isinstance(event, LogLine) else kind
            if mine.get(told, 0) < _ROWS_OF_A_KIND and console.lines(event):
                mine[told] = mine.get(told, 0) + 1
                found.setdefault(kind, []).append((story, event))
    return {kind: tuple(rows) for kind, rows in found.items()}


@cache
def printed_elsewhere() -> frozenset[str]:
    """Kinds that a console leaves out and another view that can be watched prints."""
    found: set[str] = set()
    story = story_of(DRILL)
    views = [VIEWS[name](story.header, PAGE) for name in DIALECTS if why_not(VIEWS[name], story.header) is None]
    for event in story.narrate():
        kind = type(event).__name__
        if kind not in samples() and kind not in found and any(view.lines(event) for view in views):
            found.add(kind)
    return frozenset(found)


def events_of(story: PretrainingStory) -> Iterator[Event]:
    """Beginning and end, and where something is told in between; all of a short run."""
    is_short = story.header.total_steps < 1_000
    if is_short:
        yield from story.narrate()
        yield from story.narrate(0, None, 10)
        return
    timeline = story.run.timeline
    step_us = round(story.header.step_seconds * 1e6)
    yield from story.narrate(0, timeline.start_us + 400 * step_us)
    yield from story.narrate(timeline.start_us + 400 * step_us, timeline.start_us + 430 * step_us, 10)
    yield from story.narrate(timeline.end_us - 5 * step_us)


@cache
def printed_fields() -> Mapping[str, frozenset[str]]:
    """By kind: those whose change changes a line."""
    return {kind: frozenset(_printed(rows)) for kind, rows in samples().items()}


def _printed(rows: tuple[tuple[PretrainingStory, Event], ...]) -> Iterator[str]:
    names = [field.name for field in fields(rows[0][1]) if field.name not in _NO_NUMBERS]
    for name in names:
        if any(_is_printed(story, event, name) for story, event in rows):
            yield name


def _is_printed(story: PretrainingStory, event: Event, name: str) -> bool:
    console = Console(story.header, PAGE)
    before = [strip(line) for line in console.lines(event)]
    for other in _others(getattr(event, name)):
        try:
            after = [strip(line) for line in console.lines(replace(event, **{name: other}))]
        except (KeyError, IndexError, ValueError, ZeroDivisionError):
            return True  # whoever cannot write it has read it
        if after != before:
            return True
    return False


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, np.ndarray):
        yield value + 1
        yield value * 2
    elif isinstance(value, int):
        yield from (value + 1, value * 2, max(value - 1, 0))
    elif isinstance(value, float):
        yield from (value * 1.7 + 1, value / 3)
    elif isinstance(value, str):
        yield from (f"{value}x", "")
    elif isinstance(value, tuple):
        yield ()
    elif value is None:
        yield from (1, 0.5)
