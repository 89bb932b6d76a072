"""What every step printed: loss, learning rate, gradient norm, rates. Columns for any range of steps, nothing kept.

Loss noise is addressed by the data step, so a step that is done again after a restart meets the same batch and shows the
same jitter. Its size follows sigma = C / sqrt(tokens in the printed value), found the same in public logs of runs from 124M to
15B parameters. Values that pass through exp, log or pow are rounded before they leave.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysim.physics.grad_norm import (
    CARRIED_STEPS,
    LOSS_SHARE,
    SPIKE_ECHOES,
    TAIL,
    carried,
    grad_norm_cv,
    grad_norm_level,
    nats_left_at,
    spike_factors,
)
from pysim.physics.loss import (
    EXPONENTIAL_FLOOR,
    EXPONENTIAL_NOISE,
    ORDER_DETRENDED,
    ORDER_TOKENS,
    LossLaw,
    noise_sigma,
    noise_tail,
    perplexity,
    train_loss,
    with_upper_tail,
)
from pysim.physics.schedule import relative_rate
from pysim.pretraining.figures import Figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.ramp import plateaus
from pysim.pretraining.run.losscale import loss_scale, scaler_of
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.run.shaking import grad_norm_factors, loss_factors, shaken_losses, together
from pysim.pretraining.run.timeline import Timeline
from pysim.story.noise import Stream, normal_quantile, once_each
from pysim.story.rounding import round_significant
from pysim.story.steps import DataStep, Executed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOSS_DECIMALS = 4
_UNITS = 10_000  # of the last decimal in one nat
GRAD_NORM_DECIMALS = 3
_SPARSE_STEPS = 64  # between two that are asked for, in the mean: from here on each is drawn by itself
_BLOCK_STEPS = 2**16  # whose losses are drawn at a time for a mean
_LINE_DEVIATION = 4.242640687119285  # over that of lines between even draws of width one, sqrt(18)
_MOE_MEMORY_SHARE = 0.04  # share of activations that follows the routing of tokens
_ALLOCATOR_BLOCK_BYTES = 2**21  # PyTorch's caching allocator rounds large blocks to 2 MiB


class StepColumns:
    """Executed steps in order; every array has shape (steps,). Times in microseconds of run time, losses in nats, NaN where they are none.

    A column is worked out when it is asked for: who writes rates needs no losses.
    """

    step: Ints
    data_step: Ints
    end_us: Ints
    duration_us: Ints
    loss: Floats
    perplexity: Floats
    learning_rate: Floats
    grad_norm: Floats  # NaN where gradients overflowed or are none
    tokens: Ints
    eta_us: Ints
    memory_bytes: Ints
    loss_scale: Ints
    overflow: NDArray[np.bool_]  # whether the optimizer skipped it

    def __init__(self, makers: Mapping[str, Callable[[], NDArray[Any]]]) -> None:
        self._makers = makers

    def __getattr__(self, name: str) -> NDArray[Any]:
        """A column that nobody has asked for before."""
        make = self.__dict__.get("_makers", {}).get(name)
        if make is None:
            raise AttributeError(name)
        column: NDArray[Any] = make()
        self.__dict__[name] = column
        return column

    def rows(self, which: Ints | slice) -> "StepColumns":
        """Some of them, by their place."""
        return StepColumns({name: partial(self._some, name, which) for name in self._makers})

    def _some(self, name: str, which: Ints | slice) -> NDArray[Any]:
        some: NDArray[Any] = getattr(self, name)[which]
        return some


class Steps:
    """The columns of one run, computed on demand."""

    def __init__(self, plan: Plan, figures: Figures, law: LossLaw, timeline: Timeline) -> None:
        self._plan = plan
        self._figures = figures
        self._law = law
        self._timeline = timeline
        self._batches = plan.batches
        self._batch_noise = Stream(plan.data_seed, "loss")
        self._plateaus = plateaus(plan)
        self._places = Stream(plan.data_seed, "loss-order")
        self._norm_noise = Stream(plan.data_seed, "grad-norm")
        self._norm_spikes = Stream(plan.data_seed, "grad-norm-spike")
        self._memory_noise = Stream(plan.noise_seed, "memory")
        self._means: dict[tuple[tuple[int, ...], int, Executed], float | None] = {}

    def columns(self, first: Executed, last: Executed) -> StepColumns:
        """Executed steps `first` to `last`, all of one stretch."""
        stretch = self._timeline.stretch_of(first)
        step = np.arange(first, last + 1, dtype=np.int64)
        data_step = step + stretch.shift

        @cache
        def spans_us() -> tuple[Ints, Ints]:
            return self._timeline.spans_us(first, last)

        @cache
        def rates() -> Floats:  # of the step before the first, too: what a step shows was learned at the rate before it
            along = np.arange(int(data_step[0]) - 1, int(data_step[-1]) + 1, dtype=np.int64)
            return self._relative_rates(along)

        def learning_rates() -> Floats:
            return self._lowered(stretch, data_step, self._rounded(rates()[1:]))

        @cache
        def expected() -> Floats:
            return train_loss(self._law, data_step, rates()[:-1])

        @cache
        def noise() -> Floats:
            return self._remembered_noise(data_step)

        @cache
        def loss() -> Floats:
            return self._shaken_losses(stretch, self._losses_along(data_step, noise()[-len(step) :], expected()), step)

        @cache
        def scaled() -> tuple[Ints, NDArray[np.bool_]]:
            return self._loss_scale(stretch, data_step)

        def grad_norm() -> Floats:
            norms = self._shaken_norms(stretch, self._grad_norms(data_step, noise(), expected()), step)
            norms[scaled()[1]] = np.nan
            return norms

        return StepColumns(
            {
                "step": lambda: step,
                "data_step": lambda: data_step,
                "end_us": lambda: spans_us()[1],
                "duration_us": lambda: spans_us()[1] - spans_us()[0],
                "loss": loss,
                "perplexity": lambda: perplexity(loss()),
                "learning_rate": learning_rates,
                "grad_norm": grad_norm,
                "tokens": lambda: self._batches.totals(data_step) * self._plan.sequence_length,
                "eta_us": lambda: self._eta_us(data_step),
                "memory_bytes": lambda: self._memory_bytes(step),
                "loss_scale": lambda: scaled()[0],
                "overflow": lambda: scaled()[1],
            }
        )

    def losses(self, first: DataStep, last: DataStep) -> Floats:
        """Training loss of data steps `first` to `last`, shape (last - first + 1,)."""
        steps = np.arange(first, last + 1, dtype=np.int64)
        return self._losses_along(steps, self._loss_noise(first, last), train_loss(self._law, steps))

    def _losses_along(self, steps: Ints, noise: Floats, expected: Floats) -> Floats:
        """Of data steps that follow each other; `noise` is what is theirs, `expected` what they are without it."""
        if self._plan.loss_curve == "exponential":
            noise = self._batch_noise.normals(int(steps[0]), len(steps))
        return self._printed_losses(steps, noise, expected)

    def _printed_losses(self, steps: Ints, noise: Floats, expected: Floats) -> Floats:
        if self._plan.loss_curve == "exponential":
            noisy = np.maximum(expected * (1.0 + EXPONENTIAL_NOISE * noise), EXPONENTIAL_FLOOR)
        else:
            noisy = expected + noise_sigma(self._tokens_each(steps)) * noise
        return np.asarray(np.round(noisy, LOSS_DECIMALS), np.float64)

    def _loss_noise(self, first: int, last: int) -> Floats:
        """Of variance one where it is detrended as logs are: each batch's own, and what it has in common with those read near it."""
        drawn = self._batch_noise.normals(first, last - first + 1)
        return self._of_unit_variance(drawn, np.arange(first, last + 1, dtype=np.int64))

    def _remembered_noise(self, data_step: Ints) -> Floats:
        """That of data steps that follow each other, and of those before the first that its gradient remembers; none comes before the first."""
        return self._loss_noise(max(int(data_step[0]) - CARRIED_STEPS, 0), int(data_step[-1]))

    def _of_unit_variance(self, drawn: Floats, steps: Ints) -> Floats:
        corpus, tokens = self._plan.dataset, self._tokens_each(steps)
        own = with_upper_tail(drawn, noise_tail(tokens) * corpus.noise_tail)
        if not corpus.order_share:
            return own
        order = sqrt(corpus.order_share) * self._order(steps)
        seen = 1.0 - corpus.order_share * (1.0 - ORDER_DETRENDED)
        return (sqrt(1.0 - corpus.order_share) * own + order) / sqrt(seen)

    def _tokens_each(self, steps: Ints) -> Ints | int:
        """Tokens of each of some batches; one number where all have it."""
        if not steps.size or int(steps.min()) > self._batches.ramp_steps:
            return self._plan.tokens_per_step
        return self._batches.sizes_of(steps) * self._plan.sequence_length

    def _order(self, steps: Ints) -> Floats:
        """How hard the text around each batch is, on straight lines between places of the corpus; of variance one."""
        place = self._batches.totals(steps) * self._plan.sequence_length
        index = place // ORDER_TOKENS
        inside = (place - index * ORDER_TOKENS) / ORDER_TOKENS
        before, after = (once_each(self._places.spread, at) - 0.5 for at in (index, index + 1))
        return (before + (after - before) * inside) * _LINE_DEVIATION

    def _shaken_losses(self, stretch: Stretch, losses: Floats, steps: Ints) -> Floats:
        """What losses of a stretch's executed steps become under its conditions."""
        if not stretch.shaken:
            return losses
        factors = together(loss_factors(each.shape, steps - each.first) for each in stretch.shaken if not each.lowers)
        for lowered in stretch.lowered:
            factors = factors * loss_factors(lowered.shape, steps - lowered.first)
        return np.round(shaken_losses(losses, factors, self._law.initial_loss), LOSS_DECIMALS)

    def _shaken_norms(self, stretch: Stretch, norms: Floats, steps: Ints) -> Floats:
        """The same of gradient norms."""
        if not stretch.shaken:
            return norms
        factors = together(grad_norm_factors(each.shape, steps - each.first) for each in stretch.shaken)
        return np.asarray(np.round(norms * factors, GRAD_NORM_DECIMALS), np.float64)

    # Of single steps, any of a run: shape (count, places), steps that follow each other along the first axis

    def losses_to(self, last: Ints, count: int) -> Floats:
        """Training losses of `count` data steps up to each of some in order, shape (count, places); before the first step, anything."""
        steps = _steps_to(last, count)
        if not steps.size:
            return np.empty(steps.shape)
        if _are_near(steps):
            first = max(int(steps[0, 0]), 1)
            return self.losses(DataStep(first), DataStep(int(last[-1])))[np.maximum(steps - first, 0)]
        steps = np.maximum(steps, 1)
        return self._printed_losses(steps, self._noise_of(_steps_to(last, count)), train_loss(self._law, steps))

    def grad_norms_at(self, data_steps: Ints) -> Floats:
        """Gradient norms of some data steps in order, as if no gradient overflowed; same shape."""
        if not data_steps.size:
            return np.empty(0)
        if _are_near(data_steps[np.newaxis]):
            first, last = int(data_steps[0]), int(data_steps[-1])
            return self._grad_norms_of(np.arange(first, last + 1, dtype=np.int64))[data_steps - first]
        own = _windows(self._norm_noise, data_steps, CARRIED_STEPS + 1)
        before = _steps_to(data_steps, CARRIED_STEPS + 1)
        z = sqrt(1.0 - LOSS_SHARE**2) * normal_quantile(own)
        z += np.where(before < 0, 0.0, LOSS_SHARE * self._noise_of(before))
        spikes = _windows(self._norm_spikes, data_steps, len(SPIKE_ECHOES) + 1)
        expected = train_loss(self._law, data_steps)
        return self._norms(data_steps, carried(z)[0], spike_factors(spikes)[0], expected)

    def _noise_of(self, steps: Ints) -> Floats:
        """`_loss_noise` of steps that follow each other along the first axis, same shape; before step 0, anything."""
        drawn = normal_quantile(_windows(self._batch_noise, np.maximum(steps[0], 0), len(steps)))
        early = np.minimum(steps[0], 0)
        if early.any():  # a window that begins before the first draw: the draws are those of its later steps
            rows = np.maximum(np.arange(len(steps), dtype=np.int64)[:, np.newaxis] + early, 0)
            drawn = drawn[rows, np.arange(drawn.shape[1], dtype=np.int64)]
        return self._of_unit_variance(drawn, np.maximum(steps, 0))

    def shaken(self, stretch: Stretch, losses: Floats, data_steps: Ints) -> Floats:
        """What losses of some of a stretch's data steps become under its conditions; any shape."""
        return self._shaken_losses(stretch, losses, data_steps - stretch.shift)

    def shaken_norms(self, stretch: Stretch, norms: Floats, data_steps: Ints) -> Floats:
        """The same of gradient norms."""
        return self._shaken_norms(stretch, norms, data_steps - stretch.shift)

    def expected_losses(self, data_steps: Ints) -> Floats:
        """Training loss without noise at each data step, same shape."""
        return np.asarray(np.round(train_loss(self._law, data_steps), LOSS_DECIMALS), np.float64)

    def mean_loss(self, batches: Ints, after: Executed) -> float | None:
        """Mean training loss of some data steps, in order, as they were when executed step `after` was done; None if one was none."""
        asked = (tuple(batches[[0, -1]].tolist()), len(batches), after)
        if asked not in self._means:
            self._means[asked] = self._mean_loss(batches, after)
        return self._means[asked]

    def _mean_loss(self, batches: Ints, after: Executed) -> float | None:
        losses = self._losses_when_done(batches, after)
        if np.isnan(losses).any():
            return None
        units = int(np.rint(losses * _UNITS).astype(np.int64).sum())  # whole numbers: the sum is exact everywhere
        return round(units / len(losses)) / _UNITS

    def _losses_when_done(self, batches: Ints, after: Executed) -> Floats:
        """Each as it was in the stretch that did it: what shook an earlier one is not over for its steps that still count."""
        losses, kept, current = self._losses_of(batches), int(batches[-1]), self._timeline.stretch_of(after)
        for stretch in self._timeline.segments_back_from(current.begin_us):
            if isinstance(stretch, Stretch):
                if stretch.shaken and stretch.first_data_step <= kept:
                    own = slice(batches.searchsorted(stretch.first_data_step), batches.searchsorted(kept, side="right"))
                    losses[own] = self._shaken_losses(stretch, losses[own], batches[own] - stretch.shift)
                kept = min(kept, stretch.resumed_after)
            if kept < batches[0]:
                break
        return losses

    def _losses_of(self, batches: Ints) -> Floats:
        """Unshaken, of data steps in order; block by block, so memory stays small."""
        losses = np.empty(len(batches))
        for begin in range(0, len(batches), _BLOCK_STEPS):
            block = batches[begin : begin + _BLOCK_STEPS]
            first, last = DataStep(int(block[0])), DataStep(int(block[-1]))
            losses[begin : begin + _BLOCK_STEPS] = self.losses(first, last)[block - first]
        return losses

    def learning_rates(self, data_steps: Ints) -> Floats:
        """Learning rate of each data step, same shape."""
        return self._rounded(self._relative_rates(data_steps))

    def rates_in(self, stretch: Stretch, data_steps: Ints) -> Floats:
        """The same in a stretch; somebody may have lowered it. Same shape."""
        return self._lowered(stretch, data_steps, self.learning_rates(data_steps))

    def _relative_rates(self, data_steps: Ints) -> Floats:
        return relative_rate(self._plan.schedule, data_steps, self._plan.total_steps, self._batches)

    def _rounded(self, relative_rates: Floats) -> Floats:
        return round_significant(self._plan.schedule.peak_lr * relative_rates)

    def _lowered(self, stretch: Stretch, data_steps: Ints, rates: Floats) -> Floats:
        for lowered in stretch.lowered:
            rates = np.where(data_steps - stretch.shift < lowered.first, rates, rates * lowered.shape.rate)
        return round_significant(rates) if stretch.lowered else rates

    def _grad_norms_of(self, data_step: Ints) -> Floats:
        return self._grad_norms(data_step, self._remembered_noise(data_step), train_loss(self._law, data_step))

    def _grad_norms(self, data_step: Ints, noise: Floats, expected: Floats) -> Floats:
        first, count, echoes = int(data_step[0]), len(data_step), len(SPIKE_ECHOES)
        z = sqrt(1.0 - LOSS_SHARE**2) * self._norm_noise.normals(first, count + CARRIED_STEPS)
        z[-len(noise) :] += LOSS_SHARE * noise
        spikes = spike_factors(self._norm_spikes.uniforms(first, count + echoes))
        return self._norms(data_step, carried(z), spikes, expected)

    def _norms(self, data_step: Ints, z: Floats, spikes: Floats, expected: Floats) -> Floats:
        z, left = with_upper_tail(z, TAIL), nats_left_at(self._law, expected)
        norms = grad_norm_level(self._law, data_step, left) * np.exp(grad_norm_cv(left) * z)
        norms *= spikes
        return np.asarray(np.round(norms, GRAD_NORM_DECIMALS), np.float64)

    def overflows(self, stretch: Stretch, data_step: Ints) -> NDArray[np.bool_]:
        """Which of some data steps the optimizer skipped, as the model of a stretch has met them."""
        return self._loss_scale(stretch, data_step)[1]

    def _loss_scale(self, stretch: Stretch, data_step: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        if self._plan.precision == "fp16":
            return loss_scale(self._plan.data_seed, scaler_of(self._plan), data_step, stretch.storms)
        return np.ones_like(data_step), np.zeros(len(data_step), np.bool_)

    def _eta_us(self, data_step: Ints) -> Ints:
        """Time that the rest of the training is expected to take: the mean step, shards to read, periodic work still due."""
        last, shards = self._timeline.total_steps, self._timeline.shards
        before = DataStep(int(data_step[0]) - 1), DataStep(int(data_step[-1]) - 1)
        eta: Ints = np.rint(self._full_steps_left(data_step) * (self._figures.step_seconds * 1e6)).astype(np.int64)
        eta += shards.total_us(last) - shards.totals_us(data_step)
        for work in (self._timeline.validation, self._timeline.checkpoint):
            eta += work.total_us(last) - work.totals_along_us(*before)
        return eta

    def _full_steps_left(self, data_step: Ints) -> Ints | Floats:
        """How many steps with the full batch take as long as those after each step."""
        left, full = self._timeline.total_steps - data_step, self._figures.step_seconds
        if not self._plateaus or data_step[0] >= self._batches.ramp_steps:
            return left
        less = np.zeros(data_step.shape)
        for plateau in self._plateaus:
            less += np.minimum(np.maximum(plateau.last - data_step, 0), plateau.steps) * (
                1.0 - plateau.step_seconds / full
            )
        return left - less

    def _memory_bytes(self, step: Ints) -> Ints:
        """Allocated bytes: constant for a dense model, as in real logs; with experts it follows the routing, block by block."""
        memory = np.full_like(step, self._figures.memory.total_bytes)
        if self._plan.model.moe is not None:
            routed = _MOE_MEMORY_SHARE * self._figures.memory.activation_bytes
            blocks = self._memory_noise.uniforms(int(step[0]), len(step)) * (routed / _ALLOCATOR_BLOCK_BYTES)
            memory -= np.floor(blocks).astype(np.int64) * _ALLOCATOR_BLOCK_BYTES
        return memory


def _steps_to(last: Ints, count: int) -> Ints:
    """So many steps up to each of some, shape (count, places)."""
    steps: Ints = last - np.arange(count - 1, -1, -1, dtype=np.int64)[:, np.newaxis]
    return steps


def _are_near(steps: Ints) -> bool:
    """Whether so few lie between the steps of places in order that all are drawn as quickly."""
    between = int(steps[-1, -1]) - int(steps[0, 0])
    return between < _SPARSE_STEPS * int(steps.shape[1])


def _windows(stream: Stream, starts: Ints, count: int) -> Floats:
    """So many uniforms from each start on, shape (count, places)."""
    return np.array([stream.uniforms(start, count) for start in starts.tolist()]).T
