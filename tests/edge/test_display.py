"""What a place can show."""

import pytest

from pysim.edge.display import Place, screen_for
from pysim.options.settings import Settings

TERMINAL = Place(is_terminal=True, encoding="utf-8", size=(100, 30))
PIPE = Place(is_terminal=False, encoding="utf-8")
XTERM = {"TERM": "xterm-256color"}


def test_a_terminal_is_live_in_its_own_size() -> None:
    screen = screen_for(Settings(), TERMINAL, XTERM)
    assert (screen.columns, screen.rows, screen.live, screen.color, screen.unicode) == (100, 30, True, True, True)


def test_a_pipe_gets_plain_lines() -> None:
    screen = screen_for(Settings(), PIPE, XTERM)
    assert (screen.columns, screen.rows, screen.live, screen.color) == (120, 40, False, False)


def test_a_size_is_kept_everywhere() -> None:
    for place in (TERMINAL, PIPE):
        screen = screen_for(Settings(size=(60, 20)), place, XTERM)
        assert (screen.columns, screen.rows) == (60, 20)


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
    ],
)
def test_colour(place: Place, environment: dict[str, str], wish: str, *, color: bool) -> None:
    assert screen_for(Settings(color=wish), place, XTERM | environment).color is color
