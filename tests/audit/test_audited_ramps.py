"""The auditor reads a batch that grows, and finds what is wrong with one."""

import pytest
from auditor import Auditor
from plans import RAMPED

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import simulate
from pysim.story.steps import Executed
from pysim.views.jsonlines import json_line

RUN = simulate(RAMPED)
LAST = Executed(RUN.plan.batches.ramp_steps + 5)
LINES = [json_line(event) for event in narrate(RUN, 0, RUN.timeline.end_of_us(LAST) + 1)]


def broken(lines: list[str]) -> set[str]:
    auditor = Auditor()
    auditor.read("events", lines)
    auditor.finish()
    return auditor.broken


def test_one_that_grows_ties() -> None:
    assert sum('"event":"BatchGrown"' in line for line in LINES) == 7
    assert broken(LINES) == set()


@pytest.mark.parametrize(
    ("said", "forged", "rule"),
    [
        ('"global_batch_size":256,', '"global_batch_size":384,', "batch of the plateau"),
        ('"accumulation":2,', '"accumulation":3,', "accumulation of the plateau"),
        (f'"ramp_steps":{RUN.plan.batches.ramp_steps}', '"ramp_steps":7', "steps of the ramp"),
        (f'"extra_steps":{RUN.plan.extra_steps}', '"extra_steps":1', "steps for the smaller batches"),
        ('"increment":128', '"increment":64', "replicas share every batch of the ramp evenly"),
    ],
)
def test_what_is_wrong_with_one_is_found(said: str, forged: str, rule: str) -> None:
    assert any(said in line for line in LINES)
    assert rule in broken([line.replace(said, forged) for line in LINES])
