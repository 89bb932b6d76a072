"""What every step printed: loss, learning rate, gradient norm, rates. Columns for any range of steps, nothing kept.

Loss noise is addressed by the data step, so a step that is done again after a restart meets the same batch and shows the
same jitter. Its size follows sigma = C / sqrt(tokens in the printed value), found the same in public logs of runs from 124M to
15B parameters. Values that pass through exp, log or pow are rounded before they leave.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.physics.figures import Figures
from pysim.physics.loss import (
    EXPONENTIAL_FLOOR,
    EXPONENTIAL_NOISE,
    LossLaw,
    grad_norm_cv,
    grad_norm_level,
    noise_sigma,
    noise_skew,
    perplexity,
    train_loss,
)
from pysim.physics.schedule import learning_rate
from pysim.plan import Plan
from pysim.run.losscale import loss_scale
from pysim.run.noise import Stream, round_significant
from pysim.run.timeline import Timeline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOSS_DECIMALS = 4
_UNITS = 10_000  # of the last decimal in one nat
_GRAD_NORM_DECIMALS = 3
_NOISE_SHARED_WITH_LOSS = 0.12  # correlation of the residuals of gradient norm and loss in llm.c logs
_SPIKE_SHARE, _SPIKE_SCALE = 0.0004, 3.0  # one-step spikes of the gradient norm without effect on the loss
_MOE_MEMORY_SHARE = 0.04  # share of activations that follows the routing of tokens


@dataclass(frozen=True, slots=True)
class StepColumns:
    """Executed steps in order; every array has shape (steps,). Times in microseconds of run time, losses in nats."""

    step: Ints
    data_step: Ints
    end_us: Ints
    duration_us: Ints
    loss: Floats
    perplexity: Floats
    learning_rate: Floats
    grad_norm: Floats  # NaN where gradients overflowed
    tokens: Ints
    eta_us: Ints
    memory_bytes: Ints
    loss_scale: Ints


class Steps:
    """The columns of one run, computed on demand."""

    def __init__(self, plan: Plan, figures: Figures, law: LossLaw, timeline: Timeline) -> None:
        self._plan = plan
        self._figures = figures
        self._law = law
        self._timeline = timeline
        self._loss_noise = Stream(plan.seed, "loss")
        self._norm_noise = Stream(plan.seed, "grad-norm")
        self._norm_spikes = Stream(plan.seed, "grad-norm-spike")
        self._memory_noise = Stream(plan.seed, "memory")

    def columns(self, first: int, last: int) -> StepColumns:
        """Executed steps `first` to `last`, all of one stretch."""
        step = np.arange(first, last + 1, dtype=np.int64)
        data_step = step + self._timeline.stretch_of(first).shift
        end_us = self._timeline.ends_us(first, last)
        loss = self.losses(int(data_step[0]), int(data_step[-1]))
        scale, overflow = self._loss_scale(data_step)
        return StepColumns(
            step=step,
            data_step=data_step,
            end_us=end_us,
            duration_us=end_us - self._timeline.starts_us(first, last),
            loss=loss,
            perplexity=perplexity(loss),
            learning_rate=self.learning_rates(data_step),
            grad_norm=np.where(overflow, np.nan, self._grad_norms(data_step)),
            tokens=data_step * self._plan.tokens_per_step,
            eta_us=self._eta_us(data_step),
            memory_bytes=self._memory_bytes(step),
            loss_scale=scale,
        )

    def losses(self, first: int, last: int) -> Floats:
        """Training loss of data steps `first` to `last`, shape (last - first + 1,)."""
        expected = train_loss(self._law, np.arange(first, last + 1, dtype=np.int64))
        noise = self._loss_noise.normals(first, last - first + 1)
        if self._plan.loss_curve == "exponential":
            noisy = np.maximum(expected * (1.0 + EXPONENTIAL_NOISE * noise), EXPONENTIAL_FLOOR)
        else:
            skew = noise_skew(self._plan.tokens_per_step)
            noise = (noise + skew * (noise * noise - 1.0)) / np.sqrt(1.0 + 2.0 * skew * skew)
            noisy = expected + noise_sigma(self._plan.tokens_per_step) * noise
        return np.asarray(np.round(noisy, LOSS_DECIMALS), np.float64)

    def expected_losses(self, data_steps: Ints) -> Floats:
        """Training loss without noise at each data step, same shape."""
        return np.asarray(np.round(train_loss(self._law, data_steps), LOSS_DECIMALS), np.float64)

    def mean_loss(self, last: int, steps: int) -> float:
        """Mean training loss of the `steps` data steps up to `last`."""
        losses = self.losses(max(1, last - steps + 1), last)
        units: int = sum(
            np.rint(losses * _UNITS).astype(np.int64).tolist()
        )  # whole numbers: the sum is exact everywhere
        return round(units / len(losses)) / _UNITS

    def learning_rates(self, data_steps: Ints) -> Floats:
        """Learning rate of each data step, same shape."""
        return round_significant(learning_rate(self._plan.schedule, data_steps, self._plan.total_steps))

    def _grad_norms(self, data_step: Ints) -> Floats:
        first, count = int(data_step[0]), len(data_step)
        own = np.sqrt(1.0 - _NOISE_SHARED_WITH_LOSS**2) * self._norm_noise.normals(first, count)
        z: Floats = own + _NOISE_SHARED_WITH_LOSS * self._loss_noise.normals(first, count)
        norms = grad_norm_level(self._law, data_step) * np.exp(grad_norm_cv(data_step) * z)
        u = self._norm_spikes.uniforms(first, count)
        spike = u < _SPIKE_SHARE
        norms[spike] *= 1.0 + _SPIKE_SCALE * u[spike] / _SPIKE_SHARE
        return np.asarray(np.round(norms, _GRAD_NORM_DECIMALS), np.float64)

    def _loss_scale(self, data_step: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        if self._plan.precision == "fp16":
            return loss_scale(self._plan.seed, data_step)
        return np.ones_like(data_step), np.zeros(len(data_step), np.bool_)

    def _eta_us(self, data_step: Ints) -> Ints:
        """Time that the rest of the training is expected to take: the mean step, and all periodic work still due."""
        steps_us = np.rint((self._plan.total_steps - data_step) * (self._figures.step_seconds * 1e6)).astype(np.int64)
        eta: Ints = steps_us
        for work in (self._timeline.validation, self._timeline.checkpoint):
            eta = eta + work.total_us(self._plan.total_steps) - work.totals_us(data_step - 1)
        return eta

    def _memory_bytes(self, step: Ints) -> Ints:
        """Allocated bytes: constant for a dense model, as in real logs; with experts it follows the routing."""
        memory = np.full_like(step, self._figures.memory.total_bytes)
        if self._plan.model.moe is not None:
            routed = _MOE_MEMORY_SHARE * self._figures.memory.activation_bytes
            memory -= np.floor(self._memory_noise.uniforms(int(step[0]), len(step)) * routed).astype(np.int64)
        return memory
