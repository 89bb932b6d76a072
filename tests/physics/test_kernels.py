"""The roofline of one accelerator, part by part: what each choice of software adds or takes away, worked out by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pysim.catalog import accelerators, models
from pysim.physics.kernels import (
    CLOCK_SENSITIVITY,
    COMPILED_BYTES,
    ELEMENTWISE_BYTES,
    ROUTED_BYTES,
    attention_efficiency,
    kernel_efficiency,
    logits_share,
    matmul_flops_per_second,
    peak_flops_per_second,
    shape_efficiency,
)
from pysim.physics.transformer import active_parameter_count, embedding_parameters, hardware_flops_per_token
from pysim.physics.workload import AttentionKernel, Execution, Parallelism
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]
BANDWIDTH = 3350e9  # bytes per second of an H100's memory
LAYERS, WIDTH, HEADS = 32, 4096, 32  # of Llama 2 7B


def seconds_per_token(plan: Plan) -> float:
    flops = hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute)
    return flops / peak_flops_per_second(plan.accelerator, plan.precision) / kernel_efficiency(plan)


@pytest.mark.parametrize(
    ("accelerator", "kernel", "share"),
    [
        ("a100-80gb", "flash-1", 0.275),  # arXiv 2307.08691: half of FlashAttention-2's 50 to 73 %
        ("a100-80gb", "flash-2", 0.55),
        ("a100-80gb", "cudnn", 0.55),
        ("h100-sxm", "flash-2", 0.35),  # arXiv 2407.08608: 35 %
        ("h100-sxm", "flash-3", 0.58),  # ibid.: 1.5 to 2 times that
        ("h100-sxm", "cudnn", 0.58),
        ("tpu-v5p", "native", 0.35),
    ],
)
def test_attention_runs_as_fast_as_its_kernel(
    accelerator: str, kernel: AttentionKernel, share: float, make_plan: MakePlan
) -> None:
    assert attention_efficiency(make_plan(accelerator=accelerator, attention_kernel=kernel)) == pytest.approx(share)


def test_a_faster_kernel_saves_the_time_of_attention(make_plan: MakePlan) -> None:
    old, new = (
        make_plan(attention_kernel=kernel, sequence_length=32_768, recompute="none")
        for kernel in ("flash-2", "flash-3")
    )
    flops = 3 * LAYERS * 2 * WIDTH * 32_768  # scores and values, half the square, forward and twice backward
    saved = flops / 989e12 * (1 / 0.35 - 1 / 0.58)
    assert seconds_per_token(old) - seconds_per_token(new) == pytest.approx(saved)


@pytest.mark.parametrize(("recompute", "passes"), [("none", 1.0), ("selective", 4 / 3)])
def test_attention_that_is_not_fused_moves_its_scores(recompute: str, passes: float, make_plan: MakePlan) -> None:
    """32 bytes per score: 13 forward and 19 backward, of all heads and the whole square."""
    fused, unfused = (make_plan(attention_kernel=kernel, recompute=recompute) for kernel in ("flash-1", "unfused"))
    moved = passes * 32 * LAYERS * HEADS * 2048 / BANDWIDTH
    assert seconds_per_token(unfused) - seconds_per_token(fused) == pytest.approx(moved)


def test_compiled_programs_move_other_bytes(make_plan: MakePlan) -> None:
    eager, compiled = (make_plan(execution=how) for how in ("eager", "compiled"))
    moved = (COMPILED_BYTES - ELEMENTWISE_BYTES) * LAYERS * WIDTH / BANDWIDTH
    assert seconds_per_token(compiled) - seconds_per_token(eager) == pytest.approx(moved)


def test_fp8_casts_on_top_of_that(make_plan: MakePlan) -> None:
    """Where matmuls are equally fast, fp8 costs what its casts move."""
    slow = replace(accelerators()["h100-sxm"], fp8_tflops=989.0)
    bf16, fp8 = (replace(make_plan(precision=each), accelerator=slow) for each in ("bf16", "fp8"))
    assert seconds_per_token(fp8) - seconds_per_token(bf16) == pytest.approx(120 * LAYERS * WIDTH / BANDWIDTH)


def test_full_recomputation_repeats_a_third_of_all_but_the_logits(make_plan: MakePlan) -> None:
    """Matmuls, attention and what is moved between them."""
    none, full = (make_plan(recompute=how) for how in ("none", "full"))
    logits = logits_share(none) * seconds_per_token(none)
    assert seconds_per_token(full) == pytest.approx(4 / 3 * seconds_per_token(none) - logits / 3)


def test_recomputation_by_operator_repeats_half_of_the_matmuls(make_plan: MakePlan) -> None:
    """And what is moved between them, but no attention: two operations per parameter of the layers, and a half of them twice."""
    none, op = (make_plan(recompute=how) for how in ("none", "op"))
    parameters = active_parameter_count(none.model) - embedding_parameters(none.model)
    again = parameters / matmul_flops_per_second(none, "bf16") + ELEMENTWISE_BYTES * LAYERS * WIDTH / BANDWIDTH / 3
    assert seconds_per_token(op) - seconds_per_token(none) == pytest.approx(again)


@pytest.mark.parametrize(("year", "times"), [(2021, 1 + 10 / 34 * 7), (2022, 1.0)])
def test_before_sequence_parallelism_all_ranks_moved_norms(year: int, times: float, make_plan: MakePlan) -> None:
    """10 of the 34 bytes of a layer's activations (arXiv 2205.05198, table 2), on each of eight ranks."""
    new, plan = (make_plan(parallel=Parallelism(tensor=8), software_year=each) for each in (2025, year))
    moved = (times - 1) * ELEMENTWISE_BYTES * LAYERS * WIDTH / BANDWIDTH
    assert seconds_per_token(plan) - seconds_per_token(new) == pytest.approx(moved, abs=1e-15)


def mixture(make_plan: MakePlan, execution: Execution, **changes: Any) -> Plan:
    choices: dict[str, Any] = {"world_size": 8, "global_batch_size": 512, "sequence_length": 4096} | changes
    return make_plan("qwen3-30b-a3b", "b200", execution=execution, sharding="zero1", **choices)


def test_a_graph_saves_copies_for_experts(make_plan: MakePlan) -> None:
    """Eight copies of each token in 48 layers of 2,048 channels, each moved once instead of operation by operation."""
    parallel = Parallelism(expert=8)
    eager, graphs = (mixture(make_plan, how, micro_batch_size=16, parallel=parallel) for how in ("eager", "graphs"))
    moved = (ROUTED_BYTES - 16) * 8 * 48 * 2048 / 8000e9
    assert seconds_per_token(eager) - seconds_per_token(graphs) == pytest.approx(moved)


def test_small_micro_batches_of_experts_wait_for_the_host(make_plan: MakePlan) -> None:
    """Sixteen experts a rank: 17 times half a millisecond a layer, whatever there is to do. Megatron-Bridge 26.02: 423 ms for 4,096."""
    parallel = Parallelism(expert=8)
    one, two = (mixture(make_plan, "eager", micro_batch_size=count, parallel=parallel) for count in (1, 2))
    assert 4096 * seconds_per_token(one) == pytest.approx(48 * 17 * 0.5e-3)
    assert 4096 * seconds_per_token(one) == pytest.approx(0.423, rel=0.05)
    assert seconds_per_token(two) == pytest.approx(seconds_per_token(one) / 2)
    graphs = mixture(make_plan, "graphs", micro_batch_size=1, parallel=parallel)
    assert seconds_per_token(graphs) < seconds_per_token(one) / 2


def test_tensor_parallel_ranks_each_have_a_host(make_plan: MakePlan) -> None:
    """Of a model that a micro-batch is too small for, twice the ranks take twice the accelerators for as long."""
    model = replace(models()["gpt2-124m"], vocab_size=1)
    plans = [make_plan(parallel=Parallelism(tensor=tensor), sequence_length=16) for tensor in (1, 2)]
    alone, both = (seconds_per_token(replace(plan, model=model)) for plan in plans)
    assert 16 * alone == pytest.approx(12 * 0.5e-3)
    assert both == pytest.approx(2 * alone)


def test_many_experts_a_rank_move_their_weights(make_plan: MakePlan) -> None:
    """16 bytes per weight and micro-batch: of 128 experts, of 64 with twice the ranks."""
    few, many = (
        mixture(make_plan, "graphs", world_size=16, micro_batch_size=1, parallel=Parallelism(expert=expert))
        for expert in (16, 8)
    )
    weights = 48 * 128 * 3 * 2048 * 768
    moved = 16 * weights * (1 / 8 - 1 / 16) / 4096 / 8000e9
    assert seconds_per_token(many) - seconds_per_token(few) == pytest.approx(moved)


@pytest.mark.parametrize(
    ("accelerator", "best", "lost"),
    [("h100-sxm", 0.803, 0.076), ("a100-80gb", 0.869, 0.02), ("gb300", 0.776, 0.02), ("tpu-v5p", 0.9, 0.0)],
)
def test_matmuls_lose_more_where_the_clock_falls(
    accelerator: str, best: float, lost: float, make_plan: MakePlan
) -> None:
    plan = make_plan(accelerator=accelerator)
    sustained = best * (1 - CLOCK_SENSITIVITY * lost) * shape_efficiency(plan, "bf16")
    peak = peak_flops_per_second(plan.accelerator, "bf16")
    assert matmul_flops_per_second(plan, "bf16") == pytest.approx(peak * sustained)


def test_a_matmul_as_wide_as_the_machine_s_balance_is_half_as_fast(make_plan: MakePlan) -> None:
    """989 TFLOP/s over 3.35 TB/s: 295 operations a byte. fp8 needs twice the width, and a slower machine less."""
    plan = make_plan()
    wide = replace(plan, model=replace(plan.model, ffn_hidden_size=295_224))
    narrow = replace(plan, model=replace(plan.model, ffn_hidden_size=295))
    assert shape_efficiency(narrow, "bf16") == pytest.approx(0.5, abs=1e-3)
    assert shape_efficiency(narrow, "fp8") == pytest.approx(1 / 3, abs=1e-3)
    assert shape_efficiency(wide, "bf16") == pytest.approx(0.999, abs=1e-3)
    assert shape_efficiency(make_plan(accelerator="a100-80gb"), "bf16") > shape_efficiency(plan, "bf16")
