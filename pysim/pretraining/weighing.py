"""A pre-training run as it is weighed against another one. Nothing else needs this: a page loads it with the first comparison."""

from collections.abc import Sequence
from functools import cached_property
from math import nan

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.goodput import Goodput
from pysim.pretraining.run.history import LOOKED_AT
from pysim.pretraining.run.renting import rent_usd
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.steps import LOSS_DECIMALS
from pysim.pretraining.scenes.training import RECENT_STEPS
from pysim.story.rounding import kept
from pysim.story.steps import DataStep, Executed
from pysim.story.weighing import Course

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_UNITS = 10**LOSS_DECIMALS  # in one nat


class RunTally:
    """A run in numbers up to a time, counted as at its end."""

    def __init__(self, run: Run, time_us: int) -> None:
        self._run = run
        self.time_us = min(max(time_us, 0), run.end_us)
        self.is_over = self.time_us >= run.end_us

    @cached_property
    def step(self) -> int:
        """The last batch that the model has seen."""
        return self._run.timeline.step_behind(self._run.at(self.time_us))

    @property
    def goodput(self) -> float:
        """Productive time over all time."""
        return round(self._account.share, 4)

    @property
    def stops(self) -> int:
        """How often the job went down."""
        return self._account.interruptions

    @property
    def steps_redone(self) -> int:
        """Those that were given up."""
        return self._account.steps_redone

    @cached_property
    def _account(self) -> Goodput:
        return self._run.account.at(self.time_us)

    @cached_property
    def train_loss(self) -> float | None:
        """The mean of the last steps that the model has seen."""
        completed, timeline = self._run.completed_step(self.time_us), self._run.timeline
        if not completed:
            return None
        mean = self._run.steps.mean_loss(timeline.batches(completed, DataStep(0), RECENT_STEPS), completed)
        return nan if mean is None else mean

    @cached_property
    def validation_loss(self) -> float | None:
        """The last one that was done."""
        step = self._run.validated_step(self.time_us)
        if not self._run.timeline.validation.index(self._run.timeline.data_step(step)):
            return None
        loss = self._run.validations.after(step).loss
        return nan if loss is None else loss

    @cached_property
    def energy_kwh(self) -> float:
        """Of the accelerators; the one number that takes a look at many stretches."""
        return kept(self._run.fleet.energy_kwh(self.time_us), 1)

    @property
    def usd(self) -> float:
        """Rent since the launch."""
        return kept(rent_usd(self._run, self.time_us), 2)


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
