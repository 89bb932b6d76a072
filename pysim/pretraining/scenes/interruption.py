"""What stops a run, and how it goes on."""

from collections.abc import Iterator

from pysim.pretraining.names import checkpoint_path
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.scenes.reporting import left_unreported
from pysim.story import events as ev


def interrupted(run: Run, down: Segment, every: int) -> Iterator[ev.Event]:
    """The processes are gone; where `every` is more than 1, with what they had not reported yet."""
    if every > 1:
        yield from left_unreported(run, down, every)
    yield ev.TrainingInterrupted(time_seconds=down.begin_us / 1e6, step=run.timeline.data_step(down.completed))


def resumed(run: Run, stretch: Stretch) -> ev.TrainingResumed:
    """The first batch after a restart is on its way."""
    checkpoint = checkpoint_path(run.plan, stretch.resumed_after) if stretch.resumed_after else ""
    return ev.TrainingResumed(
        time_seconds=stretch.begin_us / 1e6,
        step=stretch.first_data_step,
        checkpoint=checkpoint,
        skipped_batches=stretch.first_data_step - stretch.resumed_after - 1,
        total_steps=run.plan.total_steps,
    )
