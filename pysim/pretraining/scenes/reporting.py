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
from pysim.story.rounding import round_kept
from pysim.story.steps import DataStep, Executed

Ints = NDArray[np.int64]


def closes(run: Run, data_steps: Ints, every: int) -> NDArray[np.bool_]:
    """Which of the data steps end an interval."""
    ends: NDArray[np.bool_] = (data_steps % every == 0) | (data_steps == run.plan.total_steps)
    return ends


def interval_begin(stretch: Stretch, step: Executed, every: int) -> Executed:
    """The first step of the interval of a stretch that a step is in."""
    first = (stretch.data_step(step) - 1) // every * every + 1
    return stretch.executed(DataStep(max(first, stretch.first_data_step)))


def reported(run: Run, columns: StepColumns, ends: Ints) -> Iterator[ev.StepsReported]:
    """Intervals of steps in order that begin with the first of the columns and end with the rows `ends`, each told at its end."""
    begins = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
    found = means(columns, begins, ends + 1)
    seconds, batches = found.duration_us / 1e6, run.plan.batches
    sequences = batches.totals(columns.data_step[ends]) - batches.totals(columns.data_step[begins] - 1)
    told = {
        "time_seconds": columns.end_us[ends] / 1e6,
        "first": columns.data_step[begins],
        "last": columns.data_step[ends],
        "mean_step_seconds": np.rint(found.duration_us / found.steps) / 1e6,
        "tokens_per_second": round_kept(sequences * run.plan.sequence_length / seconds, 1),
        "learning_rate": columns.learning_rate[ends],
    }
    numbers = {"mean_loss": found.loss, "mean_grad_norm": found.grad_norm}
    lists = {name: column.tolist() for name, column in told.items()}
    lists |= {name: numbers_or_none(column) for name, column in numbers.items()}
    return ev.from_columns(ev.StepsReported, lists)


def numbers_or_none(column: NDArray[np.float64]) -> list[float | None]:
    """None where there is no number."""
    return [None if isnan(value) else value for value in column.tolist()]


def left_unreported(run: Run, gone: Segment, every: int) -> Iterator[ev.StepsReported]:
    """What was done of an interval when the processes were gone, which is when a segment begins."""
    stretch = _before(run, gone)
    count = 0 if stretch is None else _unreported(run, stretch, stretch.last_step, every)
    if stretch is not None and count:
        columns = run.steps.columns(Executed(stretch.last_step - count + 1), stretch.last_step)
        (whole,) = reported(run, columns, np.array([count - 1], np.int64))
        yield replace(whole, time_seconds=gone.begin_us / 1e6)


def unreported_before(run: Run, time_us: int, every: int) -> int:
    """How many of the steps that were done before a time are told later."""
    place = run.at(time_us - 1)
    segment = place.segment
    stretch = segment if isinstance(segment, Stretch) else _before(run, segment) if segment.kind == "hang" else None
    return 0 if stretch is None else _unreported(run, stretch, place.completed, every)


def _before(run: Run, segment: Segment) -> Stretch | None:
    """The training that a segment put an end to, if it did; between them the job may hang."""
    before = run.timeline.before(segment)
    before = run.timeline.before(before) if before.kind == "hang" else before
    return before if isinstance(before, Stretch) else None


def _unreported(run: Run, stretch: Stretch, completed: Executed, every: int) -> int:
    """Steps of a stretch since its last report, when so many were done."""
    if stretch.data_step(completed) == run.plan.total_steps:
        return 0
    return min(stretch.data_step(completed) % every, completed - stretch.completed)
