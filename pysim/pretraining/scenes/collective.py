"""One timed collective, as a trainer reports it: NCCL itself prints no completions and no bandwidths."""

from pysim.physics.exchanges import Exchange, exchange_seconds
from pysim.pretraining.run.run import Run
from pysim.story import events as ev
from pysim.story.noise import Stream
from pysim.story.rounding import significant
from pysim.story.steps import Executed

_BYTES_PER_GB = 1e9
_TIME_CV = 0.03  # spread of a collective's time around its model


def timed(run: Run, step: Executed, time_us: int, exchange: Exchange) -> ev.CollectiveTimed:
    """A collective that was done in a step, or before the first one."""
    slower = 1.0 + _TIME_CV * abs(Stream(run.plan.noise_seed, "collective-time").normal(step))
    seconds = significant(exchange_seconds(run.plan, exchange) * slower)
    return ev.CollectiveTimed(
        time_seconds=time_us / 1e6,
        step=run.timeline.data_step(step),
        operation=exchange.operation,
        ranks=exchange.ranks,
        message_bytes=exchange.message_bytes,
        seconds=seconds,
        busbw_gb_per_second=significant(exchange.bus_factor * exchange.message_bytes / seconds / _BYTES_PER_GB),
    )
