"""What became of a request: the parts of the plan in its terms."""

from collections.abc import Callable
from typing import Any

from pysim.physics.axes import TENSOR, read_layout, read_split, written, written_split
from pysim.physics.pipeline import stage_layers
from pysim.physics.ramps import read_ramp, written_ramp
from pysim.physics.states import grad_precision, param_precision
from pysim.physics.workload import Parallelism
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.problem import Change
from pysim.pretraining.planning.request import Request


def plan_value(plan: Plan, field: str) -> Any:  # noqa: ANN401 - the field says of which type
    """What would have to be asked for to get this part of the plan."""
    return _VALUES[field](plan)


def changed(request: Request, plan: Plan) -> Change:
    """What was asked for and could not be had to the last digit, with what it became."""
    outcome = {field: plan_value(plan, field) for field in request.given if field in _VALUES}
    return {
        field: value for field, value in outcome.items() if _plain(field, value) != _plain(field, request.given[field])
    }


def _plain(field: str, value: Any) -> Any:  # noqa: ANN401 - of any field
    """A value however it is written: names in lower case, layouts without the axes that divide nothing, splits stage by stage."""
    if not isinstance(value, str) or not value:
        return value
    if field == "batch_ramp":
        return read_ramp(value)
    if value[0].isdigit():
        return read_split(value)
    if "=" not in value:
        return value.lower()
    return {axis: degree for axis, degree in read_layout(value).items() if degree > 1}


def _layout(parallel: Parallelism) -> str:
    """A layout without the axes that divide nothing."""
    return written({axis: degree for axis, degree in parallel.degrees.items() if degree > 1 or axis is TENSOR})


_VALUES: dict[str, Callable[[Plan], Any]] = {
    "model": lambda plan: plan.model.name,
    "accelerator": lambda plan: plan.accelerator.name,
    "gpus": lambda plan: plan.world_size,
    "dataset": lambda plan: plan.dataset.name,
    "precision": lambda plan: plan.precision,
    "parallel": lambda plan: _layout(plan.parallel),
    "pipeline_split": lambda plan: written_split(stage_layers(plan)),
    "sharding": lambda plan: plan.sharding,
    "seq_length": lambda plan: plan.sequence_length,
    "micro_batch": lambda plan: plan.micro_batch_size,
    "recompute": lambda plan: plan.recompute,
    "param_precision": param_precision,
    "grad_precision": grad_precision,
    "optimizer_precision": lambda plan: plan.optimizer_precision,
    "cross_entropy": lambda plan: plan.cross_entropy,
    "batch_tokens": lambda plan: plan.tokens_per_step,
    "batch_ramp": lambda plan: written_ramp(plan.batch_ramp),
    "tokens": lambda plan: plan.tokens,
    "epochs": lambda plan: plan.epochs,
    "schedule": lambda plan: plan.schedule.kind,
    "loss_curve": lambda plan: plan.loss_curve,
}
PARTS = tuple(_VALUES)
"""Fields of a request that say what is trained on what, and how."""
