"""What a place can show."""

import pytest

from pysim.edge.display import Place, misfit, screen_for
from pysim.options.settings import Settings
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS, Screen

TERMINAL = Place(is_terminal=True, encoding="utf-8", size=(100, 30))
PIPE = Place(is_terminal=False, encoding="utf-8")
XTERM = {"TERM": "xterm-256color"}


def test_a_terminal_is_live_in_its_own_size() -> None:
    screen = screen_for(Settings(), TERMINAL, XTERM)
    assert (screen.columns, screen.rows, screen.live, screen.color, screen.unicode) == (100, 30, True, True, True)


def test_a_timeline_is_wanted_where_bars_are() -> None:
    assert screen_for(Settings(), TERMINAL, XTERM).timeline
    assert not screen_for(Settings(), PIPE, XTERM).timeline
    assert not screen_for(Settings(instant=True), TERMINAL, XTERM).timeline
    assert not screen_for(Settings(on_call=True), TERMINAL, XTERM).timeline  # it knows what is to come


def test_a_pipe_gets_plain_lines() -> None:
    screen = screen_for(Settings(), PIPE, XTERM)
    assert (screen.is_unlimited, screen.rows, screen.live, screen.color) == (True, 40, False, False)


@pytest.mark.parametrize("place", [TERMINAL, PIPE, Place(is_terminal=True, encoding="utf-8")])
def test_a_size_that_fits_is_kept_everywhere(place: Place) -> None:
    settings = Settings(size=(60, 20))
    screen = screen_for(settings, place, XTERM)
    assert (screen.columns, screen.rows) == (60, 20)
    assert misfit(settings, screen) is None


@pytest.mark.parametrize(("asked", "shown"), [((120, 30), (100, 30)), ((100, 40), (100, 30)), ((300, 300), (100, 30))])
def test_a_terminal_shows_no_more_than_it_has_and_says_so(asked: tuple[int, int], shown: tuple[int, int]) -> None:
    settings = Settings(size=asked)
    screen = screen_for(settings, TERMINAL, XTERM)
    assert (screen.columns, screen.rows) == shown
    note = misfit(settings, screen)
    assert note
    assert note.startswith(f"--size: {asked[0]}x{asked[1]} ")
    assert note.endswith(f"{shown[0]}x{shown[1]}")


def test_plain_lines_may_be_wider_than_their_terminal() -> None:
    settings = Settings(size=(120, 40), instant=True)
    screen = screen_for(settings, TERMINAL, XTERM)
    assert (screen.columns, screen.rows) == (120, 40)
    assert misfit(settings, screen) is None


@pytest.mark.parametrize("size", [(MIN_COLUMNS - 1, 30), (100, MIN_ROWS - 1)])
def test_a_terminal_without_room_for_bars_gets_plain_lines(size: tuple[int, int]) -> None:
    assert not screen_for(Settings(), Place(is_terminal=True, encoding="utf-8", size=size), XTERM).live


def test_the_least_terminal_is_live() -> None:
    place = Place(is_terminal=True, encoding="utf-8", size=(MIN_COLUMNS, MIN_ROWS))
    assert screen_for(Settings(), place, XTERM) == Screen(columns=MIN_COLUMNS, rows=MIN_ROWS, timeline=True)


def test_a_terminal_that_does_not_know_its_size_is_80x24() -> None:
    screen = screen_for(Settings(), Place(is_terminal=True, encoding="utf-8"), XTERM)
    assert (screen.columns, screen.rows) == (80, 24)


@pytest.mark.parametrize(
    ("encoding", "unicode"), [("UTF-8", True), ("utf8", True), ("ascii", False), ("cp1252", False)]
)
def test_other_encodings_than_utf_8_get_ascii(encoding: str, *, unicode: bool) -> None:
    assert screen_for(Settings(), Place(is_terminal=True, encoding=encoding), XTERM).unicode is unicode


@pytest.mark.parametrize("settings", [Settings(instant=True), Settings(view="events")])
def test_instant_runs_and_events_are_plain_lines_on_a_terminal_too(settings: Settings) -> None:
    assert not screen_for(settings, TERMINAL, XTERM).live


def test_a_dumb_terminal_gets_plain_lines_without_colour() -> None:
    screen = screen_for(Settings(), TERMINAL, {"TERM": "dumb"})
    assert (screen.live, screen.color) == (False, False)


@pytest.mark.parametrize(
    ("place", "environment", "wish", "color"),
    [
        (TERMINAL, {"NO_COLOR": "1"}, "auto", False),
        (TERMINAL, {"NO_COLOR": ""}, "auto", True),
        (TERMINAL, {"NO_COLOR": "1"}, "always", True),
        (TERMINAL, {}, "never", False),
        (PIPE, {"FORCE_COLOR": "1"}, "auto", True),
        (PIPE, {"FORCE_COLOR": "0"}, "auto", False),
        (PIPE, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        (PIPE, {"FORCE_COLOR": "1"}, "never", False),
        (PIPE, {}, "always", True),
        (TERMINAL, {"TERM": "dumb"}, "always", True),
        (TERMINAL, {"CLICOLOR": "0"}, "auto", False),
        (TERMINAL, {"CLICOLOR": "1"}, "auto", True),
        (TERMINAL, {"CLICOLOR": ""}, "auto", True),
        (PIPE, {"CLICOLOR": "1"}, "auto", False),
        (TERMINAL, {"CLICOLOR": "0"}, "always", True),
        (PIPE, {"CLICOLOR_FORCE": "1"}, "auto", True),
        (PIPE, {"CLICOLOR_FORCE": "0"}, "auto", False),
        (PIPE, {"CLICOLOR_FORCE": ""}, "auto", False),
        (PIPE, {"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, "auto", True),
        (PIPE, {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, "auto", False),
        (PIPE, {"CLICOLOR_FORCE": "1"}, "never", False),
        (PIPE, {"FORCE_COLOR": "1", "CLICOLOR": "0"}, "auto", True),
        (TERMINAL, {"FORCE_COLOR": "0", "CLICOLOR": "0"}, "auto", False),
    ],
)
def test_colour(place: Place, environment: dict[str, str], wish: str, *, color: bool) -> None:
    assert screen_for(Settings(color=wish), place, XTERM | environment).color is color
