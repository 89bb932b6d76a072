from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.physics.cluster import bubble_fraction, stage_imbalance
from pysim.physics.kernels import logits_share
from pysim.physics.memory import activation_bytes, memory_budget, rank_parameters, stage_parameters
from pysim.physics.pipeline import (
    in_flight_micro_batches,
    layers_per_stage,
    slots,
    stage_layers,
    telling_stages,
    usual_split,
)
from pysim.physics.transformer import parameter_count
from pysim.physics.workload import Parallelism
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]


@given(st.integers(1, 200), st.integers(1, 202))
def test_a_split_holds_all_layers_and_is_as_even_as_can_be(layers: int, stages: int) -> None:
    if stages > slots(layers, stages):
        return
    split = usual_split(layers, stages)
    assert (len(split), sum(split)) == (stages, layers)
    assert min(split) >= 0
    assert max(split) == -(-layers // stages)
    if layers % stages == 0:
        assert len(set(split)) == 1
    else:  # a table takes the place of a layer, on the first stage as on the last
        with_tables = (split[0] + 1, *split[1:-1], split[-1] + 1)
        assert max(with_tables) - min(with_tables) <= 1


@pytest.mark.parametrize(
    ("layers", "stages", "split"),
    [
        (126, 16, (7, *[8] * 14, 7)),  # Llama 3 405B, arXiv 2407.21783, section 3.3.2
        (70, 12, (5, *[6] * 10, 5)),  # BLOOM
        (94, 8, (11, *[12] * 6, 11)),  # Qwen3 235B
        (61, 16, (3, *[4] * 14, 2)),
        (32, 4, (8, 8, 8, 8)),
        (31, 2, (16, 15)),
        (5, 1, (5,)),
    ],
)
def test_published_splits(layers: int, stages: int, split: tuple[int, ...]) -> None:
    assert usual_split(layers, stages) == split


def test_a_stated_split_goes_before_the_usual_one(make_plan: MakePlan) -> None:
    plan = make_plan("llama3-405b", parallel=Parallelism(pipeline=4), pipeline_split=(30, 33, 33, 30))
    assert stage_layers(plan) == (30, 33, 33, 30)
    assert layers_per_stage(plan) == 33
    assert telling_stages(plan) == (0, 1, 3)
    # The slowest stage decides the time of all: 33 of 126 layers where a quarter would be 31.5.
    assert stage_imbalance(plan) == pytest.approx(4 * 33 * (1 - logits_share(plan)) / 126)
    usual = replace(plan, pipeline_split=())
    assert stage_layers(usual) == (31, 32, 32, 31)
    assert stage_imbalance(plan) / stage_imbalance(usual) == pytest.approx(33 / 32)
    assert bubble_fraction(plan) == bubble_fraction(usual)
    assert memory_budget(plan).total_bytes > memory_budget(usual).total_bytes


def test_a_stage_holds_its_layers_and_its_table(make_plan: MakePlan) -> None:
    plan = make_plan("llama3-405b", parallel=Parallelism(pipeline=16))
    table = plan.model.vocab_size * plan.model.hidden_size
    layers = parameter_count(plan.model) - 2 * table
    held = [stage_parameters(plan, stage).total for stage in range(16)]
    assert held[0] == held[15] == pytest.approx(7 * layers / 126 + table)
    assert held[1] == held[14] == pytest.approx(8 * layers / 126)
    assert sum(held) == pytest.approx(parameter_count(plan.model))
    assert rank_parameters(plan).total == max(held)


def test_the_fullest_stage_decides(make_plan: MakePlan) -> None:
    """With the most micro-batches in flight, the most layers, or the logits."""
    plan = make_plan("llama3-405b", parallel=Parallelism(pipeline=16), recompute="none")
    every = range(16)
    assert memory_budget(plan).activation_bytes == round(activation_bytes(plan, 1))
    assert activation_bytes(plan, 1) == max(activation_bytes(plan, stage) for stage in every)
    wordy = replace(plan, model=replace(plan.model, vocab_size=20_000_000))
    assert memory_budget(wordy).activation_bytes == round(activation_bytes(wordy, 15))


@pytest.mark.parametrize(
    ("chunks", "first", "second", "last"), [(1, 4, 3, 1), (2, 5.5, 4.5, 2.5), (4, 4.75, 4.25, 3.25)]
)
def test_later_stages_hold_fewer_micro_batches(
    chunks: int, first: float, second: float, last: float, make_plan: MakePlan
) -> None:
    plan = make_plan(parallel=Parallelism(pipeline=4, virtual_pipeline=chunks))
    assert [in_flight_micro_batches(plan, stage) for stage in (0, 1, 3)] == [first, second, last]
