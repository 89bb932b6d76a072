"""The end of a log: a screenful is found without telling much of what is above it."""

from dataclasses import replace

import pytest
from plans import CLASSIC

from pysim.pretraining.run.fleet import Fleet
from pysim.pretraining.story import tell
from pysim.show.tail import Log
from pysim.show.work import done
from pysim.story.events import FleetSampled
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console

TALL = Screen(120, 60)
STORY = tell(replace(CLASSIC, grid_interval=10))


@pytest.mark.parametrize("part", [0.3, 0.5, 0.7, 0.9])
def test_no_more_of_the_fleet_is_looked_at_than_about_what_is_shown(
    part: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look = 0, Fleet.sample

    def counted(fleet: Fleet, time_us: int, memory_bytes: int) -> FleetSampled:
        nonlocal looks
        looks += 1
        return look(fleet, time_us, memory_bytes)

    monkeypatch.setattr(Fleet, "sample", counted)
    tail = done(Log(STORY, Console(STORY.header, TALL), TALL.rows).tail(0, round(STORY.end_us * part)))
    shown = sum("GPU status" in line for line in tail.lines)
    assert 1 <= shown <= looks <= shown + 2
