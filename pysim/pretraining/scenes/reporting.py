"""Steps told many at a time, as a log with an interval has them: at each multiple of it, at the last step, and where a run was stopped.

An interval that a stop cuts short is told when the processes are gone: before, nobody knows that no more of its steps will come.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import isnan

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.means import means
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.run.steps import StepColumns
from pysim.story import events as ev
from pysim.story.reports import EVEN, Cadence
from pysim.story.rounding import round_kept
from pysim.story.steps import DataStep, Executed

Ints = NDArray[np.int64]

_REMEMBERED = 100  # values that a running mean is made of: what came before weighs nothing


def closes(run: Run, data_steps: Ints, cadence: Cadence, first: DataStep) -> NDArray[np.bool_]:
    """Which of the data steps of a stretch that began with `first` end an interval."""
    ends: NDArray[np.bool_] = _are_due(data_steps, cadence, first) | (data_steps == run.plan.total_steps)
    return ends


def _are_due(data_steps: Ints, cadence: Cadence, first: DataStep) -> NDArray[np.bool_]:
    """Which of them end an interval that is whole, or told by itself."""
    every, reports = cadence.every, cadence.reports or EVEN
    due: NDArray[np.bool_] = ((data_steps - reports.offset) % every == 0) | ((data_steps == first) & reports.first)
    return due


def interval_begin(stretch: Stretch, step: Executed, cadence: Cadence) -> Executed:
    """The first step of the interval of a stretch that a step is in."""
    return stretch.executed(DataStep(cadence.begin(stretch.data_step(step), stretch.first_data_step)))


def reported(
    run: Run, stretch: Stretch, columns: StepColumns, ends: Ints, cadence: Cadence
) -> Iterator[ev.StepsReported]:
    """Intervals of a stretch's steps in order that begin with the first of the columns and end with the rows `ends`, each told at its end."""
    begins = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
    found, last = means(columns, begins, ends + 1), columns.rows(ends)
    plan, batches, seconds = run.plan, run.plan.batches, found.duration_us / 1e6
    sequences = batches.totals(last.data_step) - batches.totals(columns.data_step[begins] - 1)
    tokens = sequences * plan.sequence_length
    flops = run.figures.flops_per_token * tokens.astype(np.float64)
    each = np.ones(len(ends), np.int64)
    first = stretch.first_data_step
    told = {
        "time_seconds": last.end_us / 1e6,
        "first": columns.data_step[begins],
        "last": last.data_step,
        "mean_step_seconds": np.rint(found.duration_us / found.steps) / 1e6,
        "tokens_per_second": round_kept(tokens / seconds, 1),
        "learning_rate": last.learning_rate,
        "epoch": plan.epoch_of(last.data_step),
        "last_step_seconds": last.duration_us / 1e6,
        "samples_per_second": round_kept(sequences / seconds, 2),
        "mfu": round_kept(flops / (run.figures.peak_flops_per_second * plan.world_size * seconds), 4),
        "tokens": last.tokens,
        "elapsed_seconds": (last.end_us - run.timeline.start_us) / 1e6,
        "eta_seconds": last.eta_us / 1e6,
        "memory_bytes": last.memory_bytes,
        "loss_scale": last.loss_scale,
        "global_batch_size": batches.sizes_of(last.data_step) * each,
        "skipped_steps": found.skipped,
        "nan_steps": found.lost,
        "is_due": _are_due(last.data_step, cadence, first),
        "is_preview": each < 0,
        "started_with": first * each,
        "started_seconds": stretch.begin_us / 1e6 * each,
        "since_step_before_seconds": _passed_us(run, stretch, columns, ends) / 1e6,
    }
    numbers = {
        "mean_loss": found.loss,
        "mean_grad_norm": found.grad_norm,
        "applied_loss": found.applied_loss,
        "last_loss": last.loss,
        "last_grad_norm": last.grad_norm,
        "validation_loss": _validated(run, stretch, last),
        "running_rate": _running_rates(run, stretch, last, cadence),
    }
    lists = {name: column.tolist() for name, column in told.items()}
    lists |= {name: numbers_or_none(column) for name, column in numbers.items()}
    return ev.from_columns(ev.StepsReported, lists)


def _validated(run: Run, stretch: Stretch, rows: StepColumns) -> NDArray[np.float64]:
    """The loss of the last validation before each of a stretch's steps that was one of the stretch; NaN without."""
    work, found = run.timeline.validation, np.full(rows.step.shape, np.nan)
    before = (rows.data_step - 1) // work.interval
    known = np.flatnonzero(before * work.interval >= stretch.first_data_step)
    if len(known):
        found[known] = run.validations.known(Executed(int(rows.step[-1])))[before[known] - 1]
    return found


def _passed_us(run: Run, stretch: Stretch, columns: StepColumns, rows: Ints) -> Ints:
    """What passed between the step before each of some rows, or the start of the processes, and its end."""
    before = columns.end_us[np.maximum(rows - 1, 0)]
    if len(rows) and rows[0] == 0:
        first = Executed(int(columns.step[0]))
        is_first = first == stretch.first_step
        before[0] = stretch.begin_us if is_first else run.timeline.end_of_us(Executed(first - 1))
    passed: Ints = columns.end_us[rows] - before
    return passed


def _running_rates(run: Run, stretch: Stretch, rows: StepColumns, cadence: Cadence) -> NDArray[np.float64]:
    """The running mean of rates at each of a stretch's steps; NaN where there is none."""
    reports, every, found = cadence.reports or EVEN, cadence.every, np.full(rows.step.shape, np.nan)
    settled = stretch.first_data_step + reports.settling
    due = settled + (reports.offset - settled) % every
    if not reports.smoothing or not len(rows.step) or rows.data_step[-1] < due:
        return found
    due = max(due, int(rows.data_step[0]) // every * every + due % every - _REMEMBERED * every)
    end_us = run.timeline.ends_us(stretch.executed(DataStep(due - 1)), Executed(int(rows.step[-1])))
    rates = 1e6 / (end_us[1::every] - end_us[0:-1:every])
    means, mean = {}, float(rates[0])
    for step, rate in zip(range(due, int(rows.data_step[-1]) + 1, every), rates.tolist(), strict=True):
        mean += reports.smoothing * (rate - mean)
        means[step] = mean
    return np.array([means.get(step, np.nan) for step in rows.data_step.tolist()], np.float64)


def preview(run: Run, stretch: Stretch, columns: StepColumns, cadence: Cadence) -> ev.StepsReported:
    """The first step of a stretch, alone in its columns, before its interval is over."""
    (alone,) = reported(run, stretch, columns, np.zeros(1, np.int64), cadence)
    return replace(alone, is_due=True, is_preview=True)


def numbers_or_none(column: NDArray[np.float64]) -> list[float | None]:
    """None where there is no number."""
    return [None if isnan(value) else value for value in column.tolist()]


def left_unreported(run: Run, gone: Segment, cadence: Cadence) -> Iterator[ev.StepsReported]:
    """What was done of an interval when the processes were gone, which is when a segment begins."""
    stretch = _before(run, gone)
    count = 0 if stretch is None else _unreported(run, stretch, stretch.last_step, cadence)
    if stretch is not None and count:
        columns = run.steps.columns(Executed(stretch.last_step - count + 1), stretch.last_step)
        (whole,) = reported(run, stretch, columns, np.array([count - 1], np.int64), cadence)
        yield replace(whole, time_seconds=gone.begin_us / 1e6)


def unreported_before(run: Run, time_us: int, cadence: Cadence) -> int:
    """How many of the steps that were done before a time are told later."""
    place = run.at(time_us - 1)
    segment = place.segment
    stretch = segment if isinstance(segment, Stretch) else _before(run, segment) if segment.kind == "hang" else None
    return 0 if stretch is None else _unreported(run, stretch, place.completed, cadence)


def _before(run: Run, segment: Segment) -> Stretch | None:
    """The training that a segment put an end to, if it did; between them the job may hang."""
    before = run.timeline.before(segment)
    before = run.timeline.before(before) if before.kind == "hang" else before
    return before if isinstance(before, Stretch) else None


def _unreported(run: Run, stretch: Stretch, completed: Executed, cadence: Cadence) -> int:
    """Steps of a stretch since its last report, when so many were done."""
    if stretch.data_step(completed) == run.plan.total_steps:
        return 0
    return cadence.open(stretch.data_step(completed), stretch.first_data_step)
