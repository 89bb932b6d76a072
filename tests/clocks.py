"""Clocks of made-up runs."""

from pysim.catalog import accelerators, step_times_of
from pysim.pretraining.run.clock import StepClock
from pysim.pretraining.run.unevenness import Cluster, unevenness

ACCELERATORS_PER_NODE = 8


def clock_of(
    seed: int, steps: int, seconds: float, world_size: int, *, accelerator: str = "h100-sxm", routed: bool = False
) -> StepClock:
    """The clock of a run on so many accelerators in nodes of eight."""
    cluster = Cluster(world_size, world_size > ACCELERATORS_PER_NODE, routed=routed)
    kind = step_times_of(accelerators()[accelerator])
    return StepClock(seed, steps, seconds, unevenness(seed, kind, seconds, cluster))
