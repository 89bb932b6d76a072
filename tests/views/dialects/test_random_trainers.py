"""Random runs in the words of trainers: what ties in the small life ties in all, and a log can be told from any place on."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Protocol

import pytest
from auditor.readers.maxtext import MaxText
from auditor.readers.mlperf import MLPerf
from auditor.readers.olmo import Olmo
from auditor.readers.torchtitan import Torchtitan
from auditor.told import Told
from lives import life
from random_plans import random_plan
from telling import FILE
from thorough import sampled

from pysim.pretraining.story import tell
from pysim.story.story import Story
from pysim.terminal.ansi import visible_width
from pysim.terminal.screen import Screen
from pysim.views.registry import VIEWS, cadence, why_not


class Reader(Protocol):
    def read(self, lines: Iterable[str]) -> Told: ...


READERS: dict[str, type[Reader]] = {"torchtitan": Torchtitan, "olmo": Olmo, "maxtext": MaxText, "mlperf": MLPerf}
STEPS, LAST_US, CUTS = 60, 40_000_000, 40


def lines(
    story: Story, name: str, screen: Screen = FILE, since_us: int = 0, until_us: int | None = None
) -> Iterator[str]:
    view = VIEWS[name](story.header, screen)
    for event in story.narrate(since_us, until_us, *cadence(VIEWS[name])):
        yield from view.lines(event)


@pytest.mark.parametrize("seed", sampled(range(120), every=40))
def test_everything_ties(seed: int) -> None:
    story = tell(random_plan(seed))
    end_us = story.item_begin(min(STEPS, story.header.total_steps))
    for name, reader in READERS.items():
        if not why_not(VIEWS[name], story.header):
            assert reader().read(lines(story, name, until_us=end_us)).findings == []
            last = lines(story, name, Screen(80, 24), max(0, story.end_us - LAST_US))
            assert all(visible_width(line) <= 80 for line in last)


@pytest.mark.parametrize("name", ["torchtitan", "olmo", "maxtext"])
def test_a_log_can_be_told_from_any_place_on(name: str) -> None:
    story = life()
    cuts = [story.end_us * cut // CUTS for cut in range(CUTS)] + [story.end_us + 1]
    pieces = [line for since, until in itertools.pairwise(cuts) for line in lines(story, name, FILE, since, until)]
    assert pieces == list(lines(story, name))
