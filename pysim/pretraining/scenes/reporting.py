"""Steps told many at a time, as a log with an interval has them: at each multiple of it, at the last step, and where a run was stopped.

An interval that a stop cuts short is told when the processes are gone: before, nobody knows that no more of its steps will come.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.means import Means
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.run.steps import StepColumns
from pysim.pretraining.scenes.remembered import (
    Deviations,
    deviations_of,
    passed_us,
    running_rates,
    skipped_in_all,
    validated,
)
from pysim.story import events as ev
from pysim.story.reports import EVEN, Cadence
from pysim.story.rounding import round_kept
from pysim.story.steps import DataStep, Executed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def closes(run: Run, data_steps: Ints, cadence: Cadence, first: DataStep) -> NDArray[np.bool_]:
    """Which of the data steps of a stretch that began with `first` end an interval."""
    ends: NDArray[np.bool_] = _are_due(data_steps, cadence, first) | (data_steps == run.plan.total_steps)
    return ends


def _are_due(data_steps: Ints, cadence: Cadence, first: DataStep) -> NDArray[np.bool_]:
    """Which of them end an interval that is whole, or told by itself."""
    every, reports = cadence.every, cadence.reports or EVEN
    due: NDArray[np.bool_] = ((data_steps - reports.offset) % every == 0) | ((data_steps == first) & reports.first)
    return due | ((data_steps - first + 1) % every == 0) if reports.counted else due


def interval_begin(stretch: Stretch, step: Executed, cadence: Cadence) -> Executed:
    """The first step of the interval of a stretch that a step is in."""
    return stretch.executed(DataStep(cadence.begin(stretch.data_step(step), stretch.first_data_step)))


def reported(
    run: Run, stretch: Stretch, columns: StepColumns, ends: Ints, cadence: Cadence
) -> ev.Block[ev.StepsReported]:
    """Intervals of a stretch's steps in order that begin with the first of the columns and end with the rows `ends`, each told at its end."""
    begins = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
    found, last = Means(columns, begins, ends + 1), columns.rows(ends)
    plan, batches = run.plan, run.plan.batches
    each, first = np.ones(len(ends), np.int64), stretch.first_data_step

    @cache
    def seconds() -> Floats:
        return found.duration_us / 1e6

    @cache
    def sequences() -> Ints:
        done: Ints = batches.totals(last.data_step) - batches.totals(columns.data_step[begins] - 1)
        return done

    @cache
    def deviations() -> Deviations:
        return deviations_of(run, stretch, last, cadence)

    def tokens() -> Ints:
        return sequences() * plan.sequence_length

    def mfu() -> Floats:
        flops = run.figures.flops_per_token * tokens().astype(np.float64)
        return round_kept(flops / (run.figures.peak_flops_per_second * plan.world_size * seconds()), 4)

    told: ev.Makers = {
        "time_seconds": lambda: last.end_us / 1e6,
        "first": lambda: columns.data_step[begins],
        "last": lambda: last.data_step,
        "interval": lambda: cadence.every * each,
        "mean_step_seconds": lambda: np.rint(found.duration_us / found.steps) / 1e6,
        "tokens_per_second": lambda: round_kept(tokens() / seconds(), 1),
        "learning_rate": lambda: last.learning_rate,
        "epoch": lambda: plan.epoch_of(last.data_step),
        "last_step_seconds": lambda: last.duration_us / 1e6,
        "samples_per_second": lambda: round_kept(sequences() / seconds(), 2),
        "mfu": mfu,
        "tokens": lambda: last.tokens,
        "elapsed_seconds": lambda: (last.end_us - run.timeline.start_us) / 1e6,
        "eta_seconds": lambda: last.eta_us / 1e6,
        "memory_bytes": lambda: last.memory_bytes,
        "loss_scale": lambda: last.loss_scale,
        "global_batch_size": lambda: batches.sizes_of(last.data_step) * each,
        "skipped_steps": lambda: found.skipped,
        "nan_steps": lambda: found.lost,
        "is_due": lambda: _are_due(last.data_step, cadence, first),
        "is_preview": lambda: each < 0,
        "started_with": lambda: first * each,
        "started_seconds": lambda: stretch.begin_us / 1e6 * each,
        "skipped_in_all": lambda: skipped_in_all(run, stretch, last),
        "since_step_before_seconds": lambda: passed_us(run, stretch, columns, ends) / 1e6,
        "mean_loss": lambda: found.loss,
        "mean_grad_norm": lambda: found.grad_norm,
        "applied_loss": lambda: found.applied_loss,
        "last_loss": lambda: last.loss,
        "last_grad_norm": lambda: last.grad_norm,
        "validation_loss": lambda: validated(run, stretch, last),
        "running_rate": lambda: running_rates(run, stretch, last, cadence),
        "loss_deviation": lambda: deviations().loss,
        "grad_norm_deviation": lambda: deviations().grad_norm,
    }
    return ev.Block(ev.StepsReported, told)


def preview(run: Run, stretch: Stretch, columns: StepColumns, cadence: Cadence) -> ev.StepsReported:
    """The first step of a stretch, alone in its columns, before its interval is over."""
    (alone,) = reported(run, stretch, columns, np.zeros(1, np.int64), cadence)
    return replace(alone, is_due=True, is_preview=True)


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
