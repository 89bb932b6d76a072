"""The course of a run: bring-up, stretches of training, export; and which step ran when.

Two indices. *Executed step* e counts what the cluster did; *data step* d says which batch it was. A run is a list of
stretches, each an uninterrupted piece of execution that maps e to d by a constant shift. A run without incidents has one
stretch. Everything else asks the timeline, so that more stretches bend nothing.
"""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.clock import BLOCK_STEPS, StepClock
from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.shards import NO_SHARDS, Shards

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """An uninterrupted piece of execution: `steps` steps from executed step `first_step`, data step `first_data_step`."""

    first_step: int
    first_data_step: int
    steps: int
    start_us: int
    warmup_us: int  # what its first step takes longer: compilation, allocator, cold caches

    @property
    def last_step(self) -> int:
        """The last executed step."""
        return self.first_step + self.steps - 1

    @property
    def shift(self) -> int:
        """Data step minus executed step."""
        return self.first_data_step - self.first_step


class Timeline:
    """Times of all executed steps and of the work between them, in microseconds of run time."""

    def __init__(
        self,
        stretches: tuple[Stretch, ...],
        clock: StepClock,
        validation: Periodic,
        checkpoint: Periodic,
        shards: Shards = NO_SHARDS,
    ) -> None:
        self.stretches = stretches
        self.shards = shards
        self.validation = validation
        self.checkpoint = checkpoint
        self._clock = clock
        self._first_steps = [stretch.first_step for stretch in stretches]
        self._starts = [stretch.start_us for stretch in stretches]
        self._near_step, self._near_start_us, self._near_end_us = (
            0,
            0,
            0,
        )  # what was looked up last: a viewer moves little
        self._origins = {stretch.first_step: self._origin_us(stretch) for stretch in stretches}

    @property
    def last_step(self) -> int:
        """The last executed step of the run."""
        return self.stretches[-1].last_step

    @property
    def start_us(self) -> int:
        """When the first step starts."""
        return self.stretches[0].start_us

    @property
    def end_us(self) -> int:
        """When the work after the last step is done."""
        return self.next_start_us(self.last_step)

    def stretch_of(self, step: int) -> Stretch:
        """The stretch that executed `step`."""
        return self.stretches[bisect_right(self._first_steps, step) - 1]

    def data_step(self, step: int) -> int:
        """Which batch executed step `step` worked on."""
        return step + self.stretch_of(step).shift

    def ends_us(self, first: int, last: int) -> Times:
        """When each executed step from `first` to `last`, all of one stretch, ends; shape (last - first + 1,)."""
        stretch = self.stretch_of(first)
        ends = self._origin(stretch) + self._clock.totals_us(first, last) + self._before_us(stretch, first, last)
        return ends + self._reading_us(stretch, first, last)

    def starts_us(self, first: int, last: int) -> Times:
        """When each executed step from `first` to `last`, all of one stretch, starts; same shape."""
        stretch = self.stretch_of(first)
        starts = self._origin(stretch) + self._clock.totals_us(first - 1, last - 1)
        starts += self._before_us(stretch, first, last) + self._reading_us(stretch, first - 1, last - 1)
        if first == stretch.first_step:
            starts[0] = stretch.start_us
        return starts

    def end_of_us(self, step: int) -> int:
        """When executed step `step` ends."""
        return self._end_us(self.stretch_of(step), step)

    def start_of_us(self, step: int) -> int:
        """When executed step `step` starts."""
        stretch = self.stretch_of(step)
        if step == stretch.first_step:
            return stretch.start_us
        before = step + stretch.shift - 1
        spent = self._clock.total_us(step - 1) + self._periodic_us(before) + self.shards.total_us(before)
        return self._origin(stretch) + spent

    def next_start_us(self, step: int) -> int:
        """When the work that follows `step` is done: the next step of the stretch starts here."""
        return self.checkpoint_start_us(step) + self._after_us(self.checkpoint, step)

    def checkpoint_start_us(self, step: int) -> int:
        """When the checkpoint after `step` starts, or would: after the validation."""
        return self.end_of_us(step) + self._after_us(self.validation, step)

    def step_at(self, time_us: int) -> int:
        """The executed step that is running at a time, or whose validation or checkpoint is; clamped to the run's steps."""
        if not self._near_start_us <= time_us < self._near_end_us:
            self._near_step = self._search(time_us)
            self._near_start_us = self.start_of_us(self._near_step)
            self._near_end_us = self.next_start_us(self._near_step)
        return self._near_step

    def _search(self, time_us: int) -> int:
        stretch = self.stretches[max(bisect_right(self._starts, time_us) - 1, 0)]
        low = max(self._block_at(stretch, time_us) * BLOCK_STEPS, stretch.first_step)
        steps = range(low, min(low + BLOCK_STEPS, stretch.last_step) + 1)
        return max(low + bisect_right(steps, time_us, key=self.start_of_us) - 1, low)

    def _block_at(self, stretch: Stretch, time_us: int) -> int:
        """The block of steps in which a time falls."""
        first = stretch.first_step // BLOCK_STEPS
        blocks = range(first, stretch.last_step // BLOCK_STEPS + 1)
        return max(first + bisect_right(blocks, time_us, key=lambda b: self._block_end_us(stretch, b)) - 1, first)

    def _block_end_us(self, stretch: Stretch, block: int) -> int:
        """When the last step before a block ends; of the stretch's first block, a time before its start."""
        return self._end_us(stretch, block * BLOCK_STEPS)

    def _end_us(self, stretch: Stretch, step: int) -> int:
        data_step = step + stretch.shift
        spent = self._clock.total_us(step) + self._periodic_us(data_step - 1) + self.shards.total_us(data_step)
        return self._origin(stretch) + spent

    def _origin(self, stretch: Stretch) -> int:
        return self._origins[stretch.first_step]

    def _origin_us(self, stretch: Stretch) -> int:
        """What must be added to the clock's and the periodic work's totals to get times of this stretch."""
        data_step = stretch.first_data_step - 1
        before = self._clock.total_us(stretch.first_step - 1) + self._periodic_us(data_step)
        return stretch.start_us + stretch.warmup_us - before - self.shards.total_us(data_step)

    def _before_us(self, stretch: Stretch, first: int, last: int) -> Times:
        """All validation and checkpoint time before each of the steps."""
        before = np.arange(first, last + 1, dtype=np.int64) + stretch.shift - 1
        return self.validation.totals_us(before) + self.checkpoint.totals_us(before)

    def _reading_us(self, stretch: Stretch, first: int, last: int) -> Times:
        """All reading of shards up to and including each of the steps."""
        return self.shards.totals_us(np.arange(first, last + 1, dtype=np.int64) + stretch.shift)

    def _periodic_us(self, data_step: int) -> int:
        return self.validation.total_us(data_step) + self.checkpoint.total_us(data_step)

    def _after_us(self, work: Periodic, step: int) -> int:
        data_step = self.data_step(step)
        return work.duration_us(work.index(data_step)) if work.due(data_step) else 0
