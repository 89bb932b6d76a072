"""What those who tell what comes before and after a step know of it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pysim.pretraining.plan import Plan
from pysim.pretraining.run.steps import StepColumns
from pysim.story.steps import Executed


class Done(NamedTuple):
    """A step that is done: the little of it that is asked for, so that no column is worked out that a log does not print."""

    end_us: int
    step: int
    epoch: int
    memory_bytes: int
    loss_scale: int

    @property
    def time_seconds(self) -> float:
        """When it ended."""
        return self.end_us / 1e6


def done_of(plan: Plan, columns: StepColumns, steps: Sequence[Executed]) -> list[Done]:
    """Some executed steps of columns."""
    if not steps:
        return []
    rows = columns.rows(np.array(steps, np.int64) - int(columns.step[0]))
    told = (rows.end_us, rows.data_step, plan.epoch_of(rows.data_step), rows.memory_bytes, rows.loss_scale)
    return [Done(*each) for each in zip(*(column.tolist() for column in told), strict=True)]
