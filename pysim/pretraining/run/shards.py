"""Files of the corpus: the step that needs the next one waits for it to be read.

Loaders that keep one shard of tokens in memory (llm.c and its descendants) stop at each border; memory-mapped corpora do not.
Which step meets a border follows from the tokens before it, so it is counted in closed form, by the data step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.physics.batches import EVEN, Batches
from pysim.pretraining.run.periodic import Lengths
from pysim.story.noise import Stream
from pysim.story.steps import DataStep

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shards:
    """Borders every `shard_tokens` of a run; `reads` has the duration of each. No borders if `shard_tokens` is 0."""

    batches: Batches
    sequence_length: int
    shard_tokens: int
    reads: Lengths

    def before(self, data_step: DataStep) -> int:
        """Borders met up to and including a data step."""
        return self.batches.total(data_step) * self.sequence_length // self.shard_tokens if self.shard_tokens else 0

    def reached(self, border: int) -> DataStep:
        """The data step that meets a border, counted from 1."""
        return DataStep(self.batches.step_of(-(-border * self.shard_tokens // self.sequence_length)))

    def met(self, data_steps: Times) -> NDArray[np.bool_]:
        """Whether each data step meets a border, same shape."""
        if not self.shard_tokens:
            return np.zeros(data_steps.shape, np.bool_)
        tokens, borders = self._tokens(data_steps), self.shard_tokens
        met: NDArray[np.bool_] = tokens // borders > self._tokens(data_steps - 1) // borders
        return met

    def total_us(self, data_step: DataStep) -> int:
        """Microseconds that all reads up to a data step take together."""
        return self.reads.total_us(self.before(data_step))

    def totals_us(self, data_steps: Times) -> Times:
        """`total_us` for each data step, same shape."""
        if not self.shard_tokens:
            return np.zeros_like(data_steps)
        return self.reads.totals_us(self._tokens(data_steps) // self.shard_tokens)

    def _tokens(self, data_steps: Times) -> Times:
        return self.batches.totals(data_steps) * self.sequence_length


NO_SHARDS = Shards(EVEN, 1, 0, Lengths(0, 0, Stream(0, "shard-read-time")))
