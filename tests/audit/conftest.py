"""A whole run as it is told."""

import pytest
from plans import TINY

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.transcript import transcript
from pysim.terminal.screen import Screen
from pysim.views.jsonlines import json_line


@pytest.fixture(scope="session")
def told() -> list[str]:
    return list(transcript(PretrainingStory(simulate(TINY)), Screen(200, 60, color=True, live=False)))


@pytest.fixture(scope="session")
def data() -> list[str]:
    return [json_line(event) for event in narrate(simulate(TINY))]
