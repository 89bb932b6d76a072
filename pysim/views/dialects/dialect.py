"""What all dialects share: a table from event to writer, whole lines in a file, lines that a terminal wraps, and what stands below them.

A dialect is stateless: a line follows from its event and the run's header, so a log can be told from any place on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.story.noise import fnv1a
from pysim.terminal.ansi import clip, wrapped
from pysim.terminal.screen import Screen
from pysim.views.dialects.stamps import Stamps
from pysim.views.speakers import spoken
from pysim.views.timeline import Timeline
from pysim.views.view import Glance

Lines = Iterable[str]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Writers = Mapping[type[ev.Event], "Callable[[Any, Any], Lines] | ByColumns"]
_MICROSECONDS = 1_000_000
_BETWEEN, _HALF_BETWEEN = (
    np.uint64(9_999),
    4_999,
)  # values of the digits below, from one middle of two fourths to the next
_LAST_DIGIT = 1e-8  # of those from the fifth to the eighth
_MULTIPLIER, _MIDDLE_BITS = np.uint64(0x9E3779B97F4A7C15), np.uint64(24)  # the golden ratio of 64 bits


class Columns(Protocol):
    """Fields of events by name, a value of each: of a block, or of one event, which is a column of length one."""

    def values(self, name: str, /) -> list[Any]:
        """None where there is none."""

    def array(self, name: str, /) -> NDArray[Any]:
        """The same as an array, 64 bits wide; NaN where there is none."""


class _One(NamedTuple):
    """The columns of one event."""

    event: ev.Event

    def values(self, name: str) -> list[Any]:
        return [getattr(self.event, name)]

    def array(self, name: str) -> NDArray[Any]:
        value = getattr(self.event, name)
        return np.array([value], np.int64 if isinstance(value, int) else np.float64)


class _Asked:
    """The columns of one event, and which of them somebody has looked at."""

    def __init__(self, event: ev.Event) -> None:
        self._one = _One(event)
        self.names: dict[str, None] = {}

    def values(self, name: str) -> list[Any]:
        self.names[name] = None
        return self._one.values(name)

    def array(self, name: str) -> NDArray[Any]:
        self.names[name] = None
        return self._one.array(name)


class ByColumns:
    """A writer of many events of a kind at once, which takes the view and columns, and gives lines for each: no event is made for it."""

    def __init__(self, write: Callable[[Any, Columns], Iterable[Lines]]) -> None:
        self.each = write

    def __get__(self, view: "DialectView", _owner: object = None) -> Callable[[ev.Event], Lines]:
        return partial(self._of_one, view)

    def _of_one(self, view: "DialectView", event: ev.Event) -> Lines:
        (lines,) = self.each(view, _One(event))
        return lines


class DialectView:
    """A view that speaks as a program does. Who makes one fills in the table; what is not in it is not told.

    `WRITERS` has methods, as they are in the class: each takes the view and the event and gives lines, without line ends.
    """

    WRITERS: ClassVar[Writers] = {}
    SCRIPT: ClassVar[str] = ""  # the program's own, where it has one
    DATE: ClassVar[str] = "%Y-%m-%d "  # before the time in its stamps
    BAR_ROWS: ClassVar[int] = 0  # of progress bars, which stand below the log on a terminal

    def __init__(self, header: Header, screen: Screen) -> None:
        self.header = header
        self.job = header.job
        self.screen = screen
        self._is_unlimited = screen.is_unlimited
        self.stamps = Stamps(header.start_time, self.DATE)
        self._seed = int(header.run_id, 16)
        self._timeline = Timeline(screen) if screen.has_timeline else None
        self._writers = {kind: write.__get__(self) for kind, write in self.WRITERS.items()}
        self.live_rows = self.BAR_ROWS + 1

    def lines(self, event: ev.Event) -> list[str]:
        """The event's lines: whole where there is no right edge, else wrapped where a terminal would."""
        write = self._writers.get(type(event))
        if write is None or (type(event) is ev.StepsReported and not event.is_due):
            return []
        lines = write(event)
        return list(lines) if self._is_unlimited else self._wrapped(lines)

    def lines_each(self, block: ev.Block[Any]) -> Iterable[Lines]:
        """The lines of each event of a block."""
        write = self.WRITERS.get(block.kind)
        if not isinstance(write, ByColumns) or not all(block.values("is_due")):
            return map(self.lines, block)
        told = write.each(self, block)
        return told if self._is_unlimited else map(self._wrapped, told)

    def _wrapped(self, lines: Lines) -> list[str]:
        """As a terminal breaks them."""
        return [row for line in lines for row in wrapped(line, self.screen.columns)]

    def printed(self, event: ev.Event) -> Collection[str]:
        """Fields that the event's lines are made of; empty where its writer takes all of it."""
        write, asked = self.WRITERS.get(type(event)), _Asked(event)
        if isinstance(write, ByColumns):
            list(write.each(self, asked))
        return asked.names

    def live(self, glance: Glance) -> list[str]:
        """The program's bars, and below them the player's word or the timeline, which are no part of its log."""
        bars = [clip(bar, self.screen.columns) for bar in self.bars(glance)]
        if glance.note:
            below = glance.note[: self.screen.columns]
        else:
            below = self._timeline.line(glance.story, glance.moment.time_us) if self._timeline else ""
        return [*bars, below]

    def bars(self, _glance: Glance) -> Sequence[str]:
        """The program's progress bars as they are at a moment, `BAR_ROWS` lines."""
        return ()

    def time_at(self, glance: Glance, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The moment that a cell of the timeline stands for; None elsewhere."""
        if self._timeline is None or (rows_up != 0 and not is_dragged):
            return None
        return self._timeline.time_us(glance.story, column, exact=is_dragged)

    # For writers

    def moment(self, time_seconds: float) -> datetime:
        """A moment of the run on the calendar, in UTC."""
        seconds, us = divmod(round(time_seconds * _MICROSECONDS), _MICROSECONDS)
        return datetime.fromtimestamp(self.header.start_time + seconds, UTC).replace(microsecond=us)

    def stamp(self, time_seconds: float) -> str:
        """The same as Python writes it: 2026-01-05 09:00:00.123456."""
        second, us = self.stamps(time_seconds)
        return f"{second}.{us:06d}"

    def finer(self, value: float, what: str, place: int) -> float:
        """A loss with the digits below the four that a run has of it, always the same of the same."""
        return float(self.finer_each(np.array([value]), what, np.array([place], np.int64))[0])

    def finer_each(self, values: Floats, what: str, places: Ints) -> Floats:
        """The same of many at once; NaN where there is none."""
        key = np.uint64(self._seed ^ fnv1a(what))
        mixed = (places.astype(np.uint64) * _MULTIPLIER ^ key) * _MULTIPLIER >> _MIDDLE_BITS
        digits = (mixed % _BETWEEN).astype(np.int64) - _HALF_BETWEEN
        return values + digits * _LAST_DIGIT

    def failure(self, event: ev.LogLine) -> Lines:
        """What the job's own output has of a failure: libraries, launchers, exceptions; nothing that stands in the logs of others."""
        if event.is_shown and event.speaker in OF_THE_JOB and not (event.speaker == "trainer" and is_remark(event)):
            told = spoken(event, self.moment(event.time_seconds))
            script = self.job.programs.script
            yield from (line.replace(script, self.SCRIPT) for line in told) if self.SCRIPT else told


OF_THE_JOB = frozenset({"nccl", "watchdog", "elastic", "trainer", "step"})
"""Speakers whose words are in the output of a job's processes."""


def is_remark(event: ev.LogLine) -> bool:
    """Whether a trainer says it of itself: each has its own words for it, or none. What an exception says is the same in all."""
    return event.level in ("info", "warning")
