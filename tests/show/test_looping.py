"""A show that begins again at its end, and one that plays to a place and waits."""

from itertools import repeat

import pytest
from plans import TINY
from screens import Terminal

from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.show.show import HOLD_SECONDS, Show
from pysim.show.troubles import Refused
from pysim.story.steps import DataStep
from pysim.story.story import WHOLE, Span, Story
from pysim.terminal.ansi import CLEAR_SCREEN
from pysim.terminal.screen import Screen
from pysim.views.registry import VIEWS, MakeView

STORY = PretrainingStory(simulate(TINY))


def part(first: int, last: int) -> Span:
    timeline = STORY.run.timeline
    return Span(timeline.first_start_us(DataStep(first)) + 1, timeline.first_start_us(DataStep(last + 1)) + 1)


def looping(span: Span, *, view: str = "console", parts: tuple[str, ...] = (), stories: int = 1) -> Show:
    told: list[Story] = list(repeat(STORY, stories))
    make: MakeView = VIEWS[view]
    show = Show(iter(told), Screen(80, 24, parts=parts), view=make, span=span)
    show.loops = True
    return show


@pytest.mark.parametrize("view", ["console", "dashboard"])
def test_a_part_begins_again_at_once_and_looks_as_it_did(view: str) -> None:
    show, terminal = looping(part(3, 6), view=view), Terminal(80, 24)
    terminal.feed(show.advance(0.0))
    begun, first = show.time_us, terminal.rows
    terminal.feed(show.advance(1e6))
    assert not show.ended
    assert show.time_us > begun
    text = show.advance(0.01)
    assert show.time_us == begun
    assert terminal.feed(text).rows == first
    assert (CLEAR_SCREEN in text) == (view == "console")
    assert show.next_frame_seconds() < 1.0
    assert show.advance(5.0)


def test_a_whole_run_is_held_at_its_end_and_begins_again_in_place_of_the_next() -> None:
    show = looping(WHOLE, stories=2)
    show.advance(0.0)
    show.advance(1e6)
    assert show.advance(HOLD_SECONDS / 2) == ""
    assert not show.ended
    assert show.advance(HOLD_SECONDS)
    assert show.time_us == 0


def test_a_loop_that_is_paused_at_its_end_waits() -> None:
    show = looping(part(3, 6))
    show.advance(0.0)
    show.advance(1e6)
    show.pause()
    assert show.advance(5.0) == ""


def test_what_no_longer_loops_is_over() -> None:
    show = looping(part(3, 6))
    show.advance(0.0)
    show.advance(1e6)
    show.loops = False
    assert show.ended


def test_it_plays_to_a_place_and_pauses_there() -> None:
    player = Player(STORY, Screen(80, 24), span=part(3, 9))
    player.advance(0.0)
    player.pause()
    at_us = part(5, 9).since_us
    assert player.play_until(at_us)
    assert not player.paused
    player.advance(1e6)
    assert (player.time_us, player.paused, player.ended) == (at_us, True, False)
    player.resume()
    player.advance(1e6)
    assert player.ended


def test_a_place_behind_the_end_is_not_waited_for() -> None:
    player = Player(STORY, Screen(80, 24), span=part(3, 6))
    player.advance(0.0)
    player.play_until(STORY.end_us)
    player.advance(1e6)
    assert player.ended
    assert player.paused


def test_a_jump_takes_the_wish_back() -> None:
    player = Player(STORY, Screen(80, 24))
    player.advance(0.0)
    player.play_until(part(5, 9).since_us)
    player.seek(part(2, 9).since_us)
    player.advance(1e6)
    assert player.ended
    assert not player.paused


def test_what_has_passed_is_refused() -> None:
    player = Player(STORY, Screen(80, 24), span=part(3, 9))
    player.advance(0.0)
    with pytest.raises(Refused, match="not after the moment on show"):
        player.play_until(0)
