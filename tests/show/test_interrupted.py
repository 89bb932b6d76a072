"""A run that is cut short, on show: the screen stays a function of the moment."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN, Befallen
from screens import Terminal
from thorough import examples

from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.story.story import Span
from pysim.terminal.screen import Screen

SCREEN = Screen(80, 24)
few = settings(deadline=None, max_examples=examples(4), suppress_health_check=[HealthCheck.too_slow])
cases = pytest.mark.parametrize("case", BEFALLEN.values(), ids=BEFALLEN.keys())


def shown(story: PretrainingStory, time_us: int) -> Terminal:
    return Terminal(80, 24).feed(Player(story, SCREEN, span=Span(time_us)).advance(0.0))


@cases
@few
@given(wall=st.integers(1, 1024).map(lambda ticks: ticks / 256), frames=st.integers(1, 30))
def test_playing_to_a_moment_and_seeking_it_show_the_same(case: Befallen, wall: float, frames: int) -> None:
    story = PretrainingStory(case.run())
    player, played = Player(story, SCREEN), Terminal(80, 24)
    for _ in range(frames + 1):
        played.feed(player.advance(wall))
    sought = Terminal(80, 24)
    seeker = Player(story, SCREEN, span=Span(story.end_us // 2))
    sought.feed(seeker.advance(0.0)).feed(seeker.seek(player.time_us))
    assert sought.rows == played.rows == shown(story, player.time_us).rows


@cases
def test_every_segment_has_a_live_region_of_its_own(case: Befallen) -> None:
    """What is going on is named, and the bars go back at a restart only."""
    story = PretrainingStory(case.run())
    words = {"hang": "Step", "down": "Job down", "restart": "Restart", "bring-up": "Bring-up", "export": "Export"}
    for segment in story.run.timeline.segments:
        middle_us = (segment.begin_us + segment.end_us) // 2
        assert words.get(segment.kind, "Epoch") in "\n".join(shown(story, middle_us).rows[-3:])


@cases
def test_a_repair_takes_seconds_to_watch(case: Befallen) -> None:
    acts = PretrainingStory(case.run()).acts()
    for act in acts:
        if act.is_brief:
            assert act.show_seconds <= 20.0
    assert sum(act.show_seconds for act in acts if not act.is_brief) > 50.0
