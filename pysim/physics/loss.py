"""What the loss does over a run: a closed form in the step, without noise.

Two laws are joined by a soft minimum. *Early*, the model goes from the uniform distribution to the unigram level in some
hundred steps. *Later*, the learning-rate-annealing law (Tissue et al. 2024, arXiv 2408.11029: the loss falls with the area
under the learning-rate curve, and once more as the rate itself falls) acts on the data term of the Chinchilla law as refitted
by Besiroglu et al. 2024 (arXiv 2404.10102). Repeated tokens count less (Muennighoff et al. 2023, arXiv 2305.16264).
The transient, the annealing gain and the noise are calibrated by hand against public logs: llm.c's GPT-2 124M and
Megatron-LM's 15B test log. All losses are nats per token. Arrays in, float64 arrays out.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from pysim.physics.schedule import FloatArray, Steps, learning_rate_area, relative_rate
from pysim.physics.transformer import active_parameter_count, parameter_count
from pysim.plan import LossCurve, Plan, Schedule

# Besiroglu et al. 2024, fit of L = E + A/N^alpha + B/D^beta (epoch-research/analyzing-chinchilla).
IRREDUCIBLE_LOSS = 1.81686
PARAMETER_COEFFICIENT = 482.0
PARAMETER_EXPONENT = 0.34781
DATA_COEFFICIENT = 2085.4
DATA_EXPONENT = 0.36585

# Hoffmann et al. 2022 (arXiv 2203.15556), the same form.
HOFFMANN = (1.69, 406.4, 0.34, 410.7, 0.28)

REPETITION_CONSTANT = 15.39  # epochs after which repeating is worth nothing more: R*, Muennighoff et al. 2023
ANNEALING_GAIN = 0.14  # share of the data term that a high learning rate adds; KJ 1.5B cooldown, llm.c
INITIAL_EXCESS = 0.15  # nats above ln(vocabulary) at step 1: GPT-2 124M logs 10.97-11.01 for ln(50257) = 10.825
UNIGRAM_LOSS = 6.7  # nats; where the first fall ends: the knee of both logs lies between 6 and 7
EARLY_STEPS = 45.0  # e-folding of the first fall, in steps
FLAT_STEPS = 5.0  # steps that the loss hardly moves while the learning rate is near zero
LATE_STEPS = 300.0  # steps after which the area counts half: the first ones learn little that lasts
SOFT_MINIMUM_POWER = 8.0

EXPONENTIAL_FLOOR = 0.1  # nats; the `exponential` curve is for films: it goes where no language model goes
EXPONENTIAL_RATE = 0.002  # per step
EXPONENTIAL_NOISE = 0.03  # standard deviation relative to the loss

VALIDATION_GAP = -0.014  # nats, validation minus training within the first epoch: GPT-2 124M log, +-0.0045
VALIDATION_GAP_PER_EPOCH = 0.012  # nats that each further epoch adds; assumption, Muennighoff's curves part slowly

NOISE_COEFFICIENT = 31.0  # sigma * sqrt(tokens averaged); seven logs from 124M to 15B give 24.6 to 33.7
NOISE_SKEW = ((65_536, 524_288, 1_572_864), (0.33, 0.15, 0.0))  # tokens, coefficient s in z + s*(z^2 - 1)

PERPLEXITY_CAP = 20.0  # nats
WHOLE_PERPLEXITY = 9999.995  # from here on it is printed without decimals

# Gradient norm of llm.c's GPT-2 124M log: 15.4 at step 0, 1 at 100, 0.4 at 700-1000, 0.27 plateau, 0.23 at the end.
GRAD_NORM_TRANSIENTS = ((13.0, 5.5), (1.3, 30.0), (1.0, 520.0))  # height, e-folding steps
GRAD_NORM_PLATEAU = 0.27
GRAD_NORM_PLATEAU_PARAMETERS = 124e6
GRAD_NORM_SIZE_EXPONENT = -0.04  # 0.20 for BLOOM 176B, which logs 0.13 to 0.24
GRAD_NORM_FINAL_SHARE = 0.85
GRAD_NORM_CV = ((100, 500, 1300, 3500, 12_000), (0.18, 0.17, 0.144, 0.12, 0.07))  # step, detrended CV


@dataclass(frozen=True, slots=True)
class LossLaw:
    """Everything that the loss of one plan depends on."""

    curve: LossCurve
    schedule: Schedule
    total_steps: int
    tokens_per_step: int
    unique_tokens: float  # tokens of one epoch
    parameters: float  # total, for the gradient norm
    initial_loss: float  # nats, at step 0
    unigram_loss: float  # nats
    floor: float  # nats, below which the curve never goes: irreducible loss, corpus offset and the model's size
    mean_rate: float  # area under lr / peak_lr per step, over the whole run

    @property
    def final_loss(self) -> float:
        """Noise-free training loss of the last step."""
        return float(train_loss(self, self.total_steps))


def loss_law(plan: Plan) -> LossLaw:
    """The law of a plan. The corpus moves the irreducible loss by its offset, the shape stays."""
    initial = log(plan.model.vocab_size) + INITIAL_EXCESS
    area = float(learning_rate_area(plan.schedule, plan.total_steps, plan.total_steps))
    return LossLaw(
        curve=plan.loss_curve,
        schedule=plan.schedule,
        total_steps=plan.total_steps,
        tokens_per_step=plan.tokens_per_step,
        unique_tokens=plan.tokens / plan.epochs,
        parameters=float(parameter_count(plan.model)),
        initial_loss=initial,
        unigram_loss=min(UNIGRAM_LOSS, initial - 1.0),
        floor=_floor(plan),
        mean_rate=area / plan.total_steps,
    )


def effective_parameters(plan: Plan) -> float:
    """The N of the law. For mixtures of experts sqrt(total * active), an assumption: between the two, as reports find."""
    return sqrt(parameter_count(plan.model) * active_parameter_count(plan.model))


def size_term(parameters: float) -> float:
    """Nats that a model of finite size adds."""
    return float(PARAMETER_COEFFICIENT / parameters**PARAMETER_EXPONENT)


def chinchilla_loss(parameters: float, tokens: float) -> float:
    """Final loss of `parameters` trained on `tokens` of MassiveText (Besiroglu's refit)."""
    return float(IRREDUCIBLE_LOSS + size_term(parameters) + DATA_COEFFICIENT / tokens**DATA_EXPONENT)


def hoffmann_loss(parameters: float, tokens: float) -> float:
    """The same by the constants that Hoffmann et al. printed."""
    irreducible, a, alpha, b, beta = HOFFMANN
    return float(irreducible + a / parameters**alpha + b / tokens**beta)


def train_loss(law: LossLaw, step: Steps) -> FloatArray:
    """Noise-free training loss of optimizer step `step` (1-based); float64, nats, the shape of `step`."""
    steps = np.asarray(step, dtype=np.float64)
    if law.curve == "exponential":
        return law.floor + (law.initial_loss - law.floor) * np.exp(-EXPONENTIAL_RATE * steps)
    return _soft_minimum(_scaling_loss(law, steps), _early_loss(law, steps))


def validation_loss(law: LossLaw, step: Steps) -> FloatArray:
    """Noise-free validation loss after `step` steps; float64, nats."""
    steps = np.asarray(step, dtype=np.float64)
    repeats = np.maximum(steps * law.tokens_per_step / law.unique_tokens - 1.0, 0.0)
    return train_loss(law, steps) + VALIDATION_GAP + VALIDATION_GAP_PER_EPOCH * repeats


def effective_tokens(unique: float, tokens: Steps) -> FloatArray:
    """Unique tokens worth as much as `tokens` that repeat `unique`: U + U R* (1 - exp(-R / R*)), R further epochs."""
    seen = np.asarray(tokens, dtype=np.float64)
    repeats = np.maximum(seen / unique - 1.0, 0.0)
    worth = unique * REPETITION_CONSTANT * (1.0 - np.exp(-repeats / REPETITION_CONSTANT))
    return np.minimum(seen, unique) + worth


def noise_sigma(tokens_averaged: float) -> float:
    """Standard deviation, in nats, of a printed loss that averages this many tokens: data order, not hardware."""
    return NOISE_COEFFICIENT / sqrt(tokens_averaged)


def noise_skew(tokens_averaged: float) -> float:
    """The s of z + s*(z^2 - 1), z standard normal: small batches have a heavy upper tail."""
    tokens, skews = NOISE_SKEW
    return float(np.interp(log(tokens_averaged), np.log(tokens), skews))


def grad_norm_level(law: LossLaw, step: Steps) -> FloatArray:
    """Typical gradient norm of `step` before clipping; float64."""
    steps = np.asarray(step, dtype=np.float64)
    size = (law.parameters / GRAD_NORM_PLATEAU_PARAMETERS) ** GRAD_NORM_SIZE_EXPONENT
    fading = 1.0 - (1.0 - GRAD_NORM_FINAL_SHARE) * steps / law.total_steps
    transients = sum(height * np.exp(-steps / folding) for height, folding in GRAD_NORM_TRANSIENTS)
    return np.asarray(GRAD_NORM_PLATEAU * size * fading + transients, dtype=np.float64)


def grad_norm_cv(step: Steps) -> FloatArray:
    """Relative standard deviation of the gradient norm around its level at `step`; float64."""
    steps, values = GRAD_NORM_CV
    return np.asarray(np.interp(np.asarray(step, dtype=np.float64), steps, values), dtype=np.float64)


def perplexity(loss: float | FloatArray) -> FloatArray:
    """exp(loss), capped as Megatron-LM caps it; float64, the shape of `loss`.

    Rounded once, to the digits that are printed: rounding a rounded number again would get the last one wrong.
    """
    exact = np.exp(np.minimum(loss, PERPLEXITY_CAP))
    return np.where(exact < WHOLE_PERPLEXITY, np.round(exact, 2), np.round(exact))


def _floor(plan: Plan) -> float:
    if plan.loss_curve == "exponential":
        return EXPONENTIAL_FLOOR
    return IRREDUCIBLE_LOSS + plan.dataset.loss_offset + size_term(effective_parameters(plan))


def _scaling_loss(law: LossLaw, steps: FloatArray) -> FloatArray:
    """Floor plus data term; infinite where nothing has been learned yet."""
    lasting = steps / (steps + LATE_STEPS) * (law.total_steps + LATE_STEPS) / law.total_steps
    area = lasting * learning_rate_area(law.schedule, steps, law.total_steps) / law.mean_rate
    tokens = np.maximum(effective_tokens(law.unique_tokens, area * law.tokens_per_step), 1.0)
    annealing = 1.0 + ANNEALING_GAIN * relative_rate(law.schedule, steps, law.total_steps)
    return law.floor + DATA_COEFFICIENT / tokens**DATA_EXPONENT * annealing


def _early_loss(law: LossLaw, steps: FloatArray) -> FloatArray:
    moved = steps * steps / (steps + FLAT_STEPS)
    return law.unigram_loss + (law.initial_loss - law.unigram_loss) * np.exp(-moved / EARLY_STEPS)


def _soft_minimum(one: FloatArray, other: FloatArray) -> FloatArray:
    """A smooth minimum: the p-norm of the reciprocals. Losses are positive."""
    power = SOFT_MINIMUM_POWER
    return np.asarray((one**-power + other**-power) ** (-1.0 / power), dtype=np.float64)
