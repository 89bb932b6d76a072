"""Fitting the few constants that no source states to the published runs that may be fitted.

What is minimised is the mean distance |ln(predicted / reported)| of the fitted rows, each cut at `CUT`, so that a run that the
model cannot explain does not bend the others. The search is a coordinate descent with halving steps from the constants in the
code: deterministic, without a library. Round what comes out to two digits before it is written down.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from math import log
from types import ModuleType
from typing import Any
from unittest.mock import patch

from pysim.physics import cluster, collectives, kernels
from realism.comparison import bandwidth, speed
from realism.published import published_runs

CUT = 0.3
FIRST_STEP, HALVINGS = 0.2, 6

Constants = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Problem:
    """Constants by module with the reason why each has to be fitted, and what the fitted rows make of them."""

    modules: Mapping[ModuleType, Mapping[str, str]]
    most: Mapping[str, float]  # what a constant cannot exceed
    predictions: Callable[[], Iterator[tuple[float, float]]]  # predicted and reported

    def misfit(self, constants: Constants) -> float:
        """Mean distance with these constants."""
        with ExitStack() as stack:
            for module, reasons in self.modules.items():
                values: dict[str, Any] = {name: constants[name] for name in reasons}
                stack.enter_context(patch.multiple(module, **values))
            distances = [min(CUT, abs(log(predicted / reported))) for predicted, reported in self.predictions()]
        return sum(distances) / len(distances)

    @property
    def reasons(self) -> dict[str, str]:
        """The constants of all modules."""
        return {name: why for reasons in self.modules.values() for name, why in reasons.items()}

    @property
    def written(self) -> dict[str, float]:
        """The constants in the code."""
        return {name: float(getattr(module, name)) for module, reasons in self.modules.items() for name in reasons}

    def neighbours(self, constants: Constants, step: float) -> Iterator[dict[str, float]]:
        """The constants with one of them a step up or down."""
        for name, value in constants.items():
            for factor in (1 + step, 1 / (1 + step)):
                if value * factor <= self.most.get(name, float("inf")):
                    yield {**constants, name: value * factor}


def fitted_speeds() -> Iterator[tuple[float, float]]:
    """Throughput rows that may be fitted."""
    return ((speed(row), row.reported) for row in published_runs().throughput if row.fit)


def fitted_bandwidths() -> Iterator[tuple[float, float]]:
    """All-reduces that may be fitted."""
    return ((bandwidth(row), row.reported) for row in published_runs().collective if row.fit)


STEP_TIME = Problem(
    {
        kernels: {
            "CLOCK_SENSITIVITY": "how much slower matmuls are under a power limit and in real shapes than at best",
            "ELEMENTWISE_BYTES": "how much of norms, activations and copies is fused; a mean over frameworks",
            "COMPILED_BYTES": "the same of compiled programs",
            "ROUTED_BYTES": "how often copies for experts are read and written",
        },
        cluster: {"HIDDEN_SHARDS": "what gathering weights behind compute is worth, after what it takes from it"},
    },
    {"HIDDEN_SHARDS": 1.0},
    fitted_speeds,
)
ALL_REDUCE = Problem(
    {
        collectives: {
            "NODE_RAMP_SECONDS": "what a collective inside a node costs before the first byte",
            "NETWORK_RAMP_SECONDS": "what each doubling of the nodes adds",
            "CHUNK_SECONDS": "how slowly the bandwidth rises with the message",
        }
    },
    {},
    fitted_bandwidths,
)


def report() -> list[str]:
    """The fitted constants beside those in the code."""
    return [line for problem in (STEP_TIME, ALL_REDUCE) for line in _report(problem)]


def fit(problem: Problem) -> dict[str, float]:
    """The best constants."""
    found, step = problem.written, FIRST_STEP
    for _ in range(HALVINGS):
        found = _settle(problem, found, step)
        step /= 2
    return found


def _report(problem: Problem) -> Iterator[str]:
    found, written = fit(problem), problem.written
    for name, why in problem.reasons.items():
        yield f"{name:22} written {written[name]:9.3g}, fitted {found[name]:9.3g}   {why}"
    yield f"mean |ln(predicted/reported)|: {problem.misfit(written):.4f} as written, {problem.misfit(found):.4f} at the best"


def _settle(problem: Problem, found: dict[str, float], step: float) -> dict[str, float]:
    """Go on in steps of this size for as long as one helps."""
    while trial := _better(problem, found, step):
        found = trial
    return found


def _better(problem: Problem, found: dict[str, float], step: float) -> dict[str, float] | None:
    """The first neighbour that is better, if there is one."""
    best = problem.misfit(found)
    return next((trial for trial in problem.neighbours(found, step) if problem.misfit(trial) < best), None)
