"""The loop of a live show: advance, write, wait for a key, a signal or the next frame.

It knows neither a clock nor a terminal but through `Terminal`, so tests drive it with one made of lists.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

from pysim.edge.controls import (
    EXPLAIN_KEY,
    GOTO_KEY,
    HELP_KEY,
    INJECT_KEY,
    ON_CALL_KEY,
    SCORE_KEY,
    TIMELINE_KEY,
    Playable,
    help_lines,
    press,
)
from pysim.edge.menu import Menu
from pysim.edge.mouse import Mouse
from pysim.edge.panel import Panel
from pysim.edge.places import place_us
from pysim.edge.prompt import Prompt
from pysim.options.values import Timeline
from pysim.show.troubles import Refused, Trouble
from pysim.story.choices import Choice
from pysim.story.oncall import Call, Score
from pysim.terminal.ansi import palette
from pysim.terminal.screen import TIMELINE_COLUMNS, TIMELINE_ROWS, Screen

FRAME_SECONDS = 1 / 30  # no terminal is painted more often
ENDING_KEYS = ("q", "Q", "ctrl-c")
_LIVE_ROWS = 5  # at most, with a timeline, and one row of the log
_RULE_COLUMNS = 4  # of the row that says something, which are never free
FOREVER = 3_600.0  # seconds; a wait that nothing interrupts may as well look around once an hour


class Watchable(Playable, Protocol):
    """A show that a terminal can play."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to show."""

    @property
    def story(self) -> Timeline:
        """The run on show."""

    @property
    def has_timeline(self) -> bool:
        """Whether there is one to be pointed at."""

    def pointed_us(self, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The moment that a cell above the last row stands for; None where it is not on the timeline."""

    def advance(self, wall_seconds: float, /) -> str:
        """What to write after that much time."""

    def next_frame_seconds(self) -> float:
        """How long nothing will change."""

    def resize(self, screen: Screen, /) -> str:
        """Paint anew on this screen."""

    def possible(self) -> Sequence[Trouble]:
        """What can be let happen in the run on show."""

    def inject(self, words: str, /) -> str:
        """Let it happen; `Refused` says why it does not."""

    @property
    def injected(self) -> str:
        """How an option asks for what was let happen last."""

    @property
    def is_looking(self) -> bool:
        """Whether a panel explains something, and time stands still."""

    def look(self) -> str:
        """Explain the newest line."""

    def look_on(self, key: str, /) -> str:
        """A key for the panel."""

    def look_away(self) -> str:
        """Close it."""

    @property
    def time_us(self) -> int:
        """The moment on show."""

    @property
    def stopped_for(self) -> int:
        """The call at which the show stands still by itself; 0 for none."""

    def open_calls(self) -> Sequence[Call]:
        """What waits for a decision."""

    def offered(self) -> Sequence[Choice]:
        """What can be decided now."""

    def decide(self, words: str, /) -> str:
        """Decide it; `Refused` says why that cannot be."""

    @property
    def decided(self) -> str:
        """How an option asks for what was decided last."""

    def score(self) -> Score | None:
        """How the decisions so far do; None where nobody decides."""

    def panel(self, lines: Sequence[str], /) -> str:
        """Show some lines above the live region until the next ones; none takes them away."""

    def finish(self) -> str:
        """What leaves the terminal tidy."""


class Terminal(Protocol):
    """A terminal with a keyboard and a clock."""

    def clock(self) -> float:
        """Seconds that only go up, and stand still while the program is stopped."""

    def write(self, text: str, /) -> None:
        """Write at once, or not at all while the terminal is not ours."""

    def wait(self, seconds: float, /) -> Sequence[str]:
        """Names of keys and signals that came, at the latest after this many seconds."""

    def screen(self) -> Screen:
        """The screen as it is now."""

    def tell_of_mouse(self, *, wanted: bool) -> None:
        """Give names to what the mouse does as well, or leave it to the terminal; where it cannot, nothing happens."""

    def suspend(self) -> None:
        """Hand the terminal back and stop; `SIGCONT` is the next name when told to go on."""

    def resume(self) -> None:
        """Take the terminal again, whoever had it; returns when it may be written on."""


class Opening(Protocol):
    """What is written first, however long it is, and then the show."""

    def __iter__(self) -> Iterator[str]:
        """The lines."""

    def show(self) -> Watchable:
        """The show that goes on below them."""


def open_and_watch(opening: Opening, terminal: Terminal, limit_seconds: float | None = None) -> str | None:
    """Write what comes first, then `watch`; keys, signals and the time count from the first line on."""
    began, resized = terminal.clock(), False
    for line in opening:
        terminal.write(line)
        for name in terminal.wait(0.0):
            if _is_end(name):
                return name
            resized = resized or name in ("SIGWINCH", "SIGCONT")
            if name in _MEANWHILE:
                _MEANWHILE[name](terminal)
        if limit_seconds is not None and terminal.clock() - began >= limit_seconds:
            return None
    show = opening.show()
    if resized:
        terminal.write(show.resize(terminal.screen()))
    left = None if limit_seconds is None else max(began + limit_seconds - terminal.clock(), 0.0)
    return watch(show, terminal, left)


_MEANWHILE: Mapping[str, Callable[[Terminal], None]] = {
    "ctrl-z": lambda terminal: terminal.suspend(),
    "SIGTSTP": lambda terminal: terminal.suspend(),
    "SIGCONT": lambda terminal: terminal.resume(),
}


def watch(show: Watchable, terminal: Terminal, limit_seconds: float | None = None) -> str | None:
    """Play until the show ends, someone ends it or the time is over; the key or signal that ended it, if one did."""
    before = began = terminal.clock()
    hands = _Hands(show, terminal)
    while True:
        now = terminal.clock()
        terminal.write(show.advance(now - before))
        before = now
        hands.hold()
        left = FOREVER if limit_seconds is None else began + limit_seconds - now
        if show.ended or left <= 0:
            terminal.write(show.finish())
            return None
        for name in terminal.wait(min(max(show.next_frame_seconds(), FRAME_SECONDS), left)):
            if hands.end(name):
                terminal.write(show.finish())
                return name
            hands.take(name)


def _is_end(name: str) -> bool:
    """Every signal ends the show unless it means something else here."""
    return name in ENDING_KEYS or (name.startswith("SIG") and name not in _Hands.ACTIONS)


class _Hands:
    """What keys and signals do, short of ending the show."""

    def __init__(self, show: Watchable, terminal: Terminal) -> None:
        self._show = show
        self._terminal = terminal
        self._mouse = Mouse(show, terminal)
        self._help: list[str] = []  # pages that have not been seen
        self._is_helping = self._is_saying = self._hides_timeline = False
        self._menu: Menu | Prompt | None = None
        self._panel: Panel | None = None
        self._was_playing = False  # before the panel was opened

    def end(self, name: str) -> bool:
        """Whether this ends the show; in a menu, q is a letter."""
        return _is_end(name) and not ((self._menu or self._panel) and len(name) == 1)

    def take(self, name: str) -> None:
        """A key, a signal, or what the mouse did."""
        action = self.ACTIONS.get(name)
        if action:
            action(self)
        elif not self._mouse.hears(name):
            self._mouse.take_again()
            if self._panel:
                self._decide(self._panel, name)
            elif self._menu:
                self._choose(self._menu, name)
            elif self._show.is_looking:
                self._look_on(name)
            else:
                self._press(name)

    def hold(self) -> None:
        """The menu stays where it is, whatever becomes of the run and of the screen."""
        self._mouse.keep(wanted=self._show.has_timeline)
        self._mouse.follow()
        if self._show.stopped_for and not (self._panel or self._menu):
            self._open_panel()
        if self._panel:
            screen = self._screen()
            shown = self._panel.lines(screen.columns, screen.rows - _LIVE_ROWS, palette(color=screen.color))
            self._terminal.write(self._show.panel(shown))
        if self._menu:
            self._terminal.write(self._show.message(self._menu.line(self._room())))

    def _room(self) -> int:
        """Columns for what is said."""
        return self._terminal.screen().columns - _RULE_COLUMNS

    def _screen(self) -> Screen:
        """The screen, with what is wanted on it."""
        screen = self._terminal.screen()
        return replace(screen, timeline=False) if self._hides_timeline else screen

    def _press(self, key: str) -> None:
        """A key for the show; what is said goes away with whichever comes next."""
        was_helping, was_saying = self._is_helping, self._is_saying
        self._is_helping = self._is_saying = False
        if was_saying:
            self._terminal.write(self._show.message(""))
        if key == HELP_KEY:
            self._help = self._help if was_helping else help_lines(self._room())
            self._show_help()
        elif key in self.OWN_KEYS:
            self.OWN_KEYS[key](self)
        else:
            self._play(key)

    def _show_help(self) -> None:
        """The next page; none after the last."""
        if self._help:
            self._say(self._help.pop(0))
            self._is_helping = True

    def _play(self, key: str) -> None:
        try:
            self._terminal.write(press(self._show, key))
        except Refused as refused:
            self._say(str(refused))

    def _open_menu(self) -> None:
        self._menu = Menu(self._show.possible())

    def _open_prompt(self) -> None:
        self._menu = Prompt()

    def _look(self) -> None:
        self._terminal.write(self._show.look())

    def _look_on(self, key: str) -> None:
        """A key for the panel: the one that opened it closes it."""
        closes = key in (EXPLAIN_KEY, "escape")
        self._terminal.write(self._show.look_away() if closes else self._show.look_on(key))

    def _open_panel(self) -> None:
        """Time stands still meanwhile."""
        self._panel = Panel(self._show.open_calls(), self._show.offered(), self._show.time_us)
        self._was_playing = not self._show.paused or bool(self._show.stopped_for)
        if not self._show.paused:
            self._terminal.write(self._show.pause())

    def _close_panel(self) -> None:
        self._panel = None
        self._terminal.write(self._show.panel(()))
        if self._was_playing and self._show.paused:
            self._terminal.write(self._show.resume())

    def _decide(self, panel: Panel, key: str) -> None:
        """A key for the panel."""
        if key in ("escape", ON_CALL_KEY) or (key == "enter" and panel.is_empty):
            self._close_panel()
        elif key == SCORE_KEY:
            panel.tell(self._show.score())
        elif key != "enter":
            panel.press(key)
        else:
            try:
                text = self._show.decide(panel.words)
            except Refused as refused:
                panel.refuse(str(refused))
            else:
                self._terminal.write(text)
                self._close_panel()
                self._say(f"--decide {self._show.decided}")

    def _toggle_timeline(self) -> None:
        """The mouse goes with it: without one it is the terminal's own again."""
        screen = self._terminal.screen()
        if not screen.has_timeline:
            has_room = screen.columns >= TIMELINE_COLUMNS and screen.rows >= TIMELINE_ROWS
            needed = f"a timeline takes {TIMELINE_COLUMNS} columns and {TIMELINE_ROWS} rows"
            self._say("on call there is no timeline: it knows what is to come" if has_room else needed)
            return
        self._hides_timeline = not self._hides_timeline
        self._repaint()

    def _choose(self, menu: Menu | Prompt, key: str) -> None:
        """A key for the menu."""
        if key not in ("enter", "escape"):
            menu.press(key)
        elif key == "enter" and isinstance(menu, Prompt) and menu.typed:
            self._go(menu)
        else:
            self._close_menu()
            if key == "enter" and isinstance(menu, Menu):
                self._inject(menu.words)

    def _close_menu(self) -> None:
        self._menu = None
        self._terminal.write(self._show.message(""))

    def _go(self, prompt: Prompt) -> None:
        try:
            time_us = place_us(self._show.story, prompt.typed)
        except Refused as refused:
            prompt.refuse(str(refused))
        else:
            self._close_menu()
            self._terminal.write(self._show.seek(time_us))

    def _inject(self, words: str) -> None:
        try:
            self._terminal.write(self._show.inject(words))
        except Refused as refused:
            self._say(str(refused))
        else:
            self._say(f"--inject {self._show.injected}")

    def _say(self, line: str) -> None:
        self._terminal.write(self._show.message(line))
        self._is_saying = True

    def _repaint(self) -> None:
        """Another size, or a screen that someone else wrote on."""
        self._terminal.write(self._show.resize(self._screen()))

    def _suspend(self) -> None:
        self._terminal.write(self._show.finish())
        self._terminal.suspend()

    def _go_on(self) -> None:
        """After a stop of any kind: another program had the terminal meanwhile."""
        self._terminal.resume()
        self._repaint()

    ACTIONS: ClassVar[Mapping[str, Callable[["_Hands"], None]]] = {
        "ctrl-z": _suspend,
        "SIGTSTP": _suspend,
        "SIGCONT": _go_on,
        "ctrl-l": _repaint,
        "SIGWINCH": _repaint,
    }
    OWN_KEYS: ClassVar[Mapping[str, Callable[["_Hands"], None]]] = {
        INJECT_KEY: _open_menu,
        GOTO_KEY: _open_prompt,
        EXPLAIN_KEY: _look,
        TIMELINE_KEY: _toggle_timeline,
        ON_CALL_KEY: _open_panel,
    }
