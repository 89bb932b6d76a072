from collections.abc import Callable
from dataclasses import replace

import pytest
from realism.published import Memory, Throughput, published_runs, throughput_plan

from pysim.catalog import MixtureOfExperts
from pysim.physics.memory import (
    CUDA_CONTEXT_BYTES,
    GIB,
    MemoryBudget,
    checkpoint_bytes,
    layer_activation_bytes,
    memory_budget,
    rank_parameters,
)
from pysim.physics.pipeline import in_flight_micro_batches
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


@pytest.mark.parametrize("row", published_runs().throughput, ids=lambda row: row.name)
def test_what_ran_fits(row: Throughput) -> None:
    """And what does not fit says why it had room all the same."""
    assert memory_budget(throughput_plan(row)).fits == (not row.unfit)


@pytest.mark.parametrize("row", published_runs().memory, ids=lambda row: row.name)
def test_memory_is_what_is_reported(row: Memory) -> None:
    run = next(run for run in published_runs().throughput if run.name == row.run)
    used = memory_budget(throughput_plan(run)).total_bytes - CUDA_CONTEXT_BYTES
    assert used / GIB == pytest.approx(row.reported, rel=0.06)


@pytest.mark.parametrize(("length", "context", "gib"), [(32_768, 1, 83.9), (65_536, 2, 84.2), (131_072, 4, 84.0)])
def test_long_sequences_are_held_as_torchtitan_reports(
    length: int, context: int, gib: float, make_plan: MakePlan
) -> None:
    """Llama 3.1 8B on eight H100 with full recomputation, benchmarks/llama3_h100_202412_torchtitan.md, table 2."""
    plan = make_plan(
        "llama3-8b", world_size=8, precision="fp8", sharding="fsdp", recompute="full", cross_entropy="native",
        parallel=Parallelism(context=context), sequence_length=length, global_batch_size=8 // context,
    )  # fmt: skip
    used = memory_budget(plan).total_bytes - CUDA_CONTEXT_BYTES
    assert used / GIB == pytest.approx(gib, rel=0.1)


@pytest.mark.parametrize(("accelerator", "tensor", "context"), [("h100-sxm", 8, 2), ("h200", 4, 2), ("h200", 8, 1)])
def test_a_405b_in_fp8_fits_512(accelerator: str, tensor: int, context: int, make_plan: MakePlan) -> None:
    """The first is NVIDIA's of MLPerf Training v5.0: TP 8, PP 8, VPP 8, CP 2, 1,152 sequences."""
    parallel = Parallelism(tensor=tensor, pipeline=8, context=context, virtual_pipeline=8)
    plan = make_plan(
        "llama3-405b", accelerator, world_size=512, precision="fp8", recompute="none", parallel=parallel,
        sequence_length=8192, global_batch_size=1152,
    )  # fmt: skip
    assert memory_budget(plan).fits


def test_a_loss_of_its_own_holds_the_logits_twice_as_often(make_plan: MakePlan) -> None:
    native, fused, compiled = (
        memory_budget(make_plan(cross_entropy=how)).activation_bytes for how in ("native", "fused", "compiled")
    )
    assert native - fused == 6 * 32_000 * 2048
    assert fused - compiled == 2 * 32_000 * 2048


def test_every_second_matmul_is_kept(make_plan: MakePlan) -> None:
    """Llama 2 7B: the input, attention's output, and of q, k, v, o, gate, up and down the first, third, fifth and last."""
    plan = make_plan("llama2-7b")
    channels = 4096 + 4096 + (4096 + 4096 + 11_008 + 4096)
    assert layer_activation_bytes(plan, "op") == 2 * channels * 2048
    # DeepSeek-V3: latents of the queries, latents of keys and values, the way back; gate and down of nine experts of 2,048.
    latent = make_plan("deepseek-v3")
    channels = 7168 + 128 * 128 + (1536 + 512 + 64 + 7168 + 9 * 2048)
    assert layer_activation_bytes(latent, "op") == 2 * channels * 2048


def test_what_a_tpu_holds_is_its_own(make_plan: MakePlan) -> None:
    """XLA plans all memory beforehand: no context, no channels, nothing lost between blocks."""
    assert memory_budget(make_plan(accelerator="tpu-v5p")).workspace_bytes == 0


def test_what_fills_a_card_to_the_last_byte_fits(make_plan: MakePlan) -> None:
    budget = memory_budget(make_plan("gpt2-124m"))
    assert replace(budget, capacity_bytes=budget.total_bytes).fits
    assert not replace(budget, capacity_bytes=budget.total_bytes - 1).fits


def test_latent_attention_stores_its_latents_and_what_is_made_of_them(make_plan: MakePlan) -> None:
    """DeepSeek-V3: latents of 1,536, 512 and 64, 128 heads of 192 for queries and keys, of 128 for values."""
    plan = make_plan("deepseek-v3", recompute="none")
    residuals_and_norms, outputs, latents = 4 * 7168, 128 * 128, 1536 + 512 + 64
    made = 128 * (2 * 192 + 128)
    ffn = 3 * 9 * 2048  # three matrices' inputs, of eight routed experts and a shared one
    channels = residuals_and_norms + latents + outputs + made + ffn
    assert layer_activation_bytes(plan, "none") == 2 * channels * 2048
    selective = 2 * 7168 + latents + outputs + 2 * 9 * 2048
    assert layer_activation_bytes(plan, "selective") == 2 * selective * 2048


def test_fp8_keeps_what_lies_between_an_ffn_s_matrices_in_a_byte(make_plan: MakePlan) -> None:
    bf16, fp8 = (layer_activation_bytes(make_plan(precision=how), "none") for how in ("bf16", "fp8"))
    assert bf16 - fp8 == 3 * 11_008 * 2048


def test_full_recomputation_holds_one_layer_that_is_computed_again(make_plan: MakePlan) -> None:
    plan = make_plan(recompute="full", micro_batch_size=1)
    logits = 6 * 32_000 * 2048
    inputs, layer = 32 * layer_activation_bytes(plan, "full"), layer_activation_bytes(plan, "none")
    assert memory_budget(plan).activation_bytes == round(inputs + layer + logits)
    kept = replace(plan, recompute="none")
    assert memory_budget(kept).activation_bytes == round(32 * layer + logits)


def test_two_chunks_interleave(make_plan: MakePlan) -> None:
    """Korthikanti et al. 2022, section 4.2: p stages of v chunks hold (p-1)/v more."""
    assert in_flight_micro_batches(make_plan(parallel=Parallelism(pipeline=4, virtual_pipeline=2))) == 4 + 3 / 2
    assert in_flight_micro_batches(make_plan(parallel=Parallelism(pipeline=1))) == 1


def test_experts_of_one_replica_are_not_divided_further(make_plan: MakePlan) -> None:
    """64 ranks that hold each expert once: their optimizer state is nobody else's."""
    plan = make_plan("deepseek-v3", parallel=Parallelism(expert=64))
    parameters = rank_parameters(plan)
    assert memory_budget(plan).optimizer_bytes == round(12 * (parameters.dense / 64 + parameters.experts))
    wide = make_plan("deepseek-v3", parallel=Parallelism(expert=32))
    parameters = rank_parameters(wide)
    assert memory_budget(wide).optimizer_bytes == round(12 * (parameters.dense / 64 + parameters.experts / 2))


@pytest.mark.parametrize(("world_size", "buffers"), [(1, 0.0), (2, 1.2), (8, 1.2)])
def test_who_is_not_alone_has_buffers(world_size: int, buffers: float, make_plan: MakePlan) -> None:
    budget = memory_budget(make_plan("gpt2-124m", world_size=world_size, sharding="ddp", global_batch_size=64))
    fixed, lost = 0.9 * 2**30, 0.04 * budget.activation_bytes
    assert budget.workspace_bytes == pytest.approx(fixed + buffers * 2**30 + lost, abs=1)


def test_full_shards_hold_two_gathered_layers(make_plan: MakePlan) -> None:
    sharded, whole = memory_budget(make_plan(sharding="fsdp")), memory_budget(make_plan(sharding="zero2"))
    layers = 2 * rank_parameters(make_plan()).total / 32 * 2
    assert sharded.workspace_bytes - whole.workspace_bytes == pytest.approx(layers, abs=2)
