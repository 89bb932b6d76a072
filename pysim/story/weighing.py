"""What a run is weighed by against another one: its numbers up to a moment, and how it got on over time."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Tally(Protocol):
    """A run in numbers, from launch up to a moment; at its end they are those that it closes with. None: not yet. Each is found when it is asked for."""

    @property
    def time_us(self) -> int:
        """The moment; the end at most."""

    @property
    def is_over(self) -> bool:
        """Whether that is its end."""

    @property
    def step(self) -> int:
        """The last batch that the model has seen."""

    @property
    def goodput(self) -> float:
        """Productive time over all time, up to the end of training."""

    @property
    def stops(self) -> int:
        """How often the job went down."""

    @property
    def steps_redone(self) -> int:
        """Steps that were given up and done again."""

    @property
    def train_loss(self) -> float | None:
        """The mean of the last steps, at most 100; NaN where it is not a number."""

    @property
    def validation_loss(self) -> float | None:
        """The last one."""

    @property
    def energy_kwh(self) -> float:
        """Of the accelerators only."""

    @property
    def usd(self) -> float:
        """Their rent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a run got on at some times; columns of shape (times,)."""

    step: Ints  # the last completed one
    loss: Floats  # mean of the last few steps; NaN where there is none
