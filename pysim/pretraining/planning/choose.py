"""From what was asked for to a whole plan.

Where a preset is asked for, it is the start and the rest adapts to what is changed. Where parts of a plan are asked for,
the others are drawn from the seed around them. Where nothing is, it is the default preset. What was asked for always stands; if
it cannot be simulated, the error says what of it can be asked for instead: that has been tried.
"""

from dataclasses import replace

from pysim.catalog import UnknownName, find
from pysim.pretraining.names import named
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.adapting import adapt
from pysim.pretraining.planning.drawing import draw
from pysim.pretraining.planning.policies import with_policies
from pysim.pretraining.planning.presets import DEFAULT_PRESET, DEFAULT_START, Preset, presets
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.reading import read
from pysim.pretraining.planning.request import Request
from pysim.pretraining.planning.software import with_software
from pysim.pretraining.planning.suggesting import refused
from pysim.pretraining.planning.usual_software import usual_software
from pysim.pretraining.planning.validate import validate

__all__ = ["PlanError", "Preset", "Request", "UnknownName", "choose_plan", "draw_plan", "presets"]


def choose_plan(request: Request) -> Plan:
    """The plan that a request leads to.

    Raises:
        UnknownName: if a preset, model, accelerator or dataset is not known.
        PlanError: if the plan cannot be simulated.
    """
    try:
        return _chosen(request)
    except PlanError as error:
        raise refused(request, error, _chosen) from None


def draw_plan(request: Request) -> Plan:
    """A plan whose parts are drawn from the seed, except for what is asked for; `preset` is not looked at.

    Raises:
        UnknownName, PlanError: as `choose_plan`.
    """
    try:
        return _drawn(request)
    except PlanError as error:
        raise refused(request, error, _drawn) from None


def _chosen(request: Request) -> Plan:
    """What is trained on what, and what is decided for it."""
    return with_policies(with_software(_trained(request), request), request)


def _trained(request: Request) -> Plan:
    if request.preset is None and request.changes_plan:
        return _around(request)
    plan = find(presets(), "preset", request.preset or DEFAULT_PRESET).plan(request.seed, request.start)
    if not request.changes_plan:
        validate(plan)
        return plan
    return _checked(_dated(_resoftwared(plan, adapt(plan, read(request))), plan, request))


def _dated(changed: Plan, plan: Plan, request: Request) -> Plan:
    """What was changed so much that it is another run does not start when the published one did, before its parts were there."""
    same = (changed.model, changed.accelerator, changed.dataset) == (plan.model, plan.accelerator, plan.dataset)
    return changed if same or request.start is not None else replace(changed, start_time=DEFAULT_START)


def _resoftwared(preset: Plan, adapted: Plan) -> Plan:
    """The adapted plan with its preset's software, or with what is usual in that year where it is another accelerator or layout."""
    usual = usual_software(adapted, preset.software_year)
    alike = usual_software(preset, preset.software_year)
    same = (usual.attention_kernel, usual.execution) == (alike.attention_kernel, alike.execution)
    return replace(usual, attention_kernel=preset.attention_kernel) if same else usual


def _drawn(request: Request) -> Plan:
    return with_policies(with_software(_around(request), request), request)


def _around(request: Request) -> Plan:
    """What is asked for, with the other parts drawn."""
    return _checked(usual_software(draw(request, read(request))))


def _checked(plan: Plan) -> Plan:
    """The plan under its name, if it can be simulated."""
    validate(plan)
    return named(plan)
