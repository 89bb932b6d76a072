"""The run as data: every event as one JSON object a line (JSON Lines).

An object has `event`, the name of its class in `pysim.story.events`, `time`, the moment in UTC, and that class's fields under
their own names; what the run's trainer cannot know has `ground_truth`, which is true. Arrays become lists. Those with a value for each rank are null in runs of more than `LISTED_ACCELERATORS`, where
they would drown the rest; `summary` says the same in a few numbers, always.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import numpy as np

from pysim.story import events
from pysim.story.events import Event
from pysim.story.fleet import summary
from pysim.story.header import Header
from pysim.story.times import utc
from pysim.terminal.screen import Screen
from pysim.views.view import Glance

LISTED_ACCELERATORS = 512
# What is said of a kind of event beside its fields, by name: a function of the event.
DERIVED: Mapping[type[Event], Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {events.FleetSampled: {"summary": summary}}
)


class JsonLines:
    """The view; the same on every screen."""

    live_rows = 0

    def __init__(self, header: Header, _screen: Screen) -> None:
        self._start_time = header.start_time

    def lines(self, event: Event) -> list[str]:
        """The event's one line."""
        kind, facts = type(event).__name__, record(event)
        time = utc(self._start_time, event.time_us)
        return [_dump({"event": kind, "time": time, **facts})]

    def live(self, _glance: Glance) -> list[str]:
        """Nothing: data has no live region."""
        return []


def json_line(event: Event) -> str:
    """One event as a line that knows no calendar, without its end."""
    return _dump({"event": type(event).__name__, **record(event)})


def record(event: Event) -> dict[str, object]:
    """The event's fields by name, and what is derived from them."""
    names, read = _reader(type(event).__name__)
    facts = dict(zip(names, read(event), strict=True))
    if isinstance(event, events.GroundTruth):
        facts = {"ground_truth": True} | facts
    derived = DERIVED.get(type(event), {})
    return facts | {name: asdict(derive(event)) for name, derive in derived.items()}


@cache
def _reader(kind: str) -> tuple[tuple[str, ...], Callable[[Event], tuple[object, ...]]]:
    """The names of a kind of event's fields, and what reads them all."""
    names = tuple(field.name for field in fields(getattr(events, kind)))
    return names, attrgetter(*names)


def _dump(facts: Mapping[str, object]) -> str:
    return json.dumps(facts, default=_plain, separators=(",", ":"))


def _plain(value: object) -> dict[str, object] | list[int] | None:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if not isinstance(value, np.ndarray):
        message = f"an event holds {value!r}, which JSON cannot"
        raise TypeError(message)
    return value.tolist() if len(value) <= LISTED_ACCELERATORS else None
