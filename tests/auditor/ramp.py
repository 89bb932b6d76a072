"""A batch that grows, step by step as a trainer counts it: NVIDIA/Megatron-LM, megatron/core/num_microbatches_calculator.py."""

from functools import cache
from itertools import accumulate


@cache
def smaller_batches(first: int, increment: int, sequences: int, full: int) -> tuple[int, ...]:
    """The batch of every step before the first full one."""
    batches: list[int] = []
    taken, increments = 0, (full - first) // increment
    while True:
        batch = full if taken > sequences else first + taken * increments // sequences * increment
        if batch >= full:
            return tuple(batches)
        batches.append(batch)
        taken += batch


def taken_by(batches: tuple[int, ...], steps: int) -> int:
    """Sequences of so many steps, as far as they are among these."""
    return _taken(batches)[min(steps, len(batches))]


@cache
def _taken(batches: tuple[int, ...]) -> tuple[int, ...]:
    return (0, *accumulate(batches))
