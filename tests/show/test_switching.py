"""Switching to any view finds its last screenful without telling much of what it does not write."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.story.events import Event
from pysim.story.story import Span
from pysim.terminal.screen import Screen
from pysim.views.names import COMPARE, CONSOLE
from pysim.views.registry import VIEWS, cadence, why_not
from pysim.views.view import Ending

SCREEN = Screen(120, 40)
MOST_EVENTS = 400  # of a tenth of a millisecond each at most: a frame has 33 of these
PRESETS = (
    "classic",
    "llama3-8b",
    "llama3-405b",
    "gpt2-124m",
)  # short and calm, long, often interrupted, refused by few


class Counted(PretrainingStory):
    """Counts what is told of it."""

    told = 0

    def narrate(self, *asked: Any) -> Iterator[Event]:
        for event in super().narrate(*asked):
            self.told += 1
            yield event


@cache
def story_of(preset: str) -> Counted:
    return Counted(simulate(choose_plan(Request(preset=preset))))


@pytest.mark.parametrize("preset", PRESETS)
def test_little_is_told_for_another_view(preset: str) -> None:
    story = story_of(preset)
    able = [name for name in VIEWS if name != COMPARE and not why_not(VIEWS[name], story.header)]
    for place, name in product((0.02, 0.5, 0.98), able):
        player = Player(story, SCREEN, view=VIEWS[CONSOLE], span=Span(int(story.end_us * place)))
        player.advance(0.0)
        before = story.told
        player.set_view(VIEWS[name])
        assert story.told - before <= MOST_EVENTS, (place, name)


def test_a_view_that_is_over_stays_as_it_was() -> None:
    story = story_of("llama3-8b")
    view = VIEWS["mlperf"](story.header, SCREEN)
    assert isinstance(view, Ending)
    assert view.over_us is not None
    assert view.over_us < story.end_us // 2
    last = [
        line
        for event in story.narrate(view.over_us, view.over_us + 1, *cadence(VIEWS["mlperf"]))
        for line in view.lines(event)
    ]
    logs = []
    for time_us in (view.over_us + 1, story.end_us // 2, story.end_us):
        player = Player(story, SCREEN, view=VIEWS["mlperf"], span=Span(time_us))
        logs.append(player.advance(0.0).partition(last[-1])[0])
    assert logs[0] == logs[1] == logs[2]
    assert logs[0].count("\n") > SCREEN.rows // 2
