"""A trainer's log is the same from whatever place it is told, though its program remembers earlier steps."""

import pytest
from lives import life, log_of

from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.terminal.screen import PAGE
from pysim.views.dialects.table import DIALECTS
from pysim.views.registry import VIEWS

NAMES = ("hf", "nanogpt", "nemo", "deepspeed", "llmc", "litgpt")
EARLY, EVERY = 3, 7  # steps: before any mean has settled; an interval that ends nowhere near a checkpoint


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("log_every", [1, EVERY])
def test_pieces_are_the_whole(name: str, log_every: int) -> None:
    which = "rotary" if name == "litgpt" else "life"
    story = life(which)
    steps = [event for event in story.narrate() if isinstance(event, ev.StepCompleted)]
    resumed = next(index for index in range(1, len(steps)) if steps[index].step < steps[index - 1].step)
    after = (EARLY, 5, 50, 131, resumed - 2, resumed + EARLY, resumed + 140)
    cuts_us = [round(steps[index - 1].time_seconds * 1e6) + 1 for index in after]
    told: list[str] = []
    for since_us, until_us in zip((0, *cuts_us), (*cuts_us, None), strict=True):
        piece = timed_transcript(story, PAGE, since_us, until_us, view=VIEWS[name], log_every=log_every)
        told += [text.removesuffix("\n") for _, text in piece]
    assert tuple(told) == log_of(name, which, log_every)


def test_all_that_are_here_are_listed() -> None:
    assert set(NAMES) <= DIALECTS.keys()
