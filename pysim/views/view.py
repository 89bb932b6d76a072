"""What every view offers. A view is made for one run, known by its header, on one screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pysim.story.events import Event
from pysim.story.moment import Moment
from pysim.story.story import Story


@dataclass(frozen=True, slots=True)
class Glance:
    """All that a live region is drawn of: the moment on show, what the story says of what came before, and a word from the player."""

    story: Story
    moment: Moment
    note: str = ""


class View(Protocol):
    """Turns events into log lines, and a glance at the run into the region below them."""

    @property
    def live_rows(self) -> int:
        """Rows of the live region; 0 where there is none, all of the screen's where there is no log."""

    def lines(self, event: Event, /) -> Sequence[str]:
        """The event's lines, each at most as wide as the screen, without line ends."""

    def live(self, glance: Glance, /) -> Sequence[str]:
        """The live region, `live_rows` lines."""


@runtime_checkable
class Pointable(Protocol):
    """A view with a timeline that can be pointed at."""

    def time_at(self, glance: Glance, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The moment that a cell stands for, counted from the last row and the first column; None where it is not on the timeline.

        Who drags has pressed on it before, and may be on any row by now.
        """
