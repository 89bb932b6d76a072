"""Closing: the end of training, the export, the run in numbers."""

from collections.abc import Iterator

from pysim.pretraining.names import export_files, export_path
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.training import RECENT_STEPS
from pysim.story import events as ev


def closing(run: Run) -> Iterator[ev.Event]:
    """The end of training, the export, the summary."""
    timeline = run.timeline
    seconds = (timeline.end_us - timeline.start_us) / 1e6
    yield ev.TrainingCompleted(timeline.end_us / 1e6, run.plan.total_steps, seconds)
    yield from export(run)
    yield summary(run)


def export(run: Run) -> Iterator[ev.Event]:
    """Merge, convert, write."""
    plan, f, path = run.plan, run.figures, export_path(run.plan)
    files = export_files(plan, f.export_bytes, f.export_files)
    yield ev.ExportStarted(run.timeline.end_us / 1e6, path, f.export_bytes, len(files))
    merged, converted = run.stage_of("merging shards"), run.stage_of("converting weights")
    yield ev.ExportStageCompleted(merged.end_us / 1e6, "merged", f.checkpoint_files, "files", merged.seconds)
    yield ev.ExportStageCompleted(
        converted.end_us / 1e6, "converted to BF16", f.parameters, "parameters", converted.seconds
    )
    for index, (name, size) in enumerate(files, start=1):
        yield ev.ExportFileWritten(_export_us(run, index, len(files)) / 1e6, name, index, len(files), size)
    seconds = (run.end_us - run.timeline.end_us) / 1e6
    total = sum(size for _, size in files)
    yield ev.ExportCompleted(run.end_us / 1e6, path, total, len(files), seconds)


def _export_us(run: Run, index: int, files: int) -> int:
    """When the export's file `index` is complete: weight shards take their stage, small files share the last one."""
    shards = run.figures.export_files
    if index <= shards:
        return run.stage_of("writing shards").at_us(index / shards)
    return run.stage_of("writing metadata").at_us((index - shards) / (files - shards + 1))


def summary(run: Run) -> ev.RunCompleted:
    """The run in numbers."""
    plan, f = run.plan, run.figures
    seconds = (run.timeline.end_us - run.timeline.start_us) / 1e6
    hours = run.end_us / 3.6e9 * plan.world_size
    tokens = plan.total_steps * plan.tokens_per_step
    rate = tokens / seconds
    return ev.RunCompleted(
        run.end_us / 1e6,
        plan.name,
        plan.epochs,
        plan.total_steps,
        tokens,
        run.steps.mean_loss(plan.total_steps, min(RECENT_STEPS, plan.total_steps)),
        float(run.validation_losses[-1]),
        float(run.validation_losses.min()),
        round(rate * f.flops_per_token / (f.peak_flops_per_second * plan.world_size), 4),
        round(rate, 1),
        round(hours, 1),
        round(run.fleet.energy_kwh(run.end_us), 1),
        round(hours * plan.accelerator.usd_per_hour, 2),
        export_path(plan),
    )
