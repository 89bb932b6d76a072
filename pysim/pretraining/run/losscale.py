"""Dynamic loss scaling of FP16 runs, in closed form.

After 1,000 clean steps the scale doubles; gradients then overflow within a couple of hundred steps, the step is skipped and
the scale halves (the rule of Megatron-LM and DeepSpeed, whose initial scale of 2**16 is used). A healthy run swings between
two neighbouring scales like this for days, so the pattern repeats with a fixed period and a drawn delay.
"""

import numpy as np
from numpy.typing import NDArray

from pysim.story.noise import Stream

Steps = NDArray[np.int64]

INITIAL_SCALE = 2**16
_WINDOW = 1000  # clean steps before the scale doubles
_MAX_DELAY = 200  # steps from doubling to overflow
_PERIOD = _WINDOW + _MAX_DELAY


def loss_scale(seed: int, data_steps: Steps) -> tuple[Steps, NDArray[np.bool_]]:
    """The scale that each data step's backward pass uses, and whether its gradients overflow; both of the shape of `data_steps`."""
    stream = Stream(seed, "loss-scale")
    cycle = np.maximum((data_steps - _WINDOW) // _PERIOD, 0)
    cycle = np.where(data_steps > _overflow_step(stream, cycle), cycle + 1, cycle)
    overflow = _overflow_step(stream, cycle)
    doubled = np.where(cycle == 0, _WINDOW, _overflow_step(stream, np.maximum(cycle - 1, 0)) + _WINDOW)
    scale = np.where(data_steps > doubled, 2 * INITIAL_SCALE, INITIAL_SCALE)
    return scale, data_steps == overflow


def _overflow_step(stream: Stream, cycle: Steps) -> Steps:
    delay = 1 + np.floor(stream.spread(cycle) * (_MAX_DELAY - 1)).astype(np.int64)
    step: Steps = _WINDOW + cycle * _PERIOD + delay
    return step
