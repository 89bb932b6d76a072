"""How an uninterrupted stretch of training passes: when its steps begin and end, and the work between them.

Everything is a total in closed form, of the clock by executed step and of validations, checkpoints and shards by data step,
moved by the stretch's origin; so a stretch may begin anywhere, and what happened before it does not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.clock import StepClock
from pysim.pretraining.run.grown import GrownClock, Growth
from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.segments import NOT_PLANNED_US, Slow, Stretch, late_us
from pysim.pretraining.run.shards import NO_SHARDS, Shards
from pysim.story.steps import DataStep, Executed

Times = NDArray[np.int64]
_PERMILLE = 1000
_SCRATCH = DataStep(0)
_GUESSES = 2  # before the steps in question are halved

Clock = StepClock | GrownClock


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock of a run's executed steps and the work that its data steps call for."""

    clock: StepClock
    validation: Periodic
    checkpoint: Periodic
    shards: Shards = NO_SHARDS
    growth: Growth | None = None  # where the batch grows

    def clock_of(self, completed: Executed, shift: int) -> Clock:
        """What the steps of a stretch take that goes on after `completed`; `shift` is data step minus executed step."""
        return self.growth.clock_of(self.clock, completed, shift) if self.growth else self.clock

    def _clock(self, stretch: Stretch) -> Clock:
        return self.clock_of(stretch.completed, stretch.shift)

    @property
    def total_steps(self) -> DataStep:
        """Data steps of the plan."""
        return DataStep(self.validation.total_steps)

    def stretch(
        self,
        begin_us: int,
        completed: Executed,
        warmup_us: int,
        resumed_after: DataStep = _SCRATCH,
        skipped_batches: int = 0,
    ) -> Stretch:
        """What training would be from a moment on if nothing disturbed it to its end."""
        return self.to_the_end(self.begun(begin_us, completed, warmup_us, resumed_after, skipped_batches))

    def begun(
        self, begin_us: int, completed: Executed, warmup_us: int, resumed_after: DataStep, skipped_batches: int
    ) -> Stretch:
        """The same, with all steps that are left and no end."""
        first_data_step = DataStep(resumed_after + skipped_batches + 1)
        spent = self.clock.total_us(completed) + self.between_us(DataStep(first_data_step - 1))
        return Stretch(
            kind="training",
            begin_us=begin_us,
            end_us=NOT_PLANNED_US,
            planned_end_us=NOT_PLANNED_US,
            completed=completed,
            resumed_after=resumed_after,
            first_data_step=first_data_step,
            steps=self.total_steps - first_data_step + 1,
            warmup_us=warmup_us,
            origin_us=begin_us + warmup_us - spent,
        )

    def to_the_end(self, stretch: Stretch) -> Stretch:
        """The stretch as long as it would be if nothing cut it."""
        end_us = self.next_start_us(stretch, stretch.last_step)
        return replace(stretch, end_us=end_us, planned_end_us=end_us)

    # One step of a stretch

    def start_us(self, stretch: Stretch, step: Executed) -> int:
        """When a step starts: when all that follows the one before is done."""
        if step == stretch.first_step:
            return stretch.begin_us
        before = Executed(step - 1)
        data_step = stretch.data_step(before)
        spent = self._clock_us(stretch, before) + self._others_us(stretch, data_step) + self.shards.total_us(data_step)
        return stretch.origin_us + spent

    def end_us(self, stretch: Stretch, step: Executed) -> int:
        """When a step ends."""
        data_step = stretch.data_step(step)
        periodic = self._others_us(stretch, DataStep(data_step - 1))
        return stretch.origin_us + self._clock_us(stretch, step) + periodic + self.shards.total_us(data_step)

    def roughly_us(self, stretch: Stretch, step: Executed) -> int:
        """When a step ends, to within a few steps: without a look at single ones."""
        data_step = stretch.data_step(step)
        periodic = self._others_us(stretch, DataStep(data_step - 1)) + self.shards.total_us(data_step)
        slowed = sum(self._roughly_slowed_us(slow, step) for slow in stretch.slow)
        rough_us = stretch.origin_us + self.clock.roughly_us(step) + slowed + periodic
        return max(rough_us, stretch.begin_us)

    def _roughly_slowed_us(self, slow: Slow, step: int) -> int:
        if step < slow.first:
            return 0
        slowed = self.clock.roughly_us(min(step, slow.last)) - self.clock.roughly_us(slow.first - 1)
        return slowed * slow.permille // _PERMILLE

    def checkpoint_start_us(self, stretch: Stretch, step: Executed) -> int:
        """When the checkpoint after a step starts, or would: after the validation."""
        return self.end_us(stretch, step) + _after_us(self.validation, stretch.data_step(step))

    def next_start_us(self, stretch: Stretch, step: Executed) -> int:
        """When the work that follows a step is done."""
        data_step = stretch.data_step(step)
        longer_us = late_us(stretch.late, data_step) - late_us(stretch.late, data_step - 1)
        return self.checkpoint_start_us(stretch, step) + _after_us(self.checkpoint, data_step) + longer_us

    # Many steps of a stretch

    def worked_us(self, stretch: Stretch, first: Executed, last: Executed) -> int:
        """How long the steps from `first` to `last` take together, without what comes between them."""
        if first == stretch.first_step:
            begun_us = self.end_us(stretch, first) - stretch.begin_us
            return begun_us + (self.worked_us(stretch, Executed(first + 1), last) if last > first else 0)
        spent, before = (
            self._clock_us(stretch, step) + self.shards.total_us(stretch.data_step(step))
            for step in (last, Executed(first - 1))
        )
        return spent - before

    def spans_us(self, stretch: Stretch, first: Executed, last: Executed) -> tuple[Times, Times]:
        """When each step from `first` to `last` starts, and when it ends; each of the shape (last - first + 1,)."""
        before = Executed(first - 1)
        spent = self._clocks_us(stretch, before, last) + self._reading_us(stretch, before, last)
        between = stretch.origin_us + self._before_us(stretch, first, last)
        starts, ends = spent[:-1] + between, spent[1:] + between
        if first == stretch.first_step:
            starts[0] = stretch.begin_us
        return starts, ends

    # From times to steps

    def step_at(self, stretch: Stretch, time_us: int) -> Executed:
        """The step that is running at a time, or whose validation or checkpoint is. A cut stretch may have begun one more."""
        last = Executed(stretch.last_step + (stretch.last_data_step < self.total_steps))
        passed = (time_us - stretch.begin_us) / max(stretch.end_us - stretch.begin_us, 1)
        guess = stretch.completed + int(passed * stretch.steps)
        beside_us = partial(self._beside_us, stretch)
        return Executed(last_done(self._clock(stretch), beside_us, time_us, (stretch.completed, last - 1), guess) + 1)

    def next_step(self, stretch: Stretch, time_us: int) -> Executed:
        """The first step of a stretch that does not begin before a time."""
        return stretch.first_step if time_us <= stretch.begin_us else Executed(self.step_at(stretch, time_us - 1) + 1)

    def _beside_us(self, stretch: Stretch, step: int) -> int:
        """What is to be added to the clock to have the time when a step is done, and what follows it."""
        data_step = stretch.data_step(Executed(step))
        beside_us = self._others_us(stretch, data_step) + self.shards.total_us(data_step)
        beside_us += self._extra_us(stretch, step)
        return stretch.origin_us + beside_us

    # Totals

    def _clock_us(self, stretch: Stretch, step: Executed) -> int:
        """What the steps up to this one take, those of the stretch under its conditions."""
        return self._clock(stretch).total_us(step) + self._extra_us(stretch, step)

    def _extra_us(self, stretch: Stretch, step: int) -> int:
        """How much longer the steps up to one take under the stretch's conditions."""
        if not stretch.slow:
            return 0
        clock = self._clock(stretch)
        return sum(_slowed_us(clock, slow, step) for slow in stretch.slow)

    def _clocks_us(self, stretch: Stretch, first: Executed, last: Executed) -> Times:
        clock = self._clock(stretch)
        totals = clock.totals_us(first, last)
        if not stretch.slow:
            return totals
        extra = np.zeros_like(totals)
        for slow in stretch.slow:
            since = clock.total_us(Executed(slow.first - 1))
            until = clock.total_us(max(min(last, slow.last), Executed(slow.first - 1)))
            extra += (np.minimum(np.maximum(totals, since), until) - since) * slow.permille // _PERMILLE
        return totals + extra

    def _before_us(self, stretch: Stretch, first: Executed, last: Executed) -> Times:
        """All validation and checkpoint time before each of the steps."""
        since, until = (stretch.data_step(Executed(step - 1)) for step in (first, last))
        others = self.validation.totals_along_us(since, until) + self.checkpoint.totals_along_us(since, until)
        if stretch.late:
            before = np.arange(since, until + 1, dtype=np.int64)
            steps = np.array([late.step for late in stretch.late], np.int64)
            totals = np.array([0, *(late.total_us for late in stretch.late)], np.int64)
            others += totals[np.searchsorted(steps, before, side="right")]
        return others

    def _reading_us(self, stretch: Stretch, first: Executed, last: Executed) -> Times:
        """All reading of shards up to and including each of the steps."""
        return self.shards.totals_us(np.arange(first, last + 1, dtype=np.int64) + stretch.shift)

    def following_us(self, data_step: DataStep) -> int:
        """What the validation and the checkpoint that follow a step take, if any do."""
        return _after_us(self.validation, data_step) + _after_us(self.checkpoint, data_step)

    def between_us(self, data_step: DataStep) -> int:
        """All validations, checkpoints and readings up to a data step, with no conditions."""
        return self._periodic_us(data_step) + self.shards.total_us(data_step)

    def _others_us(self, stretch: Stretch, data_step: DataStep) -> int:
        """All validation and checkpoint time up to a data step of a stretch, under its conditions."""
        return self._periodic_us(data_step) + late_us(stretch.late, data_step)

    def _periodic_us(self, data_step: DataStep) -> int:
        return self.validation.total_us(data_step) + self.checkpoint.total_us(data_step)


def _slowed_us(clock: Clock, slow: Slow, step: int) -> int:
    """How much longer the steps up to one take under a condition."""
    if step < slow.first:
        return 0
    slowed = clock.total_us(min(step, slow.last)) - clock.total_us(Executed(slow.first - 1))
    return slowed * slow.permille // _PERMILLE


def _after_us(work: Periodic, data_step: DataStep) -> int:
    return work.duration_us(work.index(data_step)) if work.due(data_step) else 0


def last_done(
    clock: Clock, beside_us: Callable[[int], int], time_us: int, among: tuple[int, int], guess: int
) -> Executed:
    """The last step of a stretch, among those from one to another, that is done by a time with what follows it; else the first.

    A step is done when the clock says so, and `beside_us` later. That grows in few places, so the clock is asked which step it would
    be if it were everywhere what it is at a guess; the answer is right where it is the same there, and else the truth lies between the
    two.
    """
    least, most = low, high = among
    tries = 0
    while low < high:
        guess = low + 1 if guess <= low else min(guess, high)
        beside = beside_us(guess)
        found = clock.last_within(time_us - beside)
        if least <= found <= most and (found == guess or beside_us(found) == beside):
            return Executed(found)
        if found >= guess:
            low, high = guess, min(high, found)
        else:
            low, high = max(low, found), guess - 1
        tries += 1
        guess = found if tries < _GUESSES else (low + high + 1) // 2
    return Executed(low)
