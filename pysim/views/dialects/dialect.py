"""What all dialects share: a table from event to writer, whole lines in a file, lines that a terminal wraps, and what stands below them.

A dialect is stateless: a line follows from its event and the run's header, so a log can be told from any place on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.story.noise import fnv1a
from pysim.terminal.ansi import clip, wrapped
from pysim.terminal.screen import Screen
from pysim.views.speakers import spoken
from pysim.views.timeline import Timeline
from pysim.views.view import Glance

Lines = Iterable[str]
Writers = Mapping[type[ev.Event], "Callable[[Any, Any], Lines] | ByFields"]
Values = Callable[[str], list[Any]]
"""Fields of events by name, a column of each."""
Make = Callable[[Any, Values], Sequence[Any]]

_MICROSECONDS = 1_000_000
_BETWEEN, _LAST_DIGIT = (
    9_999,
    1e-8,
)  # values of the digits from the fifth to the eighth, from one middle of two fourths to the next
_MULTIPLIER, _MASK = 0x9E3779B97F4A7C15, 2**64 - 1  # the golden ratio of 64 bits


class ByFields:
    """A writer that takes fields of its event, named as its arguments are: of many events, columns go to it, and no event is made.

    An argument that is no field is made from some: `MADE` of the view says how, of columns at once.
    """

    def __init__(self, write: Callable[..., Lines]) -> None:
        code = write.__code__
        self._write = write
        self._names = code.co_varnames[1 : code.co_argcount]  # but for the view

    def __get__(self, view: "DialectView", _owner: object = None) -> Callable[[ev.Event], Lines]:
        return partial(self._of_one, view)

    def _of_one(self, view: "DialectView", event: ev.Event) -> Lines:
        def values(name: str) -> list[Any]:
            return [getattr(event, name)]

        return self._write(view, *(column for (column,) in self._columns(view, values)))

    def each(self, view: "DialectView", block: ev.Block[Any]) -> Iterable[Lines]:
        """The lines of each event of a block."""
        return map(partial(self._write, view), *self._columns(view, block.values))

    def _columns(self, view: "DialectView", values: Values) -> Iterable[Sequence[Any]]:
        for name in self._names:
            make = view.MADE.get(name)
            yield make(view, values) if make else values(name)


class DialectView:
    """A view that speaks as a program does. Who makes one fills in the table; what is not in it is not told.

    `WRITERS` has methods, as they are in the class: each takes the view and the event and gives lines, without line ends.
    """

    WRITERS: ClassVar[Writers] = {}
    MADE: ClassVar[Mapping[str, Make]] = {}  # columns that are arguments of a writer `ByFields` and no fields
    BAR_ROWS: ClassVar[int] = 0  # of progress bars, which stand below the log on a terminal

    def __init__(self, header: Header, screen: Screen) -> None:
        self.header = header
        self.job = header.job
        self.screen = screen
        self._is_unlimited = screen.is_unlimited
        self._stamped_minute, self._stamped = -1, ""  # that was asked for last
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
        if not isinstance(write, ByFields) or not all(block.values("is_due")):
            return map(self.lines, block)
        told = write.each(self, block)
        return told if self._is_unlimited else map(self._wrapped, told)

    def _wrapped(self, lines: Lines) -> list[str]:
        """As a terminal breaks them."""
        return [row for line in lines for row in wrapped(line, self.screen.columns)]

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
        seconds, us = divmod(round(time_seconds * _MICROSECONDS), _MICROSECONDS)
        minute, second = divmod(self.header.start_time + seconds, 60)
        if minute != self._stamped_minute:
            self._stamped_minute, self._stamped = minute, f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%d %H:%M}"
        return f"{self._stamped}:{second:02d}.{us:06d}"

    def finer(self, value: float, what: str, place: int) -> float:
        """A loss with the digits below the four that a run has of it, always the same of the same."""
        return value + self.beyond(what, [place])[0]

    def beyond(self, what: str, places: Iterable[int]) -> list[float]:
        """Those digits at each of some places."""
        key = self._seed ^ fnv1a(what)
        mixed = [(place * _MULTIPLIER ^ key) * _MULTIPLIER & _MASK for place in places]
        return [((each >> 24) % _BETWEEN - _BETWEEN // 2) * _LAST_DIGIT for each in mixed]

    def stamps(self, values: Values) -> list[str]:
        """Of events, as Python writes them."""
        return list(map(self.stamp, values("time_seconds")))

    def failure(self, event: ev.LogLine) -> Lines:
        """What the job's own output has of a failure: libraries, launchers, exceptions; nothing that stands in the logs of others."""
        if event.is_shown and event.speaker in OF_THE_JOB and not (event.speaker == "trainer" and is_remark(event)):
            yield from spoken(event, self.moment(event.time_seconds))


OF_THE_JOB = frozenset({"nccl", "watchdog", "elastic", "trainer", "step"})
"""Speakers whose words are in the output of a job's processes."""


def is_remark(event: ev.LogLine) -> bool:
    """Whether a trainer says it of itself: each has its own words for it, or none. What an exception says is the same in all."""
    return event.level in ("info", "warning")
