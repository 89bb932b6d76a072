"""Files of the corpus: the step that needs the next one waits for it to be read.

Loaders that keep one shard of tokens in memory (llm.c and its descendants) stop at each border; memory-mapped corpora do not.
Which step meets a border follows from the tokens before it, so it is counted in closed form, by the data step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.periodic import Lengths
from pysim.story.noise import Stream
from pysim.story.steps import DataStep

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shards:
    """Borders every `shard_tokens` of a run; `reads` has the duration of each. No borders if `shard_tokens` is 0."""

    tokens_per_step: int
    shard_tokens: int
    reads: Lengths

    def before(self, data_step: DataStep) -> int:
        """Borders met up to and including a data step."""
        return data_step * self.tokens_per_step // self.shard_tokens if self.shard_tokens else 0

    def met(self, data_steps: Times) -> NDArray[np.bool_]:
        """Whether each data step meets a border, same shape."""
        if not self.shard_tokens:
            return np.zeros(data_steps.shape, np.bool_)
        tokens, borders = data_steps * self.tokens_per_step, self.shard_tokens
        met: NDArray[np.bool_] = tokens // borders > (tokens - self.tokens_per_step) // borders
        return met

    def total_us(self, data_step: DataStep) -> int:
        """Microseconds that all reads up to a data step take together."""
        return self.reads.total_us(self.before(data_step))

    def totals_us(self, data_steps: Times) -> Times:
        """`total_us` for each data step, same shape."""
        if not self.shard_tokens:
            return np.zeros_like(data_steps)
        return self.reads.totals_us(data_steps * self.tokens_per_step // self.shard_tokens)


NO_SHARDS = Shards(1, 0, Lengths(0, 0, Stream(0, "shard-read-time")))
