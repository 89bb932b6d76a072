"""Which key does what to a show. The same keys as in the players of recorded terminals that people know."""

from collections.abc import Callable, Mapping
from typing import Protocol

from pysim.options.values import FASTEST, SLOWEST

HELP_KEY = "?"
HELP = "space pause  + - speed  left right 5 s  [ ] chapters  0-9 jump  q stop"
SKIP_SHOW_SECONDS = 5.0
SPEED_STEP = 2.0
_TENTHS = 10


class Playable(Protocol):
    """What a key can reach: a `Show`, or a `Player`."""

    @property
    def paused(self) -> bool:
        """Whether time stands still."""

    @property
    def speed(self) -> float:
        """Show seconds per second."""

    @property
    def end_us(self) -> int:
        """Length of the run on show, in microseconds of run time."""

    def pause(self) -> str:
        """Stand still."""

    def resume(self) -> str:
        """Go on."""

    def set_speed(self, factor: float, /) -> str:
        """Watch at another speed."""

    def seek(self, time_us: int, /) -> str:
        """Jump to a time of the run."""

    def skip_show(self, show_seconds: float, /) -> str:
        """Jump by a time of the show."""

    def chapter(self, direction: int, /) -> str:
        """Jump to the chapter before (-1) or after (+1)."""

    def message(self, text: str, /) -> str:
        """Show a line until the next key."""


def press(show: Playable, key: str) -> str:
    """What there is to write after a key; nothing for a key without a meaning."""
    action = ACTIONS.get(key)
    return action(show) if action else ""


def _toggle(show: Playable) -> str:
    return show.resume() if show.paused else show.pause()


def _faster(show: Playable) -> str:
    return show.set_speed(min(show.speed * SPEED_STEP, FASTEST))


def _slower(show: Playable) -> str:
    return show.set_speed(max(show.speed / SPEED_STEP, SLOWEST))


def _jump(tenth: int) -> Callable[[Playable], str]:
    return lambda show: show.seek(show.end_us * tenth // _TENTHS)


ACTIONS: Mapping[str, Callable[[Playable], str]] = {
    "space": _toggle,
    "+": _faster,
    "=": _faster,  # the same key without shift
    "-": _slower,
    "_": _slower,
    "left": lambda show: show.skip_show(-SKIP_SHOW_SECONDS),
    "right": lambda show: show.skip_show(SKIP_SHOW_SECONDS),
    "[": lambda show: show.chapter(-1),
    "]": lambda show: show.chapter(1),
    HELP_KEY: lambda show: show.message(HELP),
    **{str(tenth): _jump(tenth) for tenth in range(_TENTHS)},
}
