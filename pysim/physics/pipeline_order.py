"""In which order the stages of a pipeline do what, and when: one forward, one backward, interleaved where a stage has several chunks.

A stage begins with as many forward passes as there are stages after it, then alternates, and ends with the backward passes that are left
(Narayanan et al. 2021, arXiv 2104.04473, section 2.2). Interleaved, micro-batches go through a chunk in groups of as many as there
are stages, and the stage begins with (v-1)p + 2(p-1-stage) forward passes (NVIDIA/Megatron-LM, pipeline_parallel/schedules.py).
Where every pass takes as long on every stage, all of it takes (m·v + p-1) passes forward and backward.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple


class Pass(NamedTuple):
    """A micro-batch goes through a chunk of a stage."""

    is_forward: bool
    chunk: int
    micro_batch: int


class Timed(NamedTuple):
    """A pass, and when it begins; in the unit of the passes' lengths."""

    what: Pass
    begin: float


def order(stage: int, stages: int, chunks: int, micro_batches: int) -> list[Pass]:
    """What a stage does, in order."""
    forward = _through(stages, chunks, micro_batches, is_forward=True)
    backward = _through(stages, chunks, micro_batches, is_forward=False)
    after = stages - 1 - stage
    warm_up = min(after if chunks == 1 else (chunks - 1) * stages + 2 * after, len(forward))
    if chunks > 1 and micro_batches % stages:  # which Megatron-LM refuses: without alternation nobody waits for ever
        warm_up = len(forward)
    done = forward[:warm_up]
    for ahead, back in zip(forward[warm_up:], backward, strict=False):
        done += (ahead, back)
    return done + backward[len(forward) - warm_up :]


def _through(stages: int, chunks: int, micro_batches: int, *, is_forward: bool) -> list[Pass]:
    """All passes in one direction: group by group, in each chunk by chunk."""
    together = stages if chunks > 1 else micro_batches
    groups = [range(first, min(first + together, micro_batches)) for first in range(0, micro_batches, together)]
    way = range(chunks) if is_forward else range(chunks - 1, -1, -1)
    return [Pass(is_forward, chunk, each) for group in groups for chunk in way for each in group]


@lru_cache(maxsize=8)
def times(
    stages: int, chunks: int, micro_batches: int, forward: float, backward: float
) -> tuple[tuple[Timed, ...], ...]:
    """What each stage does when, where a pass through a chunk takes so long on each; from 0."""
    orders = [order(stage, stages, chunks, micro_batches) for stage in range(stages)]
    ended: dict[tuple[int, Pass], float] = {}
    timed: list[list[Timed]] = [[] for _ in orders]
    waiting = True
    while waiting:
        waiting = False
        for stage, passes in enumerate(orders):
            waiting |= _go_on(stage, passes, timed[stage], ended, (stages, chunks, forward, backward))
    return tuple(map(tuple, timed))


def _go_on(
    stage: int,
    passes: Sequence[Pass],
    timed: list[Timed],
    ended: dict[tuple[int, Pass], float],
    lengths: tuple[int, int, float, float],
) -> bool:
    """Do what can be done by now; whether something was."""
    stages, chunks, forward, backward = lengths
    before = len(timed)
    while len(timed) < len(passes):
        what = passes[len(timed)]
        needed = _needed(stage, what, stages, chunks)
        if needed is not None and needed not in ended:
            break
        free = ended[stage, timed[-1].what] if timed else 0.0
        begin = free if needed is None else max(free, ended[needed])
        ended[stage, what] = begin + (forward if what.is_forward else backward)
        timed.append(Timed(what, begin))
    return len(timed) > before


def _needed(stage: int, what: Pass, stages: int, chunks: int) -> tuple[int, Pass] | None:
    """The stage and the pass that one waits for; None for the first forward pass of a micro-batch."""
    last = stages - 1
    if what.is_forward:
        if stage:
            return stage - 1, what
        return (last, what._replace(chunk=what.chunk - 1)) if what.chunk else None
    if stage < last:
        return stage + 1, what
    if what.chunk < chunks - 1:
        return 0, what._replace(chunk=what.chunk + 1)
    return last, what._replace(is_forward=True)
