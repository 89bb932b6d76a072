"""Means over runs of steps, as a trainer with a log interval prints them.

What is averaged are the values as they are printed, as whole numbers of their last decimal: sums are exact, and the same everywhere.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.steps import GRAD_NORM_DECIMALS, LOSS_DECIMALS, StepColumns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Means:
    """Of intervals of rows in order that begin at `begins` and end before `ends`, shape (intervals,); NaN where there is none.

    Each is worked out when it is asked for.
    """

    def __init__(self, columns: StepColumns, begins: Ints, ends: Ints) -> None:
        self._columns, self._begins, self._ends = columns, begins, ends

    def _sums(self, values: Ints) -> Ints:
        totals: Ints = np.concatenate([np.zeros(1, np.int64), values.cumsum()])
        return totals[self._ends] - totals[self._begins]

    @cached_property
    def steps(self) -> Ints:
        """How many."""
        counts: Ints = self._ends - self._begins
        return counts

    @cached_property
    def duration_us(self) -> Ints:
        """Of all steps together."""
        return self._sums(self._columns.duration_us)

    @cached_property
    def loss(self) -> Floats:
        """Of all of them."""
        return _mean(
            self._sums(_units(self._columns.loss, LOSS_DECIMALS)), self.steps, self._are_numbers, LOSS_DECIMALS
        )

    @cached_property
    def grad_norm(self) -> Floats:
        """Of the steps that have one."""
        norms = self._columns.grad_norm
        return self._mean_where(~np.isnan(norms), norms, GRAD_NORM_DECIMALS)

    @cached_property
    def skipped(self) -> Ints:
        """Of the steps, how many the optimizer skipped."""
        return self._sums(self._columns.overflow.astype(np.int64))

    @cached_property
    def lost(self) -> Ints:
        """How many have a loss that is not a number."""
        return self._sums(np.isnan(self._columns.loss).astype(np.int64))

    @cached_property
    def applied_loss(self) -> Floats:
        """Of the steps that were not skipped."""
        return self._mean_where(~self._columns.overflow, self._columns.loss, LOSS_DECIMALS)

    def _mean_where(self, which: NDArray[np.bool_], values: Floats, decimals: int) -> Floats:
        """Of some of the steps; NaN where these are none."""
        counted = self._sums(which.astype(np.int64))
        units = self._sums(_units(np.where(which, values, 0.0), decimals))
        return _mean(units, counted, self._are_numbers & (counted > 0), decimals)

    @property
    def _are_numbers(self) -> NDArray[np.bool_]:
        are_numbers: NDArray[np.bool_] = self.lost == 0
        return are_numbers


def _units(values: Floats, decimals: int) -> Ints:
    """Whole numbers of the last decimal, 0 for what is none."""
    return np.rint(np.where(np.isnan(values), 0.0, values) * 10.0**decimals).astype(np.int64)


def _mean(units: Ints, counts: Ints, is_number: NDArray[np.bool_], decimals: int) -> Floats:
    rounded = np.rint(units / np.maximum(counts, 1)) / 10.0**decimals
    return np.where(is_number, rounded, np.nan)
