"""Steps of one process, piece by piece.

The laws say how long each piece takes in a step that nothing disturbs; the run says how long this step took. Its noise, and a slow node
for which all wait, stretch all pieces alike. The first step after a start first warms up, and a step that waits for the next file of
the corpus does so before anything else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pysim.physics.kernels import LAUNCH_SECONDS
from pysim.pretraining.profiling.lengths import lengths
from pysim.pretraining.profiling.pieces import pieces_of_step
from pysim.pretraining.profiling.transfers import Transfers
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.scenes.training import steps_in
from pysim.story.profile import Piece, ProfiledStep
from pysim.story.steps import DataStep, Executed

_US = 1e6
_PIECES_OF_A_LAYER = 12  # about so many, both passes, stand for all kernels of a layer


def profiled(run: Run, rank: int, since_us: int, until_us: int | None = None) -> Iterator[ProfiledStep]:
    """The steps of one process that lie within [since_us, until_us), in order; the first moment that belongs to a step is that after its start."""
    until = run.end_us + 1 if until_us is None else until_us
    for segment in run.timeline.segments_within(since_us, until):
        if isinstance(segment, Stretch) and segment.steps:
            first, last = steps_in(run, segment, since_us, until)
            for step in map(Executed, range(first, last + 1)):
                if since_us <= run.timeline.start_of_us(step) + 1 and run.timeline.end_of_us(step) < until:
                    yield profile(run, segment, step, rank)


def stage_of(run: Run, rank: int) -> int:
    """The pipeline stage of a process: by what ranks are counted last."""
    return rank // (run.plan.world_size // run.plan.parallel.pipeline)


def profile(run: Run, stretch: Stretch, step: Executed, rank: int) -> ProfiledStep:
    """One step."""
    data_step, shards, stage = stretch.data_step(step), run.timeline.shards, stage_of(run, rank)
    begin_us, end_us = run.timeline.start_of_us(step), run.timeline.end_of_us(step)
    warm_up_us = stretch.warmup_us if step == stretch.first_step else 0
    awaited_us = shards.total_us(data_step) - shards.total_us(DataStep(data_step - 1))
    working_us = begin_us + warm_up_us + awaited_us
    long = lengths(run.plan, run.plan.batches.size(data_step))
    factor = (end_us - working_us) / long.total
    before = (
        Piece(
            name="warm-up: compilation, allocator, cold caches", kind="host", begin=begin_us, end=begin_us + warm_up_us
        ),
        Piece(name="reading the next file of the corpus", kind="host", begin=begin_us + warm_up_us, end=working_us),
    )
    pieces = _stretched(pieces_of_step(long, Transfers(run.plan), stage), factor, working_us)
    told = sorted((*(each for each in before if each.end > each.begin), *pieces), key=lambda each: each.begin)
    return ProfiledStep(
        rank=rank,
        stage=stage,
        step=data_step,
        executed=step,
        begin_us=begin_us,
        end_us=end_us,
        pieces=tuple(_launched(told, LAUNCH_SECONDS * _US / _PIECES_OF_A_LAYER)),
    )


def _launched(pieces: Iterable[Piece], each_us: float) -> Iterator[Piece]:
    """The host launches one after the other, until it is held up by what has to begin first."""
    free = 0.0
    for piece in pieces:
        if piece.kind == "host":
            free = max(free, piece.end)
            yield piece
        else:
            launched = round(min(free, piece.begin), 3)
            free = launched + each_us
            yield replace(piece, launched=launched)


def _stretched(pieces: Iterable[Piece], factor: float, since_us: int) -> Iterator[Piece]:
    for each in pieces:
        yield replace(each, begin=round(since_us + each.begin * factor, 3), end=round(since_us + each.end * factor, 3))
