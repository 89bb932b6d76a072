"""When each executed step ran, for any step, without stepping through the ones before.

Steps come in blocks of `BLOCK_STEPS`. A block's total is drawn first, from the block's own address; the steps inside are
drawn so that they sum to it. The time of any step costs one prefix sum over blocks (kept) and one block (a few are kept).
All times are whole microseconds, so sums are exact on every machine.

What steps of a run are like beside each other is `unevenness.py`'s. A slow node (`levels.py`) lifts the level for hours.
"""

from bisect import bisect_right
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.levels import LevelShift, level_shifts
from pysim.pretraining.run.unevenness import Unevenness
from pysim.story.noise import Stream

BLOCK_STEPS = 4096
ROUGH_STEPS = BLOCK_STEPS // 8  # of which the rough time that they take is good enough for a chart
_KEPT_BLOCKS = 16
_TOGETHER = 8  # blocks that are looked at at once are a fifth cheaper
_SHARED_BLOCKS = 512  # 16 MiB

_LEVEL_CV = 0.0012  # slow drift from one block to the next: 11,616 H100 blocks vary by 0.11 %

Times = NDArray[np.int64]
Floats = NDArray[np.float64]

_NOWHERE = -1, np.zeros(1, np.int64).data  # a block, and its times


class Shared:
    """What clocks that are alike have looked at, kept for all of them: runs that differ in a policy ask for the same steps."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[object, ...], OrderedDict[int, Times]] = {}

    def blocks(self, *clock: object) -> OrderedDict[int, Times]:
        """Of all clocks of which the same is true."""
        return self._blocks.setdefault(clock, OrderedDict())


class StepClock:
    """Durations of the executed steps of one run. Steps count from 1."""

    def __init__(
        self,
        seed: int,
        steps: int,
        median_seconds: float,
        uneven: Unevenness,
        *,
        has_level_shifts: bool = True,
        shared: Shared | None = None,
    ) -> None:
        """A clock for `steps` steps to begin with; where more are executed, it grows, and what it said before stays."""
        self._has_level_shifts = has_level_shifts
        self._seed = seed
        self._median_seconds = median_seconds
        self._uneven = uneven
        alike = seed, steps, median_seconds, uneven, has_level_shifts
        self._blocks: OrderedDict[int, Times] = shared.blocks(*alike) if shared else OrderedDict()
        self._most_blocks = _SHARED_BLOCKS if shared else _KEPT_BLOCKS
        self._at_once = 1
        self._near, self._near_ends = _NOWHERE
        self._size_for(steps)

    def _size_for(self, steps: int) -> None:
        blocks = steps // BLOCK_STEPS + 1
        steps = blocks * BLOCK_STEPS
        self.shifts = level_shifts(self._seed, steps, self._median_seconds) if self._has_level_shifts else ()
        self._block_ends = _block_ends(self._seed, blocks, self._median_seconds, self.shifts)
        self._ends = self._block_ends.data  # the same, quicker to look up one by one

    def _reach(self, step: int) -> None:
        """Grow until a step is among those of the clock."""
        if step // BLOCK_STEPS >= len(self._block_ends) - 1:
            self._size_for(max(step, 2 * BLOCK_STEPS * len(self._block_ends)))

    def total_us(self, step: int) -> int:
        """Microseconds that steps 1 to `step` take together."""
        block, inside = divmod(step, BLOCK_STEPS)
        if block != self._near:
            self._reach(step)
            if not inside:
                return self._ends[block]
            self._look_at(block)
        return self._ends[block] + self._near_ends[inside]

    def least_us(self, step: int) -> int:
        """At most what steps 1 to `step` take together, known without a look at single steps."""
        self._reach(step)
        return self._ends[step // BLOCK_STEPS]

    def roughly_us(self, step: int) -> int:
        """`total_us` to within a few steps, as if all steps of a block took the same time."""
        self._reach(step)
        block, inside = divmod(step, BLOCK_STEPS)
        begin = self._ends[block]
        return begin + (self._ends[block + 1] - begin) * inside // BLOCK_STEPS

    def is_at_hand(self, step: int) -> bool:
        """Whether `total_us` of a step is found at once."""
        return step // BLOCK_STEPS == self._near

    def last_within(self, total_us: int) -> int:
        """The last step such that steps 1 to it take no longer than that together; 0 if none does."""
        if not self._ends[self._near] <= total_us < self._ends[self._near + 1]:
            while total_us >= self._ends[-1]:
                self._reach(BLOCK_STEPS * len(self._ends))
            self._look_at(max(bisect_right(self._ends, total_us) - 1, 0))
        inside = bisect_right(self._near_ends, total_us - self._ends[self._near]) - 1
        return self._near * BLOCK_STEPS + max(inside, 0)

    def _look_at(self, block: int) -> None:
        """Keep a block at hand: what is asked of one step is soon asked of its neighbours."""
        self._near, self._near_ends = block, self._block(block).data

    def totals_us(self, first: int, last: int) -> Times:
        """`total_us` for each step from `first` to `last`, shape (last - first + 1,)."""
        self._reach(last)
        pieces, blocks = [], range(first // BLOCK_STEPS, last // BLOCK_STEPS + 1)
        for block in blocks:
            start = block * BLOCK_STEPS
            inside = self._block(block, min(blocks.stop - block, _TOGETHER))[
                max(first - start, 0) : min(last - start, BLOCK_STEPS - 1) + 1
            ]
            pieces.append(inside + self._block_ends[block])
        return np.concatenate(pieces)

    def read_ahead(self, blocks: int) -> None:
        """Look at that many blocks at once from now on, for somebody who goes on from one to the next."""
        self._at_once = blocks

    def forget(self) -> None:
        """Keep no block: each is found again when it is asked for."""
        self._blocks.clear()
        self._near, self._near_ends = _NOWHERE

    def _block(self, block: int, together: int = 1) -> Times:
        """Cumulative microseconds inside a block, from 0 before its first step, shape (BLOCK_STEPS + 1,); so many are looked at together."""
        if block in self._blocks:
            self._blocks.move_to_end(block)
            return self._blocks[block]
        ahead = self._at_once if block - 1 in self._blocks else 1  # who leaps does not go on to the next
        most = range(block + 1, min(block + max(ahead, together), len(self._block_ends) - 1))
        blocks = range(block, next((known for known in most if known in self._blocks), most.stop))
        totals = self._block_ends[block + 1 : blocks.stop + 1] - self._block_ends[block : blocks.stop]
        self._blocks.update(zip(blocks, _share(totals, self._weights(blocks)), strict=True))
        while len(self._blocks) > self._most_blocks:
            self._blocks.popitem(last=False)
        return self._blocks[block]

    def _weights(self, blocks: range) -> Floats:
        """Relative durations of the steps of some blocks, around 1 or around a shifted level, shape (blocks, BLOCK_STEPS)."""
        first, steps = blocks.start * BLOCK_STEPS, len(blocks) * BLOCK_STEPS
        weights = self._uneven.weights(first, steps)
        for shift in self.shifts:
            weights[max(shift.first - first - 1, 0) : max(shift.last - first, 0)] *= shift.factor
        return weights.reshape(len(blocks), BLOCK_STEPS)


def _block_ends(seed: int, blocks: int, median_seconds: float, shifts: tuple[LevelShift, ...]) -> Times:
    levels = 1.0 + _LEVEL_CV * Stream(seed, "step-time-level").normals(0, blocks)
    for shift in shifts:
        _lift(levels, shift)
    totals = np.rint(median_seconds * 1e6 * BLOCK_STEPS * levels).astype(np.int64)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(totals)])


def _lift(levels: Floats, shift: LevelShift) -> None:
    """Make the blocks that a shift touches longer, each by the share of its steps that are slow."""
    first, last = (shift.first - 1) // BLOCK_STEPS, min((shift.last - 1) // BLOCK_STEPS, len(levels) - 1)
    starts = np.arange(first, last + 1, dtype=np.int64) * BLOCK_STEPS
    slow = np.minimum(shift.last, starts + BLOCK_STEPS) - np.maximum(shift.first - 1, starts)
    levels[first : last + 1] *= 1.0 + (shift.factor - 1.0) * slow / BLOCK_STEPS


def _share(totals_us: Times, weights: Floats) -> Times:
    """Cut each total into consecutive parts in proportion to its row of weights; they sum to it exactly. From 0 to the total."""
    parts = np.rint(weights * 1e6).astype(np.int64).cumsum(axis=1)
    shares = parts / parts[:, -1:]
    shares *= totals_us[:, np.newaxis]
    ends = np.zeros((len(parts), parts.shape[1] + 1), np.int64)
    ends[:, 1:] = np.rint(shares, out=shares)
    return ends
