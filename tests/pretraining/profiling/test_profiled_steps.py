"""Steps piece by piece: together they are the step, and what the laws say of its parts holds of the pieces."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from befalling import OVERFLOWING
from plans import CLASSIC, RAMPED, TINY

from pysim.physics.workload import Parallelism
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.profiling.lengths import lengths
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.profile import Piece, ProfiledStep
from pysim.story.steps import DataStep, Executed

_TOLERANCE_US = 0.01  # pieces are rounded to nanoseconds


SMALL_BATCH = replace(CLASSIC, global_batch_size=128)


def _plans() -> Iterator[tuple[str, Plan]]:
    yield from (("tiny", TINY), ("classic", CLASSIC), ("ramped", RAMPED), ("fp16", OVERFLOWING))
    yield "hybrid shards", replace(CLASSIC, sharding="hsdp")
    yield "plain pipeline", replace(SMALL_BATCH, sharding="zero1", parallel=Parallelism(tensor=2, pipeline=4))
    odd = Parallelism(tensor=2, pipeline=4, virtual_pipeline=2)
    yield "chunks", replace(SMALL_BATCH, sharding="ddp", parallel=odd)
    yield "chunks in odd groups", replace(CLASSIC, sharding="zero2", parallel=odd, global_batch_size=16 * 9)
    yield "context", replace(SMALL_BATCH, sharding="zero1", parallel=Parallelism(tensor=2, context=4))
    yield "sharded pipeline", replace(SMALL_BATCH, parallel=Parallelism(pipeline=4))
    for name in ("llama3-405b", "deepseek-v3", "bloom-176b"):
        if name in presets():
            yield name, choose_plan(Request(preset=name, incidents=0.0))


PLANS = dict(_plans())


@cache
def _run(plan: Plan) -> Run:
    return simulate(plan)


@cache
def _steps(plan: Plan, rank: int, first: int = 1) -> list[ProfiledStep]:
    run = _run(plan)
    begin_us, end_us = run.timeline.start_of_us(Executed(first)), run.timeline.end_of_us(Executed(first + 1))
    return list(PretrainingStory(run).profile(rank, begin_us, end_us + 1))


def _ranks(plan: Plan) -> list[int]:
    """The first of the first stage, of one in the middle, and of the last."""
    stages = plan.parallel.pipeline
    return sorted({stage * (plan.world_size // stages) for stage in (0, stages // 2, stages - 1)})


def _union_us(pieces: tuple[Piece, ...]) -> tuple[float, float]:
    """How much of the time something is done, and the largest gap in which nothing is."""
    covered, gap, free = 0.0, 0.0, pieces[0].begin
    for piece in pieces:
        gap = max(gap, piece.begin - free)
        covered += max(piece.end - max(piece.begin, free), 0.0)
        free = max(free, piece.end)
    return covered, gap


@pytest.mark.parametrize("name", PLANS)
def test_the_pieces_of_a_step_are_the_step(name: str) -> None:
    plan = PLANS[name]
    for rank in _ranks(plan):
        for step in _steps(plan, rank):
            covered, gap = _union_us(step.pieces)
            assert step.pieces[0].begin == pytest.approx(step.begin_us, abs=_TOLERANCE_US)
            assert max(piece.end for piece in step.pieces) == pytest.approx(step.end_us, abs=_TOLERANCE_US)
            assert gap < 0.5  # microseconds: what would be a shorter wait is left out
            assert covered == pytest.approx(step.end_us - step.begin_us, rel=1e-4)
            assert all(piece.begin <= piece.end for piece in step.pieces)


@pytest.mark.parametrize("name", PLANS)
def test_no_two_kernels_that_compute_run_at_once(name: str) -> None:
    plan = PLANS[name]
    (step, *_) = _steps(plan, _ranks(plan)[-1])
    computing = [piece for piece in step.pieces if piece.kind in ("compute", "wait")]
    for before, after in pairwise(computing):
        assert after.begin >= before.end - _TOLERANCE_US


@pytest.mark.parametrize("name", PLANS)
def test_the_slowest_stage_computes_as_long_as_the_law_says(name: str) -> None:
    plan = PLANS[name]
    long = lengths(plan, plan.batches.size(2))
    found = [_computed(_steps(plan, rank)[-1]) for rank in range(0, plan.world_size, plan.world_size // long.stages)]
    least = (long.step.compute_seconds + long.optimizer) / long.total
    if long.chunks == 1 or long.micro_batches % long.stages == 0:  # others are squeezed into the law's time
        assert max(found) == pytest.approx(least, rel=1e-3)
    assert max(found) <= least * 1.001


def _computed(step: ProfiledStep) -> float:
    """Share of a step in which a process computes."""
    computing = sum(piece.end - piece.begin for piece in step.pieces if piece.kind == "compute")
    return computing / (step.end_us - step.begin_us)


def test_the_bubble_of_equal_stages_is_the_laws() -> None:
    plan = replace(PLANS["plain pipeline"], micro_batch_size=1)
    long = lengths(plan, plan.global_batch_size)
    step = _steps(plan, 0, 2)[0]
    waits = sum(piece.end - piece.begin for piece in step.pieces if piece.name == "pipeline bubble")
    compute = long.step.compute_seconds + long.step.tensor_comm_seconds / (1 + long.step.bubble_fraction)
    filling = long.step.bubble_fraction * compute
    imbalance = compute * (1 - long.layers[0] * long.layer / (long.step.compute_seconds / long.micro_batches))
    share = waits / (step.end_us - step.begin_us)
    assert (
        filling / long.total <= share <= (filling + imbalance + 2 * long.send * long.micro_batches) / long.total * 1.2
    )


def test_the_first_step_warms_up_and_the_host_runs_ahead() -> None:
    first, second = _steps(CLASSIC, 0)
    assert first.pieces[0].name.startswith("warm-up")
    assert not second.pieces[0].name.startswith("warm-up")
    kernels = [piece for piece in second.pieces if piece.kind != "host"]
    launched = [piece.launched for piece in kernels]
    assert launched == sorted(launched)
    assert all(piece.launched <= piece.begin for piece in kernels)


def test_a_smaller_batch_of_a_ramp_has_fewer_passes() -> None:
    small = _steps(RAMPED, 0)[0]
    assert len({piece.micro_batch for piece in small.pieces if piece.micro_batch is not None}) == 1
    last = int(RAMPED.batches.ends[-1])
    large = _steps(RAMPED, 0, last + 2)[0]
    assert large.step == DataStep(last + 2)
    assert len({piece.micro_batch for piece in large.pieces if piece.micro_batch is not None}) == 8


def test_only_whole_steps_are_told() -> None:
    run = simulate(TINY)
    begin_us, end_us = run.timeline.start_of_us(Executed(5)), run.timeline.end_of_us(Executed(7))
    told = [each.executed for each in PretrainingStory(run).profile(0, begin_us + 2, end_us)]
    assert told == [6]
