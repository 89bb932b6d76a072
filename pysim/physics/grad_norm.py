"""The gradient norm of each step before clipping: its level, its spread and its memory. Its clock is the loss, not the step.

Levels follow AGNDM/build-nanogpt (GPT-2 of 30M, 124M and 254M parameters on FineWeb-Edu, 19,073 steps each, with and without warm-up)
and llm.c's 124M (KellerJordan/modded-nanogpt). The gradient is steep while the first fall lasts (`early_loss.py`), about one while
much is left to learn, and settles at a plateau that small models have higher. Arrays in, float64 arrays out.
"""

from functools import cache, lru_cache
from math import sqrt

import numpy as np

from pysim.physics.early_loss import remaining_shares
from pysim.physics.loss import LossLaw, train_loss
from pysim.physics.schedule import FloatArray, Steps

# At the first step: 6.6, 15.4 and 23.2 of 384, 768 and 1,024 channels, whose input table is also the output's. Where it is not,
# gradients of the logits do not reach it: 4.5 (Llama 3 8B, pytorch/torchtitan pull request 1884).
TIED_START, TIED_START_WIDTH, TIED_START_EXPONENT = 15.4, 768, 1.3
LARGEST_TIED_START = 25.0  # assumption: no larger one was seen
UNTIED_START = 4.5
FIRST_FALL_HEIGHT = 1.3  # while the logits learn the words' frequencies: 2.3 where that begins
FIRST_FALL_POWER = 1.5  # of what is left of either part of the first fall: gradients flatten sooner than the loss
LEARNING_HEIGHT = 0.8  # while much is left to learn: 0.7 to 1.2 in all at losses of 5 to 6.5
HALF_LEARNED, LEARNING_POWER = (
    1.8,
    3,
)  # nats above the final loss at which it is half of that; how quickly it goes there

# 0.68 at 30M, 0.29 at 124M, 0.23 at 254M (logs 0.69, 0.29 and 0.27, 0.23); BLOOM 176B logs 0.13 to 0.24.
PLATEAU, SMALL_MODEL_HEIGHT, SMALL_MODEL_PARAMETERS, SMALL_MODEL_EXPONENT = 0.195, 0.09, 124e6, 1.19
FINAL_SHARE = 0.9  # of the plateau that is left at the end: llm.c 0.27 to 0.23, the others as good as unchanged

# Relative spread around the level: 0.20 over the steps 50 to 300, 0.11 to 0.15 over 700 to 2,000, 0.06 at the end.
SETTLED_CV, LEARNING_CV, CV_NATS = (
    0.055,
    0.2,
    1.5,
)  # at the end; what is added far above the final loss; where half of that is
TAIL = 0.12  # the c of `with_upper_tail`: skew 1.0 and excess kurtosis 2 to 3 in windows of 200 steps
LOSS_SHARE = 0.21  # of noise in common with the loss: correlation of the residuals 0.12 (llm.c) to 0.23
# A step remembers the last three, the second more than the first: autocorrelation in windows of 200 steps 0.2, 0.27, 0.17, 0.13 and 0.08 at
# lags 1 to 5, where the window's own mean takes a twentieth. The impulse response of an autoregression, cut where it is over.
CARRIES = (0.16, 0.24, 0.14)
CARRIED_STEPS = 20

# Rare steps of a hard batch, without effect on the loss. Over 1.5 times the median 2 to 4 in 1,000 steps, over 2 times the median 0.3 to 1 in 1,000 steps, over 3 a quarter of
# them, over 5 one in ten; the largest of six logs are 2.6 to 8.6, llm.c's are 7.5 and 15. A Pareto tail.
SPIKES = 2e-3  # of the steps
# Times the level; the share of those above falls with that power.
SMALLEST_SPIKE, LARGEST_SPIKE, SPIKE_EXPONENT = 1.4, 15.0, 3.0
SPIKE_ECHOES = (0.2, 0.12, 0.07)  # of what a spike adds, in the steps after it: 7.2, 2.0, 1.7, 1.4 in one of the logs


def grad_norm_start(law: LossLaw) -> float:
    """The norm of the first step."""
    if not law.tied_embeddings:
        return UNTIED_START
    return float(min(TIED_START * (law.fall.width / TIED_START_WIDTH) ** TIED_START_EXPONENT, LARGEST_TIED_START))


def grad_norm_plateau(parameters: float) -> float:
    """Where the norm of a model of so many parameters settles."""
    return float(PLATEAU + SMALL_MODEL_HEIGHT * (parameters / SMALL_MODEL_PARAMETERS) ** -SMALL_MODEL_EXPONENT)


def nats_left(law: LossLaw, step: Steps) -> FloatArray:
    """What `step` (1-based) has yet to learn until the run ends: the clock of all that follows; the shape of `step`."""
    return nats_left_at(law, train_loss(law, step))


def nats_left_at(law: LossLaw, losses: FloatArray) -> FloatArray:
    """The same, by the noise-free losses."""
    return np.maximum(losses - _final_loss(law), 0.0)


def grad_norm_level(law: LossLaw, step: Steps, left: FloatArray) -> FloatArray:
    """Typical gradient norm of `step` (1-based), `left` nats before the end; float64, the shape of `step`."""
    updates = np.maximum(np.asarray(step, dtype=np.float64) - 1.0, 0.0)
    plateau = grad_norm_plateau(law.parameters) * (1.0 - (1.0 - FINAL_SHARE) * updates / law.total_steps)
    mean, logits = remaining_shares(law.fall, law.schedule, updates, law.total_steps, law.batches)
    learning = left**LEARNING_POWER
    later = plateau + LEARNING_HEIGHT * learning / (learning + HALF_LEARNED**LEARNING_POWER)
    later = later + FIRST_FALL_HEIGHT * logits**FIRST_FALL_POWER
    return np.asarray(later + (grad_norm_start(law) - later) * mean**FIRST_FALL_POWER, dtype=np.float64)


def grad_norm_cv(left: FloatArray) -> FloatArray:
    """Relative standard deviation of the gradient norm around its level, `left` nats before the end; float64, same shape."""
    return np.asarray(SETTLED_CV + LEARNING_CV * left / (left + CV_NATS), dtype=np.float64)


def carried(normals: FloatArray) -> FloatArray:
    """Standard normals that remember those before them; `CARRIED_STEPS` shorter than the independent ones they are made of."""
    count = len(normals) - CARRIED_STEPS
    newest, *earlier = _carry_weights()
    result = normals[CARRIED_STEPS:] * newest
    term = np.empty_like(result)
    for lag, weight in enumerate(earlier, 1):
        np.multiply(normals[CARRIED_STEPS - lag : CARRIED_STEPS - lag + count], weight, out=term)
        result += term
    return result


def spike_factors(uniforms: FloatArray) -> FloatArray:
    """What rare steps multiply the norm by, 1 for most; a step for each uniform but the first ones, which only echo."""
    excess, rare = np.zeros(uniforms.shape), np.nonzero(uniforms < SPIKES)
    excess[rare] = np.minimum(SMALLEST_SPIKE * (SPIKES / uniforms[rare]) ** (1.0 / SPIKE_EXPONENT), LARGEST_SPIKE) - 1.0
    echoes = len(SPIKE_ECHOES)
    factors = 1.0 + excess[echoes:]
    for after, share in enumerate(SPIKE_ECHOES, 1):
        factors += share * excess[echoes - after : len(excess) - after]
    return factors


@cache
def _carry_weights() -> tuple[float, ...]:
    """The response to a single draw, of unit length, newest first."""
    response = [1.0]
    for _step in range(CARRIED_STEPS):
        response.append(sum(carry * before for carry, before in zip(CARRIES, reversed(response), strict=False)))
    length = sqrt(sum(weight * weight for weight in response))
    return tuple(weight / length for weight in response)


@lru_cache(maxsize=16)
def _final_loss(law: LossLaw) -> float:
    return law.final_loss
