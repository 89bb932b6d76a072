"""Runs that one chosen cause befalls at a chosen time: what each test of incidents is held against."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from plans import CLASSIC, HALF, TINY

from pysim.catalog import accelerators
from pysim.catalog.incidents import Cause, causes, what_it_has
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.luck import FREE_DRAWS, Incident
from pysim.pretraining.run.prospects import MISDIAGNOSED
from pysim.pretraining.run.run import Run, simulate
from pysim.story.noise import Stream
from pysim.story.steps import Executed

_NOTICE, _LASTING = FREE_DRAWS, FREE_DRAWS + 2
_BATCH = 64 * TINY.global_batch_size
SMALL = replace(
    TINY,
    accelerator=accelerators()["h100-sxm"],
    global_batch_size=_BATCH,
    tokens=4000 * _BATCH * TINY.sequence_length,
    epochs=1,
    spares=2,
)
"""4,000 steps in about two days on two nodes of H100: so long that everything can be found out."""
MANY_NODES = replace(
    CLASSIC, world_size=1024, micro_batch_size=1, spares=4, tokens=300 * CLASSIC.tokens_per_step, epochs=1
)
"""128 nodes under four leaf switches."""
OVERFLOWING = replace(HALF, spares=2, tokens=400 * HALF.tokens_per_step, epochs=1)
"""FP16."""


def incident(cause: str | Cause, at_us: int, *, node: int = 1, local_rank: int = 3, address: int = 0) -> Incident:
    cause = causes()[cause] if isinstance(cause, str) else cause
    stream = Stream(0, f"asked-{cause.name}")
    return Incident(at_us=at_us, cause=cause, node=node, local_rank=local_rank, stream=stream, address=address)


def in_step(run: Run, step: int) -> int:
    """A moment within an executed step."""
    timeline = run.timeline
    return (timeline.start_of_us(Executed(step)) + timeline.end_of_us(Executed(step))) // 2


def plan_for(cause: str) -> Plan:
    """The smallest of the plans here that a cause can hit."""
    return next(plan for plan in (SMALL, OVERFLOWING, MANY_NODES) if causes()[cause].can_hit(has(plan)))


def has(plan: Plan) -> frozenset[str]:
    return what_it_has(plan.accelerator, plan.world_size, plan.precision, saves=True)


def befallen_by(plan: Plan, incidents: Iterable[Incident]) -> Run:
    return simulate(plan, incidents=incidents)


@cache
def calm(plan: Plan) -> Run:
    return simulate(plan)


@cache
def one(cause: str, plan: Plan | None = None, step: int = 250) -> Run:
    """A run that a cause hits in a step, and nothing else."""
    plan = plan or plan_for(cause)
    step = min(step, calm(plan).timeline.last_step - 1)
    return befallen_by(plan, [diagnosed(cause, in_step(calm(plan), step))])


def diagnosed(cause: str, at_us: int, *, wrongly: bool = False) -> Incident:
    """A cause that is found where it is at once, or that is not; what slows lasts until then."""
    tries = (incident(cause, at_us, address=32 * index) for index in range(1000))
    is_found = causes()[cause].slowing and causes()[cause].cure.interrupts
    lasting = (each for each in tries if not is_found or each.draw(_NOTICE) < 0.5 < each.draw(_LASTING))
    return next(each for each in lasting if (each.draw(MISDIAGNOSED) < each.cause.returns) == wrongly)


@cache
def misdiagnosed(cause: str, plan: Plan | None = None, step: int = 250) -> Run:
    """A run, ten times as long, in which a wrong node is blamed for it at first."""
    plan = plan or plan_for(cause)
    plan = replace(plan, tokens=10 * plan.tokens)
    return befallen_by(plan, [diagnosed(cause, in_step(calm(plan), step), wrongly=True)])


def unseen(cause: str, plan: Plan, step: int) -> Run:
    """The same, noticed about as late as it can be."""
    at_us = in_step(calm(plan), step)
    tries = (incident(cause, at_us, address=32 * index) for index in range(40))
    return befallen_by(plan, [max(tries, key=lambda each: each.draw(_NOTICE))])
