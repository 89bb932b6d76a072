"""What is bound to happen: in a drill everything that can, evenly over the run; elsewhere what a published run is known for.

It waits for the training where luck does not: an incident that meets a job which is down would pass unnoticed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pysim.catalog.incidents import Cause, causes
from pysim.pretraining.figures import figures
from pysim.pretraining.hazard import failures_of
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.luck import LOCAL_RANK_DRAW, NODE_DRAW, Incident, draws_of
from pysim.story.noise import Stream
from pysim.story.steps import DataStep

_FIRST_STEPS = 60  # before anything happens
_LENGTHENED = 1.25  # the time in which all of it happens, over that of a run in which nothing does
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """An incident that strikes when a batch is begun, and not before its time."""

    incident: Incident
    step: DataStep


def staged(plan: Plan) -> Iterator[Staged]:
    """All of it, in no order; nothing where nothing is to go wrong."""
    if not plan.incident_factor:
        return
    stream = Stream(plan.noise_seed, "staged")
    rehearsed = _shuffled(failures_of(plan).possible, stream) if plan.is_drill else []
    times_us = _times_us(plan, len(rehearsed))
    for number, (cause, at_us) in enumerate(zip(rehearsed, times_us, strict=True)):
        yield Staged(incident=_incident(plan, cause, at_us, stream, number), step=DataStep(0))
    for number, known in enumerate(plan.known, start=len(rehearsed)):
        incident = _incident(plan, causes()[known.cause], 0, stream, number)
        yield Staged(incident=incident, step=DataStep(known.step))


def _incident(plan: Plan, cause: Cause, at_us: int, stream: Stream, number: int) -> Incident:
    """Somewhere in the cluster."""
    address = draws_of(1 + number)
    return Incident(
        at_us=at_us,
        cause=cause,
        node=int(stream.spread_at(address + NODE_DRAW) * plan.nodes),
        local_rank=int(stream.spread_at(address + LOCAL_RANK_DRAW) * plan.accelerators_per_node),
        stream=stream,
        address=address,
    )


def _shuffled(some: Sequence[Cause], stream: Stream) -> list[Cause]:
    keys = stream.uniforms(draws_of(1 + len(some)), len(some)).tolist()
    return [cause for _, cause in sorted(zip(keys, some, strict=True), key=lambda pair: pair[0])]


def _times_us(plan: Plan, count: int) -> list[int]:
    """Evenly from the first steps to the last ones."""
    f = figures(plan)
    first = f.bring_up_seconds + _FIRST_STEPS * f.step_seconds
    last = f.bring_up_seconds + _LENGTHENED * f.training_seconds
    return [round((first + (last - first) * index / count) * _MICROSECONDS) for index in range(count)]
