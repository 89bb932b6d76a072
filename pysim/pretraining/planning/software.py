"""Which software a run has: of which year, with whose attention kernel, and how its kernels are launched.

What is not asked for follows from the year, and that from the preset or from the run's start.
"""

from dataclasses import replace

from pysim.physics.software import (
    attention_problem,
    is_compiled_only,
    usual_attention_kernel,
    usual_execution,
)
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.reading import word
from pysim.pretraining.planning.request import Request

_SECONDS_PER_YEAR = 31_556_952  # of the Gregorian calendar, on average
_EPOCH = 1970


def with_software(plan: Plan, request: Request) -> Plan:
    """The plan with the software that is asked for.

    Raises:
        PlanError: if that does not exist, or does not run on the accelerator.
    """
    year = word(request, "software_year")
    usual = usual_software(plan, int(year)) if year else plan
    chosen = replace(
        usual,
        attention_kernel=word(request, "attention_kernel") or usual.attention_kernel,
        execution=word(request, "execution") or usual.execution,
    )
    _check(chosen)
    return chosen


def usual_software(plan: Plan, year: int = 0) -> Plan:
    """The plan with what the usual frameworks of that year have, or of the year in which it starts."""
    year = year or _EPOCH + plan.start_time // _SECONDS_PER_YEAR
    return replace(
        plan,
        software_year=year,
        attention_kernel=usual_attention_kernel(plan, year),
        execution=usual_execution(plan, year),
    )


def _check(plan: Plan) -> None:
    problem = attention_problem(plan.accelerator, plan.attention_kernel)
    if problem:
        field = "attention_kernel"
        usual = usual_attention_kernel(plan, plan.software_year)
        raise PlanError(field, plan.attention_kernel, problem, change={field: usual})
    if is_compiled_only(plan.accelerator) and plan.execution != "compiled":
        field = "execution"
        raise PlanError(field, plan.execution, "is not how TPUs work", change={field: "compiled"})
