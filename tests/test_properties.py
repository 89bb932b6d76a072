"""What holds for every run, screen, moment and hand: properties, on examples that hypothesis looks for.

Wall times are dyadic fractions, so that their sums are exact and a split show reaches the very same moment.
"""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HUGE, PLANS, TINY
from screens import Terminal
from thorough import examples

from pysim.pretraining.moment import moment
from pysim.pretraining.narrate import narrate
from pysim.pretraining.planning.choose import Request, draw_plan
from pysim.pretraining.planning.validate import validate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory, header
from pysim.show.player import MakeTempo, Player
from pysim.show.tempo import fitted_tempo, real_tempo, show_tempo
from pysim.story import events as ev
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.ansi import BEGIN_SYNC, END_SYNC, strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.console.live import LIVE_ROWS, Live
from pysim.views.jsonlines import json_line

RUN = simulate(TINY)
HUGE_RUN = simulate(HUGE)
DYADIC = 256  # wall times are multiples of 1/256 s

few = settings(deadline=None, max_examples=examples(8), suppress_health_check=[HealthCheck.too_slow])
some = settings(deadline=None, max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])

walls = st.integers(0, 40 * DYADIC).map(lambda ticks: ticks / DYADIC)
moments = st.integers(0, RUN.end_us)
columns = st.integers(40, 300)
rows = st.integers(15, 100)
screens = st.builds(Screen, columns, rows, color=st.booleans(), unicode=st.booleans())
small_screens = st.builds(Screen, st.integers(40, 120), st.integers(15, 50))
drawn_seeds = st.integers(0, 10_000)


@cache
def drawn_run(seed: int) -> Run:
    plan = draw_plan(Request(seed=seed))
    validate(plan)
    return simulate(plan)


def terminal_for(screen: Screen) -> Terminal:
    return Terminal(screen.columns, screen.rows)


def player_at(run: Run, screen: Screen, time_us: int, tempo: MakeTempo = show_tempo) -> Player:
    return Player(PretrainingStory(run), screen, span=Span(time_us), tempo=tempo)


def fresh_screen(run: Run, screen: Screen, time_us: int) -> Terminal:
    return terminal_for(screen).feed(player_at(run, screen, time_us).advance(0.0))


def log_of(terminal: Terminal) -> list[str]:
    """All lines above the live region, those that scrolled away included."""
    return [*terminal.scrolled, *drawn(terminal)[:-LIVE_ROWS]]


def drawn(terminal: Terminal) -> list[str]:
    """The screen down to the last row of the live region: nothing that is drawn is empty."""
    return [row for row in terminal.rows if row]


# Time can be cut anywhere


@few
@given(screen=small_screens, start_us=moments, wall=walls, cuts=st.lists(st.integers(0, 40 * DYADIC), max_size=5))
def test_splitting_a_frame_changes_neither_the_log_nor_the_screen(
    screen: Screen, start_us: int, wall: float, cuts: list[int]
) -> None:
    whole, pieces = terminal_for(screen), terminal_for(screen)
    player = player_at(RUN, screen, start_us)
    whole.feed(player.advance(0.0)).feed(player.advance(wall))
    borders = [0.0, *sorted(cut / DYADIC for cut in cuts if cut / DYADIC < wall), wall]
    again = player_at(RUN, screen, start_us)
    pieces.feed(again.advance(0.0))
    for since, until in pairwise(borders):
        pieces.feed(again.advance(until - since))
    assert again.time_us == pytest.approx(player.time_us, abs=1)
    assert (whole.rows, whole.cells) == (pieces.rows, pieces.cells)
    if not any("not shown" in line for line in whole.scrolled):
        assert log_of(whole) == log_of(pieces)


@few
@given(
    screen=small_screens, wall=st.integers(1, 4 * DYADIC).map(lambda ticks: ticks / DYADIC), frames=st.integers(1, 40)
)
def test_playing_to_a_moment_and_seeking_it_show_the_same(screen: Screen, wall: float, frames: int) -> None:
    played, sought = terminal_for(screen), terminal_for(screen)
    player = player_at(RUN, screen, 0)
    for _ in range(frames + 1):
        played.feed(player.advance(wall))
    seeker = player_at(RUN, screen, RUN.end_us // 2)
    sought.feed(seeker.advance(0.0)).feed(seeker.seek(player.time_us))
    assert sought.rows == played.rows
    assert sought.cells == played.cells
    assert sought.rows == fresh_screen(RUN, screen, player.time_us).rows


@few
@given(share=st.floats(0.01, 0.99), wall=walls.filter(bool), screen=small_screens, name=st.sampled_from(sorted(PLANS)))
def test_arriving_after_a_long_jump_shows_what_opening_there_does(
    share: float, wall: float, screen: Screen, name: str
) -> None:
    run = simulate(PLANS[name])
    player, terminal = player_at(run, screen, 0, lambda acts: fitted_tempo(acts, 64.0)), terminal_for(screen)
    terminal.feed(player.advance(0.0)).feed(player.advance(64.0 * share)).feed(player.advance(wall))
    opened = player_at(run, screen, player.time_us, lambda acts: fitted_tempo(acts, 64.0))
    assert terminal.rows == terminal_for(screen).feed(opened.advance(0.0)).rows


def test_opening_a_long_run_in_the_middle_is_arriving_there() -> None:
    middle_us = HUGE_RUN.end_us // 2
    before_us = middle_us - 3_600_000_000
    whole = [json_line(event) for event in narrate(HUGE_RUN, before_us, middle_us + 60_000_000)]
    opened = [json_line(event) for event in narrate(HUGE_RUN, middle_us, middle_us + 60_000_000)]
    assert opened
    assert whole[-len(opened) :] == opened


# Hands on the controls change no fact

ACTIONS: dict[str, Callable[[Player], str]] = {
    "pause": Player.pause,
    "resume": Player.resume,
    "fast": lambda player: player.set_speed(64.0),
    "slow": lambda player: player.set_speed(0.25),
    "normal": lambda player: player.set_speed(1.0),
    "back": lambda player: player.skip_show(-5.0),
    "on": lambda player: player.skip_show(5.0),
    "next": lambda player: player.chapter(1),
    "previous": lambda player: player.chapter(-1),
    "small": lambda player: player.resize(Screen(60, 18)),
    "large": lambda player: player.resize(Screen(132, 43)),
    "message": lambda player: player.message("hello"),
    "no message": lambda player: player.message(""),
    "frame": lambda player: player.advance(0.5),
    "no time": lambda player: player.advance(0.0),
    "long": lambda player: player.advance(30.0),
}
hands = st.lists(st.sampled_from(sorted(ACTIONS)), max_size=12)
FACTS = [json_line(event) for event in narrate(RUN)]


@few
@given(hands)
def test_no_key_changes_a_fact(keys: list[str]) -> None:
    """Pause, speed, seeking and resizing leave the story as it is: its events are a function of the run alone."""
    player = player_at(RUN, Screen(), 0)
    for key in keys:
        ACTIONS[key](player)
    assert [json_line(event) for event in player.story.narrate()] == FACTS


@few
@given(keys=hands, screen=small_screens)
def test_whatever_was_done_the_screen_after_a_resize_is_that_of_a_fresh_player(keys: list[str], screen: Screen) -> None:
    player = player_at(RUN, Screen(80, 24), 0)
    for key in keys:
        ACTIONS[key](player)
    player.message("")
    player.set_speed(1.0)
    player.resume()
    resized = terminal_for(screen).feed(player.resize(screen))
    assert resized.rows == fresh_screen(RUN, screen, player.time_us).rows


@few
@given(keys=hands)
def test_the_screen_is_a_function_of_the_moment(keys: list[str]) -> None:
    """In whatever way one got there: the log's last screenful and the live region."""
    screen = Screen(80, 24)
    player, terminal = player_at(RUN, screen, 0), terminal_for(screen)
    terminal.feed(player.advance(0.0))
    for key in keys:
        if key not in ("small", "large"):
            terminal.feed(ACTIONS[key](player))
    terminal.feed(player.message("")).feed(player.set_speed(1.0)).feed(player.resume())
    assert terminal.rows == fresh_screen(RUN, screen, player.time_us).rows


@few
@given(speed=st.sampled_from([0.25, 1.0, 2.0, 4.0]), start_us=moments)
def test_a_speed_at_which_steps_can_be_read_changes_no_line(speed: float, start_us: int) -> None:
    """A fault of genact's."""
    logs = []
    for factor in (1.0, speed):
        player, terminal = player_at(RUN, Screen(80, 24), start_us), Terminal()
        terminal.feed(player.set_speed(factor))
        terminal.feed(player.advance(0.0))
        for _ in range(16):
            terminal.feed(player.advance(0.25 / factor))
        player.set_speed(1.0)
        logs.append((log_of(terminal), player.time_us))
    assert logs[0] == logs[1]


@few
@given(keys=hands)
def test_every_frame_is_one_synchronised_update_with_the_whole_live_region(keys: list[str]) -> None:
    player, terminal = player_at(RUN, Screen(80, 24), 0), Terminal()
    for key in ["no time", *(key for key in keys if key not in ("small", "large"))]:
        frame = ACTIONS[key](player)
        terminal.feed(frame)
        assert not frame or (frame.startswith(BEGIN_SYNC) and frame.endswith(END_SYNC))
        assert frame.count(BEGIN_SYNC) == frame.count(END_SYNC) <= 1
        live = [strip(line) for line in Live(header(RUN), player.screen).lines(moment(RUN, player.time_us))]
        assert drawn(terminal)[-LIVE_ROWS + 1 :] == [line.rstrip() for line in live[1:]]
        assert drawn(terminal)[-LIVE_ROWS].startswith("──")


# Bars


@few
@given(st.lists(walls, min_size=2, max_size=12), st.sampled_from([1.0, 16.0]))
def test_bars_never_run_ahead_and_never_go_back(frames: list[float], speed: float) -> None:
    """TRAIN-01, fault 7: the run's bar and the epoch's follow the steps that are printed, not the ones to come."""
    player, terminal = Player(PretrainingStory(RUN), Screen(120, 40), speed=speed), Terminal(120, 40)
    terminal.feed(player.advance(0.0))
    shown = []
    for wall in frames:
        terminal.feed(player.advance(wall))
        completed = RUN.completed_step(player.time_us)
        epoch, cells, share = re.findall(r"Epoch  (\d)/3  \[([=> ]{25})\] +([\d.]+)%", drawn(terminal)[-2])[0]
        assert cells.count("=") == completed * 25 // 300
        assert int(epoch) == min(completed // 100 + 1, 3)
        assert float(share) <= completed / 3 + 1e-6
        step = re.findall(r"Step +(\d+)/100  \[([=> ]+)\]", drawn(terminal)[-1])
        if step:
            in_epoch = completed - (int(epoch) - 1) * 100
            assert int(step[0][0]) == in_epoch
            assert step[0][1].count("=") == in_epoch * len(step[0][1]) // 100
        shown.append((int(epoch), cells.count("="), float(share)))
    assert shown == sorted(shown)


@some
@given(one=st.integers(0, RUN.end_us), other=st.integers(0, RUN.end_us), width=columns)
def test_bars_only_grow(one: int, other: int, width: int) -> None:
    live = Live(header(RUN), Screen(width, 24, color=False))
    earlier, later = (live.lines(moment(RUN, time_us)) for time_us in sorted((one, other)))
    lengths = [line.partition("[")[2].partition("]")[0].count("=") for line in (earlier[1], later[1])]
    assert lengths[0] <= lengths[1]
    step = re.compile(r"^(?:Step)? +(\d+)/100 ")
    if earlier[1][:9] == later[1][:9] and step.match(earlier[2]) and step.match(later[2]):
        numbers = [int(step.findall(line)[0]) for line in (earlier[2], later[2])]
        assert numbers[0] <= numbers[1]


# Any plan on any screen


@few
@given(seed=drawn_seeds, screen=screens, share=st.floats(0.0, 1.0))
def test_any_plan_fits_any_screen_at_any_moment(seed: int, screen: Screen, share: float) -> None:
    run = drawn_run(seed)
    time_us = int(run.end_us * share)
    span_us = round(run.figures.step_seconds * 20e6)
    console, live = Console(header(run), screen), Live(header(run), screen)
    events = [
        *narrate(run, 0, run.timeline.end_of_us(Executed(2))),
        *narrate(run, time_us, time_us + span_us),
        *narrate(run, run.timeline.end_of_us(Executed(run.plan.total_steps))),
    ]
    lines = [line for event in events for line in console.lines(event)]
    lines += [line for at_us in (0, time_us, run.end_us) for line in live.lines(moment(run, at_us), "2x paused")]
    for line in lines:
        assert visible_width(line) <= screen.columns
        assert line.rfind("\x1b[0m") == line.rfind("\x1b["), "a colour is open at the end of the line"
        assert "\n" not in line
        assert screen.color or "\x1b" not in line
        assert screen.unicode or line.isascii()


@few
@given(seed=drawn_seeds, screen=screens, share=st.floats(0.0, 1.0))
def test_any_plan_plays_on_any_screen(seed: int, screen: Screen, share: float) -> None:
    run = drawn_run(seed)
    player = player_at(run, screen, int(run.end_us * share))
    text = player.advance(0.0) + player.advance(4.0) + player.chapter(1) + player.advance(0.5)
    colors = re.findall(r"\x1b\[[0-9;]*m", text)
    assert screen.color or not colors
    assert screen.unicode or strip(text).isascii()
    terminal = terminal_for(screen).feed(text)
    assert drawn(terminal)[-LIVE_ROWS + 1].startswith("Epoch  ")
    assert terminal.cursor[1] == len(drawn(terminal)) - 1, "the screen is filled from the top, and no bar is wrapped"


@few
@given(seed=drawn_seeds, share=st.floats(0.0, 1.0))
def test_every_number_of_any_plan_is_finite_and_time_only_goes_on(seed: int, share: float) -> None:
    run = drawn_run(seed)
    since_us = int(run.end_us * share)
    events = list(narrate(run, since_us, since_us + round(run.figures.step_seconds * 100e6)))
    times = [event.time_seconds for event in events]
    assert times == sorted(times)
    for event in events:
        if isinstance(event, ev.StepCompleted):
            numbers = (event.loss, event.perplexity, event.learning_rate, event.tokens_per_second, event.eta_seconds)
            assert all(number is not None and math.isfinite(number) for number in numbers)
            assert 0.0 < event.mfu < 1.0
            assert event.loss
            assert event.loss > 0.0
            assert event.eta_seconds >= 0.0


@few
@given(screen=screens, share=st.floats(0.0, 1.0))
def test_colour_adds_nothing_but_colour(screen: Screen, share: float) -> None:
    since_us = int(RUN.end_us * share)
    colored, plain = (Console(header(RUN), replace(screen, color=color)) for color in (True, False))
    for event in narrate(RUN, since_us, since_us + 5_000_000):
        assert [strip(line) for line in colored.lines(event)] == plain.lines(event)


# Long jumps


@few
@given(
    start=st.floats(0.001, 0.9),
    jump=st.integers(1, 200),
    height=st.integers(15, 60),
    name=st.sampled_from(sorted({CLASSIC.name, HUGE.name, TINY.name})),
)
def test_what_a_long_jump_leaves_out_is_counted(start: float, jump: int, height: int, name: str) -> None:
    """Steps told and steps counted are the steps that were executed, and the ones told are the last."""
    run = simulate(PLANS[name])
    player = Player(
        PretrainingStory(run),
        Screen(80, height, color=False),
        span=Span(int(run.end_us * start)),
        tempo=real_tempo,
    )
    player.advance(0.0)
    since_us = player.time_us
    text = strip(player.advance(jump * run.figures.step_seconds))
    happened = [e.step for e in narrate(run, since_us, player.time_us) if isinstance(e, ev.StepCompleted)]
    told = [int(number.replace(",", "")) for number in re.findall(r"\bstep +([\d,]+)/", text)]
    counted = re.search(r"\.\.\. ([\d,]+) steps in \S.* not shown", text)
    hidden = int(counted[1].replace(",", "")) if counted else 0
    assert hidden + len(told) == len(happened)
    assert told == happened[hidden:]
    if counted:
        assert len(told) <= height
        assert text.count("\r\n") == height
