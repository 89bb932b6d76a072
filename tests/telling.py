"""A whole small life with one failure and one resume, told in any words, and what its events say of it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from auditor.interval import exactly
from auditor.told import Told
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


def assert_same_run(told: Told, found: list[ev.Event], *, every: int) -> None:
    """What a log says is what the events say: losses of steps where it has a line, validations, checkpoints, restarts."""
    steps = [e for e in found if isinstance(e, ev.StepCompleted)]
    by_number: dict[int, list[float]] = {}
    for step in steps:
        by_number.setdefault(step.step, []).append(step.loss or 0.0)
    for line in told.steps:
        losses = by_number[int(line["step"].low)]
        assert any(line["loss"].meets(exactly(loss), 1e-5) for loss in losses), line
    due = [step.step for step in steps if step.step % every == 0]
    assert [int(line["step"].low) for line in told.steps if int(line["step"].low) % every == 0] == due
    validations = [(e.step, e.loss or 0.0) for e in found if isinstance(e, ev.ValidationCompleted)]
    assert [int(line["step"].low) for line in told.validations] == [step for step, _ in validations]
    assert all(line["loss"].meets(exactly(loss)) for line, (_, loss) in zip(told.validations, validations, strict=True))
    assert len(told.saved) == sum(isinstance(e, ev.CheckpointCompleted) for e in found)
    resumed = [e for e in found if isinstance(e, ev.TrainingResumed)]
    assert told.begun == [1, *(e.step for e in resumed)]
    assert told.loaded == [e.step - e.skipped_batches - 1 for e in resumed if e.checkpoint]
    assert told.launches == 1 + len(resumed)
    assert told.ended
