"""What was written into the log, row by row: which event a row on the screen, or above it, belongs to.

A row is found again by counting up from the last one. An event is kept as its place in the story: its moment, and how many come after
it at that moment; the story tells it again.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pysim.story.events import Event
from pysim.story.reports import SINGLY, Cadence
from pysim.story.story import Story

Told = tuple[Event | None, Sequence[str]]
"""An event with its lines; None for a line of the show's own."""
KEPT_ENTRIES = 5_000  # of events; a page keeps as many rows


class _Entry(NamedTuple):
    """An event that took so many rows, as it can be found again; no story where the rows were no event's."""

    rows: int
    story: Story | None
    cadence: Cadence = SINGLY
    time_us: int = 0
    later: int = 0  # events at that moment that come after it

    def event(self) -> Event | None:
        """Told again."""
        if self.story is None:
            return None
        found = list(self.story.narrate(self.time_us, self.time_us + 1, *self.cadence))
        return found[-1 - self.later] if self.later < len(found) else None


class Ledger:
    """The rows of one screen's log, the newest last."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque(maxlen=KEPT_ENTRIES)

    def wrote(self, story: Story, cadence: Cadence, told: Iterable[Told]) -> None:
        """These lines, below all others; all events of each moment are among them."""
        entries: list[_Entry] = []
        moment_us, later = -1, 0
        for event, lines in reversed(list(told)):
            if event is None:
                entries.append(_Entry(len(lines), None))
                continue
            time_us = event.time_us
            moment_us, later = (time_us, later + 1) if time_us == moment_us else (time_us, 0)
            if lines:
                entries.append(_Entry(len(lines), story, cadence, time_us, later))
        self._entries.extend(reversed(entries))

    def wrote_other(self, rows: int) -> None:
        """Rows that are no event's."""
        self._entries.append(_Entry(rows, None))

    def erased(self, rows: int) -> None:
        """So many of the last rows are no more: what had scrolled away before stays."""
        while rows > 0 and self._entries:
            last = self._entries.pop()
            if last.rows > rows:
                self._entries.append(last._replace(rows=last.rows - rows))
            rows -= last.rows

    def forget(self) -> None:
        """Nothing that was written is where it was."""
        self._entries.clear()

    def event(self, rows_up: int) -> Event | None:
        """Whose row it is, so many above the last one; None where it was no event, or too long ago."""
        for entry in reversed(self._entries):
            if rows_up < entry.rows:
                return entry.event()
            rows_up -= entry.rows
        return None
