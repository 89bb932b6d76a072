"""The first fall of the loss: from what random weights guess to what word frequencies alone explain.

Adam moves every weight by about the learning rate, so `width` weights that agree move a logit by the rate times the width. The sum of
that over the steps is the clock here, whatever warm-up and peak are. Two things are learned by it. *First* the mean of the hidden
states, along which the random logits of all tokens lie: quick, and the more there is of it the wider the model is. *Then* the logits
themselves, which have to move by nats. Neither goes on faster than by a share of what is left in one step, however high the rate is.

Constants are fitted together to the first 150 steps of six public logs, within 0.5 nats everywhere and 0.2 in the root mean square:
AGNDM/build-nanogpt's GPT-2 of 384, 768 and 1,024 channels and one of 768 without warm-up, llm.c's (KellerJordan/modded-nanogpt) and
Megatron-LM's 15B of 6,144. Arrays in, float64 arrays out.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import inf, log

import numpy as np

from pysim.physics.batches import EVEN, Batches
from pysim.physics.schedule import FloatArray, learning_rate_sum
from pysim.physics.workload import Schedule

# The first logits are random: their variance adds half of itself to the loss, width * init_std^2 / 2. With 0.02 that is 0.154 at 768
# (logs 0.13 to 0.18), 0.20 at 1,024 (0.26) and 0.82 at 4,096 (MLPerf's Llama 8B: 12.56 for 128,256 tokens, 0.80). Wider models are
# initialised smaller: 0.0134 at 6,144 (Megatron-LM 15B), 0.0048 at 14,336 (BLOOM), 0.004 at 20,480 (MT-NLG). DeepSeek-V3's proxy is not.
INIT_STD = 0.02
WIDEST_AT_INIT_STD = 4096  # beyond it the deviation falls as 1 / width

UNIGRAM_LOSS = 6.63  # nats; where the first fall ends: the knee of all logs lies between 6 and 7
MEAN_SHARE_PER_CHANNEL, LARGEST_MEAN_SHARE = 0.0004, 0.6  # of the fall that the mean of the hidden states makes
MEAN_SLOPE = 65.0  # nats for each unit of the clock at its beginning
LOGIT_NATS = 1.8  # e-folding of the rest, in units of the clock: nats that a logit moves by
MEAN_FOLDS_PER_STEP, LOGIT_FOLDS_PER_STEP = 1.0, 0.1  # at most; without a warm-up they are what holds the fall back

_MOST_FOLDS = 100.0
_NOTHING = np.exp(np.array(-_MOST_FOLDS))  # as good as
_TINY = 2.0**-1022  # the least number with all its digits: nothing is divided by nothing


@dataclass(frozen=True, slots=True)
class FirstFall:
    """From `initial` to `unigram` nats, of a model `width` channels wide."""

    width: int
    initial: float
    unigram: float

    @property
    def mean_nats(self) -> float:
        """What the mean of the hidden states makes of it."""
        return min(MEAN_SHARE_PER_CHANNEL * self.width, LARGEST_MEAN_SHARE) * (self.initial - self.unigram)

    @property
    def logit_nats(self) -> float:
        """What the logits make of it."""
        return self.initial - self.unigram - self.mean_nats


def first_fall(vocabulary: int, width: int) -> FirstFall:
    """The fall of a model; one with few tokens has less to learn by their frequencies."""
    initial = initial_loss(vocabulary, width)
    return FirstFall(width, initial, min(UNIGRAM_LOSS, initial - 1.0))


def initial_loss(vocabulary: int, width: int) -> float:
    """Nats before anything is learned: a uniform guess, and what the random logits of `width` channels add."""
    deviation = INIT_STD * min(1.0, WIDEST_AT_INIT_STD / width)
    return log(vocabulary) + width * deviation**2 / 2.0


def remaining_shares(
    fall: FirstFall, schedule: Schedule, updates: FloatArray, total_steps: int, batches: Batches = EVEN
) -> tuple[FloatArray, FloatArray]:
    """What is left of the mean's and of the logits' fall after so many updates, 1 to 0; each of the shape of `updates`, or one for all."""
    if updates.size and float(updates.min()) >= _over_after(fall, schedule, total_steps, batches):
        return _NOTHING, _NOTHING
    mean, logits = _folds(fall, schedule, updates, total_steps, batches)
    return np.exp(-mean), np.exp(-logits)


@lru_cache(maxsize=16)
def _over_after(fall: FirstFall, schedule: Schedule, total_steps: int, batches: Batches) -> float:
    """Updates after which nothing is left for certain: a power of two, which one look finds; infinity if the run is too short."""
    updates = np.asarray(2.0 ** np.arange(max(total_steps, 1).bit_length(), dtype=np.float64), np.float64)
    over = np.minimum(*_folds(fall, schedule, updates, total_steps, batches)) >= _MOST_FOLDS
    return float(updates[over.argmax()]) if over.any() else inf


def _folds(
    fall: FirstFall, schedule: Schedule, updates: FloatArray, total_steps: int, batches: Batches
) -> tuple[FloatArray, FloatArray]:
    """How often either part became an e-th of what it was, after so many updates."""
    clock = fall.width * schedule.peak_lr * learning_rate_sum(schedule, updates, total_steps, batches)
    return (
        _held_back(clock * (MEAN_SLOPE / fall.mean_nats), MEAN_FOLDS_PER_STEP * updates),
        _held_back(clock / LOGIT_NATS, LOGIT_FOLDS_PER_STEP * updates),
    )


def early_loss(
    fall: FirstFall, schedule: Schedule, updates: FloatArray, total_steps: int, batches: Batches = EVEN
) -> FloatArray:
    """Nats after so many updates, if nothing but the first fall happened; the shape of `updates`."""
    mean, logits = remaining_shares(fall, schedule, updates, total_steps, batches)
    return np.asarray(fall.unigram + fall.mean_nats * mean + fall.logit_nats * logits, dtype=np.float64)


def _held_back(folds: FloatArray, most: FloatArray) -> FloatArray:
    """Nearly `folds` where that is little, never more than `most`; what is left is never quite nothing, so that it has a root."""
    held_back = folds * most / np.maximum(folds + most, _TINY)
    return np.minimum(held_back, _MOST_FOLDS)
