"""What a trainer's process remembers of its earlier steps and prints with a later one: followed from the run, so that nothing is kept."""

from math import ceil, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.run.steps import StepColumns
from pysim.story.reports import EVEN, Cadence, Running
from pysim.story.steps import DataStep, Executed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FORGOTTEN = 1e-6  # what weighs less in a running mean is left out
_LOSS_UNITS, _NORM_UNITS = 1e4, 1e3  # of the last decimal: sums of whole numbers are exact


def validated(run: Run, stretch: Stretch, rows: StepColumns) -> Floats:
    """The loss of the last validation of a stretch before each of its steps; NaN where there was none."""
    work, found = run.timeline.validation, np.full(rows.step.shape, np.nan)
    before = (rows.data_step - 1) // work.interval
    known = np.flatnonzero(before * work.interval >= stretch.first_data_step)
    if len(known):
        found[known] = run.validations.known(Executed(int(rows.step[-1])))[before[known] - 1]
    return found


def passed_us(run: Run, stretch: Stretch, columns: StepColumns, rows: Ints) -> Ints:
    """What passed between the step before each of some rows, or the start of the processes, and its end."""
    before = columns.end_us[np.maximum(rows - 1, 0)]
    if len(rows) and rows[0] == 0:
        first = Executed(int(columns.step[0]))
        is_first = first == stretch.first_step
        before[0] = stretch.begin_us if is_first else run.timeline.end_of_us(Executed(first - 1))
    passed: Ints = columns.end_us[rows] - before
    return passed


def running_rates(run: Run, stretch: Stretch, rows: StepColumns, cadence: Cadence) -> Floats:
    """The running mean that a program prints at each of a stretch's steps; NaN where there is none."""
    found = np.full(rows.step.shape, np.nan)
    running = cadence.reports.running if cadence.reports else None
    if running is None or not len(rows.step):
        return found
    due = _first_due(stretch, running, cadence)
    last = int(rows.data_step[-1])
    if last < due:
        return found
    if not running.weight:
        return _over_all(run, stretch, due, rows)
    every = 1 if running.singly else _printed_every(cadence)
    remembered = ceil(log(_FORGOTTEN) / log(1.0 - running.weight)) * every
    due += max(0, int(rows.data_step[0]) - remembered - due) // every * every
    counted = range(due, last + 1, every)
    means = dict(zip(counted, _means(_rates(run, stretch, counted, waits=running.waits), running), strict=True))
    return np.array([means.get(step, np.nan) for step in rows.data_step.tolist()], np.float64)


def _over_all(run: Run, stretch: Stretch, first_due: int, rows: StepColumns) -> Floats:
    """Steps a second over all steps from the first that counts to each of some."""
    first, last = stretch.executed(DataStep(first_due)), Executed(int(rows.step[-1]))
    begin = Executed(max(first, int(rows.step[0])))
    before_us = run.timeline.worked_us(stretch, first, Executed(begin - 1)) if begin > first else 0
    took_us = before_us + np.cumsum(run.timeline.took_us(begin, last))
    counts = rows.data_step - first_due + 1
    rates = 1e6 * np.maximum(counts, 1) / took_us[np.maximum(rows.step - begin, 0)]
    return np.where(counts > 0, rates, np.nan)


def skipped_in_all(run: Run, stretch: Stretch, rows: StepColumns) -> Ints:
    """How many of the steps up to each of some the optimizer has skipped, as the stretch's model has met them."""
    if run.plan.precision != "fp16" or not len(rows.step):
        return np.zeros(rows.step.shape, np.int64)
    skipped = np.cumsum(run.steps.overflows(stretch, np.arange(1, int(rows.data_step[-1]) + 1, dtype=np.int64)))
    found: Ints = skipped[rows.data_step - 1].astype(np.int64)
    return found


def _first_due(stretch: Stretch, running: Running, cadence: Cadence) -> int:
    """The first step of a stretch whose rate counts."""
    first, offset = int(stretch.first_data_step), (cadence.reports or EVEN).offset
    settled = first + (running.settling if first == 1 or not running.once else 0)
    return settled if running.singly else settled + (offset - settled) % _printed_every(cadence)


def _printed_every(cadence: Cadence) -> int:
    """Steps between two that the program prints, whether they are told or left out."""
    return (cadence.reports and cadence.reports.interval) or cadence.every


def _rates(run: Run, stretch: Stretch, due: range, *, waits: bool) -> list[float]:
    """Those of single steps, evenly spaced."""
    timeline = run.timeline
    last = stretch.executed(DataStep(due[-1]))
    if waits and due[0] > stretch.first_data_step:
        ends_us = timeline.ends_us(stretch.executed(DataStep(due[0] - 1)), last)
        took_us = ends_us[1:] - ends_us[:-1]
    else:
        took_us = timeline.took_us(stretch.executed(DataStep(due[0])), last)
    rates: list[float] = (1e6 / took_us[:: due.step]).tolist()
    return rates


def _means(rates: list[float], running: Running) -> list[float]:
    mean, weight, found = (0.0, 0.0, []) if running.corrected else (rates[0], 1.0, [])
    for rate in rates:
        mean += running.weight * (rate - mean)
        weight += running.weight * (1.0 - weight)
        found.append(mean / weight)
    return found


class Deviations(NamedTuple):
    """In standard deviations of a window; NaN before it is full."""

    loss: Floats
    grad_norm: Floats


def deviations_of(run: Run, stretch: Stretch, rows: StepColumns, cadence: Cadence) -> Deviations:
    """How far the loss and the gradient norm of some of a stretch's steps are from those of the steps before them."""
    window, none = cadence.reports.window if cadence.reports else 0, np.full(rows.step.shape, np.nan)
    if not window or not len(rows.step):
        return Deviations(none, none)
    first = Executed(max(int(stretch.first_step), int(rows.step[0]) - window))
    columns = run.steps.columns(first, Executed(int(rows.step[-1])))
    which = rows.step - first
    judged = rows.step - stretch.first_step >= window
    losses, norms = (
        _deviations(values * units, which, window)
        for values, units in ((columns.loss, _LOSS_UNITS), (columns.grad_norm, _NORM_UNITS))
    )
    return Deviations(np.where(judged, losses, np.nan), np.where(judged, norms, np.nan))


def _deviations(values: Floats, which: Ints, window: int) -> Floats:
    """Those of some places, each in the window that ends with it."""
    whole = np.rint(values)
    sums, squares = (np.concatenate([np.zeros(1), np.cumsum(each)]) for each in (whole, whole * whole))
    begin = np.maximum(which + 1 - window, 0)
    mean = (sums[which + 1] - sums[begin]) / window
    variance = (squares[which + 1] - squares[begin]) / window - mean * mean
    spread = np.sqrt(np.maximum(variance, 0.0))
    found: Floats = np.where(spread > 0.0, (whole[which] - mean) / np.where(spread > 0.0, spread, 1.0), spread)
    return found
