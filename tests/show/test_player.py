"""The player: wall time in, text out."""

import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from plans import CLASSIC, HUGE, TINY
from random_failures import failing_run
from screens import Terminal, shown

from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.player import FRAME_SECONDS, Player
from pysim.show.tempo import real_tempo, show_tempo
from pysim.show.troubles import Refused
from pysim.story.events import StepCompleted
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.ansi import BEGIN_SYNC, END_SYNC, strip
from pysim.terminal.screen import Screen
from pysim.views.console.live import LIVE_ROWS
from pysim.views.jsonlines import JsonLines
from pysim.views.registry import VIEWS

RUN = simulate(TINY)
SCREEN = Screen(80, 24)
TIMELINE = RUN.timeline
TEMPO = show_tempo(PretrainingStory(RUN).acts())
LEFT_OUT = re.compile(r"\.\.\. ([\d,]+) steps in (.+) not shown")
STEP = re.compile(r"\bstep +([\d,]+)/")


def player_at(time_us: int = 0, screen: Screen = SCREEN, speed: float = 1.0) -> Player:
    return Player(PretrainingStory(RUN), screen, span=Span(time_us), speed=speed)


def steps_in(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in STEP.findall(strip(text))]


# Frames


def test_the_first_frame_is_the_log_so_far_and_the_live_region() -> None:
    terminal = shown(player_at(TIMELINE.end_of_us(Executed(10))).advance(0.0))
    assert "step   9/300" in terminal.rows[-LIVE_ROWS - 1]
    assert terminal.rows[-LIVE_ROWS].startswith("──")
    assert terminal.rows[-2].startswith("Epoch  1/3")
    assert terminal.rows[-1].startswith("Step    10/100")


def test_a_frame_is_painted_at_once() -> None:
    """DEC 2026: every frame is wrapped, and none lies inside another."""
    player = player_at()
    frames = [player.advance(0.0)]
    frames += [player.advance(0.5) for _ in range(200)]
    frames += [player.pause(), player.resume(), player.set_speed(2.0), player.message("hello")]
    frames += [player.seek(10**6), player.resize(Screen(60, 20)), player.chapter(1), player.skip_show(5.0)]
    for frame in filter(None, frames):
        assert frame.startswith(BEGIN_SYNC)
        assert frame.endswith(END_SYNC)
        assert frame.count(BEGIN_SYNC) == frame.count(END_SYNC) == 1


def test_the_live_region_stays_where_it_is_and_the_log_scrolls_above_it() -> None:
    player, terminal = player_at(), Terminal()
    for _ in range(100):
        terminal.feed(player.advance(1.0))
        regions = [
            row
            for row in terminal.rows
            if row.startswith(("──", "Epoch  ", "Bring-up  ", "Step  ", "Val", "Che", "Exp"))
        ]
        assert len(regions) == LIVE_ROWS
        assert not any(row.startswith("──") for row in terminal.scrolled if len(set(row)) == 1 and len(row) == 80)


def test_a_frame_without_news_writes_only_the_rows_that_changed() -> None:
    player = player_at(TIMELINE.end_of_us(Executed(10)) + 1)
    whole = player.advance(0.0)
    part = player.advance(1 / 8)
    assert len(part) < len(whole) / 4
    assert player.advance(0.0) == ""


def test_the_log_is_told_once_and_in_order() -> None:
    player = player_at()
    told = steps_in("".join(player.advance(0.25) for _ in range(4 * 170)))
    assert told == list(range(1, 301))
    assert player.ended


def test_nothing_comes_after_the_end() -> None:
    player = player_at(RUN.end_us - 1)
    player.advance(0.0)
    assert "complete" in strip(player.advance(60.0))
    assert player.ended
    assert player.advance(60.0) == ""
    assert player.time_us == RUN.end_us + 1


def test_until_ends_the_show_early() -> None:
    until = TIMELINE.end_of_us(Executed(20))
    player = Player(PretrainingStory(RUN), SCREEN, span=Span(0, until))
    text = "".join(player.advance(0.5) for _ in range(120))
    assert (player.ended, player.time_us) == (True, until)
    assert steps_in(text)[-1] == 19
    player.seek(10**12)
    assert player.time_us == until


def test_an_end_beyond_the_run_is_the_end_of_the_run() -> None:
    assert Player(PretrainingStory(RUN), SCREEN, span=Span(0, 10**15)).seek(10**15)
    player = Player(PretrainingStory(RUN), SCREEN, span=Span(0, 10**15))
    player.seek(10**15)
    assert player.time_us == RUN.end_us + 1


# Time


def test_time_passes_by_the_tempo_and_the_speed() -> None:
    player = player_at(speed=2.0)
    player.advance(0.0)
    player.advance(5.0)
    assert player.show_seconds == 10.0
    assert player.time_us == TEMPO.run_us(10.0)
    player.set_speed(0.5)
    player.advance(4.0)
    assert player.show_seconds == 12.0


def test_time_never_goes_back_by_itself() -> None:
    """A seek may fall between two moments of the show; rounding must not take a step back."""
    player = player_at()
    player.advance(0.0)
    for step in range(1, 301, 7):
        player.seek(TIMELINE.end_of_us(Executed(step)))
        player.advance(0.0)
        assert player.time_us == TIMELINE.end_of_us(Executed(step))


def test_pause_stops_time_and_says_so() -> None:
    player, terminal = player_at(TIMELINE.end_of_us(Executed(10))), Terminal()
    terminal.feed(player.advance(0.0)).feed(player.pause())
    assert "paused" in terminal.rows[-LIVE_ROWS]
    assert player.advance(100.0) == ""
    assert player.time_us == TIMELINE.end_of_us(Executed(10))
    assert player.next_frame_seconds() > 1000
    terminal.feed(player.resume())
    assert "paused" not in terminal.rows[-LIVE_ROWS]
    assert player.next_frame_seconds() == FRAME_SECONDS
    assert player.advance(1.0)


def test_the_speed_has_bounds_and_is_shown() -> None:
    player, terminal = player_at(), Terminal()
    terminal.feed(player.advance(0.0)).feed(player.set_speed(4.0))
    assert " 4x " in terminal.rows[LIVE_ROWS - 3]
    player.set_speed(1e9)
    assert player.speed == 1e6
    player.set_speed(0.0)
    assert player.speed == 0.01


def test_a_finished_show_waits_idly() -> None:
    player = player_at(RUN.end_us + 1)
    assert player.next_frame_seconds() == FRAME_SECONDS, "nothing is on the screen yet"
    player.advance(0.0)
    assert player.next_frame_seconds() > 1000


@pytest.mark.parametrize("time_us", [-5, 0, 10**6, TIMELINE.start_us, TIMELINE.end_us, RUN.end_us, 10**15])
def test_seek_goes_to_any_moment(time_us: int) -> None:
    player = player_at()
    player.seek(time_us)
    assert player.time_us == min(max(time_us, 0), RUN.end_us + 1)


def test_skipping_goes_by_seconds_of_show() -> None:
    player = player_at()
    player.skip_show(30.0)
    assert player.show_seconds == pytest.approx(30.0, abs=1e-5)
    player.skip_show(-5.0)
    assert player.show_seconds == pytest.approx(25.0, abs=1e-5)
    player.skip_show(-100.0)
    assert player.time_us == 0


def test_chapters_one_after_the_other() -> None:
    player = player_at()
    times = []
    for _ in range(20):
        player.chapter(1)
        times.append(player.time_us)
    assert times == sorted(times)
    assert times[-1] == RUN.end_us
    player.pause()
    back = []
    for _ in range(20):
        player.chapter(-1)
        back.append(player.time_us)
    assert back[-1] == 0
    assert set(times[:-1]) - {RUN.end_us} == set(back) - {0}


def test_going_back_works_while_it_plays() -> None:
    """Time that passes between two presses does not hold the viewer at one chapter."""
    player = player_at(TIMELINE.end_of_us(Executed(260)))
    player.advance(0.0)
    times = []
    for _ in range(12):
        player.chapter(-1)
        times.append(player.time_us)
        player.advance(0.25)
    assert all(later < earlier for earlier, later in pairwise(times[:8]))
    assert times[-1] == 0


@pytest.mark.parametrize("speed", [1.0, 4.0])
@pytest.mark.parametrize(("seconds", "goes_back_to"), [(0.95, 120), (1.05, 150)])
def test_a_chapter_has_just_begun_for_a_second(seconds: float, goes_back_to: int, speed: float) -> None:
    """Of the viewer's time, at whatever speed: within it, going back means the chapter before."""
    player = player_at(TIMELINE.end_of_us(Executed(150)), speed=speed)
    player.advance(0.0)
    player.advance(seconds)
    player.chapter(-1)
    assert player.time_us == TIMELINE.end_of_us(Executed(goes_back_to))


def test_incidents_one_after_the_other_and_back() -> None:
    story = PretrainingStory(failing_run(2))
    moments = sorted({mark.time_us for mark in story.marks().some(1_000) if mark.kind == "incident"})
    player = Player(story, SCREEN)
    player.pause()
    for time_us in moments:
        player.incident(1)
        assert player.time_us == time_us
    with pytest.raises(Refused, match="nothing goes wrong after this"):
        player.incident(1)
    for time_us in moments[-2::-1]:
        player.incident(-1)
        assert player.time_us == time_us
    with pytest.raises(Refused, match="nothing goes wrong before this"):
        player.incident(-1)
    assert len(moments) > 1
    assert player.time_us == moments[0]


def test_an_incident_that_has_just_begun_is_not_the_previous_one() -> None:
    story = PretrainingStory(failing_run(2))
    player = Player(story, SCREEN)
    player.incident(1)
    first_us = player.time_us
    player.incident(1)
    player.advance(0.1)
    player.incident(-1)
    assert player.time_us == first_us
    player.advance(0.1)
    player.incident(-1)
    assert player.time_us == first_us, "before the first there is none"


def test_a_cell_of_the_timeline_stands_for_a_moment_where_there_is_one() -> None:
    player = player_at(screen=replace(SCREEN, timeline=True))
    assert player.pointed_us(2, 79, is_dragged=True) == RUN.end_us
    assert player.pointed_us(3, 79, is_dragged=False) is None
    assert player.has_timeline
    assert not player_at().has_timeline
    assert player_at().pointed_us(2, 79, is_dragged=False) is None
    data = Player(PretrainingStory(RUN), replace(SCREEN, timeline=True), view=JsonLines)
    assert not data.has_timeline
    assert data.pointed_us(2, 79, is_dragged=False) is None


def test_going_back_first_goes_to_the_beginning_of_the_chapter() -> None:
    player = player_at(TIMELINE.end_of_us(Executed(180)))
    player.chapter(-1)
    assert player.time_us == TIMELINE.end_of_us(Executed(150))


# Screen


def test_a_control_before_the_first_frame_hides_nothing() -> None:
    at_us = TIMELINE.end_of_us(Executed(40))
    plain = shown(player_at(at_us).advance(0.0)).rows
    for control in (Player.pause, Player.resume, lambda p: p.set_speed(2.0), lambda p: p.message("hello")):
        rows = shown(control(player_at(at_us))).rows
        assert rows[:-LIVE_ROWS] == plain[:-LIVE_ROWS]


def test_a_message_stands_in_the_rule_until_it_is_taken_away() -> None:
    player, terminal = player_at(), Terminal()
    terminal.feed(player.advance(0.0)).feed(player.message("space pause  q stop"))
    assert terminal.rows[0].startswith("── space pause  q stop ──")
    terminal.feed(player.message(""))
    assert set(terminal.rows[0]) == {"─"}


def test_finish_leaves_the_cursor_below_and_colours_off() -> None:
    player, terminal = player_at(TIMELINE.end_of_us(Executed(10))), Terminal()
    assert player.finish() == "", "nothing was drawn"
    terminal.feed(player.advance(0.0))
    text = player.finish()
    assert text == "\x1b[0m\r\n"
    assert terminal.feed(text).cursor == (0, 23)
    assert terminal.rows[-2].startswith("Step    10/100")
    assert player.finish() == ""


def test_after_finish_the_show_can_go_on() -> None:
    player, terminal = player_at(TIMELINE.end_of_us(Executed(10))), Terminal()
    terminal.feed(player.advance(0.0)).feed(player.finish()).feed(player.advance(0.0))
    assert terminal.rows == shown(player_at(TIMELINE.end_of_us(Executed(10))).advance(0.0)).rows


def test_a_resized_screen_is_painted_at_once() -> None:
    player, terminal = player_at(TIMELINE.end_of_us(Executed(100))), Terminal(80, 24)
    terminal.feed(player.advance(0.0))
    terminal.resize(60, 18)
    terminal.feed(player.resize(Screen(60, 18)))
    assert (
        terminal.rows == shown(player_at(TIMELINE.end_of_us(Executed(100)), Screen(60, 18)).advance(0.0), 60, 18).rows
    )


def test_the_smallest_screen_still_has_a_line_of_log() -> None:
    terminal = shown(player_at(TIMELINE.end_of_us(Executed(10)), Screen(40, 3)).advance(0.0), 40, 24)
    assert "step   9/300" in terminal.rows[0]


# What nobody could read


@pytest.mark.parametrize("rows", [15, 40])
@pytest.mark.parametrize("start_step", [3, 100, 119, 120])
@pytest.mark.parametrize("end_step", [240, 241, 299])
def test_steps_that_are_left_out_are_counted(rows: int, start_step: int, end_step: int) -> None:
    screen = Screen(80, rows, color=False)
    for offset_us in (-1, 0, 1, 1000):
        since_us, until_us = (
            TIMELINE.end_of_us(Executed(start_step)) + offset_us,
            TIMELINE.end_of_us(Executed(end_step)) + offset_us,
        )
        player = Player(PretrainingStory(RUN), screen, tempo=real_tempo, span=Span(since_us))
        player.advance(0.0)
        text = player.advance((until_us - since_us) / 1e6)
        player_until = player.time_us
        happened = [e.step for e in narrate(RUN, since_us, player_until) if type(e) is StepCompleted]
        assert abs(player_until - until_us) <= 1
        told, note = steps_in(text), LEFT_OUT.search(strip(text))
        hidden = int(note[1].replace(",", "")) if note else 0
        assert hidden + len(told) == len(happened)
        assert told == happened[hidden:]
        assert bool(note) == (len(happened) > 2 * rows)


def test_a_long_jump_says_how_long_and_shows_a_screenful() -> None:
    player = Player(PretrainingStory(simulate(HUGE)), SCREEN, span=Span(10**12))
    player.advance(0.0)
    text = strip(player.advance(3600.0))
    note = LEFT_OUT.search(text)
    assert note
    assert int(note[1].replace(",", "")) > 10_000
    assert text.count("\r\n") == 1 + (SCREEN.rows - LIVE_ROWS) + LIVE_ROWS - 1


def test_a_screenful_reaches_over_a_long_export() -> None:
    """However much happens between steps, the screen is filled with what came before."""
    run = simulate(replace(TINY, checkpoint_interval=1, validation_interval=1))
    for time_us in (run.timeline.end_us + 10**6, run.timeline.checkpoint_start_us(Executed(7)) + 5):
        rows = shown(Player(PretrainingStory(run), SCREEN, span=Span(time_us)).advance(0.0)).rows
        assert all(rows)


# Stories


def played_to(time_us: int, plan: Plan = TINY) -> tuple[Player, Terminal]:
    player, terminal = Player(tell(plan), SCREEN, span=Span(time_us)), Terminal()
    terminal.feed(player.advance(0.0)).feed(player.advance(2.0))
    return player, terminal


def test_another_story_begins_below_the_log_of_the_one_before() -> None:
    player, terminal = played_to(TIMELINE.end_of_us(Executed(100)))
    player.set_speed(2.0)
    told = terminal.rows[:-LIVE_ROWS]
    terminal.feed(player.load(tell(CLASSIC)))
    assert (player.time_us, player.speed, player.ended) == (0, 2.0, False)
    assert player.story.header.run_name == CLASSIC.name
    assert [row for row in terminal.scrolled if row in told]
    assert terminal.rows[-LIVE_ROWS].startswith("── 2x ──")
    terminal.feed(player.advance(2.0))
    assert any(f"run {CLASSIC.name}" in row for row in [*terminal.scrolled, *terminal.rows])


def test_another_story_that_the_view_cannot_tell_is_told_by_the_console() -> None:
    player = Player(tell(presets()["gpt2-124m"].plan()), SCREEN, view=VIEWS["nanogpt"])
    terminal = shown(player.advance(0.0))
    assert not any(row.startswith("Bring-up ") for row in terminal.rows)
    assert any(row.startswith("Bring-up ") for row in terminal.feed(player.load(tell(CLASSIC))).rows)


def test_a_replaced_future_leaves_the_past_on_the_screen() -> None:
    """Two plans that are one until the first checkpoint: what is on the screen stays, what comes is new."""
    before_us = TIMELINE.end_of_us(Executed(100))
    player, terminal = played_to(before_us)
    rows, at_us = terminal.rows, player.time_us
    other = tell(replace(TINY, checkpoint_interval=110))
    terminal.feed(player.replace(other))
    assert player.time_us == at_us
    assert terminal.rows[:-LIVE_ROWS] == rows[:-LIVE_ROWS]
    assert terminal.rows == shown(Player(other, SCREEN, span=Span(at_us)).advance(0.0)).rows
    terminal.feed(player.advance(10.0))
    assert any("step_000110" in row for row in [*terminal.scrolled, *terminal.rows])


def test_the_same_story_again_changes_nothing() -> None:
    player, _ = played_to(TIMELINE.end_of_us(Executed(100)))
    assert player.replace(tell(TINY)) == ""


def test_a_story_that_is_over_by_now_has_ended() -> None:
    player, _ = played_to(TIMELINE.end_of_us(Executed(299)))
    shorter = tell(replace(TINY, tokens=TINY.tokens // 3, epochs=1))
    player.replace(shorter)
    assert player.ended


def test_where_a_show_stops_outlives_a_replaced_future() -> None:
    until = TIMELINE.end_of_us(Executed(120))
    player = Player(tell(TINY), SCREEN, span=Span(TIMELINE.end_of_us(Executed(100)), until))
    player.advance(0.0)
    player.replace(tell(replace(TINY, checkpoint_interval=130)))
    player.advance(1000.0)
    assert player.time_us == until


def test_a_view_without_a_live_region_is_a_plain_log() -> None:
    player = Player(tell(TINY), SCREEN, view=JsonLines, span=Span(TIMELINE.end_of_us(Executed(10))))
    opening = player.advance(0.0)
    assert "Epoch  1/3" not in opening
    assert player.pause() == "", "there is nothing to redraw"
    player.resume()
    news = strip(player.advance(0.5)).removeprefix(BEGIN_SYNC).removesuffix(END_SYNC)
    assert news.count("\r\n") == len(steps_in_json(news)) > 0
    assert player.finish() == ""


def steps_in_json(text: str) -> list[int]:
    return [json.loads(line)["step"] for line in text.splitlines()]
