"""A drill: everything that can hit a cluster hits it once, evenly over the run, in an order drawn from the seed. Exaggerated."""

from collections.abc import Iterator, Sequence

from pysim.catalog.incidents import Cause
from pysim.pretraining.figures import figures
from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.luck import LOCAL_RANK_DRAW, NODE_DRAW, Incident, draws_of
from pysim.story.noise import Stream

_FIRST_STEPS = 60  # before anything happens
_LENGTHENED = 1.25  # the time in which all of it happens, over that of a run in which nothing does
_MICROSECONDS = 1_000_000


def drill(plan: Plan) -> Iterator[Incident]:
    """What is rehearsed, in order of time; nothing in a run that is no drill."""
    if not (plan.is_drill and plan.incident_factor):
        return
    stream = Stream(plan.seed, f"drill-{plan.model.name}-{plan.accelerator.name}-{plan.world_size}")
    shuffled = _shuffled(Failures(plan).possible, stream)
    for number, (cause, at_us) in enumerate(zip(shuffled, _times_us(plan, len(shuffled)), strict=True)):
        address = draws_of(1 + number)
        yield Incident(
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
