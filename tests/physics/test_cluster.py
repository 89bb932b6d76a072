"""What accelerators wait for, worked out by hand: messages, counts and the shares of them that nothing hides."""

from collections.abc import Callable
from dataclasses import replace
from math import log2
from typing import Any

import pytest

from pysim.catalog import interconnects, models
from pysim.physics.cluster import (
    HIDDEN_SHARDS,
    bubble_fraction,
    compute_seconds,
    data_comm_seconds,
    expert_comm_seconds,
    gradient_bytes_per_rank,
    gradient_group,
    gradient_sync_seconds,
    optimizer_seconds,
    pipeline_comm_seconds,
    stage_imbalance,
    step_time,
    tensor_comm_seconds,
)
from pysim.physics.collectives import (
    all_gather_seconds,
    all_reduce_seconds,
    all_to_all_seconds,
    reduce_scatter_seconds,
)
from pysim.physics.kernels import logits_share
from pysim.physics.memory import rank_parameters
from pysim.physics.workload import Parallelism
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]
LINKS = interconnects()["nvlink4"], interconnects()["ib-ndr400"]  # of an H100, eight in a node
BANDWIDTH = 3350e9  # bytes per second of its memory
LLAMA_LAYERS, LLAMA_WIDTH = 32, 4096  # of Llama 2 7B, which has as many heads for keys as for queries


def test_tensor_parallel_ranks_reduce_four_times_a_layer(make_plan: MakePlan) -> None:
    """Twice forward, twice backward (Shoeybi et al. 2019), and twice more where the forward pass is computed again."""
    plan = make_plan(parallel=Parallelism(tensor=4), recompute="none", global_batch_size=64)
    each = all_reduce_seconds(2048 * LLAMA_WIDTH * 2, 4, 8, *LINKS)
    assert plan.accumulation == 4
    assert tensor_comm_seconds(plan) == pytest.approx(4 * each * LLAMA_LAYERS * 4)
    assert tensor_comm_seconds(replace(plan, recompute="selective")) == tensor_comm_seconds(plan)
    assert tensor_comm_seconds(replace(plan, recompute="full")) == pytest.approx(1.5 * tensor_comm_seconds(plan))


def test_context_parallel_ranks_exchange_keys_and_values_three_times_a_layer(make_plan: MakePlan) -> None:
    """They gather them forward and backward and scatter their gradients; the first block of each is not hidden."""
    parallel = Parallelism(tensor=2, context=4)
    plan = make_plan(parallel=parallel, recompute="none", global_batch_size=64, sequence_length=65_536)
    keys_and_values = 2 * 65_536 * LLAMA_WIDTH * 2 / 2  # of all tokens, in bf16, half of the heads
    gather = all_gather_seconds(keys_and_values, 4, 4, *LINKS)
    reduction = all_reduce_seconds(65_536 / 4 * LLAMA_WIDTH * 2, 2, 8, *LINKS)
    assert plan.accumulation == 8
    assert tensor_comm_seconds(plan) == pytest.approx((4 * reduction + 3 * gather / 4) * LLAMA_LAYERS * 8)


def test_an_exchange_of_keys_and_values_hides_behind_attention_only(make_plan: MakePlan) -> None:
    """On short sequences there is little attention: 256 tokens a rank, each with 1,024 before it on average, at 35 % of the peak."""
    plan = make_plan(parallel=Parallelism(context=8), recompute="none", global_batch_size=64)
    gather = all_gather_seconds(2 * 2048 * LLAMA_WIDTH * 2, 8, 8, *LINKS)
    attention = 256 * 3 * (2 * 2 * LLAMA_WIDTH * 1024) / (0.35 * 989e12)
    exposed = 3 * gather - attention
    assert 3 * gather / 8 < exposed
    assert tensor_comm_seconds(plan) == pytest.approx(exposed * LLAMA_LAYERS * plan.accumulation)


def test_fewer_heads_for_keys_exchange_less(make_plan: MakePlan) -> None:
    choices: dict[str, Any] = {"recompute": "none", "global_batch_size": 64, "sequence_length": 65_536}
    plan = make_plan("llama3-8b", parallel=Parallelism(context=8), **choices)
    gather = all_gather_seconds(2 * 65_536 * 8 * 128 * 2, 8, 8, *LINKS)
    assert tensor_comm_seconds(plan) == pytest.approx(3 * gather / 8 * 32 * plan.accumulation)


def test_a_pipeline_holds_its_own_layers_only(make_plan: MakePlan) -> None:
    whole = make_plan(parallel=Parallelism(tensor=4), recompute="none", global_batch_size=64)
    staged = make_plan(parallel=Parallelism(tensor=4, pipeline=4), recompute="none", global_batch_size=64)
    assert staged.accumulation == 4 * whole.accumulation
    assert tensor_comm_seconds(staged) == pytest.approx(tensor_comm_seconds(whole))


def mixture(make_plan: MakePlan, model: str, expert: int, tensor: int = 1) -> Plan:
    parallel = Parallelism(expert=expert, tensor=tensor)
    return make_plan(model, world_size=256, parallel=parallel, global_batch_size=512)


@pytest.mark.parametrize(
    ("expert", "tensor", "copies", "per_node"),
    [
        (8, 1, 2, 8),  # in one node a token goes to each of its two experts
        (4, 2, 2, 4),
        (8, 2, 2, 4),  # on two nodes to each of them
        (8, 8, 2, 1),  # on eight nodes to two of them
    ],
)
def test_experts_exchange_four_times_a_layer(
    expert: int, tensor: int, copies: int, per_node: int, make_plan: MakePlan
) -> None:
    """Dispatch and combine, forward and backward; three tenths of that are not hidden in a node, and all of it between nodes."""
    plan = mixture(make_plan, "mixtral-8x7b", expert, tensor)
    message = copies * 2048 * 4096 * 2 / tensor
    each = all_to_all_seconds(message, expert, per_node, *LINKS)
    exposed = 0.3 if expert <= per_node else 1.0
    assert expert_comm_seconds(plan) == pytest.approx(exposed * 4 * each * 32 * plan.accumulation)


def test_a_pipeline_hides_experts_exchanges_between_nodes(make_plan: MakePlan) -> None:
    """Behind another micro-batch (DualPipe, DeepSeek-V3, section 3.2.1)."""
    alone = mixture(make_plan, "mixtral-8x7b", 8, tensor=2)
    piped = replace(alone, parallel=replace(alone.parallel, pipeline=4))
    assert piped.accumulation == 4 * alone.accumulation
    assert expert_comm_seconds(piped) == pytest.approx(0.3 * expert_comm_seconds(alone))


@pytest.mark.parametrize(("expert", "copies"), [(8, 8), (12, 2), (16, 2), (24, 3), (32, 4), (64, 4)])
def test_a_token_goes_to_four_nodes_at_most(expert: int, copies: int, make_plan: MakePlan) -> None:
    """DeepSeek-V3, section 2.1.2; its first three layers have no experts."""
    plan = mixture(make_plan, "deepseek-v3", expert)
    each = all_to_all_seconds(copies * 2048 * 7168 * 2, expert, 8, *LINKS)
    exposed = 0.3 if expert <= 8 else 1.0
    assert expert_comm_seconds(plan) == pytest.approx(exposed * 4 * each * 58 * plan.accumulation)


def test_experts_of_one_rank_exchange_nothing(make_plan: MakePlan) -> None:
    assert expert_comm_seconds(mixture(make_plan, "mixtral-8x7b", 1)) == 0.0
    assert expert_comm_seconds(make_plan(parallel=Parallelism(expert=1))) == 0.0
    assert expert_comm_seconds(mixture(make_plan, "mixtral-8x7b", 2)) > 0.0


def test_two_of_eight_ranks_hold_a_replica_s_gradients(make_plan: MakePlan) -> None:
    assert gradient_group(make_plan()) == (64, 8)
    assert gradient_group(make_plan(parallel=Parallelism(tensor=4))) == (16, 2)
    assert gradient_group(make_plan(parallel=Parallelism(tensor=4, context=2))) == (16, 2)
    assert gradient_group(make_plan(world_size=4)) == (4, 4)
    assert gradient_group(make_plan(world_size=64, parallel=Parallelism(tensor=8))) == (8, 1)


def test_replicas_hide_all_but_one_layer_behind_the_last_micro_batch(make_plan: MakePlan) -> None:
    plan = make_plan(sharding="zero1")
    traffic = gradient_sync_seconds(plan)
    assert traffic == pytest.approx(all_reduce_seconds(gradient_bytes_per_rank(plan), 64, 8, *LINKS))
    assert data_comm_seconds(plan, compute=1e9) == pytest.approx(traffic / LLAMA_LAYERS)
    window = traffic / 2
    assert data_comm_seconds(plan, compute=window * plan.accumulation) == pytest.approx(traffic - window)


def test_interleaved_stages_hide_gradients_behind_a_whole_group_of_micro_batches(make_plan: MakePlan) -> None:
    """As many as there are stages; a batch that has fewer has no more than itself."""
    layout = {"parallel": Parallelism(pipeline=4, virtual_pipeline=2), "sharding": "zero1"}
    plan = make_plan(**layout)
    traffic, compute = gradient_sync_seconds(plan), 1e-9 * plan.accumulation
    once = replace(plan, parallel=Parallelism(pipeline=4))
    assert plan.accumulation == 32
    assert traffic - data_comm_seconds(once, compute) == pytest.approx(1e-9, rel=1e-3)
    assert traffic - data_comm_seconds(plan, compute) == pytest.approx(4e-9, rel=1e-3)
    short = make_plan(**layout, global_batch_size=2 * plan.data_parallel)
    assert traffic - data_comm_seconds(short, 2e-9) == pytest.approx(2e-9, rel=1e-3)


def test_gradients_of_405b_stay_hidden_at_8192(make_plan: MakePlan) -> None:
    """MLPerf v5.0: 55.1 s for 9.4M tokens on 512 H100, 5.18 s for 12.6M on 8,192, so 0.886 of the speed of each."""

    def speed(world: int, batch: int) -> float:
        layout = Parallelism(tensor=8, pipeline=8, virtual_pipeline=8, context=2)
        choices: dict[str, Any] = {"precision": "fp8", "sharding": "zero1", "recompute": "none"}
        plan = make_plan(
            "llama3-405b",
            world_size=world,
            parallel=layout,
            global_batch_size=batch,
            sequence_length=8192,
            micro_batch_size=1,
            attention_kernel="cudnn",
            **choices,
        )
        return plan.tokens_per_step / world / step_time(plan).total_seconds

    reported = (1536 / 8192 / 5.182) / (1152 / 512 / 55.1017)
    assert speed(8192, 1536) / speed(512, 1152) == pytest.approx(reported, rel=0.1)


@pytest.mark.parametrize(("sharding", "bytes_each"), [("zero1", 4), ("zero2", 2), ("ddp", 4)])
def test_gradients_are_reduced_as_they_are_kept(sharding: str, bytes_each: int, make_plan: MakePlan) -> None:
    plan = make_plan(sharding=sharding)
    assert gradient_bytes_per_rank(plan) == pytest.approx(bytes_each * rank_parameters(plan).total)


def test_full_shards_are_gathered_twice_and_reduced_once_for_each_micro_batch(make_plan: MakePlan) -> None:
    """Zhao et al. 2023, arXiv 2304.11277."""
    plan = make_plan(sharding="fsdp")
    weights = 2 * rank_parameters(plan).total
    each = 2 * all_gather_seconds(weights, 64, 8, *LINKS) + reduce_scatter_seconds(weights, 64, 8, *LINKS)
    assert plan.accumulation == 8
    assert data_comm_seconds(plan, compute=1e9) == pytest.approx((1 - HIDDEN_SHARDS) * 8 * each)
    assert data_comm_seconds(plan, compute=4 * each) == pytest.approx(8 * each - HIDDEN_SHARDS * 4 * each)


def test_experts_are_reduced_in_groups_of_their_own(make_plan: MakePlan) -> None:
    plan = mixture(make_plan, "mixtral-8x7b", 8)
    parameters = rank_parameters(plan)
    dense = all_reduce_seconds(4 * parameters.dense, 256, 8, *LINKS)
    experts = all_reduce_seconds(4 * parameters.experts, 32, 1, *LINKS)
    assert gradient_sync_seconds(plan) == pytest.approx(dense + experts)


def test_the_optimizer_reads_and_writes_its_state_once(make_plan: MakePlan) -> None:
    """Twice 12 bytes of state, the gradient, and the weight that it makes."""
    plan = make_plan(sharding="zero1", parallel=Parallelism(context=2, tensor=2))
    own = rank_parameters(plan).total / 32  # of 16 replicas, two context ranks each
    assert optimizer_seconds(plan) == pytest.approx(own * (2 * 12 + 4 + 2) / BANDWIDTH)
    assert optimizer_seconds(replace(plan, sharding="ddp")) == pytest.approx(32 * own * (2 * 12 + 4 + 2) / BANDWIDTH)
    experts = mixture(make_plan, "mixtral-8x7b", 8)
    parameters = rank_parameters(experts)
    assert optimizer_seconds(experts) == pytest.approx(
        (parameters.dense / 256 + parameters.experts / 32) * (2 * 12 + 4 + 2) / BANDWIDTH
    )


def test_stages_wait_for_each_send_unless_they_interleave(make_plan: MakePlan) -> None:
    """Activations one way and gradients the other, over the network; interleaved, only where the pipeline fills and drains."""
    once = make_plan(parallel=Parallelism(tensor=2, pipeline=4))
    each = 2048 * LLAMA_WIDTH * 2 / 2 / 40e9
    assert pipeline_comm_seconds(once) == pytest.approx(2 * each * (once.accumulation + 3))
    interleaved = replace(once, parallel=replace(once.parallel, virtual_pipeline=2))
    assert pipeline_comm_seconds(interleaved) == pytest.approx(2 * each * 3)
    assert pipeline_comm_seconds(make_plan(parallel=Parallelism(tensor=2))) == 0.0
    inside = make_plan(parallel=Parallelism(tensor=2, pipeline=4), world_size=8)
    assert pipeline_comm_seconds(inside) == pytest.approx(2 * each * 40 / 480 * (inside.accumulation + 3))
    assert step_time(once).total_seconds > step_time(once).pipeline_comm_seconds > 0


def test_everyone_waits_for_the_host_and_the_slowest_node(make_plan: MakePlan) -> None:
    plan = make_plan()
    assert step_time(plan).overhead_seconds == pytest.approx(0.010 + 0.004 * log2(8) * compute_seconds(plan))
    assert step_time(make_plan(world_size=8, global_batch_size=64)).overhead_seconds == 0.010


def test_a_bubble_stretches_what_a_stage_does(make_plan: MakePlan) -> None:
    plan = make_plan(parallel=Parallelism(tensor=2, pipeline=4, virtual_pipeline=2))
    step, bubble = step_time(plan), 3 / (plan.accumulation * 2)
    assert bubble_fraction(plan) == pytest.approx(bubble)
    assert step.tensor_comm_seconds == pytest.approx(tensor_comm_seconds(plan) * (1 + bubble))
    experts = make_plan(
        "mixtral-8x7b", world_size=256, parallel=Parallelism(pipeline=4, expert=8), global_batch_size=512
    )
    assert step_time(experts).expert_comm_seconds == pytest.approx(
        expert_comm_seconds(experts) * (1 + bubble_fraction(experts))
    )


@pytest.mark.parametrize(
    ("layers", "stages", "first", "last"),
    [(30, 4, 8, 7), (31, 4, 8, 7), (33, 4, 9, 7), (32, 4, 8, 8), (70, 12, 6, 5)],
)
def test_the_slowest_stage_has_the_most_layers_or_the_table(
    layers: int, stages: int, first: int, last: int, make_plan: MakePlan
) -> None:
    """The tables count as layers where the layers do not divide; a table that is more than one decides by itself."""
    for vocabulary in (32_000, 1_000_000):
        model = replace(models()["llama2-7b"], layers=layers, vocab_size=vocabulary)
        plan = replace(make_plan(parallel=Parallelism(pipeline=stages)), model=model)
        table = logits_share(plan)
        layer = (1 - table) / layers
        assert stage_imbalance(plan) == pytest.approx(stages * max(first * layer, last * layer + table))
