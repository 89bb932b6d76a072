"""Dynamic loss scaling of FP16 runs, in closed form.

After 1,000 clean steps the scale doubles; gradients then overflow within a couple of hundred steps, the step is skipped and
the scale halves (the rule of Megatron-LM and DeepSpeed, whose initial scale of 2**16 is used). A healthy run swings between
two neighbouring scales like this for days, so the pattern repeats with a fixed period and a drawn delay. In a storm the scale
halves at step after step; then it climbs back, a thousand clean steps for each doubling, and swings again.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pysim.story.noise import Stream

Steps = NDArray[np.int64]

INITIAL_SCALE = 2**16
_WINDOW = 1000  # clean steps before the scale doubles
_MAX_DELAY = 200  # steps from doubling to overflow
_PERIOD = _WINDOW + _MAX_DELAY
_KEPT = 64  # histories of storms, one for each stretch that is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """From a data step on the gradients of so many steps overflow, whatever the scale."""

    first: int
    skipped: int

    @property
    def over(self) -> int:
        """The first clean step."""
        return self.first + self.skipped


def loss_scale(seed: int, data_steps: Steps, storms: tuple[Storm, ...] = ()) -> tuple[Steps, NDArray[np.bool_]]:
    """The scale that each data step's backward pass uses, and whether its gradients overflow; both of the shape of `data_steps`.

    Storms are those that the model has met, in order.
    """
    scale, overflow = _swinging(Stream(seed, "loss-scale"), data_steps)
    for storm, top in _met(seed, tuple(storm for storm in storms if storm.first <= data_steps.max(initial=0))):
        since = data_steps - storm.first
        scale_after, overflow_after = _after(seed, storm, top, data_steps)
        scale = np.where(since < 0, scale, scale_after)
        overflow = np.where(since < 0, overflow, overflow_after)
    return scale, overflow


@lru_cache(_KEPT)
def _met(seed: int, storms: tuple[Storm, ...]) -> tuple[tuple[Storm, int], ...]:
    """Each storm that does not begin within another, and the scale at its first step."""
    met: list[tuple[Storm, int]] = []
    for storm in storms:
        first = np.array([storm.first])
        if not met:
            met.append((storm, int(_swinging(Stream(seed, "loss-scale"), first)[0][0])))
        elif storm.first >= met[-1][0].over:
            met.append((storm, int(_after(seed, *met[-1], first)[0][0])))
    return tuple(met)


def _after(seed: int, storm: Storm, top: int, data_steps: Steps) -> tuple[Steps, NDArray[np.bool_]]:
    """What a storm that begins at scale `top` leads to, from its beginning on."""
    bottom = int(_halved(top, np.array(storm.skipped)))
    climbing = _WINDOW * (INITIAL_SCALE // bottom).bit_length() - _WINDOW  # clean steps until it swings again
    clean = data_steps - storm.over
    swinging, overflow = _swinging(Stream(seed, f"loss-scale-{storm.first}"), clean - climbing + 1)
    climbed = bottom << np.minimum(np.maximum(clean, 0), climbing) // _WINDOW
    falling = _halved(top, np.maximum(data_steps - storm.first, 0))
    scale = np.where(clean < 0, falling, np.where(clean < climbing, climbed, swinging))
    return scale, np.where(clean < 0, data_steps >= storm.first, (clean >= climbing) & overflow)


def _halved(scale: int, times: Steps) -> Steps:
    """A scale after so many overflows in a row; 1 is the least."""
    halved: Steps = np.maximum(scale >> np.minimum(times, INITIAL_SCALE.bit_length()), 1)
    return halved


def _swinging(stream: Stream, steps: Steps) -> tuple[Steps, NDArray[np.bool_]]:
    """The scale at each step, from 1, of a run that has just begun, and whether its gradients overflow."""
    cycle = np.maximum((steps - _WINDOW) // _PERIOD, 0)
    cycle = np.where(steps > _overflow_step(stream, cycle), cycle + 1, cycle)
    overflow = _overflow_step(stream, cycle)
    doubled = np.where(cycle == 0, _WINDOW, _overflow_step(stream, np.maximum(cycle - 1, 0)) + _WINDOW)
    scale = np.where(steps > doubled, 2 * INITIAL_SCALE, INITIAL_SCALE)
    return scale, steps == overflow


def _overflow_step(stream: Stream, cycle: Steps) -> Steps:
    delay = 1 + np.floor(stream.spread(cycle) * (_MAX_DELAY - 1)).astype(np.int64)
    step: Steps = _WINDOW + cycle * _PERIOD + delay
    return step
