"""Rows above the live region that somebody else writes, and a show that stands still by itself."""

import pytest
from befalling import SMALL, incident
from screens import Terminal

from pysim.pretraining.run.decisions import Orders
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.show.show import Show
from pysim.story.story import Span
from pysim.terminal.screen import Screen
from pysim.views.names import CONSOLE, DASHBOARD
from pysim.views.registry import VIEWS

SCREEN = Screen(80, 24, timeline=False)
AT_US = 7_200_000_000
STORY = PretrainingStory(simulate(SMALL, incidents=[incident("gpu-off-bus", AT_US)], orders=Orders(on_call=True)))
PANEL = ["first row", "second row", "third row"]


def playing(view: str = CONSOLE) -> tuple[Player, Terminal]:
    player = Player(STORY, SCREEN, view=VIEWS[view], span=Span(AT_US // 2))
    return player, Terminal(80, 24).feed(player.advance(0.0))


def test_a_panel_stands_above_the_live_region_and_takes_no_line_of_it() -> None:
    player, terminal = playing()
    before = terminal.rows
    terminal.feed(player.panel(PANEL))
    rows = terminal.rows
    assert rows[-6:-3] == PANEL
    assert rows[-3:] == before[-3:]
    assert rows[:-6] == before[3:-3]
    assert player.live_rows == 6
    assert player.panel(PANEL) == ""
    terminal.feed(player.panel(["first row", "another", "third row"]))
    assert terminal.rows[-5] == "another"
    terminal.feed(player.panel(()))
    assert terminal.rows == before


def test_the_log_goes_on_above_a_panel() -> None:
    player, terminal = playing()
    terminal.feed(player.panel(PANEL)).feed(player.advance(2.0))
    assert terminal.rows[-6:-3] == PANEL
    again, other = playing()
    other.feed(again.advance(2.0))
    assert terminal.rows[:-6] == other.rows[3:-3]


def test_a_panel_lies_over_the_end_of_a_view_that_has_the_screen() -> None:
    player, terminal = playing(DASHBOARD)
    before = terminal.rows
    terminal.feed(player.panel(PANEL))
    assert terminal.rows == [*before[:-3], *PANEL]
    terminal.feed(player.panel(()))
    assert terminal.rows == before


def test_a_panel_before_the_first_frame_comes_with_it() -> None:
    player = Player(STORY, SCREEN, span=Span(AT_US // 2))
    assert player.panel(PANEL) == ""
    assert Terminal(80, 24).feed(player.advance(0.0)).rows[-6:-3] == PANEL


@pytest.mark.parametrize("frame_seconds", [0.1, 3.0])
def test_a_show_stops_at_a_call_whatever_its_frames_and_goes_on_when_told(frame_seconds: float) -> None:
    show = Show(iter([STORY]), SCREEN, span=Span(AT_US - 60_000_000))
    for _ in range(3000):
        show.advance(frame_seconds)
        if show.stopped_for:
            break
    call_us, number = STORY.next_call(0) or (0, 0)
    assert (show.time_us, show.stopped_for, show.paused) == (call_us, number, True)
    assert [call.number for call in show.open_calls()] == [1]
    assert show.score() is None
    assert show.offered() == ()
    show.resume()
    assert show.stopped_for == 0
    show.advance(0.5)
    assert show.time_us > call_us
    show.seek(AT_US // 2)
    assert show.stopped_for == 0
