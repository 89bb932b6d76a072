"""What a run is weighed by against another one: its numbers up to a moment, and how it got on over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A run in numbers, from launch up to a moment; at its end they are those that it closes with. None: not yet."""

    time_us: int  # the end at most
    is_over: bool
    step: int  # the last batch that the model has seen
    goodput: float  # productive time over all time, up to the end of training
    stops: int  # how often the job went down
    steps_redone: int
    train_loss: float | None  # mean of the last steps, at most 100; NaN where it is not a number
    validation_loss: float | None  # the last one
    energy_kwh: float  # accelerators only
    usd: float  # their rent


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a run got on at some times; columns of shape (times,)."""

    step: Ints  # the last completed one
    loss: Floats  # mean of the last few steps; NaN where there is none
