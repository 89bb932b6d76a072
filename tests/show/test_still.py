"""A view that has the whole screen: nothing scrolls, and another view can take its place at any moment."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN
from plans import TINY
from screens import Terminal

from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.show.show import HOLD_SECONDS, Show
from pysim.show.tail import Newest
from pysim.story.story import Span
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.names import CONSOLE, DASHBOARD, WATCHED
from pysim.views.registry import VIEWS
from pysim.views.view import ZOOMS, Glance

SCREEN = Screen(80, 24)
STORY = PretrainingStory(simulate(TINY))
MIDDLE_US = STORY.end_us // 2


def still(time_us: int = MIDDLE_US) -> tuple[Player, Terminal]:
    player = Player(STORY, SCREEN, view=VIEWS[DASHBOARD], span=Span(time_us))
    return player, Terminal(80, 24).feed(player.advance(0.0))


def test_views_that_are_watched_are_views() -> None:
    assert set(WATCHED) <= set(VIEWS)


def test_a_still_view_fills_the_screen_from_the_first_frame_on() -> None:
    player, terminal = still()
    assert player.is_still
    assert terminal.rows[0].startswith("GPT-2")
    terminal.feed(player.advance(5.0)).feed(player.pause()).feed(player.resume())
    assert terminal.scrolled == []


def test_another_view_keeps_the_moment_the_speed_the_pause_and_the_message() -> None:
    player, terminal = still()
    terminal.feed(player.set_speed(4.0)).feed(player.pause()).feed(player.message("hello"))
    terminal.feed(player.switch_view())
    assert (player.time_us, player.speed, player.paused, player.view) == (MIDDLE_US, 4.0, True, VIEWS[CONSOLE])
    sought = Terminal(80, 24).feed(Player(STORY, SCREEN, span=Span(MIDDLE_US)).advance(0.0))
    assert terminal.rows[:-3] == sought.rows[:-3]
    assert "hello" in terminal.rows[-3]
    before = Terminal(80, 24).feed(still()[0].resize(SCREEN)).rows
    terminal.feed(player.switch_view()).feed(player.message("")).feed(player.set_speed(1.0)).feed(player.resume())
    assert terminal.rows == before


def test_a_view_that_is_not_on_the_screen_yet_writes_nothing() -> None:
    player = Player(STORY, SCREEN)
    assert player.switch_view() == ""
    assert player.set_zoom("tenth") == ""
    assert Terminal(80, 24).feed(player.advance(0.0)).rows[0].startswith("GPT-2")


def test_zooms_follow_each_other_where_there_are_charts() -> None:
    player, terminal = still()
    seen = [player.zoom]
    for _ in ZOOMS:
        terminal.feed(player.zoom_on())
        seen.append(player.zoom)
    assert seen == [*ZOOMS, ZOOMS[0]]
    player.switch_view()
    assert player.zoom_on() == ""
    assert player.zoom == ZOOMS[0]


def test_the_next_story_takes_the_place_of_the_last() -> None:
    other = PretrainingStory(simulate(replace(TINY, name="other-wren-8")))
    show = Show(iter([STORY, other]), SCREEN, view=VIEWS[DASHBOARD], span=Span(STORY.end_us - 1))
    terminal = Terminal(80, 24).feed(show.advance(0.0)).feed(show.advance(1.0))
    assert "done" in terminal.rows[0]
    terminal.feed(show.advance(HOLD_SECONDS))
    assert "starting" in terminal.rows[0]
    assert terminal.scrolled == []


def test_a_glance_without_a_log_has_no_last_lines() -> None:
    assert list(Glance(STORY, STORY.moment(0)).tail(5)) == []


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(
    shares=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6),
    steps=st.lists(st.integers(0, 30_000_000), max_size=6),
    rows=st.integers(1, 12),
)
@pytest.mark.parametrize("name", ["with a hang", "twice in a row"])
def test_the_last_lines_are_the_same_however_one_comes_there(
    name: str, shares: list[float], steps: list[int], rows: int
) -> None:
    story = PretrainingStory(BEFALLEN[name].run())
    view = Console(story.header, SCREEN)
    kept, time_us = Newest(story, view), 0
    for share in shares:
        time_us = round(story.end_us * share)
        kept.lines(time_us, rows)
    for step in steps:
        time_us = min(time_us + step, story.end_us + 1)
        kept.lines(time_us, rows)
    assert kept.lines(time_us, rows) == Newest(story, Console(story.header, SCREEN)).lines(time_us, rows)
