"""The loop of a live show, driven by a terminal made of lists; TECH-03."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from pysim.edge.controls import ACTIONS, help_lines
from pysim.edge.menu import KEYS
from pysim.edge.prompt import Prompt
from pysim.edge.watch import ENDING_KEYS, FRAME_SECONDS, open_and_watch, watch
from pysim.show.troubles import Refused, Trouble
from pysim.story.choices import Choice, Costs
from pysim.story.oncall import Call
from pysim.terminal.ansi import ASK_CURSOR
from pysim.terminal.screen import Screen

ROOM = 62  # columns for what is said
HELP, *MORE_HELP = help_lines(ROOM)
TROUBLES = [
    Trouble(name=name, title=title, hits="node")
    for name, title in (("quiet-disk", "disk says nothing"), ("loud-fan", "fan too loud"))
]


@dataclass(frozen=True)
class Counted:
    total_steps: int = 100


class Run:
    """A hundred steps of ten microseconds."""

    header, end_us = Counted(), 1_000

    def item_begin(self, item: int) -> int:
        return 10 * (item - 1)


class Show:
    """Writes down what it is told."""

    def __init__(self, length: float = 1_000.0) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.shown, self.length = 0.0, length
        self.paused, self.speed, self.expected_end_us = False, 1.0, 1_000
        self.frame = 0.0
        self.injected = ""
        self.story, self.has_timeline = Run(), False
        self.time_us, self.stopped_for, self.decided = 500, 0, ""
        self.choices: list[Choice] = []
        self.panels: list[list[str]] = []

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

    def incident(self, direction: int) -> str:
        if direction < 0:
            message = "nothing goes wrong before this"
            raise Refused(message)
        return self._note("incident", direction)

    def pointed_us(self, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The timeline is in the third row from the last."""
        return 10 * column if is_dragged or rows_up == 2 else None

    def next_view(self) -> str:
        return self._note("words")

    def switch_view(self) -> str:
        return self._note("view")

    def zoom_on(self) -> str:
        return self._note("zoom")

    def message(self, text: str) -> str:
        return self._note("message", text)

    def resize(self, screen: Screen) -> str:
        self.has_timeline = screen.timeline
        return self._note("resize", screen)

    def possible(self) -> list[Trouble]:
        return TROUBLES

    def inject(self, words: str) -> str:
        if words.startswith("z"):
            message = f"unknown cause {words}"
            raise Refused(message)
        self.injected = f"{words}@5s"
        return self._note("inject", words)

    is_looking = False

    def look(self) -> str:
        self.is_looking = True
        return self._note("look")

    def look_on(self, key: str) -> str:
        return self._note("look on", key)

    def look_away(self) -> str:
        self.is_looking = False
        return self._note("look away")

    def open_calls(self) -> list[Call]:
        return []

    def offered(self) -> list[Choice]:
        return self.choices

    def decide(self, words: str) -> str:
        if words == "wait":
            message = "nothing waits"
            raise Refused(message)
        self.decided = f"{words}@5s"
        self.stopped_for = 0
        return self._note("decide", words)

    def score(self) -> None:
        return None

    def panel(self, lines: Sequence[str]) -> str:
        self.panels.append(list(lines))
        return ""

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
        self.has_timeline = False

    def clock(self) -> float:
        return self.now

    def write(self, text: str) -> None:
        self.text += text

    def wait(self, seconds: float) -> list[str]:
        self.waits.append(seconds)
        self.now += seconds
        return self.happenings.pop(0) if self.happenings else []

    def screen(self) -> Screen:
        return Screen(columns=66, timeline=self.has_timeline)

    def tell_of_mouse(self, *, wanted: bool) -> None:
        self.calls.append("mouse on" if wanted else "mouse off")

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
        ("n", ("incident", 1)),
        ("N", ("message", "nothing goes wrong before this")),
        ("d", ("view",)),
        ("v", ("words",)),
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
    tested = {"space", "+", "=", "-", "_", "left", "right", "[", "]", "n", "N", "d", "v", "z", *map(str, range(10))}
    assert set(ACTIONS) == tested


def test_the_help_has_as_many_lines_as_it_takes_and_goes_away_with_the_next_key() -> None:
    show, pages = Show(), len(MORE_HELP) + 1
    watch(show, Terminal(["?"], ["right"], ["?"] * (pages + 1), ["q"]))
    turned = [call for page in MORE_HELP for call in (("message", ""), ("message", page))]
    assert show.calls == [
        ("message", HELP),
        ("message", ""),
        ("skip", 5.0),
        ("message", HELP),
        *turned,
        ("message", ""),
        ("finish",),
    ]


@pytest.mark.parametrize("columns", [16, 36, 56, 76, 116, 400])
def test_every_key_is_in_the_help_and_every_line_fits(columns: int) -> None:
    *before, last = help_lines(columns)
    assert all(line.endswith("  ? more") for line in before)
    told = "  ".join([*(line.removesuffix("  ? more") for line in before), last])
    assert told == help_lines(10_000)[0]
    assert all(len(line) <= max(columns, len("n N incidents  ? more")) for line in (*before, last))


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


# The timeline


def pointed(*happenings: list[str]) -> tuple[Show, Terminal]:
    """A show with a timeline, its last row in row 30 of the terminal."""
    show, terminal = Show(), Terminal(*happenings, ["q"])
    terminal.has_timeline = show.has_timeline = True
    watch(show, terminal)
    return show, terminal


def test_a_press_on_the_timeline_goes_there_once_it_is_known_where_that_is() -> None:
    show, terminal = pointed(["press 8 28"], ["cursor 1 30"])
    assert terminal.text.count(ASK_CURSOR) == 1
    assert show.calls == [("seek", 70), ("finish",)]
    assert terminal.calls == ["mouse on"]


def test_a_drag_follows_once_a_frame_and_ends_with_the_button() -> None:
    show, _ = pointed(
        ["press 8 28", "drag 9 28"],
        ["cursor 1 30", "drag 10 27", "drag 11 3"],
        ["drag 12 3", "release 13 3"],
        ["drag 60 3"],
    )
    assert show.calls == [("seek", 70), ("seek", 100), ("seek", 110), ("finish",)]


@pytest.mark.parametrize(
    "elsewhere", [["press 8 27", "cursor 1 30"], ["wheel 8 28"], ["button 8 28"]], ids=["beside", "wheel", "button"]
)
def test_what_is_done_elsewhere_hands_the_mouse_back_until_the_next_key(elsewhere: list[str]) -> None:
    show, terminal = pointed(elsewhere, ["right"])
    assert show.calls == [("skip", 5.0), ("finish",)]
    assert terminal.calls == ["mouse on", "mouse off", "mouse on"]


def test_an_answer_that_nobody_asked_for_and_a_lost_button_mean_nothing() -> None:
    show, terminal = pointed(["cursor 1 30"], ["drag 5 5"], ["release 5 5"], ["unknown"])
    assert show.calls == [("finish",)]
    assert terminal.calls == ["mouse on"]


def test_the_mouse_says_nothing_in_the_prompt_but_where_to_go() -> None:
    show, _ = pointed(["g"], ["press 8 28", "cursor 1 30", "wheel 1 1"], ["escape"])
    assert [call for call in show.calls if call[0] != "message"] == [("seek", 70), ("finish",)]


def test_t_hides_the_timeline_and_the_mouse_goes_with_it() -> None:
    show, terminal = pointed(["t"], ["SIGWINCH"], ["right"], ["t"])
    without, with_it = Screen(columns=66), Screen(columns=66, timeline=True)
    assert show.calls == [
        ("resize", without),
        ("resize", without),
        ("skip", 5.0),
        ("resize", with_it),
        ("finish",),
    ]
    assert terminal.calls == ["mouse on", "mouse off", "mouse on"]


def test_without_a_timeline_t_says_why_and_the_mouse_is_the_terminals() -> None:
    show, terminal = Show(), Terminal(["t"], ["q"])
    watch(show, terminal)
    assert show.calls == [("message", "on call there is no timeline: it knows what is to come"), ("finish",)]
    assert terminal.calls == []


# The prompt


def test_g_opens_a_prompt_and_enter_goes() -> None:
    show = Show()
    watch(show, Terminal(["g"], ["2", "x", "backspace", "q", "backspace"], ["1"], ["enter"], ["right"], ["q"]))
    assert [call for call in show.calls if call[0] != "message"] == [("seek", 200), ("skip", 5.0), ("finish",)]
    assert lines(show)[:3] == [
        f"go to {typed}_  a step or a time, as 12,000 or 3:25:10 or 17d 6h or 50%"[:ROOM] for typed in ("", "2", "21")
    ]
    assert lines(show)[-1] == ""


def test_a_refusal_is_one_line_and_what_was_typed_is_not_lost() -> None:
    show = Show()
    watch(show, Terminal(["g"], ["9", "9", "9", "enter"], ["backspace"], ["backspace"], ["enter"], ["q"]))
    assert lines(show) == [
        "go to _  a step or a time, as 12,000 or 3:25:10 or 17d 6h or 50%"[:ROOM],
        "'999' is after the last step of the run, which has 100 steps",
        "go to 99_  a step or a time, as 12,000 or 3:25:10 or 17d 6h or 50%"[:ROOM],
        "go to 9_  a step or a time, as 12,000 or 3:25:10 or 17d 6h or 50%"[:ROOM],
        "",
    ]
    assert ("seek", 80) in show.calls


def test_of_a_refusal_that_is_too_long_the_reason_is_said() -> None:
    prompt = Prompt()
    prompt.refuse("'9,999' is after the last step of the run, which has 100 steps")
    assert prompt.line(50) == "'9,999' is after the last step of the run"
    assert prompt.line(20) == "'9,999' is after the"
    assert prompt.line(80) == "'9,999' is after the last step of the run, which has 100 steps"


@pytest.mark.parametrize("key", ["escape", "enter"])
def test_an_empty_prompt_closes(key: str) -> None:
    show = Show()
    watch(show, Terminal(["g"], [key], ["right"], ["q"]))
    assert [call for call in show.calls if call[0] != "message"] == [("skip", 5.0), ("finish",)]


# The menu


def told(show: Show) -> list[tuple[object, ...]]:
    """What the show was told but for the menu's own lines."""
    return [call for call in show.calls if call[0] != "message" or not str(call[1]).startswith("inject ")]


def lines(show: Show) -> list[str]:
    return [str(call[1]) for call in show.calls if call[0] == "message"]


def test_e_opens_a_panel_that_has_all_keys_but_those_that_end_the_show() -> None:
    show, terminal = Show(), Terminal(["e"], ["up", "x", "space"], ["e"], ["x"], ["escape"], ["q"])
    watch(show, terminal)
    looks = [call for call in show.calls if str(call[0]).startswith("look")]
    assert looks == [("look",), ("look on", "up"), ("look on", "x"), ("look on", "space"), ("look away",)]


@pytest.mark.parametrize("key", ["e", "escape"])
def test_the_panel_is_closed_by_the_key_that_opened_it_or_escape(key: str) -> None:
    show, terminal = Show(), Terminal(["e"], [key], ["q"])
    watch(show, terminal)
    assert [call for call in show.calls if str(call[0]).startswith("look")] == [("look",), ("look away",)]


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


def choices(*names: str) -> list[Choice]:
    costs = Costs(minutes=1.0, steps_redone=0, usd=0.0, risk="")
    return [Choice(name=name, title=name, costs=costs) for name in names]  # type: ignore[arg-type]


def test_a_panel_opens_by_a_key_and_time_stands_still_until_it_is_closed() -> None:
    show, terminal = Show(), Terminal(["c"], ["q"], ["escape"], ["q"])
    show.choices = choices("drain", "wait")
    assert watch(show, terminal) == "q"
    assert show.calls == [("pause",), ("resume",), ("finish",)]
    assert "> drain  1 min" in show.panels[0][1]
    assert show.panels[-1] == []


def test_who_had_stopped_the_show_finds_it_stopped() -> None:
    show, terminal = Show(), Terminal(["space"], ["c"], ["c"], ["q"])
    watch(show, terminal)
    assert show.calls == [("pause",), ("finish",)]


def test_a_decision_is_made_and_said() -> None:
    show, terminal = Show(), Terminal(["c"], ["down"], ["enter"], ["x"], ["q"], ["ctrl-c"])
    show.choices = choices("drain", "restart")
    watch(show, terminal)
    assert ("decide", "restart") in show.calls
    assert ("message", "--decide restart@5s") in show.calls


def test_what_cannot_be_decided_is_said_in_the_panel_and_the_show_goes_on() -> None:
    show, terminal = Show(), Terminal(["c"], ["enter"], ["s"], ["enter", "escape"], ["q"])
    show.choices = choices("wait")
    watch(show, terminal)
    said = [line for panel in show.panels for line in panel]
    assert any("nothing waits" in line for line in said)
    assert any("there is no score where nobody decides" in line for line in said)


def test_a_panel_with_nothing_to_decide_is_closed_by_enter() -> None:
    show, terminal = Show(), Terminal(["c"], ["enter"], ["q"])
    assert watch(show, terminal) == "q"
    assert show.panels[-1] == []


def test_a_call_opens_the_panel() -> None:
    show, terminal = Show(), Terminal([], ["enter"], ["q"])
    show.choices, show.paused, show.stopped_for = choices("drain"), True, 1
    watch(show, terminal)
    assert ("decide", "drain") in show.calls
    assert ("resume",) in show.calls
