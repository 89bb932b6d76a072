"""When each executed step ran, for any step, without stepping through the ones before.

Steps come in blocks of `BLOCK_STEPS`. A block's total is drawn first, from the block's own address; the steps inside are
drawn so that they sum to it. The time of any step costs one prefix sum over blocks (kept) and one block (a few are kept).
All times are whole microseconds, so sums are exact on every machine.

Spread and tails follow logs of real runs: the core varies by a fraction of a per cent, more on very large clusters, skewed to
the right, and about one step in a hundred is a few per cent slower (measured on public MLPerf and Megatron-LM logs).
"""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from pysim.run.noise import Stream

BLOCK_STEPS = 4096
_KEPT_BLOCKS = 16

_CORE_CV = 0.0015  # 512 GB200: robust CV 0.13 %
_CORE_CV_PER_DOUBLING = 0.0009  # from 1,024 accelerators on; 5,120 GB200: 1.45 % with few samples, 384 A100: 0.38 %
_LEVEL_CV = 0.0012  # slow drift from one block to the next: 11,616 H100 blocks vary by 0.11 %
_SLOW_SHARE = 0.01  # steps in the right tail
_SLOW_SCALE, _SLOWEST = 0.012, 0.5  # tail 0.012 / u, cut at half a step: p99 near 1.02, maximum 1.05 in 300 steps

Times = NDArray[np.int64]


class StepClock:
    """Durations of the executed steps of one run. Steps count from 1."""

    def __init__(self, seed: int, steps: int, median_seconds: float, world_size: int) -> None:
        self._noise = Stream(seed, "step-time")
        self._tails = Stream(seed, "step-time-tail")
        doublings = max(0, world_size.bit_length() - 11)
        self._core_cv = _CORE_CV + _CORE_CV_PER_DOUBLING * doublings
        self._block_ends = _block_ends(seed, steps, median_seconds)
        self._blocks: OrderedDict[int, Times] = OrderedDict()

    def total_us(self, step: int) -> int:
        """Microseconds that steps 1 to `step` take together."""
        block, inside = divmod(step, BLOCK_STEPS)
        return int(self._block_ends[block]) + (int(self._block(block)[inside]) if inside else 0)

    def totals_us(self, first: int, last: int) -> Times:
        """`total_us` for each step from `first` to `last`, shape (last - first + 1,)."""
        pieces = []
        for block in range(first // BLOCK_STEPS, last // BLOCK_STEPS + 1):
            start = block * BLOCK_STEPS
            inside = self._block(block)[max(first - start, 0) : min(last - start, BLOCK_STEPS - 1) + 1]
            pieces.append(inside + self._block_ends[block])
        return np.concatenate(pieces)

    def _block(self, block: int) -> Times:
        """Cumulative microseconds inside a block, from 0 before its first step, shape (BLOCK_STEPS + 1,)."""
        if block in self._blocks:
            self._blocks.move_to_end(block)
            return self._blocks[block]
        total = int(self._block_ends[block + 1] - self._block_ends[block])
        self._blocks[block] = ends = _share(total, self._weights(block))
        if len(self._blocks) > _KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return ends

    def _weights(self, block: int) -> NDArray[np.float64]:
        """Relative durations of a block's steps, around 1."""
        first = block * BLOCK_STEPS
        weights = 1.0 + self._core_cv * self._noise.normals(first, BLOCK_STEPS)
        u = self._tails.uniforms(first, BLOCK_STEPS)
        slow = u < _SLOW_SHARE
        weights[slow] += np.minimum(_SLOWEST, _SLOW_SCALE * _SLOW_SHARE / u[slow])
        return weights


def _block_ends(seed: int, steps: int, median_seconds: float) -> Times:
    blocks = steps // BLOCK_STEPS + 1
    levels = 1.0 + _LEVEL_CV * Stream(seed, "step-time-level").normals(0, blocks)
    totals = np.rint(median_seconds * 1e6 * BLOCK_STEPS * levels).astype(np.int64)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(totals)])


def _share(total_us: int, weights: NDArray[np.float64]) -> Times:
    """Cut `total_us` into consecutive parts in proportion to `weights`; the parts sum to it exactly."""
    parts = np.cumsum(np.rint(weights * 1e6).astype(np.int64))
    ends = np.rint(parts / parts[-1] * total_us).astype(np.int64)
    return np.concatenate([np.zeros(1, np.int64), ends])
