"""Which key does what to a show. The same keys as in the players of recorded terminals that people know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pysim.options.values import FASTEST, SLOWEST

HELP_KEY, INJECT_KEY, GOTO_KEY, TIMELINE_KEY, VIEW_KEY, NEXT_VIEW_KEY = "?", "x", "g", "t", "d", "v"
ZOOM_KEY, EXPLAIN_KEY, ON_CALL_KEY, SCORE_KEY = "z", "e", "c", "s"
SKIP_SHOW_SECONDS = 5.0
FAR_SKIP_SHOW_SECONDS = 30.0  # with shift, which a terminal does not tell
SPEED_STEP = 2.0
_TENTHS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHelp:
    """What a help says of some keys: their names and one word in a terminal's line, names and a sentence on the page.

    A key that one of them cannot have is not named there.
    """

    in_terminal: str = ""
    does: str = ""
    on_page: str = ""
    meaning: str = ""


KEYS = (  # the most wanted first: a narrow terminal has not room for all
    KeyHelp(in_terminal="space", does="pause", on_page="space", meaning="play or pause"),
    KeyHelp(in_terminal="q", does="stop"),
    KeyHelp(in_terminal="+ -", does="speed", on_page="+ -", meaning="faster or slower"),
    KeyHelp(
        in_terminal="arrows",
        does=f"{SKIP_SHOW_SECONDS:g} s",
        on_page="← →",
        meaning=f"{SKIP_SHOW_SECONDS:g} seconds of show back or on; with shift {FAR_SKIP_SHOW_SECONDS:g}",
    ),
    KeyHelp(in_terminal=VIEW_KEY, does="view", on_page=VIEW_KEY, meaning="the dashboard, or the log again"),
    KeyHelp(
        in_terminal=EXPLAIN_KEY,
        does="explain",
        on_page=EXPLAIN_KEY,
        meaning="explain the newest line; a click explains any line or number",
    ),
    KeyHelp(in_terminal=INJECT_KEY, does="inject"),
    KeyHelp(in_terminal=ON_CALL_KEY, does="on call"),
    KeyHelp(in_terminal="[ ]", does="marks", on_page="[ ]", meaning="previous or next mark"),
    KeyHelp(in_terminal="n N", does="incidents", on_page="n", meaning="next incident; with shift the previous one"),
    KeyHelp(in_terminal="0-9", does="jump", on_page="0-9", meaning="to that tenth of the run"),
    KeyHelp(in_terminal=GOTO_KEY, does="go to", on_page=GOTO_KEY, meaning="go to a step or a time"),
    KeyHelp(in_terminal=TIMELINE_KEY, does="timeline"),
    KeyHelp(
        in_terminal=NEXT_VIEW_KEY,
        does="words",
        on_page=NEXT_VIEW_KEY,
        meaning="the same in the words of the next program",
    ),
    KeyHelp(
        in_terminal=ZOOM_KEY,
        does="zoom",
        on_page=ZOOM_KEY,
        meaning="charts of all, the last tenth, the last hundred steps",
    ),
    KeyHelp(on_page="↑ ↓", meaning="scroll by a line, Page Up and Page Down by a screen, End to the newest"),
)
_GAP = "  "
_MORE = f"{HELP_KEY} more"


def help_lines(columns: int) -> list[str]:
    """The keys of a terminal, as few lines of that width as hold them; all but the last say that there is more."""
    *words, last = [f"{key.in_terminal} {key.does}" for key in KEYS if key.in_terminal]
    lines = [words.pop(0)]
    for word in words:
        if len(_GAP.join((lines[-1], word, _MORE))) <= columns:
            lines[-1] += _GAP + word
        else:
            lines.append(word)
    if len(lines[-1] + _GAP + last) <= columns:
        lines[-1] += _GAP + last
    else:
        lines.append(last)
    return [*(line + _GAP + _MORE for line in lines[:-1]), lines[-1]]


class Playable(Protocol):
    """What a key can reach: a `Show`, or a `Player`."""

    @property
    def paused(self) -> bool:
        """Whether time stands still."""

    @property
    def speed(self) -> float:
        """Show seconds per second."""

    @property
    def expected_end_us(self) -> int:
        """Length of the run on show, in microseconds of run time, by what who watches may know."""

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

    def incident(self, direction: int, /) -> str:
        """Jump to the incident before (-1) or after (+1); `Refused` says that there is none."""

    def switch_view(self) -> str:
        """The dashboard, or the console again."""

    def next_view(self) -> str:
        """The same in other words."""

    def zoom_on(self) -> str:
        """More or less of the run in its charts."""

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
    return lambda show: show.seek(show.expected_end_us * tenth // _TENTHS)


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
    "n": lambda show: show.incident(1),
    "N": lambda show: show.incident(-1),
    VIEW_KEY: lambda show: show.switch_view(),
    NEXT_VIEW_KEY: lambda show: show.next_view(),
    ZOOM_KEY: lambda show: show.zoom_on(),
    **{str(tenth): _jump(tenth) for tenth in range(_TENTHS)},
}
