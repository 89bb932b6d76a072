"""Where steps pass faster than can be read, a line stands for many, and the screen follows from moment and speed alone."""

import re
from dataclasses import replace

import pytest
from befalling import SMALL, befallen_by, in_step, incident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HUGE
from screens import Terminal

from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import FRAME_SECONDS, Player
from pysim.show.tempo import fitted_tempo, real_tempo, show_tempo
from pysim.show.thinning import INTERVALS, items_per_second, log_interval
from pysim.story.story import Acts, Span
from pysim.terminal.ansi import CLEAR_SCREEN, strip
from pysim.terminal.screen import Screen

SCREEN = Screen(120, 30)
STORY = PretrainingStory(simulate(CLASSIC))
SHORT = replace(SMALL, tokens=1700 * SMALL.tokens_per_step)
STOPPED = PretrainingStory(befallen_by(SHORT, [incident("gpu-off-bus", in_step(simulate(SHORT), 1257))]))
SPEEDS = [1.0, 16.0, 64.0, 1000.0, 10_000.0]
SINGLE, MEAN = re.compile(r"\bstep +[\d,]+/"), re.compile(r"\bsteps +([\d,]+)-([\d,]+) +\| mean loss")
LEFT_OUT = re.compile(r"\.\.\. ([\d,]+) steps in .+ not shown")

few = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


def player(speed: float, time_us: int = 0, story: PretrainingStory = STORY, screen: Screen = SCREEN) -> Player:
    return Player(story, screen, speed=speed, span=Span(time_us))


def whole_number(text: str) -> int:
    return int(text.replace(",", ""))


def ranges(text: str) -> list[tuple[int, int]]:
    return [(whole_number(first), whole_number(last)) for first, last in MEAN.findall(strip(text))]


@pytest.mark.parametrize(
    ("rate", "every"),
    [(0.0, 1), (4.0, 1), (20.0, 1), (20.1, 10), (200.0, 10), (201.0, 100), (2000.0, 100), (2001.0, 1000), (1e9, 1000)],
)
def test_a_line_stands_for_as_few_steps_as_can_be_read(rate: float, every: int) -> None:
    assert log_interval(rate) == every
    assert every in INTERVALS


def test_the_rate_is_that_of_the_tempo() -> None:
    """Four a second as the show has it; as the run has it; all of it in so long."""
    seconds, acts = STORY.header.step_seconds, STORY.acts()
    assert items_per_second(acts, show_tempo(acts), seconds) == 4.0
    assert items_per_second(acts, real_tempo(acts), seconds) == pytest.approx(1 / seconds, rel=1e-5)
    minute = items_per_second(acts, fitted_tempo(acts, 60.0), seconds)
    assert minute == pytest.approx(CLASSIC.total_steps / 60.0, rel=0.2)


def test_where_nothing_flows_there_is_no_rate() -> None:
    acts = STORY.acts()
    still = Acts(acts.begin_us[:1], acts.end_us[:1], acts.show_seconds[:1], acts.is_brief[:1])
    assert items_per_second(still, show_tempo(still), 1.0) == 0.0


@pytest.mark.parametrize(("speed", "every"), [(1.0, 1), (5.0, 1), (16.0, 10), (64.0, 100), (1000.0, 1000)])
def test_the_log_has_every_so_many_steps(speed: float, every: int) -> None:
    show = player(speed, STORY.end_us // 3)
    show.advance(0.0)
    text = "".join(show.advance(FRAME_SECONDS) for _ in range(45))
    assert bool(SINGLE.search(strip(text))) == (every == 1)
    found = ranges(text)
    assert all((first - 1) % every == 0 and last == first + every - 1 for first, last in found)
    assert bool(found) == (every > 1)
    assert not LEFT_OUT.search(strip(text))


@few
@given(
    speed=st.sampled_from(SPEEDS),
    share=st.floats(0.0, 1.0),
    frames=st.integers(1, 20),
    story=st.sampled_from([STORY, STOPPED]),
)
def test_playing_to_a_moment_and_seeking_it_at_the_same_speed_show_the_same(
    speed: float, share: float, frames: int, story: PretrainingStory
) -> None:
    show, played, sought = player(speed, int(share * story.end_us), story), Terminal(120, 30), Terminal(120, 30)
    played.feed(show.advance(0.0))
    for _ in range(frames):
        played.feed(show.advance(FRAME_SECONDS))
    seeker = player(speed, 0, story)
    sought.feed(seeker.advance(0.0)).feed(seeker.seek(show.time_us))
    assert (played.rows, played.cells) == (sought.rows, sought.cells)


@few
@given(speeds=st.lists(st.sampled_from(SPEEDS), min_size=1, max_size=5), share=st.floats(0.05, 0.9))
def test_after_other_speeds_the_screen_is_that_of_the_last_one(speeds: list[float], share: float) -> None:
    show, terminal = player(1.0, int(share * STORY.end_us)), Terminal(120, 30)
    terminal.feed(show.advance(0.0))
    for speed in speeds:
        terminal.feed(show.set_speed(speed)).feed(show.advance(FRAME_SECONDS))
    fresh = Terminal(120, 30).feed(player(speeds[-1], show.time_us).advance(0.0))
    assert terminal.rows == fresh.rows


def test_only_another_interval_paints_the_screen_anew() -> None:
    show = player(1.0, STORY.end_us // 2)
    show.advance(0.0)
    assert CLEAR_SCREEN not in show.set_speed(4.0)
    assert CLEAR_SCREEN in show.set_speed(16.0)
    assert CLEAR_SCREEN not in show.set_speed(8.0)
    assert CLEAR_SCREEN in show.set_speed(1.0)


def test_a_speed_that_is_set_before_the_first_frame_is_that_of_the_first_frame() -> None:
    show = player(1.0, STORY.end_us // 2)
    assert CLEAR_SCREEN not in show.set_speed(1.0)
    show = player(1.0, STORY.end_us // 2)
    text = show.set_speed(1000.0)
    assert ranges(text)
    assert CLEAR_SCREEN not in text


@pytest.mark.parametrize("speed", [16.0, 64.0, 1000.0, 10_000.0])
def test_each_step_is_in_one_line_and_restarts_cut_them(speed: float) -> None:
    """Played from before a stop to after it: the means touch, end at the stop, and go on where the run does."""
    stretch, again = STOPPED.run.timeline.stretches[:2]
    show = player(speed, STOPPED.run.timeline.start_us - 1, STOPPED)
    text = show.advance(0.0)
    while show.time_us < STOPPED.run.timeline.end_us:
        text += show.advance(FRAME_SECONDS)
    found = ranges(text)
    last, resumed = stretch.last_data_step, again.first_data_step
    cut = next(index for index, (_, end) in enumerate(found) if end == last)
    assert found[cut + 1][0] == resumed
    for lines in (found[: cut + 1], found[cut + 1 :]):
        assert [first for first, _ in lines[1:]] == [end + 1 for _, end in lines[:-1]]
    assert (found[0][0], found[-1][1]) == (1, STOPPED.run.plan.total_steps)


@pytest.mark.parametrize("jump", [3.0, 60.0, 500.0])
def test_what_is_too_much_even_so_is_counted_in_steps(jump: float) -> None:
    """Steps that are told, left out and not yet due add up to those that were done."""
    story = PretrainingStory(simulate(HUGE))
    show = player(10_000.0, story.end_us // 3 // 10**6 * 10**6, story)
    show.advance(0.0)
    before = story.items_before(show.time_us, 1000)
    text = show.advance(jump)
    note = LEFT_OUT.search(strip(text))
    assert note
    told = sum(last - first + 1 for first, last in ranges(text))
    assert whole_number(note[1]) + told == story.items_before(show.time_us, 1000) - before
    assert text.count("\r\n") <= SCREEN.rows


def test_where_what_comes_between_means_is_too_much_the_last_screenful_is_shown() -> None:
    """Forty means with a checkpoint after each step between them are hundreds of lines."""
    plan = replace(CLASSIC, checkpoint_interval=1, validation_interval=20)
    story = PretrainingStory(simulate(plan))
    show = player(16.0, story.end_us // 2, story)
    show.advance(0.0)
    before = story.items_before(show.time_us, 10)
    text = show.advance(20.0)
    note = LEFT_OUT.search(strip(text))
    assert note
    told = sum(last - first + 1 for first, last in ranges(text))
    assert whole_number(note[1]) + told == story.items_before(show.time_us, 10) - before
    assert text.count("\r\n") <= SCREEN.rows


def test_a_jump_that_means_can_tell_leaves_nothing_out() -> None:
    show = player(16.0, STORY.end_us // 2)
    show.advance(0.0)
    text = show.advance(8.0)
    assert not LEFT_OUT.search(strip(text))
    assert len(ranges(text)) >= 50
