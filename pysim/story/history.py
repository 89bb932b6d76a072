"""What became of a run's steps so far: the columns of charts. And how the run goes at a moment."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

State = Literal["starting", "healthy", "degraded", "recovering", "down", "exporting", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A window of steps as the run has them at a moment: of a step that was done again, the last time counts.

    Columns of shape (points,), one for the steps after one edge up to the next; NaN, 0 or False where nothing is known. Losses and
    gradient norms are those of the last few steps of a column, and not of all: a chart has fewer dots than a run has steps.
    """

    edges: Ints  # shape (points + 1,): steps as they are printed
    reached: int  # the last completed step
    high_water: int  # the highest step that was ever completed
    saved: int  # the step of the last checkpoint that it could go on from; 0 for none
    loss_low: Floats
    loss_high: Floats
    loss_mean: Floats
    loss: Floats  # of the last step
    learning_rate: Floats  # of the last step, as the next
    grad_norm: Floats
    tokens_per_second: Floats  # a mean over all time that passed until the last step was there, lost time included
    validation: Floats  # the last held-out loss
    checkpoints: Ints  # that were saved
    stops: Ints  # how often the job went down
    redone: Flags  # whether steps were done again, or will have to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run goes, as who watches it can see."""

    state: State
    since_us: int
    slower: float = 0.0  # by which share steps take longer than they should
    steps_to_redo: int = 0  # until it is where it was
