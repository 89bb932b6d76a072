"""The shape of the one spike that was published step by step: BLOOM's, of 2022-04-12 (bigscience-workshop/bigscience)."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from pysim.pretraining.injection import Injection
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.run.steps import StepColumns
from pysim.pretraining.story import tell
from pysim.story.steps import Executed
from realism.measures import Check

FIRST, LAST = 31_214, 31_250
NORMS = (0.242, 0.947, 2.390, 15.886, 145.119, 960.351)
HIGHEST_LOSS = 5.098
STEPS_BACK = 31  # from the highest loss to where both are as they were
FACTOR = 2.0
_AS_BEFORE = (1.5, 0.1)  # times the gradient norm, and nats of the loss
_BEFORE, _AFTER = 20, 80  # steps that are read around


def checks() -> list[Check]:
    """Every published point of the spike, within a factor of two."""
    return [*_norms(), *_losses()]


def _norms() -> Iterator[Check]:
    for step, norm in enumerate(NORMS, FIRST):
        yield _within(f"gradient norm at step {step:,}", norm, float(_columns().grad_norm[step - FIRST + _BEFORE]))


def _losses() -> Iterator[Check]:
    columns, peak = _columns(), FIRST + len(NORMS) - 1
    yield _within("highest loss", HIGHEST_LOSS, float(columns.loss.max()))
    yield Check("step of the highest loss", f"{peak:,}", peak, peak, FIRST - _BEFORE + int(columns.loss.argmax()))
    yield _within("steps from there until it is as before", STEPS_BACK, _steps_back(columns))


def _steps_back(columns: StepColumns) -> int:
    """After which no step for a while differs from those before the spike by more than their own noise."""
    norm, loss = np.median(columns.grad_norm[:_BEFORE]), np.median(columns.loss[:_BEFORE])
    high = (columns.grad_norm > _AS_BEFORE[0] * norm) | (columns.loss > loss + _AS_BEFORE[1])
    return int(np.flatnonzero(high)[-1] + 1 - columns.loss.argmax())


def _within(name: str, seen: float, value: float) -> Check:
    return Check(name, f"{seen:g}", float(f"{seen / FACTOR:.4g}"), float(f"{seen * FACTOR:.4g}"), value)


@cache
def _columns() -> StepColumns:
    """The steps around a spike that comes where it came."""
    plan = choose_plan(Request(preset="bloom-176b", incidents=0.0))
    before_us = simulate(plan).timeline.end_of_us(Executed(FIRST - 1)) - 1
    run = tell(plan, [Injection(cause="loss-spike", at_us=before_us)]).run
    return run.steps.columns(Executed(FIRST - _BEFORE), Executed(FIRST + _AFTER))
