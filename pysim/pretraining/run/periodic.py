"""Work that comes back every so many steps, validation and checkpoints, counted in closed form.

An occurrence's duration is the base plus the difference of two bounded draws, so that the sum over any number of
occurrences telescopes: durations vary, and no sum is ever run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from pysim.story.noise import Stream, once_each
from pysim.story.steps import DataStep

Times = NDArray[np.int64]
_KEPT_OFFSETS = 64


@dataclass(frozen=True)
class Lengths:
    """How long each of many occurrences takes: base_us +- jitter_us. Occurrences count from 1."""

    base_us: int
    jitter_us: int
    stream: Stream

    def totals_us(self, counts: Times) -> Times:
        """Microseconds that the first occurrences take together, for each count of them, same shape."""
        return once_each(self._totals_us, counts)

    def _totals_us(self, counts: Times) -> Times:
        totals: Times = counts * self.base_us + self._offsets(counts) - self._first_offset
        return totals

    def total_us(self, count: int) -> int:
        """`totals_us` for one count."""
        return count * self.base_us + self._offset(count) - self._first_offset

    def duration_us(self, index: int) -> int:
        """Microseconds of one occurrence."""
        return self.base_us + self._offset(index) - self._offset(index - 1)

    @cached_property
    def _first_offset(self) -> int:
        return self._offset(0)

    @cached_property
    def _offset(self) -> Callable[[int], int]:
        """What is drawn for an index; a search asks for the same few again and again."""
        return lru_cache(_KEPT_OFFSETS)(lambda index: int(self.stream.spread_at(index) * self.jitter_us))

    def _offsets(self, indices: Times) -> Times:
        return np.floor(self.stream.spread(indices) * self.jitter_us).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work due after every `interval`-th data step and after the last one."""

    interval: int
    total_steps: int
    lengths: Lengths

    def due(self, step: DataStep) -> bool:
        """Whether the work follows data step `step`."""
        return step > 0 and (step % self.interval == 0 or step == self.total_steps)

    def index(self, step: DataStep) -> int:
        """Occurrences up to and including data step `step`."""
        return step // self.interval + (step == self.total_steps and step % self.interval != 0)

    def step_of(self, index: int) -> DataStep:
        """The data step that occurrence `index`, from 1, follows."""
        return DataStep(min(index * self.interval, self.total_steps))

    def occurrences(self) -> int:
        """Occurrences in the whole run."""
        return self.index(DataStep(self.total_steps))

    def totals_us(self, steps: Times) -> Times:
        """Microseconds that all occurrences up to each data step take together, same shape as `steps`."""
        return self.lengths.totals_us(self.indices(steps))

    def totals_along_us(self, first: DataStep, last: DataStep) -> Times:
        """The same for each data step from one to another, shape (last - first + 1,): few occurrences, each for many steps."""
        counts = np.arange(self.index(first), self.index(last) + 1, dtype=np.int64)
        since = np.minimum(counts[1:] * self.interval, self.total_steps)
        borders = np.concatenate([np.array([first], np.int64), since, np.array([last + 1], np.int64)])
        times = (borders[1:] - borders[:-1]).astype(np.intp)  # the page counts in 32 bits
        return np.repeat(self.lengths.totals_us(counts), times)

    def indices(self, steps: Times) -> Times:
        """`index` for each data step, same shape as `steps`."""
        last = (steps == self.total_steps) & (self.total_steps % self.interval != 0)
        counts: Times = steps // self.interval + last
        return counts

    def total_us(self, step: DataStep) -> int:
        """`totals_us` for one step."""
        return self.lengths.total_us(self.index(step))

    def duration_us(self, index: int) -> int:
        """Microseconds of occurrence `index`, from 1."""
        return self.lengths.duration_us(index)
