"""The run as data: every event as one JSON object a line (JSON Lines).

An object has `event`, the name of its class in `pysim.story.events`, and that class's fields under their own names. Arrays become
lists, one value for each rank, or null in runs of more than `LISTED_ACCELERATORS`, where they would drown the rest.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter

import numpy as np

from pysim.story import events
from pysim.story.events import Event
from pysim.story.header import Header
from pysim.story.moment import Moment
from pysim.terminal.screen import Screen

LISTED_ACCELERATORS = 512


class JsonLines:
    """The view; the same for every run and screen."""

    live_rows = 0

    def __init__(self, _header: Header, _screen: Screen) -> None:
        pass

    def lines(self, event: Event) -> list[str]:
        """The event's one line."""
        return [json_line(event)]

    def live(self, _moment: Moment, _note: str = "") -> list[str]:
        """Nothing: data has no live region."""
        return []


def json_line(event: Event) -> str:
    """One event as a line, without its end."""
    kind = type(event).__name__
    names, read = _reader(kind)
    values = zip(names, read(event), strict=True)
    return json.dumps({"event": kind, **dict(values)}, default=_array, separators=(",", ":"))


@cache
def _reader(kind: str) -> tuple[tuple[str, ...], Callable[[Event], tuple[object, ...]]]:
    """The names of a kind of event's fields, and what reads them all."""
    names = tuple(field.name for field in fields(getattr(events, kind)))
    return names, attrgetter(*names)


def _array(value: object) -> list[int] | None:
    if not isinstance(value, np.ndarray):
        message = f"an event holds {value!r}, which JSON cannot"
        raise TypeError(message)
    return value.tolist() if len(value) <= LISTED_ACCELERATORS else None
