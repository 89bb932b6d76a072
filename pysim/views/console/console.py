"""The console: every event as lines of a trainer's log, for one run on one screen, and the live region below them.

A table maps each kind of event to its writer. A writer names what it has to say as short parts; the parts are packed into as
few lines as the screen allows, so a narrow screen gets more lines, never a cut or wrapped one.
"""

from pysim.story import events as ev
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
from pysim.views.view import Glance


class Console:
    """Writes the run of a header for a screen; pure, apart from remembering what it wrote last."""

    live_rows = LIVE_ROWS

    def __init__(self, header: Header, screen: Screen) -> None:
        pen = Pen(header.start_time, screen)
        library = Library(header.vendor, screen)
        self._columns = screen.columns
        self._step_line = StepLine(header, screen, pen.palette, pen.prefix)
        self._live = Live(header, screen)
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

    def live(self, glance: Glance) -> list[str]:
        """The live region; the player's word stands in its rule."""
        return self._live.lines(glance.moment, glance.note)
