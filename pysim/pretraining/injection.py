"""Incidents that a person asks for: a cause at a time, and where it hits if that is said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pysim.catalog import find
from pysim.catalog.incidents import Cause, causes, needs
from pysim.pretraining.hazard import failures_of
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.run.luck import LOCAL_RANK_DRAW, NODE_DRAW, Incident, draws_of
from pysim.story.noise import Stream

Target = Literal["gpu", "node", "rack"]
NODES_PER_RACK = 4  # as the host names count them
MOST_INJECTIONS = 1000  # in one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A cause, by name, at a time of the run, and the accelerator, node or rack that it hits; by chance where none is said."""

    cause: str
    at_us: int
    target: Target | None = None
    number: int = 0


def possible(plan: Plan) -> Iterator[Cause]:
    """What can be let happen in a run of this plan."""
    has = failures_of(plan).has
    return (cause for cause in causes().values() if cause.can_hit(has))


def incidents(plan: Plan, injections: Sequence[Injection]) -> Iterator[Incident]:
    """What is asked for, as it befalls the run.

    Raises:
        UnknownName: if a cause is not known.
        PlanError: if it cannot hit this cluster, or hits what is not there.
    """
    field = "inject"
    if len(injections) > MOST_INJECTIONS:
        raise PlanError(field, len(injections), "are too many incidents", hint=f"try at most {MOST_INJECTIONS:,}")
    stream = Stream(plan.noise_seed, "injected")
    for index, injection in enumerate(injections):
        cause = find(causes(), "cause", injection.cause)
        _check_needs(plan, cause)
        address = draws_of(index)
        rank = _rank(plan, injection, stream, address)
        node, local_rank = divmod(rank, plan.accelerators_per_node)
        yield Incident(
            at_us=injection.at_us, cause=cause, node=node, local_rank=local_rank, stream=stream, address=address
        )


def _check_needs(plan: Plan, cause: Cause) -> None:
    has = failures_of(plan).has
    missing = [needs()[word] for word in cause.needs if word not in has]
    if missing:
        field = "inject"
        possible = next(name for name, each in causes().items() if each.can_hit(has))
        raise PlanError(field, cause.name, f"cannot hit this cluster: it has not {missing[0]}", hint=f"try {possible}")


def _rank(plan: Plan, injection: Injection, stream: Stream, address: int) -> int:
    """The accelerator that is hit, or the first one of what is."""
    per_node, number = plan.accelerators_per_node, injection.number
    sizes: dict[Target, int] = {"gpu": 1, "node": per_node, "rack": per_node * NODES_PER_RACK}
    if injection.target is None:
        node = int(stream.spread_at(address + NODE_DRAW) * plan.nodes)
        drawn = node * per_node + int(stream.spread_at(address + LOCAL_RANK_DRAW) * per_node)
        return min(drawn, plan.world_size - 1)
    rank = number * sizes[injection.target]
    if rank >= plan.world_size:
        field, last = "inject", (plan.world_size - 1) // sizes[injection.target]
        what = f"{injection.target}={number}"
        raise PlanError(field, what, "does not exist in this run", hint=f"try {injection.target}={last} at most")
    return rank
