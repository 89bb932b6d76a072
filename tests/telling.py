"""A whole small life with one failure and one resume, told in any words, and what its events say of it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from befalling import befallen_by, in_step, incident
from plans import TINY

from pysim.catalog import accelerators
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.story.story import Story
from pysim.terminal.screen import UNLIMITED, Screen
from pysim.views.dialects.table import DIALECTS

FILE = Screen(columns=UNLIMITED, color=False, live=False)
GOLDEN = Path(__file__).parent / "golden"
REAL = Path(__file__).parent / "real"
PLAN = replace(TINY, accelerator=accelerators()["h100-sxm"], epochs=1, tokens=TINY.tokens // 3 * 2, spares=1)
"""200 steps on two nodes; validations after every 50th, a checkpoint after the 120th and the last."""


@cache
def life(plan: Plan = PLAN, cause: str = "gpu-off-bus", step: int = 152) -> Story:
    """A run in one of whose steps a cause strikes."""
    calm = simulate(plan)
    return PretrainingStory(befallen_by(plan, [incident(cause, in_step(calm, step), local_rank=0)]))


def story(run: Run) -> Story:
    return PretrainingStory(run)


def lines(name: str, told: Story, screen: Screen = FILE, *, every: int | None = None) -> Iterator[str]:
    """The story in the words of a dialect."""
    row = DIALECTS[name]
    view = row(told.header, screen)
    for event in told.narrate(every=every or row.log_every, reports=row.reports):
        yield from view.lines(event)


def events(told: Story) -> list[ev.Event]:
    """All of them, step by step."""
    return list(told.narrate())


def compare(written: Iterable[str], name: str, *, update: bool) -> None:
    """With what is committed."""
    path, text = GOLDEN / f"dialect-{name}.txt", "".join(f"{line}\n" for line in written)
    if update:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
