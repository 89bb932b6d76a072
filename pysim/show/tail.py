"""The log of a story through a view: all lines of a span, or as much of its end as a screen holds.

Where items pass too fast to be read, each `every` of them are one line, their means. What is left out even so is counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pysim.show.ledger import Told
from pysim.show.work import Work, done
from pysim.story.events import Event, items_of
from pysim.story.reports import SINGLY, Cadence
from pysim.story.story import Story
from pysim.views.text import duration
from pysim.views.view import Ending, View

_READABLE_SCREENS = 2  # items of one frame, in screens of lines, past which some are left out
_MOST_SCREENS = (
    8  # lines of one frame, in screens, where items are means: validations and checkpoints stay as long as they can
)
_FIRST_TAIL_LINES = 16  # of items in the span in which a screenful is looked for first
_FEWEST_TAIL_LINES = 4  # the same of a later look
_FIRST_TAIL_ITEMS = 2_048  # at most
_TAIL_GROWTH = 3  # of that span at most, from one look to the next


_Event = tuple[Event, Sequence[str]]


def lines_of(told: Iterable[Told]) -> list[str]:
    """All lines, in order."""
    return [line for _, lines in told for line in lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The end of a log: what was told, the moment of the first, and how many items are among them."""

    told: list[Told]
    since_us: int
    items: int

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return lines_of(self.told)


class Log:
    """What a story has to say on a screen of `screen_rows`, at a cadence."""

    def __init__(self, story: Story, view: View, screen_rows: int, cadence: Cadence = SINGLY) -> None:
        self._story = story
        self._view = view
        self._cadence = cadence
        self._readable_items = _READABLE_SCREENS * screen_rows * cadence.every
        self._most_lines = _MOST_SCREENS * screen_rows
        self._rows = max(screen_rows - view.live_rows, 1)

    def news(self, since_us: int, until_us: int) -> Work[Sequence[Told]]:
        """What is told of [since_us, until_us); if it is too much to read, the last screenful and what was left out."""
        items = self._told_before(until_us) - self._told_before(since_us)
        told: Sequence[Told] | None = None
        if items <= self._readable_items:
            told = yield from self._all(since_us, until_us)
        if told is not None:
            return told
        tail = yield from self.tail(since_us, until_us)
        passed = duration((tail.since_us - since_us) / 1e6)
        return [(None, [f"... {items - tail.items:,} steps in {passed} not shown"]), *tail.told]

    def _told_before(self, time_us: int) -> int:
        return self._story.items_before(time_us, *self._cadence)

    def _all(self, since_us: int, until_us: int) -> Work[Sequence[Told] | None]:
        """All events of a span with their lines; None if they are means and what comes between them is too much."""
        told: list[_Event] = []
        for event in self._story.narrate(since_us, until_us, *self._cadence):
            told += yield from self._tell([event])
            if self._cadence.every > 1 and _count(told) > self._most_lines:
                return None
        return told

    def tail(self, since_us: int, until_us: int) -> Work[Tail]:
        """The last screenful of log lines in [since_us, until_us), found by telling ever earlier spans."""
        told: list[_Event] = []
        every = self._cadence.every if self._cadence.has_steps else 1
        items = min(_FIRST_TAIL_LINES * every, max(_FIRST_TAIL_ITEMS, every))
        span_us = round(self._story.header.step_seconds * 1e6 * items)
        spoken_us = self._spoken_until(until_us)
        start_us, looked = spoken_us, 0
        while start_us > since_us and _count(told) < self._rows:
            end_us, start_us = start_us, self._back(start_us, max(start_us - span_us, since_us), items)
            before = yield from self._told_back(start_us, end_us, self._rows - _count(told))
            told, looked, last = before + told, looked + items, items
            if not self._cadence.has_steps:
                span_us = min(span_us * _TAIL_GROWTH, self._until_full_us(told, spoken_us - start_us))
            elif any(items_of(event) for event, _ in before):
                items = min(items * _TAIL_GROWTH, self._until_full(told, looked))
                span_us = max(span_us * items // last, 1)
            else:
                items *= _TAIL_GROWTH if any(items_of(event) for event, _ in told) else 1
                span_us *= _TAIL_GROWTH
        return Tail(
            told=_last_rows(told, self._rows),
            since_us=told[0][0].time_us if told else since_us,
            items=sum(items_of(event) for event, _ in told),
        )

    def _spoken_until(self, time_us: int) -> int:
        """A time before which the last line before another was told: a view may have no more to say from some time on."""
        last_us = self._view.over_us if isinstance(self._view, Ending) else None
        return time_us if last_us is None else min(time_us, last_us + 1)

    def _until_full(self, told: list[_Event], looked: int) -> int:
        """How many more items fill the screen, if their lines are as many as those of the items that were looked at."""
        lines = max(_count(told), 1)
        return max(-(-looked * (self._rows - lines) // lines), _FEWEST_TAIL_LINES * self._cadence.every)

    def _until_full_us(self, told: list[_Event], looked_us: int) -> int:
        """The same as a time."""
        lines = _count(told)
        return max(looked_us * (self._rows - lines) // lines, 1) if lines else looked_us * _TAIL_GROWTH

    def _back(self, end_us: int, start_us: int, items: int) -> int:
        """A time before `end_us`, no earlier than `start_us` and with not many more than some items between: after long silence there may be."""
        if not self._cadence.has_steps:
            return start_us
        before = self._story.items_before
        wanted = before(end_us) - items
        if before(start_us) >= wanted - items:
            return start_us
        early_us, late_us = start_us, end_us - 1
        while early_us < late_us:
            middle_us = (early_us + late_us) // 2
            early_us, late_us = (early_us, middle_us) if before(middle_us) >= wanted else (middle_us + 1, late_us)
        return early_us

    def _told_back(self, since_us: int, until_us: int, rows: int) -> Work[list[_Event]]:
        """The last events of a span with their lines, as many as fill `rows`, or all."""
        told: list[_Event] = []
        lines = 0
        for event in reversed(list(self._story.narrate(since_us, until_us, *self._cadence))):
            if lines >= rows:
                break
            told += yield from self._tell([event])
            lines += len(told[-1][1])
        return told[::-1]

    def _tell(self, events: Iterable[Event]) -> Work[list[_Event]]:
        told: list[_Event] = []
        for event in events:
            told.append((event, self._view.lines(event)))
            yield
        return told


class Newest:
    """The last lines of a log that has no place to scroll; from one moment to the next only what is new is told."""

    def __init__(self, story: Story, view: View, cadence: Cadence = SINGLY) -> None:
        self._story = story
        self._view = view
        self._cadence = cadence
        self._until_us, self._rows = -1, 0
        self._lines: list[str] = []

    def lines(self, time_us: int, rows: int) -> list[str]:
        """So many of the last lines before a time, fewer where there are no more."""
        if rows != self._rows or not 0 <= self._until_us <= time_us or self._is_far(time_us):
            self._lines = lines_of(self.told(time_us, rows))
        else:
            told = self._story.narrate(self._until_us, time_us, *self._cadence)
            self._lines = [*self._lines, *(line for event in told for line in self._view.lines(event))][-rows:]
        self._until_us, self._rows = time_us, rows
        return self._lines

    def told(self, time_us: int, rows: int) -> Sequence[Told]:
        """The same with their events."""
        log = Log(self._story, self._view, self._view.live_rows + rows, self._cadence)
        return done(log.tail(0, time_us)).told

    def _is_far(self, time_us: int) -> bool:
        before = self._story.items_before
        return before(time_us) - before(self._until_us) > _FIRST_TAIL_ITEMS


def _last_rows(told: Sequence[_Event], rows: int) -> list[Told]:
    """As much of the end as fills so many rows."""
    kept: list[Told] = []
    for event, lines in reversed(told):
        kept.append((event, lines[max(len(lines) - rows, 0) :] if rows else []))
        rows = max(rows - len(lines), 0)
    return kept[::-1]


def _count(told: list[_Event]) -> int:
    return sum(len(lines) for _, lines in told)
