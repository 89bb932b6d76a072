from collections.abc import Callable
from dataclasses import replace

import pytest

from pysim.catalog import accelerators
from pysim.physics.cluster import data_comm_seconds, gradient_group, optimizer_seconds
from pysim.physics.kernels import (
    kernel_efficiency,
    matmul_flops_per_second,
    peak_flops_per_second,
    shape_efficiency,
)
from pysim.physics.memory import checkpoint_bytes, layer_activation_bytes, memory_budget
from pysim.physics.states import (
    checkpoint_bytes_each,
    gradient_bytes,
    gradient_ranks,
    least_bytes,
    optimizer_bytes,
    shard_ranks,
    weight_bytes,
)
from pysim.physics.transformer import (
    active_parameter_count,
    embedding_parameters,
    hardware_flops_per_token,
    parameter_count,
)
from pysim.physics.workload import MomentPrecision, Parallelism
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]


@pytest.mark.parametrize(
    ("precision", "params", "bytes_each"),
    [
        ("fp32", None, 4),
        ("fp16", None, 2),
        ("bf16", None, 2),
        ("fp8", None, 2),  # two copies and nothing else
        ("fp8", "fp8", 2),
        ("fp8", "bf16", 4),
        ("nvfp4", None, 2 + 2 * 9 / 16),  # a scale byte for 16 values
        ("mxfp4", None, 2 + 2 * 17 / 32),  # and for 32
    ],
)
def test_weights(precision: str, params: str | None, bytes_each: float, make_plan: MakePlan) -> None:
    plan = make_plan(precision=precision, param_precision=params)
    assert weight_bytes(plan) == bytes_each
    assert memory_budget(plan).weight_bytes == round(bytes_each * parameter_count(plan.model))


@pytest.mark.parametrize(
    ("precision", "sharding", "asked", "bytes_each"),
    [
        ("bf16", "zero1", None, 4),
        ("bf16", "ddp", None, 4),
        ("bf16", "fsdp", None, 2),
        ("bf16", "hsdp", None, 2),
        ("fp32", "fsdp", None, 4),
        ("fp8", "zero1", None, 2),
        ("nvfp4", "zero1", None, 2),
        ("bf16", "zero1", "bf16", 2),
        ("fp8", "zero1", "fp32", 4),
        ("bf16", "fsdp", "fp32", 4),
    ],
)
def test_gradients(precision: str, sharding: str, asked: str | None, bytes_each: int, make_plan: MakePlan) -> None:
    plan = make_plan(precision=precision, sharding=sharding, grad_precision=asked)
    assert gradient_bytes(plan) == bytes_each


@pytest.mark.parametrize(("moments", "bytes_each"), [("fp32", 12), ("bf16", 8), ("fp8", 6)])
def test_moments(moments: MomentPrecision, bytes_each: int, make_plan: MakePlan) -> None:
    """DeepSeek-V3 keeps them in bf16 (arXiv 2412.19437, section 3.3.3): 8 bytes of optimizer state a parameter."""
    plan = make_plan(optimizer_precision=moments)
    assert optimizer_bytes(plan) == bytes_each
    assert memory_budget(plan).optimizer_bytes == round(bytes_each * parameter_count(plan.model) / 64)
    assert checkpoint_bytes_each(plan) == bytes_each + 2
    assert checkpoint_bytes(plan) == (bytes_each + 2) * parameter_count(plan.model)
    assert optimizer_bytes(replace(plan, precision="fp32")) == bytes_each - 4


def test_smaller_moments_are_read_sooner(make_plan: MakePlan) -> None:
    wide, narrow = (optimizer_seconds(make_plan(optimizer_precision=how)) for how in ("fp32", "bf16"))
    assert narrow / wide == pytest.approx((2 * 8 + 4 + 2) / (2 * 12 + 4 + 2))


def test_smaller_gradients_are_sent_sooner(make_plan: MakePlan) -> None:
    wide, narrow = (make_plan(grad_precision=how) for how in ("fp32", "bf16"))
    assert data_comm_seconds(narrow, 0.0) == pytest.approx(data_comm_seconds(wide, 0.0) / 2, rel=0.05)
    assert memory_budget(narrow).gradient_bytes == memory_budget(wide).gradient_bytes / 2


def test_no_states_are_smaller_than_the_least(make_plan: MakePlan) -> None:
    plan = make_plan("llama2-70b", sharding="fsdp", world_size=4096, global_batch_size=4096)
    m = memory_budget(plan)
    held = 4096 * (m.weight_bytes + m.gradient_bytes + m.optimizer_bytes)
    assert held == pytest.approx(least_bytes(plan) * parameter_count(plan.model), rel=1e-4)
    assert least_bytes(replace(plan, grad_precision="fp32")) == least_bytes(plan) + 2


# Hybrid sharding


@pytest.mark.parametrize(
    ("accelerator", "world", "tensor", "shards"),
    [
        ("h100-sxm", 64, 1, 8),
        ("h100-sxm", 64, 2, 4),
        ("h100-sxm", 4, 1, 4),
        ("h100-sxm", 1000, 1, 8),
        ("gb200", 128, 1, 8),
    ],
)
def test_hybrid_shards_lie_within_a_domain(
    accelerator: str, world: int, tensor: int, shards: int, make_plan: MakePlan
) -> None:
    """Also where a domain of 72 does not divide the world: then as many as do."""
    plan = make_plan(accelerator=accelerator, world_size=world, sharding="hsdp", parallel=Parallelism(tensor=tensor))
    assert shard_ranks(plan) == shards
    assert gradient_ranks(plan) % shards == 0
    assert shard_ranks(replace(plan, sharding="fsdp")) == gradient_ranks(plan) == world // tensor


def test_hybrid_states_are_divided_by_a_node(make_plan: MakePlan) -> None:
    plan = make_plan(sharding="hsdp")
    m = memory_budget(plan)
    assert m.weight_bytes + m.gradient_bytes + m.optimizer_bytes == pytest.approx(
        2 * parameter_count(plan.model), rel=1e-6
    )
    assert memory_budget(replace(plan, world_size=8)) == memory_budget(replace(plan, world_size=8, sharding="fsdp"))


def test_hybrid_groups_gather_within_their_node(make_plan: MakePlan) -> None:
    """In many nodes that is quicker than over all; in one there is no difference."""
    hybrid, full = (make_plan(sharding=how, world_size=512, global_batch_size=2048) for how in ("hsdp", "fsdp"))
    assert data_comm_seconds(hybrid, 0.0) < data_comm_seconds(full, 0.0)
    assert gradient_group(hybrid) == gradient_group(full)
    alone = (make_plan(sharding=how, world_size=8) for how in ("hsdp", "fsdp"))
    assert len({data_comm_seconds(plan, 0.0) for plan in alone}) == 1


# Four bits


@pytest.mark.parametrize(
    ("name", "nvfp4", "mxfp4"), [("b200", 9e15, 9e15), ("gb300", 15e15, 15e15), ("mi355x", 0, 10.066e15)]
)
def test_peaks_in_four_bits(name: str, nvfp4: float, mxfp4: float) -> None:
    """Dense, by the data sheets: 72 PFLOP/s of an eight-way B200, 1,080 of a GB300 rack."""
    row = accelerators()[name]
    assert peak_flops_per_second(row, "nvfp4") == nvfp4
    assert peak_flops_per_second(row, "mxfp4") == mxfp4


def test_only_newer_parts_have_four_bits() -> None:
    able = {row.name for row in accelerators().values() if row.mxfp4_tflops and not row.fictional}
    assert able >= {"b200", "gb200", "b300", "gb300", "mi355x"}
    assert not able & {"h100-sxm", "h200", "a100-80gb", "mi300x", "tpu-v5p"}
    assert all(row.mxfp4_tflops for row in accelerators().values() if row.nvfp4_tflops)


def test_four_bits_speed_up_all_but_the_layers_that_are_spared(make_plan: MakePlan) -> None:
    """Of 84 % of the matmuls at four times the rate of bf16 the speed of all is 2.7 times; attention and logits stay.

    Shapes cost more, the faster matmuls are.
    """

    def seconds(precision: str) -> float:
        plan = make_plan("llama3-405b", "b200", precision=precision)
        rate = kernel_efficiency(plan) * peak_flops_per_second(plan.accelerator, plan.precision)
        return hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute) / rate

    plan = make_plan("llama3-405b", "b200", precision="nvfp4", recompute="none")
    bf16, fp8, nvfp4 = map(seconds, ("bf16", "fp8", "nvfp4"))
    assert nvfp4 < fp8 < bf16
    assert bf16 / fp8 < 2
    assert 2 < bf16 / nvfp4 < 1 / (0.84 / 4 + 0.16)
    narrow, wide = (matmul_flops_per_second(plan, how) / shape_efficiency(plan, how) for how in ("nvfp4", "bf16"))
    assert narrow == pytest.approx(4 * wide)
    assert shape_efficiency(plan, "nvfp4") < shape_efficiency(plan, "bf16")


def test_four_bits_keep_less_between_the_ffn_s_matrices(make_plan: MakePlan) -> None:
    bf16, fp8, nvfp4 = (layer_activation_bytes(make_plan(precision=how), "none") for how in ("bf16", "fp8", "nvfp4"))
    assert bf16 - nvfp4 == pytest.approx(3 * 11_008 * 2048 * 0.84 * (2 - 0.5625))
    assert nvfp4 < fp8 < bf16


def test_recomputing_by_operator_repeats_every_second_matmul(make_plan: MakePlan) -> None:
    plan = make_plan(recompute="op")
    once, again = (hardware_flops_per_token(plan.model, 2048, how) for how in ("none", "op"))
    assert again - once == active_parameter_count(plan.model) - embedding_parameters(plan.model)
    selective, full = (hardware_flops_per_token(plan.model, 2048, how) for how in ("selective", "full"))
    assert once < selective < again < full
