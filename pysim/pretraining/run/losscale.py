"""Dynamic loss scaling of FP16 runs, in closed form.

A run begins with the scale of its framework. Where that is too large for the gradients of untrained weights, step after step is skipped
and the scale halves until it fits; then it doubles after each window of clean steps. At twice the scale that fits for good,
gradients overflow within a couple of hundred steps, the step is skipped and the scale halves. A healthy run swings between
two neighbouring scales like this for days, so the pattern repeats with a fixed period and a drawn delay. In a storm the scale
halves at step after step; then it climbs back and swings again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.plan import LossScaling, Plan
from pysim.story.noise import Stream

Steps = NDArray[np.int64]

FITTING_SCALE = 2**16  # for good; BigScience's 13B swung there (bigscience, train/tr1-13B-base)
FIRST_FITTING_SCALE = (
    2**10
)  # for untrained weights: a public DeepSpeed log has 6 of its first 10 steps skipped, from 2**16 on
_MAX_DELAY = 200  # steps from doubling to overflow, at most
_KEPT = 64  # histories of storms, one for each stretch that is looked at
_MOST_HALVINGS = 62
_METASEQ_WINDOW = 2**14  # sequences' worth, over replicas and accumulation


@dataclass(frozen=True, slots=True)
class Scaler:
    """A framework's rule: the scale of the first step, and clean steps before it doubles."""

    initial: int
    window: int

    @property
    def period(self) -> int:
        """Steps from one overflow that is due to the next, for the longest delay."""
        return self.window + self.longest_delay

    @property
    def longest_delay(self) -> int:
        """Steps from doubling to overflow; the scale does not double once more before."""
        return min(_MAX_DELAY, self.window // 2)


_SCALERS: Mapping[LossScaling, Scaler] = {
    "megatron": Scaler(2**32, 1000),  # NVIDIA/Megatron-LM, --initial-loss-scale, --loss-scale-window
    "deepspeed": Scaler(2**16, 1000),  # microsoft/DeepSpeed, initial_scale_power, loss_scale_window
    "metaseq": Scaler(
        4, 1000
    ),  # facebookresearch/metaseq, launcher/opt_baselines.py, --fp16-init-scale; window as below
}


def scaler_of(plan: Plan) -> Scaler:
    """The rule of the plan's framework; metaseq's window is shorter the more sequences a step has (as fairseq's)."""
    scaler = _SCALERS[plan.loss_scaling]
    if plan.loss_scaling == "metaseq":
        return Scaler(scaler.initial, max(2, _METASEQ_WINDOW // (plan.data_parallel * plan.accumulation)))
    return scaler


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """From a data step on the gradients of so many steps overflow, whatever the scale."""

    first: int
    skipped: int

    @property
    def over(self) -> int:
        """The first clean step."""
        return self.first + self.skipped


def loss_scale(
    seed: int, scaler: Scaler, data_steps: Steps, storms: tuple[Storm, ...] = ()
) -> tuple[Steps, NDArray[np.bool_]]:
    """The scale that each data step's backward pass uses, and whether its gradients overflow; both of the shape of `data_steps`.

    Storms are those that the model has met, in order.
    """
    scale, overflow = np.ones_like(data_steps), np.zeros(data_steps.shape, np.bool_)
    met = tuple(storm for storm in storms if storm.first <= data_steps.max(initial=0))
    for storm, top in _met(seed, scaler, met):
        since = data_steps - storm.first
        scale_after, overflow_after = _after(seed, scaler, storm, top, data_steps)
        scale = np.where(since < 0, scale, scale_after)
        overflow = np.where(since < 0, overflow, overflow_after)
    return scale, overflow


def first_storm(scaler: Scaler) -> Storm:
    """The first steps: as many as it takes to halve the framework's scale to one that fits are skipped."""
    return Storm(first=1, skipped=max(0, (scaler.initial // FIRST_FITTING_SCALE).bit_length() - 1))


@lru_cache(_KEPT)
def _met(seed: int, scaler: Scaler, storms: tuple[Storm, ...]) -> tuple[tuple[Storm, int], ...]:
    """Each storm that does not begin within another, and the scale at its first step; the start of the run is the first."""
    met = [(first_storm(scaler), scaler.initial)]
    for storm in storms:
        if storm.first >= met[-1][0].over:
            met.append((storm, int(_after(seed, scaler, *met[-1], np.array([storm.first], np.int64))[0][0])))
    return tuple(met)


def _after(seed: int, scaler: Scaler, storm: Storm, top: int, data_steps: Steps) -> tuple[Steps, NDArray[np.bool_]]:
    """What a storm that begins at scale `top` leads to, from its beginning on."""
    bottom, window = int(_halved(top, np.array(storm.skipped, np.int64))), scaler.window
    climbing = window * (FITTING_SCALE // bottom).bit_length() - window  # clean steps until it swings again
    clean = data_steps - storm.over
    stream = Stream(seed, f"loss-scale-{storm.first}")
    swinging, overflow = _swinging(stream, scaler, clean - climbing + 1)
    climbed = bottom << np.minimum(np.maximum(clean, 0), climbing) // window
    falling = _halved(top, np.maximum(data_steps - storm.first, 0))
    scale = np.where(clean < 0, falling, np.where(clean < climbing, climbed, swinging))
    return scale, np.where(clean < 0, data_steps >= storm.first, (clean >= climbing) & overflow)


def _halved(scale: int, times: Steps) -> Steps:
    """A scale after so many overflows in a row; 1 is the least."""
    halved: Steps = np.maximum(scale >> np.minimum(times, _MOST_HALVINGS), 1)
    return halved


def _swinging(stream: Stream, scaler: Scaler, steps: Steps) -> tuple[Steps, NDArray[np.bool_]]:
    """The scale at each step, from 1, of a run that has just come to the scale that fits, and whether its gradients overflow."""
    window = scaler.window
    cycle = np.maximum((steps - window) // scaler.period, 0)
    cycle = np.where(steps > _overflow_step(stream, scaler, cycle), cycle + 1, cycle)
    overflow = _overflow_step(stream, scaler, cycle)
    before = _overflow_step(stream, scaler, np.maximum(cycle - 1, 0))
    doubled = np.where(cycle == 0, window, before + window)
    scale = np.where(steps > doubled, 2 * FITTING_SCALE, FITTING_SCALE)
    return scale, steps == overflow


def _overflow_step(stream: Stream, scaler: Scaler, cycle: Steps) -> Steps:
    delay = 1 + np.floor(stream.spread(cycle) * (scaler.longest_delay - 1)).astype(np.int64)
    step: Steps = scaler.window + cycle * scaler.period + delay
    return step
