"""Which software a plan has where nobody asks for any: what its frameworks usually had in that year."""

from dataclasses import replace

from pysim.physics.software import usual_attention_kernel, usual_execution
from pysim.pretraining.plan import Plan

_SECONDS_PER_YEAR = 31_556_952  # of the Gregorian calendar, on average
_EPOCH = 1970


def usual_software(plan: Plan, year: int = 0) -> Plan:
    """The plan with what the usual frameworks of that year have, or of the year in which it starts."""
    year = year or _EPOCH + plan.start_time // _SECONDS_PER_YEAR
    return replace(
        plan,
        software_year=year,
        attention_kernel=usual_attention_kernel(plan, year),
        execution=usual_execution(plan, year),
    )
