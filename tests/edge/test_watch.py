"""The loop of a live show, driven by a terminal made of lists; TECH-03."""

from collections.abc import Iterator

import pytest

from pysim.edge.controls import ACTIONS, HELP
from pysim.edge.menu import KEYS
from pysim.edge.watch import ENDING_KEYS, FRAME_SECONDS, open_and_watch, watch
from pysim.show.troubles import Refused, Trouble
from pysim.terminal.screen import Screen

TROUBLES = [
    Trouble(name=name, title=title, hits="node")
    for name, title in (("quiet-disk", "disk says nothing"), ("loud-fan", "fan too loud"))
]


class Show:
    """Writes down what it is told."""

    def __init__(self, length: float = 1_000.0) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.shown, self.length = 0.0, length
        self.paused, self.speed, self.end_us = False, 1.0, 1_000
        self.frame = 0.0
        self.injected = ""

    @property
    def ended(self) -> bool:
        return self.shown >= self.length

    def advance(self, wall_seconds: float) -> str:
        self.shown += wall_seconds
        return f"<{wall_seconds:g}>"

    def next_frame_seconds(self) -> float:
        return self.frame

    def _note(self, *call: object) -> str:
        self.calls.append(call)
        return f"[{call[0]}]"

    def pause(self) -> str:
        self.paused = True
        return self._note("pause")

    def resume(self) -> str:
        self.paused = False
        return self._note("resume")

    def set_speed(self, factor: float) -> str:
        self.speed = factor
        return self._note("speed", factor)

    def seek(self, time_us: int) -> str:
        return self._note("seek", time_us)

    def skip_show(self, show_seconds: float) -> str:
        return self._note("skip", show_seconds)

    def chapter(self, direction: int) -> str:
        return self._note("chapter", direction)

    def switch_view(self) -> str:
        return self._note("view")

    def zoom_on(self) -> str:
        return self._note("zoom")

    def message(self, text: str) -> str:
        return self._note("message", text)

    def resize(self, screen: Screen) -> str:
        return self._note("resize", screen)

    def possible(self) -> list[Trouble]:
        return TROUBLES

    def inject(self, words: str) -> str:
        if words.startswith("z"):
            message = f"unknown cause {words}"
            raise Refused(message)
        self.injected = f"{words}@5s"
        return self._note("inject", words)

    def finish(self) -> str:
        return self._note("finish")


class Terminal:
    """Hands out one list of names per wait; waits move its clock."""

    def __init__(self, *happenings: list[str]) -> None:
        self.happenings = list(happenings)
        self.now = 50.0
        self.waits: list[float] = []
        self.text = ""
        self.calls: list[str] = []

    def clock(self) -> float:
        return self.now

    def write(self, text: str) -> None:
        self.text += text

    def wait(self, seconds: float) -> list[str]:
        self.waits.append(seconds)
        self.now += seconds
        return self.happenings.pop(0) if self.happenings else []

    def screen(self) -> Screen:
        return Screen(columns=66)

    def suspend(self) -> None:
        self.calls.append("suspend")
        self.happenings.insert(0, ["SIGCONT"])

    def resume(self) -> None:
        self.calls.append("resume")


@pytest.mark.parametrize(
    ("key", "call"),
    [
        ("space", ("pause",)),
        ("+", ("speed", 2.0)),
        ("=", ("speed", 2.0)),
        ("-", ("speed", 0.5)),
        ("_", ("speed", 0.5)),
        ("left", ("skip", -5.0)),
        ("right", ("skip", 5.0)),
        ("[", ("chapter", -1)),
        ("]", ("chapter", 1)),
        ("d", ("view",)),
        ("z", ("zoom",)),
        ("?", ("message", HELP)),
        *((str(tenth), ("seek", tenth * 100)) for tenth in range(10)),
    ],
)
def test_every_key(key: str, call: tuple[object, ...]) -> None:
    show, terminal = Show(), Terminal([key], ["q"])
    assert watch(show, terminal) == "q"
    assert show.calls == [call, ("finish",)]


def test_every_key_has_a_test() -> None:
    tested = {"space", "+", "=", "-", "_", "left", "right", "[", "]", "d", "z", "?", *map(str, range(10))}
    assert set(ACTIONS) == tested


def test_the_help_line_goes_away_with_the_next_key() -> None:
    show = Show()
    watch(show, Terminal(["?"], ["right"], ["?"], ["?"], ["q"]))
    assert show.calls == [
        ("message", HELP),
        ("message", ""),
        ("skip", 5.0),
        ("message", HELP),
        ("message", ""),
        ("finish",),
    ]


def test_space_goes_on_again() -> None:
    show = Show()
    watch(show, Terminal(["space"], ["space"], ["q"]))
    assert [call for (call, *_) in show.calls] == ["pause", "resume", "finish"]


def test_the_speed_stays_in_its_range() -> None:
    show = Show()
    watch(show, Terminal(["+"] * 60 + ["-"] * 120, ["q"]))
    factors = [float(str(call[1])) for call in show.calls if call[0] == "speed"]
    assert (max(factors), min(factors)) == (1e6, 0.01)


def test_a_key_without_a_meaning_does_nothing() -> None:
    show = Show()
    watch(show, Terminal(["k", "unknown", "enter"], ["q"]))
    assert show.calls == [("finish",)]


# The menu


def told(show: Show) -> list[tuple[object, ...]]:
    """What the show was told but for the menu's own lines."""
    return [call for call in show.calls if call[0] != "message" or not str(call[1]).startswith("inject ")]


def lines(show: Show) -> list[str]:
    return [str(call[1]) for call in show.calls if call[0] == "message"]


def test_x_opens_a_menu_and_enter_lets_it_happen() -> None:
    show = Show()
    watch(show, Terminal(["x"], ["l", "o"], ["enter"], ["right"], ["q"]))
    assert told(show) == [
        ("message", ""),
        ("inject", "loud-fan"),
        ("message", "--inject loud-fan@5s"),
        ("message", ""),
        ("skip", 5.0),
        ("finish",),
    ]
    assert lines(show)[:2] == [
        "inject _ 1/2 > quiet-disk (disk says nothing), loud-fan (fan t",
        "inject lo_ 1/1 > loud-fan (fan too loud)",
    ]


def test_in_the_menu_keys_are_letters_and_time_goes_on() -> None:
    show = Show()
    assert watch(show, Terminal(["x"], ["q", "space", "5"], ["Q"], ["escape"], [], ["space"], ["q"])) == "q"
    assert "inject q 5Q_ nothing of this name" in lines(show)
    assert told(show) == [("message", ""), ("pause",), ("finish",)]
    assert show.shown == pytest.approx(6 * FRAME_SECONDS)


@pytest.mark.parametrize("name", ["ctrl-c", "SIGTERM"])
def test_what_ends_a_show_ends_it_in_the_menu_too(name: str) -> None:
    show = Show()
    assert watch(show, Terminal(["x"], ["l"], [name])) == name
    assert told(show) == [("finish",)]


def test_a_refusal_is_said_until_the_next_key() -> None:
    show = Show()
    watch(show, Terminal(["x", "z", "z", "enter"], ["x"], ["escape"], ["q"]))
    assert told(show) == [
        ("message", ""),
        ("message", "unknown cause zz"),
        ("message", ""),
        ("message", ""),
        ("finish",),
    ]


def test_the_menu_outlives_a_stop_and_another_size() -> None:
    show, terminal = Show(), Terminal(["x"], ["SIGWINCH"], ["ctrl-z"], ["l"], ["?"], ["escape"], ["q"])
    watch(show, terminal)
    assert terminal.calls == ["suspend", "resume"]
    resized = ("resize", Screen(columns=66))
    assert told(show) == [resized, ("finish",), resized, ("message", KEYS[:62]), ("message", ""), ("finish",)]
    assert lines(show)[-3] == "inject l_ 1/1 > loud-fan (fan too loud)"


@pytest.mark.parametrize("name", [*ENDING_KEYS, "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIG40"])
def test_ways_to_stop_leave_a_tidy_screen(name: str) -> None:
    """TECH-03: at once, whatever else came with it."""
    show, terminal = Show(), Terminal([name, "space"])
    assert watch(show, terminal) == name
    assert show.calls == [("finish",)]
    assert terminal.text.endswith("[finish]")


class Opening:
    """So many lines, each of which takes a while to be told."""

    def __init__(self, show: Show, lines: int, terminal: Terminal, seconds: float = 0.0) -> None:
        self.told, self.lines, self.terminal, self.seconds = 0, lines, terminal, seconds
        self._show = show

    def __iter__(self) -> Iterator[str]:
        while self.told < self.lines:
            self.terminal.now += self.seconds
            self.told += 1
            yield f"line {self.told}\n"

    def show(self) -> Show:
        return self._show


def test_what_comes_first_is_written_and_then_the_show() -> None:
    show, terminal = Show(length=0.0), Terminal()
    assert open_and_watch(Opening(show, 2, terminal), terminal) is None
    assert terminal.text == "line 1\nline 2\n<0>[finish]"


@pytest.mark.parametrize("name", ["q", "ctrl-c", "SIGTERM"])
def test_whoever_ends_it_need_not_wait_for_the_first_lines(name: str) -> None:
    show, terminal = Show(), Terminal([], ["x"], [name])
    opening = Opening(show, 10**9, terminal)
    assert open_and_watch(opening, terminal) == name
    assert opening.told == 3
    assert show.calls == []


def test_the_first_lines_take_of_the_time() -> None:
    show, terminal = Show(), Terminal()
    endless = Opening(show, 10**9, terminal, seconds=1.0)
    assert open_and_watch(endless, terminal, limit_seconds=5.0) is None
    assert endless.told == 5
    show.frame = 4.0
    terminal.waits.clear()
    assert open_and_watch(Opening(show, 3, terminal, seconds=1.0), terminal, limit_seconds=9.0) is None
    assert terminal.waits == [0.0, 0.0, 0.0, 4.0, 2.0]


@pytest.mark.parametrize("name", ["ctrl-z", "SIGTSTP"])
def test_a_stop_in_the_first_lines_is_taken_back_and_the_show_fits_the_screen(name: str) -> None:
    show, terminal = Show(length=0.0), Terminal([name])
    open_and_watch(Opening(show, 3, terminal), terminal)
    assert terminal.calls == ["suspend", "resume"]
    assert show.calls == [("resize", Screen(columns=66)), ("finish",)]


def test_the_show_ends() -> None:
    show, terminal = Show(length=0.5), Terminal()
    show.frame = 0.25
    assert watch(show, terminal) is None
    assert terminal.text == "<0><0.25><0.25>[finish]"


def test_frames_are_not_faster_than_the_eye() -> None:
    terminal = Terminal([], ["q"])
    watch(Show(), terminal)
    assert terminal.waits == [FRAME_SECONDS, FRAME_SECONDS]


def test_exit_after_time() -> None:
    show, terminal = Show(), Terminal()
    show.frame = 4.0
    assert watch(show, terminal, limit_seconds=10.0) is None
    assert terminal.waits == [4.0, 4.0, 2.0]
    assert show.calls == [("finish",)]


@pytest.mark.parametrize("name", ["SIGWINCH", "ctrl-l"])
def test_repaint_at_once(name: str) -> None:
    show, terminal = Show(), Terminal([name], ["q"])
    watch(show, terminal)
    assert show.calls == [("resize", Screen(columns=66)), ("finish",)]
    assert terminal.calls == []


@pytest.mark.parametrize("name", ["SIGTSTP", "ctrl-z"])
def test_a_stop_leaves_a_tidy_screen_and_paints_it_anew(name: str) -> None:
    show, terminal = Show(), Terminal([name], ["q"])
    watch(show, terminal)
    assert terminal.calls == ["suspend", "resume"]
    assert show.calls == [("finish",), ("resize", Screen(columns=66)), ("finish",)]


def test_after_a_stop_that_nobody_announced_the_terminal_is_taken_again() -> None:
    show, terminal = Show(), Terminal(["SIGCONT"], ["q"])
    watch(show, terminal)
    assert terminal.calls == ["resume"]
    assert show.calls == [("resize", Screen(columns=66)), ("finish",)]
