"""The loop of a live show: advance, write, wait for a key, a signal or the next frame.

It knows neither a clock nor a terminal but through `Terminal`, so tests drive it with one made of lists.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pysim.edge.controls import HELP_KEY, Playable, press
from pysim.terminal.screen import Screen

FRAME_SECONDS = 1 / 30  # no terminal is painted more often
EXIT_CODES: Mapping[str, int] = {
    "q": 0,
    "Q": 0,
    "ctrl-c": 0,
    "SIGINT": 0,
    "SIGTERM": 143,
    "SIGHUP": 129,
}  # 128 + number
FOREVER = 3_600.0  # seconds; a wait that nothing interrupts may as well look around once an hour
_SUSPENDING = ("ctrl-z", "SIGTSTP")
_REPAINTING = ("ctrl-l", "SIGWINCH", "SIGCONT")


class Watchable(Playable, Protocol):
    """A show that a terminal can play."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to show."""

    def advance(self, wall_seconds: float, /) -> str:
        """What to write after that much time."""

    def next_frame_seconds(self) -> float:
        """How long nothing will change."""

    def resize(self, screen: Screen, /) -> str:
        """Paint anew on this screen."""

    def finish(self) -> str:
        """What leaves the terminal tidy."""


class Terminal(Protocol):
    """A terminal with a keyboard and a clock."""

    def clock(self) -> float:
        """Seconds that only go up."""

    def write(self, text: str, /) -> None:
        """Write at once."""

    def wait(self, seconds: float, /) -> Sequence[str]:
        """Names of keys and signals that came, at the latest after this many seconds."""

    def screen(self) -> Screen:
        """The screen as it is now."""

    def suspend(self) -> None:
        """Hand the terminal back, stop, and take it again when told to go on."""


def watch(show: Watchable, terminal: Terminal, limit_seconds: float | None = None) -> int:
    """Play until the show ends, someone ends it or the time is over; the exit code."""
    before = began = terminal.clock()
    hands = _Hands(show, terminal)
    while True:
        now = terminal.clock()
        terminal.write(show.advance(now - before))
        before = now
        left = FOREVER if limit_seconds is None else began + limit_seconds - now
        if show.ended or left <= 0:
            terminal.write(show.finish())
            return 0
        for name in terminal.wait(min(max(show.next_frame_seconds(), FRAME_SECONDS), left)):
            if name in EXIT_CODES:
                terminal.write(show.finish())
                return EXIT_CODES[name]
            if name in _SUSPENDING:
                before = hands.suspend()
            elif name in _REPAINTING:
                hands.repaint()
            else:
                hands.press(name)


class _Hands:
    """What keys and signals do, short of ending the show."""

    def __init__(self, show: Watchable, terminal: Terminal) -> None:
        self._show = show
        self._terminal = terminal
        self._is_helping = False

    def press(self, key: str) -> None:
        """A key; the help line goes away with whichever comes next."""
        was_helping, self._is_helping = self._is_helping, False
        if was_helping:
            self._terminal.write(self._show.message(""))
        if key != HELP_KEY or not was_helping:
            self._terminal.write(press(self._show, key))
            self._is_helping = key == HELP_KEY

    def repaint(self) -> None:
        """Another size, or a screen that someone else wrote on."""
        self._terminal.write(self._show.resize(self._terminal.screen()))

    def suspend(self) -> float:
        """Stop and go on; the moment from which time counts again."""
        self._terminal.write(self._show.finish())
        self._terminal.suspend()
        self.repaint()
        return self._terminal.clock()
