"""What every view offers. A view is made for one run, known by its header, on one screen."""

from collections.abc import Sequence
from typing import Protocol

from pysim.story.events import Event
from pysim.story.moment import Moment


class View(Protocol):
    """Turns events into log lines, and a moment into the region below them."""

    @property
    def live_rows(self) -> int:
        """Rows of the live region; 0 where there is none."""

    def lines(self, event: Event, /) -> Sequence[str]:
        """The event's lines, each at most as wide as the screen, without line ends."""

    def live(self, moment: Moment, note: str = "", /) -> Sequence[str]:
        """The live region, `live_rows` lines; `note` is a word from the player."""
