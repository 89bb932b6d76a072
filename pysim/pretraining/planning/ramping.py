"""A ramp of the batch beside everything else of a plan: what it must fulfil, and the nearest one that does."""

from dataclasses import replace

from pysim.physics.batches import batches_of
from pysim.physics.ramps import NO_RAMP, OFF, BatchRamp, written_ramp
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.limits import MOST_INCREMENTS
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.reading import Asked

_LARGEST_SHARE = 4  # a ramp that has to be cut lasts a quarter of the first pass over the data


def with_ramp(plan: Plan, asked: Asked, usual: BatchRamp | None = None) -> Plan:
    """The plan with the ramp that is asked for, or with its preset's, as near to that as the rest allows.

    Raises:
        PlanError: if what is asked for does not go with the plan.
    """
    if asked.batch_ramp is None:
        return replace(plan, batch_ramp=nearest(plan, usual) if usual else None)
    ramped = replace(plan, batch_ramp=None if asked.batch_ramp == NO_RAMP else asked.batch_ramp)
    problem = shape_problem(ramped) or division_problem(ramped) or length_problem(ramped)
    if problem:
        raise problem
    return ramped


def nearest(plan: Plan, ramp: BatchRamp) -> BatchRamp | None:
    """The ramp that is nearest to another and goes with the plan; None where none does."""
    unit, full, sequences = _unit(plan), plan.global_batch_size, _epoch_sequences(plan)
    if full % unit or full <= unit:
        return None
    first = min(max(round(ramp.first / unit), 1) * unit, full - unit)
    rest = (full - first) // unit
    possible = [parts for parts in range(1, min(rest, MOST_INCREMENTS) + 1) if rest % parts == 0]
    increment = min((rest // parts * unit for parts in possible), key=lambda each: abs(each - ramp.increment))
    for lasts in (ramp.sequences, sequences // _LARGEST_SHARE):
        found = BatchRamp(first, increment, lasts)
        if lasts and batches_of(full, found).ramp_sequences < sequences:
            return found
    return None


def shape_problem(plan: Plan) -> PlanError | None:
    """Whether a ramp leads from its first batch to the full one."""
    ramp, full = plan.batch_ramp, plan.global_batch_size
    if ramp is None:
        return None
    if min(ramp.first, ramp.increment, ramp.sequences) < 1:
        return _problem(plan, ramp, "none of its parts may be less than 1")
    if ramp.first >= full:
        return _problem(plan, ramp, f"it begins with {ramp.first:,} sequences, and the full batch has {full:,}")
    if (full - ramp.first) % ramp.increment:
        return _problem(
            plan, ramp, f"increments of {ramp.increment:,} do not lead from {ramp.first:,} to {full:,} sequences"
        )
    count = (full - ramp.first) // ramp.increment
    if count > MOST_INCREMENTS:
        return _problem(plan, ramp, f"{count:,} increments, and {MOST_INCREMENTS:,} are the most")
    return None


def division_problem(plan: Plan) -> PlanError | None:
    """Whether every batch on the way can be divided among the replicas."""
    ramp, unit = plan.batch_ramp, _unit(plan)
    if ramp is None or (ramp.first % unit == 0 and ramp.increment % unit == 0):
        return None
    which = f"a first batch of {ramp.first:,}" if ramp.first % unit else f"increments of {ramp.increment:,}"
    replicas = f"micro-batch {plan.micro_batch_size} x data parallel {plan.data_parallel:,} = {unit:,}"
    return _problem(plan, ramp, f"{which} sequences cannot be divided by {replicas}")


def length_problem(plan: Plan) -> PlanError | None:
    """Whether it is over before the first pass over the data is."""
    ramp, available = plan.batch_ramp, _epoch_sequences(plan)
    if ramp is None or plan.batches.ramp_sequences < available:
        return None
    what = "the run" if plan.epochs == 1 else "the first pass over the data"
    return _problem(plan, ramp, f"it takes {plan.batches.ramp_sequences:,} sequences, and {what} has {available:,}")


def _problem(plan: Plan, ramp: BatchRamp, problem: str) -> PlanError:
    near = nearest(plan, ramp)
    changes = ({"batch_ramp": written_ramp(near)}, {"batch_ramp": OFF}) if near else ({"batch_ramp": OFF},)
    others = ("batch_tokens", "tokens", "micro_batch", "gpus", "parallel")
    return PlanError("batch_ramp", written_ramp(ramp), problem, others=others, near=changes)


def _unit(plan: Plan) -> int:
    """Sequences that only come together."""
    return max(plan.micro_batch_size * plan.data_parallel, 1)


def _epoch_sequences(plan: Plan) -> int:
    return plan.tokens // plan.epochs // plan.sequence_length
