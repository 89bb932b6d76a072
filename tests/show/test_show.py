"""Run after run on one screen."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from plans import TINY
from screens import Terminal

from pysim.edge.controls import Playable
from pysim.edge.watch import Watchable
from pysim.pretraining.story import tell
from pysim.show.player import FRAME_SECONDS
from pysim.show.show import HOLD_SECONDS, Show
from pysim.show.tempo import fitted_tempo
from pysim.story.steps import Executed
from pysim.story.story import Span, Story
from pysim.terminal.screen import Screen
from pysim.views.console.live import LIVE_ROWS

ONE, TWO = tell(TINY), tell(replace(TINY, name="next-wren-8", seed=1))
SCREEN = Screen(80, 24)


def show_of(*stories: Story, start_us: int = 0, until_us: int | None = None, speed: float = 1.0) -> Show:
    return Show(
        iter(stories),
        SCREEN,
        tempo=lambda acts: fitted_tempo(acts, 64.0),
        span=Span(start_us, until_us),
        speed=speed,
    )


def ended_show(*stories: Story) -> Show:
    show = show_of(*stories, start_us=ONE.end_us)
    show.advance(0.0)
    show.advance(1.0)
    return show


def test_a_show_is_playable_and_watchable() -> None:
    show = show_of(ONE)
    playable: Playable = show
    watchable: Watchable = show
    assert playable is watchable


def test_no_runs_no_show() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        show_of()


def test_the_next_run_begins_after_a_while_below_the_log_of_the_first() -> None:
    """EXPORT-02: then the next run begins. Fault 10: it returns, and another gets a turn."""
    show, terminal = show_of(ONE, TWO, start_us=ONE.end_us), Terminal()
    terminal.feed(show.advance(0.0)).feed(show.advance(1.0))
    assert "Run complete" in terminal.rows[-1]
    assert (show.ended, show.story) == (False, ONE)
    assert show.advance(HOLD_SECONDS - 1.0) == ""
    assert show.next_frame_seconds() == FRAME_SECONDS
    terminal.feed(show.advance(1.0)).feed(show.advance(0.125))
    assert (show.story, show.end_us) == (TWO, TWO.end_us)
    assert "run small-wren-7 complete" in "\n".join([*terminal.scrolled, *terminal.rows])
    assert any(row.endswith("Run complete  small-wren-7") for row in terminal.rows), "its last words stay"
    assert terminal.rows[-1].startswith("Bring-up")
    assert len([row for row in terminal.rows if row.startswith("Epoch  ")]) == 2


def test_after_the_last_run_the_show_is_over() -> None:
    show = ended_show(ONE)
    assert show.ended
    assert show.next_frame_seconds() > 1000
    assert show.advance(1000.0) == ""


def test_runs_are_computed_when_their_turn_is_near() -> None:
    made: list[int] = []

    def endless() -> Iterator[Story]:
        while True:
            made.append(len(made))
            yield ONE

    show = Show(endless(), SCREEN, span=Span(ONE.end_us))
    for _ in range(3):
        show.advance(1.0)
    assert len(made) == 2


def test_speed_shortens_the_wait_and_pause_stops_it() -> None:
    show = ended_show(ONE, TWO)
    show.set_speed(4.0)
    show.pause()
    assert show.paused
    assert show.advance(1000.0) == ""
    assert show.next_frame_seconds() > 1000
    show.resume()
    assert show.advance(HOLD_SECONDS / 4 - 0.5) == ""
    assert show.advance(0.5)
    assert (show.story, show.speed) == (TWO, 4.0)


def test_going_back_from_the_end_starts_the_wait_anew() -> None:
    show = ended_show(ONE, TWO)
    show.advance(HOLD_SECONDS - 1.0)
    show.skip_show(-5.0)
    assert show.time_us < ONE.end_us
    show.advance(10.0)
    assert show.advance(HOLD_SECONDS - 1.0) == ""
    assert show.story is ONE
    show.advance(1.0)
    assert show.story is TWO


def test_where_to_start_and_stop_counts_for_the_first_run_only() -> None:
    start, until = ONE.run.timeline.start_us, ONE.run.timeline.end_us
    show = show_of(ONE, TWO, start_us=start, until_us=until)
    show.advance(0.0)
    assert show.time_us == start
    show.advance(1000.0)
    assert show.time_us == until
    show.advance(HOLD_SECONDS)
    assert (show.story, show.time_us) == (TWO, 0)
    show.advance(1000.0)
    assert show.time_us == TWO.end_us + 1


def test_the_next_run_takes_over_the_screen_as_it_is() -> None:
    show, terminal = ended_show(ONE, TWO), Terminal(60, 18)
    terminal.feed(show.resize(Screen(60, 18)))
    terminal.feed(show.advance(HOLD_SECONDS)).feed(show.advance(1.0))
    assert show.screen == Screen(60, 18)
    assert terminal.rows[-LIVE_ROWS].startswith("───")


def test_controls_reach_the_player() -> None:
    show = show_of(ONE)
    show.advance(0.0)
    assert show.seek(ONE.run.timeline.start_us)
    assert show.time_us == ONE.run.timeline.start_us
    assert show.chapter(1)
    assert show.time_us == ONE.run.timeline.end_of_us(Executed(50))
    assert "hello" in show.message("hello")
    assert show.finish().endswith("\r\n")


def test_the_next_run_may_begin_at_once() -> None:
    show, terminal = show_of(ONE, TWO), Terminal()
    terminal.feed(show.advance(0.0)).feed(show.advance(5.0)).feed(show.next())
    assert (show.story, show.time_us) == (TWO, 0)
    assert show.next() == "", "there is no third"
    assert show.story is TWO
