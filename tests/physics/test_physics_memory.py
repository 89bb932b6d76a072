from collections.abc import Callable
from dataclasses import replace

import pytest

from pysim.catalog import MixtureOfExperts
from pysim.physics.memory import (
    MemoryBudget,
    checkpoint_bytes,
    in_flight_micro_batches,
    layer_activation_bytes,
    memory_budget,
    rank_parameters,
)
from pysim.physics.transformer import parameter_count
from pysim.physics.workload import Parallelism, Sharding
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]


def states(budget: MemoryBudget) -> int:
    return budget.weight_bytes + budget.gradient_bytes + budget.optimizer_bytes


@pytest.mark.parametrize(
    ("sharding", "bytes_each"),
    [("ddp", 18), ("zero1", 6 + 12 / 64), ("zero2", 2 + 14 / 64), ("zero3", 16 / 64), ("fsdp", 16 / 64)],
)
def test_model_states_follow_the_zero_paper(sharding: Sharding, bytes_each: float, make_plan: MakePlan) -> None:
    plan = make_plan(sharding=sharding)
    assert states(memory_budget(plan)) == pytest.approx(bytes_each * parameter_count(plan.model), rel=1e-6)


def test_single_precision_has_no_master_copy(make_plan: MakePlan) -> None:
    plan = make_plan(sharding="ddp", precision="fp32")
    assert states(memory_budget(plan)) == pytest.approx(16 * parameter_count(plan.model))
    assert checkpoint_bytes(plan) == 12 * parameter_count(plan.model)


def test_fp8_keeps_bf16_weights_and_two_copies(make_plan: MakePlan) -> None:
    bf16, fp8 = (memory_budget(make_plan(precision=precision)).weight_bytes for precision in ("bf16", "fp8"))
    assert fp8 == 2 * bf16


def test_a_bloom_checkpoint_is_about_two_and_a_half_terabytes(make_plan: MakePlan) -> None:
    assert checkpoint_bytes(make_plan("bloom-176b")) == pytest.approx(2.4e12, rel=0.05)


def test_a_plain_layer_stores_korthikanti_s_34_less_two_dropout_masks(make_plan: MakePlan) -> None:
    plan = make_plan("gpt3-175b")
    assert layer_activation_bytes(plan, "none") == 32 * 2048 * plan.model.hidden_size
    assert layer_activation_bytes(plan, "full") == 2 * 2048 * plan.model.hidden_size


@pytest.mark.parametrize("model", ["llama3-405b", "deepseek-v3", "gpt3-175b"])
def test_recomputation_stores_less(model: str, make_plan: MakePlan) -> None:
    plan = make_plan(model)
    none, selective, full = (layer_activation_bytes(plan, r) for r in ("none", "selective", "full"))
    assert none > selective > full


def test_tensor_and_context_parallelism_divide_activations(make_plan: MakePlan) -> None:
    plan = make_plan()
    divided = replace(plan, parallel=Parallelism(tensor=4, context=2))
    assert layer_activation_bytes(divided, "none") == pytest.approx(layer_activation_bytes(plan, "none") / 8)


def test_the_first_stage_holds_a_micro_batch_per_stage(make_plan: MakePlan) -> None:
    plan = make_plan(parallel=Parallelism(pipeline=8))
    assert in_flight_micro_batches(plan) == 8
    assert in_flight_micro_batches(replace(plan, global_batch_size=plan.data_parallel * 3)) == 3
    assert in_flight_micro_batches(replace(plan, parallel=Parallelism(pipeline=8, virtual_pipeline=4))) == 8 + 7 / 4


def test_the_stages_together_hold_the_model(make_plan: MakePlan) -> None:
    plan = make_plan("llama3-405b", parallel=Parallelism(tensor=8, pipeline=6))
    assert 48 * rank_parameters(plan).total == pytest.approx(
        parameter_count(plan.model), rel=0.03
    )  # an embedding per stage


def test_expert_parallelism_divides_experts_only(make_plan: MakePlan) -> None:
    alone, divided = (
        rank_parameters(make_plan("deepseek-v3", parallel=Parallelism(expert=expert))) for expert in (1, 64)
    )
    assert divided.experts == alone.experts / 64
    assert divided.dense == alone.dense
    assert alone.total == parameter_count(make_plan("deepseek-v3").model)


def test_a_dense_model_has_no_experts(make_plan: MakePlan) -> None:
    plan = make_plan()
    assert plan.model.moe is None
    assert rank_parameters(plan).experts == 0
    moe = MixtureOfExperts(experts=4, experts_per_token=2, expert_ffn_hidden_size=128)
    assert rank_parameters(replace(plan, model=replace(plan.model, moe=moe))).experts > 0


def test_the_budget_adds_up_and_says_whether_it_fits(make_plan: MakePlan) -> None:
    small, large = memory_budget(make_plan("gpt2-124m")), memory_budget(make_plan("llama3-405b"))
    assert small.fits
    assert not large.fits
    assert small.total_bytes == states(small) + small.activation_bytes + small.workspace_bytes
    assert small.capacity_bytes == 81_559 * 2**20


def test_llama3_405b_fits_the_cluster_that_it_was_trained_on(make_plan: MakePlan) -> None:
    parallel = Parallelism(tensor=8, pipeline=16, virtual_pipeline=8)
    plan = make_plan("llama3-405b", world_size=16_384, parallel=parallel, sequence_length=8192, global_batch_size=2048)
    assert memory_budget(plan).fits
