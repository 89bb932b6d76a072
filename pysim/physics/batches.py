"""How many sequences each step takes where the batch grows over the first part of a run, and how many were taken by any step.

As Megatron-LM's `--rampup-batch-size` has it (megatron/core/num_microbatches_calculator.py): from a first size to the full one in
equal increments, each after an equal share of the ramp's sequences. A step's batch follows from the sequences taken before it, so
a ramp is a few plateaus, each of whole steps, and every answer is one look at their ends. All of it is whole numbers.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pysim.physics.ramps import BatchRamp

Ints = NDArray[np.int64]
Numbers = TypeVar("Numbers", NDArray[np.int64], NDArray[np.float64])


@dataclass(frozen=True)
class Batches:
    """The batch of every step, in sequences. Plateaus come before the full batch, each with its size and its last step."""

    full: int
    sizes: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    @property
    def ramp_steps(self) -> int:
        """Steps before the first one with the full batch."""
        return self.ends[-1] if self.ends else 0

    @property
    def ramp_sequences(self) -> int:
        """Sequences that they take."""
        return self._taken[-1]

    def size(self, step: int) -> int:
        """Sequences of a step, from 1."""
        return (*self.sizes, self.full)[bisect_left(self.ends, step)]

    def sizes_of(self, steps: Ints) -> Ints | int:
        """The same of each step; one number where all steps have it."""
        return self._columns[2][self._plateaus(steps)] if self.ends else self.full

    def total(self, step: int) -> int:
        """Sequences that the steps up to one take together."""
        plateau = bisect_left(self.ends, step)
        size = self.sizes[plateau] if plateau < len(self.sizes) else self.full
        return self._taken[plateau] + (step - self._begins[plateau]) * size

    def totals(self, steps: Numbers) -> Numbers:
        """The same for each step, or between steps; same shape."""
        if not self.ends:
            return steps * self.full
        begins, taken, sizes = self._columns
        plateau = self._plateaus(steps)
        return taken[plateau] + (steps - begins[plateau]) * sizes[plateau]

    def in_full_batches(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many full batches the sequences up to each step make; same shape."""
        return self.totals(steps) / self.full if self.ends else steps

    def mean_size(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean sequences of the steps up to each; those of the first before it."""
        counted = np.maximum(steps, 1.0)
        return self.totals(counted) / counted

    def steps_within(self, sequences: int) -> int:
        """Whole steps that so many sequences are enough for: the inverse of `total`, rounded down."""
        plateau = max(bisect_left(self._taken, sequences + 1) - 1, 0)
        size = self.sizes[plateau] if plateau < len(self.sizes) else self.full
        return self._begins[plateau] + (sequences - self._taken[plateau]) // size

    def step_of(self, sequence: int) -> int:
        """The step that takes a sequence, counted from 1."""
        return self.steps_within(sequence - 1) + 1

    def plateau(self, step: int) -> int:
        """The number of a step's plateau, from 0; that of the full batch is the last one."""
        return bisect_left(self.ends, step)

    def begins_plateau(self, step: int) -> bool:
        """Whether a step is the first one with a larger batch than the one before."""
        index = bisect_left(self.ends, step - 1)
        return step > 1 and index < len(self.ends) and self.ends[index] == step - 1

    @cached_property
    def _begins(self) -> tuple[int, ...]:
        """The step before each plateau, that of the full batch included."""
        return (0, *self.ends)

    @cached_property
    def _taken(self) -> tuple[int, ...]:
        """Sequences taken before each."""
        taken = [0]
        for size, begin, end in zip(self.sizes, self._begins, self.ends, strict=False):
            taken.append(taken[-1] + (end - begin) * size)
        return tuple(taken)

    @cached_property
    def _columns(self) -> tuple[Ints, Ints, Ints]:
        return (
            np.array(self._begins, np.int64),
            np.array(self._taken, np.int64),
            np.array((*self.sizes, self.full), np.int64),
        )

    def _plateaus(self, steps: NDArray[np.int64] | NDArray[np.float64]) -> Ints:
        found: Ints = np.searchsorted(self._columns[0][1:], steps, side="left")
        return found


EVEN = Batches(1)
"""Every step alike, for those who only ask whether there is a ramp."""


@cache
def batches_of(full: int, ramp: BatchRamp | None) -> Batches:
    """The batches of a run; without a ramp all are full."""
    if ramp is None:
        return Batches(full)
    count, each = (full - ramp.first) // ramp.increment, ramp.sequences
    sizes, ends, step, taken, grown = [], [], 0, 0, 0
    while grown < count:
        size = ramp.first + grown * ramp.increment
        steps = -(-((grown + 1) * each - taken * count) // (count * size))  # until its share is taken
        step, taken = step + steps, taken + steps * size
        sizes.append(size)
        ends.append(step)
        grown = min(taken * count // each, count)
    return Batches(full, tuple(sizes), tuple(ends))
