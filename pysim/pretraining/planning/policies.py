"""What the operators decide: how often things go wrong, how often the run is saved against it, how many machines wait, what is logged.

None of it changes what is trained or the luck that it meets, so two policies can be compared on the same luck.
"""

from dataclasses import replace
from math import ceil, inf

from pysim.physics.failures import SECONDS_PER_DAY
from pysim.pretraining.figures import figures
from pysim.pretraining.hazard import failures_of
from pysim.pretraining.looking import SELDOM
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.intervals import round_steps
from pysim.pretraining.planning.limits import MOST_FAILURES
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.request import AUTO, Request
from pysim.story.rounding import significant

_SPARE_SHARE, _FEWEST_SPARES = (
    0.04,
    2,
)  # of the nodes, where there is more than one [M: BLOOM had 4 for 48, OPT 4 for 124]
PUBLISHED = 1.0
_LEAST_GOODPUT = 0.1  # below which a run would not get anywhere


def with_policies(plan: Plan, request: Request) -> Plan:
    """The plan with what is decided for it. Things go wrong as often as published, if nobody says how often.

    Raises:
        PlanError: if so much is asked to go wrong that the run would get nowhere.
    """
    decided = replace(
        plan,
        incident_factor=float(request.incidents or 0.0),
        spares=plan.spares or usual_spares(plan) if request.spares is None else request.spares,
        grid_interval=_grid_interval(plan, request),
        watchdog_seconds=plan.watchdog_seconds if request.watchdog is None else max(round(request.watchdog), 1),
    )
    if request.incidents is None:
        return _as_published(decided, request)
    return _checked(_saving(decided, request))


def _as_published(plan: Plan, request: Request) -> Plan:
    """Nothing goes wrong on a single machine, and where a run would get nowhere: nobody has asked for that."""
    published = _saving(replace(plan, incident_factor=PUBLISHED if plan.nodes > 1 else 0.0), request)
    return published if _is_bearable(published) else _saving(plan, request)


def usual_spares(plan: Plan) -> int:
    """Machines that wait where nobody says how many; none beside a single one."""
    return ceil(_SPARE_SHARE * plan.nodes) + _FEWEST_SPARES if plan.nodes > 1 else 0


def _grid_interval(plan: Plan, request: Request) -> int:
    """Steps between two looks at every accelerator; 0 leaves them to what they fill of the log."""
    every = request.grid_every
    if every is None:
        return plan.grid_interval
    return SELDOM if every == AUTO else int(every)


def _saving(plan: Plan, request: Request) -> Plan:
    return replace(plan, checkpoint_interval=_checkpoint_interval(plan, request))


def _checkpoint_interval(plan: Plan, request: Request) -> int:
    """Steps between two checkpoints, at most as many as the run has."""
    every = request.checkpoint_every
    if every is None:
        return plan.checkpoint_interval
    if every.isdecimal():
        return min(int(every), plan.total_steps)
    f = figures(plan)
    seconds = (
        failures_of(plan).interval_seconds(f.checkpoint_seconds) if every == AUTO else float(every.removesuffix("s"))
    )
    if seconds == inf:
        return plan.checkpoint_interval
    steps = max(seconds / f.step_seconds, 1.0)
    return min(round_steps(steps) if every == AUTO else round(steps), plan.total_steps)


def _checked(plan: Plan) -> Plan:
    if not _gets_on(plan):
        raise _too_often(plan, "lets this run get nowhere")
    expected = _failures(plan)
    if expected > MOST_FAILURES:
        problem = f"makes {expected:,.0f} failures, and {MOST_FAILURES:,} are the most"
        raise _too_often(plan, problem)
    return plan


def _failures(plan: Plan) -> float:
    """How many are expected."""
    if not plan.incident_factor:
        return 0.0
    return failures_of(plan).per_day * figures(plan).training_seconds / SECONDS_PER_DAY


def _too_often(plan: Plan, problem: str) -> PlanError:
    """With the first of its halves that is bearable."""
    bearable = significant(plan.incident_factor / 2.0, 2)
    while not _is_bearable(replace(plan, incident_factor=bearable)):
        bearable = significant(bearable / 2.0, 2)
    field, value = "incidents", f"{plan.incident_factor:g}"
    return PlanError(field, value, problem, change={field: bearable})


def _is_bearable(plan: Plan) -> bool:
    return _gets_on(plan) and _failures(plan) <= MOST_FAILURES


def _gets_on(plan: Plan) -> bool:
    if not plan.incident_factor:
        return True
    f = figures(plan)
    interval_seconds = plan.checkpoint_interval * f.step_seconds
    return failures_of(plan).goodput(interval_seconds, f.checkpoint_seconds) >= _LEAST_GOODPUT
