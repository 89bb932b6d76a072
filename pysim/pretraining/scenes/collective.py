"""One timed collective, as a trainer reports it: NCCL itself prints no completions and no bandwidths."""

from pysim.catalog import interconnects
from pysim.physics.collectives import all_reduce_seconds, bus_bandwidth
from pysim.pretraining.run.run import Run
from pysim.story import events as ev
from pysim.story.noise import Stream
from pysim.story.rounding import significant
from pysim.story.steps import Executed

_TIME_CV = 0.03  # spread of a collective's time around its model


def timed_all_reduce(
    run: Run, step: Executed, time_us: int, message_bytes: int, group: tuple[int, int]
) -> ev.CollectiveTimed:
    """An all-reduce over a group, given as its ranks and how many of them share a node."""
    ranks, ranks_per_node = group
    accelerator, links = run.plan.accelerator, interconnects()
    fabric = (links[accelerator.scale_up], links[accelerator.scale_out])
    slower = 1.0 + _TIME_CV * abs(Stream(run.plan.noise_seed, "collective-time").normal(step))
    seconds = all_reduce_seconds(message_bytes, ranks, ranks_per_node, *fabric) * slower
    busbw = bus_bandwidth(message_bytes, ranks, ranks_per_node, *fabric) / slower
    return ev.CollectiveTimed(
        time_seconds=time_us / 1e6,
        step=run.timeline.data_step(step),
        operation="all_reduce",
        ranks=ranks,
        message_bytes=message_bytes,
        seconds=significant(seconds),
        busbw_gb_per_second=significant(busbw),
    )
