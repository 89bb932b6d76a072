"""Closing: the end of training, the export, the run in numbers."""

from collections.abc import Iterator

from pysim.pretraining.names import export_files, export_path
from pysim.pretraining.run.costs import Cost
from pysim.pretraining.run.renting import rented_hours
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.training import EPOCH_STEPS, RECENT_STEPS
from pysim.story import events as ev
from pysim.story.rounding import kept
from pysim.story.steps import DataStep


def closing(run: Run) -> Iterator[ev.Event]:
    """The end of training, the export, the summary."""
    timeline = run.timeline
    seconds = (timeline.end_us - timeline.start_us) / 1e6
    yield ev.TrainingCompleted(time_seconds=timeline.end_us / 1e6, step=run.plan.total_steps, seconds=seconds)
    yield from export(run)
    told = accounted(run, run.end_us)
    if told:
        yield told
    yield summary(run)


def processes_done(run: Run) -> Iterator[ev.Event]:
    """What those that did the last step have done since they were started."""
    timeline, last = run.timeline, run.timeline.stretches[-1]
    batches = timeline.batches(last.last_step, DataStep(last.first_data_step - 1), EPOCH_STEPS)
    took_us = timeline.took_us(last.first_step, last.last_step)
    yield ev.ProcessesDone(
        time_seconds=timeline.end_us / 1e6,
        started_with=last.first_data_step,
        started_seconds=last.begin_us / 1e6,
        step=run.plan.total_steps,
        mean_loss=run.steps.mean_loss(batches, last.last_step),
        mean_steps=len(batches),
        first_step_seconds=int(took_us[0]) / 1e6,
        step_seconds=int(took_us.sum()) / 1e6,
    )


def accounted(run: Run, time_us: int) -> ev.TimeAccounted | None:
    """Where the time up to a moment went; None before the first interruption."""
    if not run.account.is_interrupted_by(time_us):
        return None
    found = run.account.at(time_us)
    return ev.TimeAccounted(
        time_seconds=time_us / 1e6,
        wall_seconds=found.wall_us / 1e6,
        productive_seconds=found.productive_us / 1e6,
        starting_seconds=found.starting_us / 1e6,
        noticing_seconds=found.noticing_us / 1e6,
        repairing_seconds=found.repairing_us / 1e6,
        restarting_seconds=found.restarting_us / 1e6,
        redoing_seconds=found.redoing_us / 1e6,
        goodput=round(found.share, 4),
        availability=round(found.availability, 4),
        interruptions=found.interruptions,
        between_failures_seconds=found.between_failures_us / 1e6,
        steps_redone=found.steps_redone,
        costs=tuple(map(_cost, run.account.by_cause(time_us))),
    )


def _cost(cost: Cost) -> ev.CauseCost:
    return ev.CauseCost(cause=cost.cause, seconds=cost.lost_us / 1e6, interruptions=cost.interruptions)


def export(run: Run) -> Iterator[ev.Event]:
    """Merge, convert, write."""
    plan, f, path = run.plan, run.figures, export_path(run.plan)
    files = export_files(plan, f.export_bytes, f.export_files)
    yield ev.ExportStarted(
        time_seconds=run.timeline.end_us / 1e6, path=path, export_bytes=f.export_bytes, files=len(files)
    )
    merged, converted = run.stage_of("merging shards"), run.stage_of("converting weights")
    yield ev.ExportStageCompleted(
        time_seconds=merged.end_us / 1e6, stage="merged", items=f.checkpoint_files, unit="files", seconds=merged.seconds
    )
    yield ev.ExportStageCompleted(
        time_seconds=converted.end_us / 1e6,
        stage="converted to BF16",
        items=f.parameters,
        unit="parameters",
        seconds=converted.seconds,
    )
    for index, (name, size) in enumerate(files, start=1):
        yield ev.ExportFileWritten(
            time_seconds=_export_us(run, index, len(files)) / 1e6,
            file=name,
            index=index,
            files=len(files),
            file_bytes=size,
        )
    seconds = (run.end_us - run.timeline.end_us) / 1e6
    total = sum(size for _, size in files)
    yield ev.ExportCompleted(
        time_seconds=run.end_us / 1e6, path=path, export_bytes=total, files=len(files), seconds=seconds
    )


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
    hours = rented_hours(run, run.end_us)
    timeline, last = run.timeline, run.timeline.last_step
    batches = plan.batches
    skipped = sum(batches.total(end) - batches.total(first - 1) for first, end in timeline.gaps_before(last))
    tokens = plan.run_tokens - skipped * plan.sequence_length
    validated = run.validations.after(last)
    rate = tokens / seconds
    return ev.RunCompleted(
        time_seconds=run.end_us / 1e6,
        run_name=plan.name,
        epochs=plan.epochs,
        steps=plan.total_steps,
        tokens=tokens,
        final_train_loss=run.steps.mean_loss(timeline.batches(last, DataStep(0), RECENT_STEPS), last),
        final_validation_loss=validated.loss,
        best_validation_loss=validated.best_loss,
        mean_mfu=kept(rate * f.flops_per_token / (f.peak_flops_per_second * plan.world_size), 4),
        mean_tokens_per_second=kept(rate, 1),
        accelerator_hours=kept(hours, 1),
        energy_kwh=kept(run.fleet.energy_kwh(), 1),
        usd=kept(hours * plan.accelerator.usd_per_hour, 2),
        path=export_path(plan),
    )
