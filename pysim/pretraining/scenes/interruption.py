"""What stops a run, and how it goes on."""

from collections.abc import Iterator

from pysim.pretraining.names import checkpoint_path
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.scenes.reporting import left_unreported
from pysim.story import events as ev
from pysim.story.reports import Cadence
from pysim.story.steps import DataStep


def interrupted(run: Run, down: Segment, cadence: Cadence) -> Iterator[ev.Event]:
    """The processes are gone; where many steps are told as one, with what they had not reported yet."""
    if cadence.has_steps:
        yield from left_unreported(run, down, cadence)
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


def restarting(run: Run, restart: Segment) -> Iterator[ev.Event]:
    """All processes are started again, find each other, and read the checkpoint that training goes on from."""
    parts, plan = run.stages_of(restart), run.plan
    launch = max(run.incidents.launches_before(restart.begin_us), 1)
    yield ev.JobRelaunched(
        time_seconds=restart.begin_us / 1e6, launch=launch, world_size=plan.world_size, nodes=plan.nodes
    )
    groups, loading = parts.get("connecting process groups"), parts.get("loading the checkpoint")
    if groups:
        yield ev.GroupsRejoined(time_seconds=groups.end_us / 1e6, launch=launch, seconds=groups.seconds)
    resumed_after = None if restart.is_cut else _resumed_after(run, restart)
    if loading and resumed_after:
        path, size = checkpoint_path(plan, resumed_after), run.figures.checkpoint_bytes
        yield ev.CheckpointLoadStarted(
            time_seconds=loading.start_us / 1e6, step=resumed_after, path=path, checkpoint_bytes=size
        )
        yield ev.CheckpointLoaded(
            time_seconds=min(loading.end_us, restart.end_us - 1) / 1e6,
            step=resumed_after,
            path=path,
            checkpoint_bytes=size,
            seconds=loading.seconds,
        )


def _resumed_after(run: Run, restart: Segment) -> DataStep | None:
    """The checkpoint from which the training after a restart goes on; 0 for none."""
    later = run.timeline.segments_on_from(restart.end_us)
    return next((segment.resumed_after for segment in later if isinstance(segment, Stretch)), None)
