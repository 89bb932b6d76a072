"""Means over runs of steps, as a trainer with a log interval prints them.

What is averaged are the values as they are printed, as whole numbers of their last decimal: sums are exact, and the same everywhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.steps import GRAD_NORM_DECIMALS, LOSS_DECIMALS, StepColumns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Means:
    """Of intervals in order, shape (intervals,); NaN where there is none."""

    steps: Ints
    duration_us: Ints  # of all steps together
    loss: Floats
    grad_norm: Floats  # of the steps that have one
    skipped: Ints  # of the steps, those that the optimizer skipped
    lost: Ints  # those whose loss is not a number
    applied_loss: Floats  # of the steps that were not skipped


def means(columns: StepColumns, begins: Ints, ends: Ints) -> Means:
    """Over intervals of rows that begin at `begins` and end before `ends`."""

    def sums(values: Ints) -> Ints:
        totals: Ints = np.concatenate([np.zeros(1, np.int64), values.cumsum()])
        return totals[ends] - totals[begins]

    lost, normed = np.isnan(columns.loss), ~np.isnan(columns.grad_norm)
    applied = ~columns.overflow
    nans = sums(lost.astype(np.int64))
    is_number = nans == 0
    counted = sums(normed.astype(np.int64))
    return Means(
        steps=ends - begins,
        duration_us=sums(columns.duration_us),
        loss=_mean(sums(_units(columns.loss, LOSS_DECIMALS)), ends - begins, is_number, LOSS_DECIMALS),
        grad_norm=_mean(
            sums(_units(columns.grad_norm, GRAD_NORM_DECIMALS)),
            counted,
            is_number & (counted > 0),
            GRAD_NORM_DECIMALS,
        ),
        skipped=sums(columns.overflow.astype(np.int64)),
        lost=nans,
        applied_loss=_mean(
            sums(_units(np.where(applied, columns.loss, 0.0), LOSS_DECIMALS)),
            sums(applied.astype(np.int64)),
            is_number & (sums(applied.astype(np.int64)) > 0),
            LOSS_DECIMALS,
        ),
    )


def _units(values: Floats, decimals: int) -> Ints:
    """Whole numbers of the last decimal, 0 for what is none."""
    return np.rint(np.where(np.isnan(values), 0.0, values) * 10.0**decimals).astype(np.int64)


def _mean(units: Ints, counts: Ints, is_number: NDArray[np.bool_], decimals: int) -> Floats:
    rounded = np.rint(units / np.maximum(counts, 1)) / 10.0**decimals
    return np.where(is_number, rounded, np.nan)
