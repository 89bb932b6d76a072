"""What the loss does over a run: a closed form in the step, without noise.

Two laws are joined by a soft minimum, which makes the knee. *Early*, the model goes from the uniform distribution to the
unigram level (`early_loss.py`). *Later*, the learning-rate-annealing law (Tissue et al. 2024, arXiv 2408.11029: the loss
falls with the area under the learning-rate curve, and once more as the rate itself falls) acts on the data term of the
Chinchilla law as refitted by Besiroglu et al. 2024 (arXiv 2404.10102). Repeated tokens count less (Muennighoff et al. 2023,
arXiv 2305.16264). Three constants are fitted together to three public logs: llm.c's GPT-2 124M, Megatron-LM's 15B and the
cooldown of a 1.5B (`data/loss_anchors.toml`). They are the same for every run; what differs is N, D, the vocabulary, the width,
the batch, the schedule and one offset per corpus and tokenizer. What the law leaves out is listed in this folder's README.
All losses are nats per token. Arrays in, float64 arrays out.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import Model
from pysim.physics.batches import EVEN, Batches, batches_of
from pysim.physics.early_loss import FirstFall, early_loss, first_fall
from pysim.physics.schedule import FloatArray, Steps, learning_rate_area, relative_rate
from pysim.physics.transformer import active_parameter_count, parameter_count
from pysim.physics.workload import LossCurve, Schedule, Workload

# Besiroglu et al. 2024, fit of L = E + A/N^alpha + B/D^beta (epoch-research/analyzing-chinchilla).
IRREDUCIBLE_LOSS = 1.81686
PARAMETER_COEFFICIENT = 482.0
PARAMETER_EXPONENT = 0.34781
DATA_COEFFICIENT = 2085.4
DATA_EXPONENT = 0.36585

REPETITION_CONSTANT = 15.39  # epochs after which repeating is worth nothing more: R*, Muennighoff et al. 2023

# Fitted together, see above.
ANNEALING_GAIN = 0.115  # nats that the full rate adds where the data term is one nat; grows with the term's root
WARMUP_EXPONENT = 0.6  # how progress grows with lr / peak_lr in the warm-up: its first steps teach more than their area
LATE_STEPS = 1100.0  # at LATE_BATCH, steps after which progress counts half: what the first ones learn is easy

# Assumption: tokens beyond the critical batch, which is small early, help less. The logs fit any exponent from 0 to 1.
LATE_BATCH, LATE_EXPONENT = 2**20, 0.5  # tokens; power of the batch that LATE_STEPS grows with
SOFT_MINIMUM_POWER = 8.0  # assumption: how sharp the knee is

EXPONENTIAL_FLOOR = 0.1  # nats; the `exponential` curve is for films: it goes where no language model goes
EXPONENTIAL_RATE = 0.002  # per step
EXPONENTIAL_NOISE = 0.03  # standard deviation relative to the loss

VALIDATION_GAP = -0.014  # nats, validation minus training within the first epoch: GPT-2 124M log, +-0.0045
VALIDATION_GAP_PER_EPOCH = 0.012  # nats that each further epoch adds; assumption, Muennighoff's curves part slowly

NOISE_COEFFICIENT = 31.0  # sigma * sqrt(tokens averaged); seven logs from 124M to 15B give 24.6 to 33.7
# Weight c of the upper tail in z + c * max(z, 0)^3. Skew and excess kurtosis of logs: Muon 124M, 65,536 tokens, 2.16 and 13 (c
# gives 2.2 and 13); llm.c and AdamW 124M, 524,288 tokens, 0.9 to 1.2 and 3.1 to 4.9 (1.0 and 3.7); 15B and larger, none.
NOISE_TAIL = ((65_536, 524_288, 1_572_864), (0.254, 0.117, 0.0))  # tokens, c
# What batches near each other have in common where a corpus is read in its own order: FineWeb-Edu's 10B sample, autocorrelation 0.29 at
# lag 1, 0.15 at lag 5, gone at lag 16 (detrended over 50 steps of 524,288 tokens, AGNDM/build-nanogpt).
ORDER_TOKENS = 2**23  # from one independent place of the corpus to the next
ORDER_DETRENDED = 0.45  # share of its variance that is left there; the size of the noise is that of detrended logs, too
HALF_NORMAL_CUBE = 0.7978845608028654  # mean of max(z, 0)^3, sqrt(2 / pi)

# Validation repeats the same set, so only the weights' own jitter is left: llm.c 0.0035 at 0.5M tokens a step, MLPerf GPT-3
# 0.0008 at 4.2M (a batch of 2,048 [M]); the power law goes through both.
VALIDATION_JITTER, VALIDATION_JITTER_TOKENS, VALIDATION_JITTER_EXPONENT = 0.0035, 524_288, -0.71

_KEPT = 16  # laws: opening a run asks for one several times
PERPLEXITY_CAP = 20.0  # nats
WHOLE_PERPLEXITY = 9999.995  # from here on it is printed without decimals


@dataclass(frozen=True, slots=True)
class LossLaw:
    """Everything that the loss of one plan depends on."""

    curve: LossCurve
    schedule: Schedule
    total_steps: int
    tokens_per_step: int  # of the full batch
    batches: Batches
    unique_tokens: float  # tokens of one epoch
    parameters: float  # total, for the gradient norm
    fall: FirstFall
    tied_embeddings: bool  # for the gradient norm, too
    floor: float  # nats, below which the curve never goes: irreducible loss, corpus offset and the model's size
    area: float  # under lr / peak_lr over the whole run, in steps; see `learning_rate_area`

    @property
    def initial_loss(self) -> float:
        """Nats at step 0."""
        return self.fall.initial

    @property
    def final_loss(self) -> float:
        """Noise-free training loss of the last step."""
        return float(train_loss(self, self.total_steps))


def loss_law(plan: Workload) -> LossLaw:
    """The law of a plan."""
    law = law_of(
        plan.model,
        plan.schedule,
        plan.total_steps,
        plan.tokens_per_step,
        plan.dataset.loss_offset,
        epochs=plan.epochs,
        batches=batches_of(plan.global_batch_size, plan.batch_ramp),
    )
    return replace(law, curve="exponential", floor=EXPONENTIAL_FLOOR) if plan.loss_curve == "exponential" else law


@lru_cache(maxsize=_KEPT)
def law_of(
    model: Model,
    schedule: Schedule,
    total_steps: int,
    tokens_per_step: int,
    loss_offset: float,
    *,
    epochs: int = 1,
    batches: Batches = EVEN,
) -> LossLaw:
    """The law of a run. The corpus moves the irreducible loss by `loss_offset` nats, the shape stays."""
    full_batches = batches.total(total_steps) / batches.full if batches.ends else total_steps
    return LossLaw(
        curve="scaling-law",
        schedule=schedule,
        total_steps=total_steps,
        tokens_per_step=tokens_per_step,
        batches=batches,
        unique_tokens=full_batches * tokens_per_step / epochs,
        parameters=float(parameter_count(model)),
        fall=first_fall(model.vocab_size, model.hidden_size),
        tied_embeddings=model.tied_embeddings,
        floor=IRREDUCIBLE_LOSS + loss_offset + size_term(effective_parameters(model)),
        area=float(_area(schedule, total_steps, total_steps, batches)),
    )


def effective_parameters(model: Model) -> float:
    """The N of the law. For mixtures of experts sqrt(total * active), an assumption: between the two, as reports find."""
    return sqrt(parameter_count(model) * active_parameter_count(model))


def size_term(parameters: float) -> float:
    """Nats that a model of finite size adds."""
    return float(PARAMETER_COEFFICIENT / parameters**PARAMETER_EXPONENT)


def train_loss(law: LossLaw, step: Steps, rate: FloatArray | None = None) -> FloatArray:
    """Noise-free training loss of optimizer step `step` (1-based); float64, nats, the shape of `step`.

    It is measured before the step's own update: the first one shows a model that has learned nothing. `rate` is the
    `relative_rate` of the step before each, for who has it.
    """
    steps = np.asarray(step, dtype=np.float64)
    if law.curve == "exponential":
        return law.floor + (law.initial_loss - law.floor) * np.exp(-EXPONENTIAL_RATE * steps)
    updates = np.maximum(steps - 1.0, 0.0)
    early = early_loss(law.fall, law.schedule, updates, law.total_steps, law.batches)
    return _soft_minimum(_scaling_loss(law, updates, rate=rate), early)


def lowered_loss(law: LossLaw, step: Steps, first: int, factor: float) -> FloatArray:
    """`train_loss` where the learning rate is lowered from a step on: the area grows more slowly, and what the rate itself adds is less.

    What the annealing law says of any schedule; float64, nats, the shape of `step`.
    """
    steps = np.asarray(step, dtype=np.float64)
    if law.curve == "exponential":
        return train_loss(law, steps)
    updates, before = np.maximum(steps - 1.0, 0.0), np.asarray(max(first - 1.0, 0.0))
    early = early_loss(law.fall, law.schedule, updates, law.total_steps, law.batches)
    return _soft_minimum(_scaling_loss(law, updates, before, factor), early)


def validation_loss(law: LossLaw, step: Steps) -> FloatArray:
    """Noise-free validation loss after the update of step `step`; float64, nats."""
    steps = np.asarray(step, dtype=np.float64)
    seen = law.batches.in_full_batches(steps) * law.tokens_per_step
    repeats = np.maximum(seen / law.unique_tokens - 1.0, 0.0)
    return train_loss(law, steps + 1.0) + VALIDATION_GAP + VALIDATION_GAP_PER_EPOCH * repeats


def effective_tokens(unique: float, tokens: Steps) -> FloatArray:
    """Unique tokens worth as much as `tokens` that repeat `unique`: U + U R* (1 - exp(-R / R*)), R further epochs."""
    seen = np.asarray(tokens, dtype=np.float64)
    if not seen.size or float(seen.max()) <= unique:
        return seen
    repeats = np.maximum(seen / unique - 1.0, 0.0)
    worth = unique * REPETITION_CONSTANT * (1.0 - np.exp(-repeats / REPETITION_CONSTANT))
    return np.minimum(seen, unique) + worth


def noise_sigma(tokens_averaged: float | NDArray[np.int64]) -> FloatArray:
    """Standard deviation, in nats, of a printed loss that averages this many tokens: data order, not hardware."""
    return np.asarray(NOISE_COEFFICIENT / np.sqrt(tokens_averaged), dtype=np.float64)


def noise_tail(tokens_averaged: float | NDArray[np.int64]) -> FloatArray:
    """The weight c of the upper tail: small batches now and then meet text that is much harder."""
    tokens, weights = NOISE_TAIL
    logarithms = np.log(tokens_averaged) if isinstance(tokens_averaged, np.ndarray) else log(tokens_averaged)
    return np.asarray(np.interp(logarithms, np.log(tokens), weights), dtype=np.float64)


def with_upper_tail(normals: FloatArray, weight: float | FloatArray) -> FloatArray:
    """Standard normals with a heavier upper tail, z + c * max(z, 0)^3, still of mean 0 and variance 1; same shape."""
    cubed = np.maximum(normals, 0.0)
    cubed = cubed * cubed * cubed
    mean, variance = weight * HALF_NORMAL_CUBE, 1.0 + weight * (3.0 + weight * (7.5 - HALF_NORMAL_CUBE**2))
    cubed *= weight
    cubed += normals
    cubed -= mean
    cubed /= np.sqrt(variance)
    return cubed


def validation_sigma(tokens_per_step: float | NDArray[np.int64]) -> float | FloatArray:
    """Standard deviation, in nats, of the validation loss around its curve."""
    return VALIDATION_JITTER * (tokens_per_step / VALIDATION_JITTER_TOKENS) ** VALIDATION_JITTER_EXPONENT


def perplexity(loss: float | FloatArray) -> FloatArray:
    """exp(loss), capped as Megatron-LM caps it; float64, the shape of `loss`.

    Rounded once, to the digits that are printed: rounding a rounded number again would get the last one wrong.
    """
    exact = np.exp(np.minimum(loss, PERPLEXITY_CAP))
    fine, are_whole = np.asarray(np.round(exact, 2), np.float64), exact >= WHOLE_PERPLEXITY
    return np.where(are_whole, np.round(exact), fine) if are_whole.any() else fine


def _area(schedule: Schedule, updates: Steps, total_steps: int, batches: Batches) -> FloatArray:
    return learning_rate_area(schedule, updates, total_steps, WARMUP_EXPONENT, batches)


def _scaling_loss(
    law: LossLaw,
    updates: FloatArray,
    before: FloatArray | None = None,
    factor: float = 1.0,
    rate: FloatArray | None = None,
) -> FloatArray:
    """Floor plus data term; the whole run counts as all its tokens, whatever its schedule. After some updates the rate may be lowered."""
    area = _area(law.schedule, updates, law.total_steps, law.batches)
    if before is not None:
        area_before = _area(law.schedule, before, law.total_steps, law.batches)
        area = np.where(updates <= before, area, area_before + factor * (area - area_before))
    progress = _lasting(law, updates) * area / law.area
    tokens = np.maximum(effective_tokens(law.unique_tokens, progress * law.tokens_per_step), 1.0)
    data = DATA_COEFFICIENT / tokens**DATA_EXPONENT
    if rate is None:
        rate = relative_rate(law.schedule, updates, law.total_steps, law.batches)
    if before is not None:
        rate = np.where(updates <= before, rate, factor * rate)
    return law.floor + data + ANNEALING_GAIN * rate * np.sqrt(data)


def _lasting(law: LossLaw, updates: FloatArray) -> FloatArray:
    """Full batches of progress if the rate were the same all the time: what the first steps learn is easy, and less of it the larger they are.

    Where the batch grows, as large as they were on average.
    """
    if not law.batches.ends:
        late = LATE_STEPS * (law.tokens_per_step / LATE_BATCH) ** LATE_EXPONENT
        return np.asarray(updates / (updates + late) * (law.total_steps + late), dtype=np.float64)
    ends = np.asarray(float(law.total_steps))
    share = _counting(law, updates) / _counting(law, ends)
    return np.asarray(share * law.batches.in_full_batches(ends), dtype=np.float64)


def _counting(law: LossLaw, updates: FloatArray) -> FloatArray:
    """The share of the updates so far that counts."""
    tokens = law.batches.mean_size(updates) / law.batches.full * law.tokens_per_step
    return np.asarray(updates / (updates + LATE_STEPS * (tokens / LATE_BATCH) ** LATE_EXPONENT), dtype=np.float64)


def _soft_minimum(one: FloatArray, other: FloatArray) -> FloatArray:
    """A smooth minimum: the p-norm of the reciprocals. Losses are positive."""
    power = SOFT_MINIMUM_POWER
    return np.asarray((one**-power + other**-power) ** (-1.0 / power), dtype=np.float64)
