"""One timed collective, as a trainer reports it: NCCL itself prints no completions and no bandwidths."""

from functools import lru_cache

from pysim.physics.exchanges import Exchange
from pysim.pretraining.run.run import Run
from pysim.story import events as ev
from pysim.story.noise import Stream
from pysim.story.rounding import significant
from pysim.story.steps import Executed

_BYTES_PER_GB = 1e9
_BLOCK = 1024  # steps whose draws are made together
_TIME_CV = 0.03  # spread of a collective's time around its model


def which(run: Run, step: Executed) -> tuple[Exchange, float]:
    """The collective of the replicas that was timed in a step, and how long it takes at least."""
    block, row = divmod(step, _BLOCK)
    return run.exchanges[int(len(run.exchanges) * _draws(run.noise_seed, block)[1][row])]


@lru_cache(maxsize=4)
def _draws(noise_seed: int, block: int) -> tuple[list[float], list[float]]:
    """Of each step of a block: by how much its collective takes longer, and which it is."""
    times, kinds = Stream(noise_seed, "collective-time"), Stream(noise_seed, "collective-kind")
    return times.normals(block * _BLOCK, _BLOCK).tolist(), kinds.uniforms(block * _BLOCK, _BLOCK).tolist()


def timed(run: Run, step: Executed, time_us: int, exchange: Exchange, least_seconds: float) -> ev.CollectiveTimed:
    """A collective that was done in a step, or before the first one, and takes so long at least."""
    block, row = divmod(step, _BLOCK)
    slower = 1.0 + _TIME_CV * abs(_draws(run.noise_seed, block)[0][row])
    seconds = significant(least_seconds * slower)
    return ev.CollectiveTimed(
        time_seconds=time_us / 1e6,
        step=run.timeline.data_step(step),
        operation=exchange.operation,
        ranks=exchange.ranks,
        message_bytes=exchange.message_bytes,
        seconds=seconds,
        busbw_gb_per_second=significant(exchange.bus_factor * exchange.message_bytes / seconds / _BYTES_PER_GB),
    )
