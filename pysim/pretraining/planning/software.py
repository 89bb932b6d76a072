"""Which software a run has: of which year, with whose attention kernel, and how its kernels are launched.

What is not asked for follows from the year, and that from the preset or from the run's start.
"""

from dataclasses import replace

from pysim.physics.software import (
    attention_problem,
    is_compiled_only,
    usual_attention_kernel,
)
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.reading import word
from pysim.pretraining.planning.request import Request
from pysim.pretraining.planning.usual_software import usual_software


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


def _check(plan: Plan) -> None:
    problem = attention_problem(plan.accelerator, plan.attention_kernel)
    if problem:
        field = "attention_kernel"
        usual = usual_attention_kernel(plan, plan.software_year)
        raise PlanError(field, plan.attention_kernel, problem, change={field: usual})
    if is_compiled_only(plan.accelerator) and plan.execution != "compiled":
        field = "execution"
        raise PlanError(field, plan.execution, "is not how TPUs work", change={field: "compiled"})
