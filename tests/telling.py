"""What a log in any words says of a run, against the events of that run."""

from collections.abc import Iterable
from pathlib import Path

from auditor.interval import exactly
from auditor.told import Told

from pysim.story import events as ev
from pysim.terminal.screen import UNLIMITED, Screen

FILE = Screen(columns=UNLIMITED, color=False, live=False)
REAL = Path(__file__).parent / "real"


def assert_same_run(told: Told, events: Iterable[ev.Event], *, every: int) -> None:
    """Losses of steps where it has a line, validations, checkpoints, restarts."""
    found = list(events)
    by_number: dict[int, list[float]] = {}
    for step in (e for e in found if isinstance(e, ev.StepCompleted)):
        by_number.setdefault(step.step, []).append(step.loss or 0.0)
    for line in told.steps:
        assert any(line["loss"].meets(exactly(loss), 1e-5) for loss in by_number[int(line["step"].low)]), line
    due = [e.step for e in found if isinstance(e, ev.StepCompleted) and e.step % every == 0]
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
