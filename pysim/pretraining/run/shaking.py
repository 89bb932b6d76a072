"""What a cause that shakes the training does to loss and gradient norm, step by step since its beginning."""

from collections.abc import Iterable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import LossShape
from pysim.story.rounding import round_significant

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


_MOST_OVER_UNTRAINED = (
    1.1  # times the loss of a model that has learned nothing: BigScience's 104B went to 1.05 times it
)


def together(factors: Iterable[Floats]) -> Floats:
    """What several causes do at once: as much as the worst of them, 1 where there is none."""
    return reduce(np.maximum, factors, np.ones(()))


def shaken_losses(losses: Floats, factors: Floats, untrained: float) -> Floats:
    """The losses, multiplied; a model that has gone astray knows no less than one that has learned nothing. Same shape."""
    return np.minimum(losses * factors, np.maximum(losses, _MOST_OVER_UNTRAINED * untrained))


def loss_factors(shape: LossShape, since: Ints) -> Floats:
    """What the loss is multiplied by, `since` that many steps; 1 before the beginning, NaN where it is none. Same shape."""
    return _factors(shape, [point.loss_factor for point in shape.points], since)


def grad_norm_factors(shape: LossShape, since: Ints) -> Floats:
    """The same of the gradient norm."""
    return _factors(shape, [point.grad_norm_factor for point in shape.points], since)


def _factors(shape: LossShape, factors: list[float], since: Ints) -> Floats:
    """Between two points the logarithm is linear, after the last one the factor stays."""
    if shape.not_a_number:
        return np.where(since < 0, 1.0, np.nan)
    logarithms = np.interp(since, [point.step for point in shape.points], np.log(factors))
    return np.where(since < 0, 1.0, round_significant(np.exp(logarithms)))
