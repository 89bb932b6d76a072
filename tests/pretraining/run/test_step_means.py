"""Means over runs of steps."""

import numpy as np
from plans import TINY

from pysim.pretraining.run.means import Means
from pysim.pretraining.run.run import simulate
from pysim.pretraining.run.steps import StepColumns
from pysim.story.steps import Executed

COLUMNS = simulate(TINY).steps.columns(Executed(1), Executed(6))
BEGINS, ENDS = np.array([0, 2, 4], np.int64), np.array([2, 4, 6], np.int64)


def means_of(loss: list[float], grad_norm: list[float]) -> Means:
    columns = StepColumns(
        {
            "duration_us": lambda: COLUMNS.duration_us,
            "loss": lambda: np.array(loss),
            "grad_norm": lambda: np.array(grad_norm),
            "overflow": lambda: COLUMNS.overflow,
        }
    )
    return Means(columns, BEGINS, ENDS)


def test_they_are_of_the_values_as_they_are_printed() -> None:
    found = means_of([2.0001, 2.0002, 3.0, 3.0002, 1.0, 1.0], [0.1, 0.3, 0.001, 0.002, 1.0, 2.0])
    assert found.loss.tolist() == [2.0002, 3.0001, 1.0], "half of the last decimal goes to the even one"
    assert found.grad_norm.tolist() == [0.2, 0.002, 1.5]
    assert found.steps.tolist() == [2, 2, 2]
    assert found.duration_us.tolist() == COLUMNS.duration_us.reshape(3, 2).sum(axis=1).tolist()


def test_norms_that_overflowed_are_left_out() -> None:
    found = means_of([1.0] * 6, [0.5, np.nan, np.nan, np.nan, 1.0, 2.0])
    assert found.grad_norm[[0, 2]].tolist() == [0.5, 1.5]
    assert np.isnan(found.grad_norm[1])
    assert found.loss.tolist() == [1.0] * 3


def test_a_loss_that_is_none_leaves_neither() -> None:
    found = means_of([1.0, np.nan, 1.0, 1.0, 1.0, 1.0], [0.5, 0.5, 0.5, 0.5, 0.5, np.nan])
    assert np.isnan(found.loss).tolist() == np.isnan(found.grad_norm).tolist() == [True, False, False]


def test_of_no_interval_there_are_none() -> None:
    nothing = np.zeros(0, np.int64)
    assert len(Means(COLUMNS, nothing, nothing).loss) == 0
