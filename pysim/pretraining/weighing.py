"""A pre-training run as it is weighed against another one. Nothing else needs this: a page loads it with the first comparison."""

from collections.abc import Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.history import LOOKED_AT
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.steps import LOSS_DECIMALS
from pysim.pretraining.scenes.training import RECENT_STEPS
from pysim.story.rounding import kept
from pysim.story.steps import DataStep, Executed
from pysim.story.weighing import Course, Tally

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_UNITS = 10**LOSS_DECIMALS  # in one nat


def tally(run: Run, time_us: int) -> Tally:
    """The run in numbers up to a time, counted as at its end."""
    time_us = min(max(time_us, 0), run.end_us)
    completed = run.completed_step(time_us)
    account = run.account.at(time_us)
    hours = time_us / 3.6e9 * run.plan.world_size
    return Tally(
        time_us=time_us,
        is_over=time_us >= run.end_us,
        step=run.timeline.step_behind(run.at(time_us)),
        goodput=round(account.share, 4),
        stops=account.interruptions,
        steps_redone=account.steps_redone,
        train_loss=_train_loss(run, completed) if completed else None,
        validation_loss=_validation_loss(run, time_us),
        energy_kwh=kept(run.fleet.energy_kwh(time_us), 1),
        usd=kept(hours * run.plan.accelerator.usd_per_hour, 2),
    )


def _train_loss(run: Run, completed: Executed) -> float:
    """The mean of the last steps that the model has seen."""
    mean = run.steps.mean_loss(run.timeline.batches(completed, DataStep(0), RECENT_STEPS), completed)
    return nan if mean is None else mean


def _validation_loss(run: Run, time_us: int) -> float | None:
    """The last one that was done; None before the first."""
    step = run.validated_step(time_us)
    if not run.timeline.validation.index(run.timeline.data_step(step)):
        return None
    loss = run.validations.after(step).loss
    return nan if loss is None else loss


def course(run: Run, times_us: Sequence[int]) -> Course:
    """How the run got on by each of some times, in order; the losses of a stretch that went back are those of what it did again."""
    completed = [run.completed_step(time_us) for time_us in times_us]
    steps = np.array([run.timeline.data_step(step) for step in completed], np.int64)
    return Course(step=steps, loss=_losses(run, completed, steps))


def _losses(run: Run, completed: Sequence[Executed], steps: Ints) -> Floats:
    """Of each step the mean loss of itself and the few before it in its stretch."""
    losses = np.full(len(steps), np.nan)
    done = np.flatnonzero(steps > 0)
    if not len(done):
        return losses
    ends, segments = steps[done], run.timeline.segments
    numbers = np.array([run.timeline.stretch_number(completed[at]) for at in done.tolist()], np.int64)
    each = np.array(sorted(set(ends.tolist())), np.int64)
    looked_at = run.steps.losses_to(each, LOOKED_AT)[:, each.searchsorted(ends)]
    before = ends - np.arange(LOOKED_AT - 1, -1, -1, dtype=np.int64)[:, np.newaxis]
    for number in sorted(set(numbers[segments.shaken[numbers] > 0].tolist())):
        own = numbers == number
        looked_at[:, own] = run.steps.shaken(run.timeline.stretches[number], looked_at[:, own], before[:, own])
    losses[done] = _means(looked_at, before >= segments.first_data_step[numbers])
    return losses


def _means(losses: Floats, are_own: NDArray[np.bool_]) -> Floats:
    """Of each column, of its own steps; NaN where one of them is not a number. A sum of whole numbers is the same everywhere."""
    units = np.where(are_own, losses, 0.0) * _UNITS
    sums = np.rint(np.where(np.isnan(units), 0.0, units)).astype(np.int64).sum(axis=0)
    means: Floats = np.rint(sums / are_own.sum(axis=0)) / _UNITS
    return np.where(np.isnan(units).any(axis=0), np.nan, means)
