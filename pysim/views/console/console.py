"""The console: every event as lines of a trainer's log, for one run on one screen, and the live region below them.

A table maps each kind of event to its writer. A writer names what it has to say as short parts; the parts are packed into as
few lines as the screen allows, so a narrow screen gets more lines, never a cut or wrapped one.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pysim.story import events as ev
from pysim.story.explanation import Subject, of_event
from pysim.story.header import Header
from pysim.terminal.ansi import clip
from pysim.terminal.screen import Screen
from pysim.views.console.bring_up import BringUp
from pysim.views.console.closing import Closing
from pysim.views.console.incidents import Incidents
from pysim.views.console.library import Library
from pysim.views.console.live import LIVE_ROWS, Live
from pysim.views.console.pen import Pen, Writers
from pysim.views.console.stepline import StepLine
from pysim.views.console.training import Training
from pysim.views.names import NUMBERS
from pysim.views.timeline import Timeline
from pysim.views.view import Glance, Spot

TIMELINE_ROWS_UP = LIVE_ROWS - 1  # from the last row, where bars are below it


class Console:
    """Writes the run of a header for a screen; pure, apart from remembering what it wrote last."""

    def __init__(self, header: Header, screen: Screen) -> None:
        pen = Pen(header.start_time, screen)
        library = Library(header.vendor, screen)
        self._columns = screen.columns
        self._step_line = StepLine(header, screen, pen.palette, pen.prefix)
        self._live = Live(header, screen)
        self._timeline = Timeline(screen) if screen.has_timeline else None
        self._has_bars = screen.wants(NUMBERS)
        self.live_rows = LIVE_ROWS * self._has_bars + (self._timeline is not None) * (1 + (not self._has_bars))
        self._writers: Writers = {
            **library.writers,
            **BringUp(header, pen, library.cut).writers,
            **Training(header, pen).writers,
            **Incidents(header, pen).writers,
            **Closing(header, pen).writers,
        }

    def lines(self, event: ev.Event) -> list[str]:
        """The event's lines, each at most as wide as the screen, without line ends."""
        if type(event) is ev.StepCompleted:
            return [self._step_line(event)]
        return [clip(line, self._columns) for line in self._writers[type(event)](event)]

    def lines_each(self, block: ev.Block[Any]) -> Iterable[Sequence[str]]:
        """The lines of each of many events."""
        if block.kind is ev.StepCompleted:
            return zip(self._step_line.each(block))
        return map(self.lines, block)

    def live(self, glance: Glance) -> list[str]:
        """The live region; the player's word stands in its rule, and the timeline below that."""
        rule, *bars = self._live.lines(glance.moment, glance.note)
        timeline = [self._timeline.line(glance.story, glance.moment.time_us)] if self._timeline else []
        rules = [rule] if self._has_bars or timeline else []
        return [*rules, *timeline, *(bars if self._has_bars else [])]

    def spots(self, glance: Glance) -> list[Spot]:
        """The bars; that of the steps stands for the last one."""
        now, last = glance.moment, glance.moment.last
        steps = now.phase in ("training", "hanging") and last is not None
        activity = of_event(last) if steps and last else Subject(kind="part", name="activity-bar")
        bars = (Subject(kind="part", name="run-bar"), activity)
        timeline = (Subject(kind="part", name="timeline"),) if self._timeline else ()
        rows = enumerate((*timeline, *bars), start=1)
        return [Spot(subject=subject, row=row, column=0, columns=self._columns) for row, subject in rows]

    def time_at(self, glance: Glance, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The moment that a cell of the live region stands for; None where it is not on the timeline."""
        row = TIMELINE_ROWS_UP if self._has_bars else 0
        if self._timeline is None or (rows_up != row and not is_dragged):
            return None
        return self._timeline.time_us(glance.story, column, exact=is_dragged)
