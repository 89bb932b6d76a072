"""How often a job is interrupted, what that leaves of its time, how often to save against it, and how long a repair takes.

A job needs all of its accelerators, so hazards add: n accelerators fail n times as often as one. Machines fail more often while they
are new, and settle exponentially. Failures also come in bursts and return to the same machines; that is a matter of drawing
them, and leaves these means as they are. Times are in days where they are a cluster's, in seconds where they are a job's.
"""

from collections.abc import Sequence
from math import exp, expm1, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import Infancy

Floats = NDArray[np.float64]
SECONDS_PER_DAY = 86_400.0


def infancy_factor(age_days: float, infancy: Infancy) -> float:
    """What the settled hazard is multiplied by at an age: 1 in the end."""
    return 1.0 + (infancy.factor - 1.0) * exp(-age_days / infancy.decay_days)


def aged_days(begin_days: float, end_days: float, infancy: Infancy) -> float:
    """The days between two ages, each counted as many times as the hazard exceeds the settled one on it."""
    decay_days = infancy.decay_days
    faded = exp(-begin_days / decay_days) * -expm1((begin_days - end_days) / decay_days)
    return end_days - begin_days + (infancy.factor - 1.0) * decay_days * faded


def aged_by_day(first_day: int, days: int, infancy: Infancy) -> list[float]:
    """`aged_days` of each of some days in a row."""
    decay_days = infancy.decay_days
    excess_days, in_a_day = (infancy.factor - 1.0) * decay_days, -expm1(-1.0 / decay_days)
    return [1.0 + excess_days * (exp(-day / decay_days) * in_a_day) for day in range(first_day, first_day + days)]


def settled_rate(observed_rate: float, observed_days: float, infancy: Infancy) -> float:
    """The rate that a hazard settles to which came to a mean of `observed_rate` in its first `observed_days`."""
    return observed_rate * observed_days / aged_days(0.0, observed_days, infancy)


def expected_failures(
    accelerators: int, settled_per_accelerator_day: float, begin_days: float, end_days: float, infancy: Infancy
) -> float:
    """Failures that `accelerators` have between two ages, on average."""
    return accelerators * settled_per_accelerator_day * aged_days(begin_days, end_days, infancy)


def mean_seconds_between_failures(failures_per_day: float) -> float:
    """Seconds from one failure to the next, on average; infinite where nothing fails."""
    return SECONDS_PER_DAY / failures_per_day if failures_per_day else inf


def youngs_interval_seconds(write_seconds: float, between_failures_seconds: float) -> float:
    """Seconds of work between checkpoints that lose the least, where a checkpoint is written much faster than failures come.

    Young 1974, "A first order approximation to the optimum checkpoint interval", Communications of the ACM 17(9).
    """
    return sqrt(2.0 * write_seconds * between_failures_seconds)


def checkpoint_interval_seconds(write_seconds: float, between_failures_seconds: float) -> float:
    """The same for frequent failures; infinite where nothing fails.

    Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart dumps", Future Generation Computer
    Systems 22(3), equation 37.
    """
    if between_failures_seconds == inf:
        return inf
    if write_seconds >= 2.0 * between_failures_seconds:
        return between_failures_seconds
    share = write_seconds / (2.0 * between_failures_seconds)
    young = youngs_interval_seconds(write_seconds, between_failures_seconds)
    return young * (1.0 + sqrt(share) / 3.0 + share / 9.0) - write_seconds


def effective_time_ratio(
    failures_per_day: float, restart_seconds: float, interval_seconds: float, write_seconds: float
) -> float:
    """Share of a job's time in which it gets on, 0 to 1: each failure costs a restart and half an interval, each interval a checkpoint.

    The expectation of arXiv 2410.21680 (Meta's research clusters), section on effective training time.
    """
    lost_seconds = failures_per_day * (restart_seconds + interval_seconds / 2.0)
    return max(1.0 - lost_seconds / SECONDS_PER_DAY, 0.0) / (1.0 + write_seconds / interval_seconds)


def repair_hours(shares: Floats | float, quantiles: Sequence[tuple[float, float]]) -> Floats:
    """Hours that nodes are away, where such shares (0..1) of all repairs are shorter; same shape.

    `quantiles` are pairs of such a share and its hours, rising from 0 to 1; between them the logarithm of the hours is linear.
    """
    known, hours = np.array(quantiles).T
    above = np.minimum(np.maximum(np.searchsorted(known, shares, side="right"), 1), len(known) - 1)
    low, shorter, high, longer = known[above - 1], hours[above - 1], known[above], hours[above]
    away: Floats = shorter * np.exp(np.log(longer / shorter) * (shares - low) / (high - low))
    return away
