"""Work that comes back every so many steps, validation and checkpoints, counted in closed form.

An occurrence's duration is the base plus the difference of two bounded draws, so that the sum over any number of
occurrences telescopes: durations vary, and no sum is ever run.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.story.noise import Stream

Times = NDArray[np.int64]


@dataclass(frozen=True)
class Periodic:
    """Work due after every `interval`-th data step and after the last one. Durations in microseconds."""

    interval: int
    total_steps: int
    base_us: int
    jitter_us: int  # an occurrence takes base_us +- jitter_us
    stream: Stream

    def due(self, step: int) -> bool:
        """Whether the work follows data step `step`."""
        return step > 0 and (step % self.interval == 0 or step == self.total_steps)

    def index(self, step: int) -> int:
        """Occurrences up to and including data step `step`."""
        return step // self.interval + (step == self.total_steps and step % self.interval != 0)

    def step_of(self, index: int) -> int:
        """The data step that occurrence `index`, from 1, follows."""
        return min(index * self.interval, self.total_steps)

    def occurrences(self) -> int:
        """Occurrences in the whole run."""
        return self.index(self.total_steps)

    def totals_us(self, steps: Times) -> Times:
        """Microseconds that all occurrences up to each data step take together, same shape as `steps`."""
        last = (steps == self.total_steps) & (self.total_steps % self.interval != 0)
        indices = steps // self.interval + last
        totals: Times = indices * self.base_us + self._offsets(indices) - self._first_offset
        return totals

    def total_us(self, step: int) -> int:
        """`totals_us` for one step."""
        index = self.index(step)
        return index * self.base_us + self._offset(index) - self._first_offset

    def duration_us(self, index: int) -> int:
        """Microseconds of occurrence `index`, from 1."""
        return self.base_us + self._offset(index) - self._offset(index - 1)

    @cached_property
    def _first_offset(self) -> int:
        return self._offset(0)

    def _offset(self, index: int) -> int:
        return int(self.stream.spread_at(index) * self.jitter_us)

    def _offsets(self, indices: Times) -> Times:
        return np.floor(self.stream.spread(indices) * self.jitter_us).astype(np.int64)
