"""How long a training step takes on a cluster, part by part.

    step = compute * (1 + bubble) + tensor + experts + pipeline + data + optimizer + overhead

The compute part is the roofline of `kernels.py`; this module adds what accelerators wait for. `make realism` holds predicted
against reported, and says which constants were fitted to which runs.
"""

from dataclasses import dataclass
from math import log2

from pysim.catalog import Interconnect, interconnects
from pysim.physics.collectives import (
    all_gather_seconds,
    all_reduce_seconds,
    all_to_all_seconds,
    reduce_scatter_seconds,
)
from pysim.physics.kernels import (
    attention_layer_seconds,
    kernel_efficiency,
    logits_share,
    peak_flops_per_second,
)
from pysim.physics.memory import ACTIVATION_BYTES, rank_parameters
from pysim.physics.pipeline import layers_per_stage, stage_layers
from pysim.physics.states import (
    gradient_bytes,
    gradient_ranks,
    optimizer_bytes,
    shard_ranks,
    shards_optimizer,
    shards_weights,
)
from pysim.physics.transformer import hardware_flops_per_token
from pysim.physics.workload import Workload

BYTES_PER_GB = 1e9

# Each is a share or a count without a unit unless it says so. How they were found is said in physics/README.md.
EXPOSED_EXPERT = 0.3  # DualPipe-like overlap (DeepSeek-V3, arXiv 2412.19437, section 3.2.1)
HIDDEN_SHARDS = 0.27  # fitted: share of full shards' exchange that compute hides; the rest slows that compute, which shares its memory
STRAGGLERS_PER_DOUBLING = 0.004  # of compute, per doubling of the node count: everyone waits for the slowest
HOST_SECONDS = 0.010  # per step: data loading, logging, the gradient norm's round trip
EXPERT_NODE_LIMIT = 4  # nodes that one token's experts may lie on (DeepSeek-V3, section 2.1.2)
OPTIMIZER_TRAFFIC = 2  # the optimizer reads and writes each of its bytes

LAYER_REDUCTIONS = 4  # tensor-parallel all-reduces per layer: two forward, two backward (Shoeybi et al. 2019)
LAYER_REDUCTIONS_FULL = 6  # and two more when the forward pass is computed again
EXPERT_EXCHANGES = 4  # all-to-alls per MoE layer: dispatch and combine, forward and backward


@dataclass(frozen=True, slots=True)
class StepTime:
    """The parts of one optimizer step, in seconds, and the two shares that lead to them."""

    kernel_efficiency: float  # of the peak that MFU is measured against
    compute_seconds: float  # the slowest stage's kernels, without waiting
    bubble_fraction: float  # of the compute, in which a stage waits for the pipeline to fill and drain
    tensor_comm_seconds: float  # exposed tensor- and context-parallel communication, with its share of the bubble
    expert_comm_seconds: float  # exposed expert all-to-alls, with their share of the bubble
    pipeline_comm_seconds: float  # sends between stages that nothing hides
    data_comm_seconds: float  # exposed gradient and weight communication between replicas
    optimizer_seconds: float
    overhead_seconds: float  # host and stragglers

    @property
    def total_seconds(self) -> float:
        """The step."""
        return (
            self.compute_seconds * (1 + self.bubble_fraction)
            + self.tensor_comm_seconds
            + self.expert_comm_seconds
            + self.pipeline_comm_seconds
            + self.data_comm_seconds
            + self.optimizer_seconds
            + self.overhead_seconds
        )


def step_time(plan: Workload) -> StepTime:
    """One step of an undisturbed run."""
    compute = compute_seconds(plan)
    stretch = 1 + bubble_fraction(plan)
    return StepTime(
        kernel_efficiency=kernel_efficiency(plan),
        compute_seconds=compute,
        bubble_fraction=bubble_fraction(plan),
        tensor_comm_seconds=tensor_comm_seconds(plan) * stretch,
        expert_comm_seconds=expert_comm_seconds(plan) * stretch,
        pipeline_comm_seconds=pipeline_comm_seconds(plan),
        data_comm_seconds=data_comm_seconds(plan, compute),
        optimizer_seconds=optimizer_seconds(plan),
        overhead_seconds=HOST_SECONDS + STRAGGLERS_PER_DOUBLING * log2(plan.nodes) * compute,
    )


def compute_seconds(plan: Workload) -> float:
    """Kernel time per step of the slowest pipeline stage."""
    peak = peak_flops_per_second(plan.accelerator, plan.precision)
    flops = hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute) * plan.tokens_per_step
    return stage_imbalance(plan) * flops / (plan.world_size * peak * kernel_efficiency(plan))


def stage_imbalance(plan: Workload) -> float:
    """Kernel time of the slowest pipeline stage over the mean of all.

    The last stage has the output table besides its layers (`pipeline.stage_layers`).
    """
    layers, table = stage_layers(plan), logits_share(plan)
    layer = (1 - table) / plan.model.layers
    return len(layers) * max(max(layers) * layer, layers[-1] * layer + table)


def bubble_fraction(plan: Workload) -> float:
    """(p-1) / (m*v): waiting over working in interleaved 1F1B (Narayanan et al. 2021, arXiv 2104.04473, section 2.2)."""
    return (plan.parallel.pipeline - 1) / (plan.accumulation * plan.parallel.virtual_pipeline)


def tensor_comm_seconds(plan: Workload) -> float:
    """Exposed tensor- and context-parallel communication of one rank per step."""
    layers = layers_per_stage(plan) * plan.accumulation
    return layers * (tensor_layer_seconds(plan) + exposed_context_layer_seconds(plan))


def expert_comm_seconds(plan: Workload) -> float:
    """Exposed expert all-to-alls of one rank per step; each token goes to at most EXPERT_NODE_LIMIT nodes, once.

    Between nodes they hide behind another micro-batch of the pipeline only, as in DualPipe.
    """
    moe, parallel = plan.model.moe, plan.parallel
    if moe is None or parallel.expert == 1:
        return 0.0
    per_node = max(1, plan.accelerators_per_domain // parallel.tensor)
    nodes = -(-parallel.expert // per_node)
    copies = min(moe.experts_per_token, EXPERT_NODE_LIMIT, nodes) if nodes > 1 else moe.experts_per_token
    message = copies * _micro_batch_tokens(plan) * plan.model.hidden_size * ACTIVATION_BYTES / parallel.tensor
    each = all_to_all_seconds(message, parallel.expert, per_node, *_links(plan))
    moe_layers = layers_per_stage(plan) * (1 - moe.dense_layers / plan.model.layers)
    exposed = EXPOSED_EXPERT if nodes == 1 or parallel.pipeline > 1 else 1.0
    return exposed * EXPERT_EXCHANGES * each * moe_layers * plan.accumulation


def pipeline_comm_seconds(plan: Workload) -> float:
    """Sends of activations and of their gradients between stages that nothing hides, of one rank per step.

    Interleaved stages send while they work on another chunk, so only filling and draining wait for sends; others wait for each
    (NVIDIA/Megatron-LM, overlap_p2p_comm, which needs interleaving). Ranks of one tensor-parallel group send a part each.
    """
    parallel = plan.parallel
    if parallel.pipeline == 1:
        return 0.0
    return (
        2
        * send_seconds(plan)
        * (parallel.pipeline - 1 if parallel.virtual_pipeline > 1 else plan.accumulation + parallel.pipeline - 1)
    )


def send_seconds(plan: Workload) -> float:
    """One send of a micro-batch's activations, or of their gradients, to the next stage."""
    scale_up, scale_out = _links(plan)
    link = scale_up if plan.world_size <= plan.accelerators_per_domain else scale_out
    return send_bytes(plan) / (link.busbw_gb_per_second * BYTES_PER_GB)


def send_bytes(plan: Workload) -> float:
    """What that sends; each rank of a tensor-parallel group its part."""
    return _micro_batch_tokens(plan) * plan.model.hidden_size * ACTIVATION_BYTES / plan.parallel.tensor


def gradient_bytes_per_rank(plan: Workload) -> float:
    """Bytes of the gradients that one rank reduces with its data-parallel group, once per step."""
    return gradient_bytes(plan) * rank_parameters(plan).total


def gradient_group(plan: Workload) -> tuple[int, int]:
    """Ranks of the group that reduces gradients, and how many of them share a scale-up domain (order tensor, context, data)."""
    ranks = gradient_ranks(plan)
    return ranks, max(1, min(ranks, plan.accelerators_per_domain // plan.parallel.tensor))


def gradient_sync_seconds(plan: Workload) -> float:
    """Seconds of the gradients' all-reduce (or of the reduce-scatter and all-gather that replace it), hidden or not."""
    dense, experts = _gradient_parts(plan)
    return dense + experts


def data_comm_seconds(plan: Workload, compute: float) -> float:
    """Exposed communication between replicas per step, where `compute` seconds are there to hide it.

    Plain and ZeRO-1/2 replicas talk once, during the last backward and the next forward pass; FSDP and ZeRO-3 gather the
    weights twice and reduce the gradients once for every micro-batch, all the time (Zhao et al. 2023, arXiv 2304.11277).
    With hybrid sharding the groups that do so sum up their parts of the gradients once a step.
    """
    if shards_weights(plan):
        traffic = plan.accumulation * _fully_sharded_seconds(plan) + _replicated_seconds(plan)
        return traffic - HIDDEN_SHARDS * min(traffic, compute)
    traffic = gradient_sync_seconds(plan)
    return max(traffic / layers_per_stage(plan), traffic - _gradient_window(plan, compute))


def _gradient_window(plan: Workload, compute: float) -> float:
    """Seconds of compute from the first gradient that is complete to the last.

    That is the last micro-batch's, or, interleaved, the last group's: it goes through one model chunk with as many
    micro-batches as there are stages before the next chunk begins (Narayanan et al. 2021, arXiv 2104.04473, section 2.2).
    """
    parallel = plan.parallel
    group = parallel.pipeline if parallel.virtual_pipeline > 1 else 1
    return compute * min(1.0, group / plan.accumulation)


def optimizer_seconds(plan: Workload) -> float:
    """Seconds of AdamW over this rank's parameters: memory traffic, nothing else."""
    ranks = shard_ranks(plan) if shards_optimizer(plan) else 1
    expert_ranks = max(1.0, ranks / plan.parallel.expert)
    parameters = rank_parameters(plan)
    own = parameters.dense / ranks + parameters.experts / expert_ranks
    bytes_each = OPTIMIZER_TRAFFIC * optimizer_bytes(plan) + gradient_bytes(plan) + ACTIVATION_BYTES
    return own * bytes_each / (plan.accelerator.memory_bandwidth_gb_per_second * BYTES_PER_GB)


def _links(plan: Workload) -> tuple[Interconnect, Interconnect]:
    """The scale-up and the scale-out link of the plan's accelerator."""
    table = interconnects()
    return table[plan.accelerator.scale_up], table[plan.accelerator.scale_out]


def _micro_batch_tokens(plan: Workload) -> float:
    return plan.micro_batch_size * plan.sequence_length / plan.parallel.context


def tensor_layer_seconds(plan: Workload) -> float:
    """All tensor-parallel reductions of one layer for one micro-batch."""
    message = _micro_batch_tokens(plan) * plan.model.hidden_size * ACTIVATION_BYTES
    count = LAYER_REDUCTIONS_FULL if plan.recompute == "full" else LAYER_REDUCTIONS
    tensor = plan.parallel.tensor
    return count * all_reduce_seconds(message, tensor, plan.accelerators_per_domain, *_links(plan))


def exposed_context_layer_seconds(plan: Workload) -> float:
    """What of the exchange of one layer outlasts its attention; the first of the blocks is waited for in any case."""
    context = plan.parallel.context
    if context == 1:
        return 0.0
    exchange = _context_layer_seconds(plan)
    return max(exchange / context, exchange - attention_layer_seconds(plan))


def _context_layer_seconds(plan: Workload) -> float:
    """Gathering keys and values forward and backward, and scattering their gradients, for one layer and micro-batch."""
    parallel, model = plan.parallel, plan.model
    tokens = plan.micro_batch_size * plan.sequence_length
    message = 2 * tokens * model.kv_heads * model.head_dim * ACTIVATION_BYTES / parallel.tensor
    per_node = max(1, plan.accelerators_per_domain // parallel.tensor)
    return 3 * all_gather_seconds(message, parallel.context, per_node, *_links(plan))


def _gradient_parts(plan: Workload) -> tuple[float, float]:
    """All-reduce seconds of the dense parameters' gradients, and of the experts' over their smaller group."""
    ranks, per_node = gradient_group(plan)
    parameters, each = rank_parameters(plan), gradient_bytes(plan)
    dense = all_reduce_seconds(each * parameters.dense, ranks, per_node, *_links(plan))
    if not parameters.experts:
        return dense, 0.0
    expert_ranks = max(1, ranks // plan.parallel.expert)
    expert_per_node = max(1, per_node // plan.parallel.expert)
    return dense, all_reduce_seconds(each * parameters.experts, expert_ranks, expert_per_node, *_links(plan))


def _fully_sharded_seconds(plan: Workload) -> float:
    """Two gathers of the weights and one reduction of the gradients, for one micro-batch."""
    gather, scatter = sharded_exchange_seconds(plan)
    return 2 * gather + scatter


def sharded_exchange_seconds(plan: Workload) -> tuple[float, float]:
    """Gathering the weights of all layers once, and reducing their gradients, where ranks divide both; hidden or not."""
    ranks = shard_ranks(plan)
    per_node = min(ranks, gradient_group(plan)[1])
    weights = rank_parameters(plan).total * ACTIVATION_BYTES
    gather = all_gather_seconds(weights, ranks, per_node, *_links(plan))
    return gather, reduce_scatter_seconds(gradient_bytes_per_rank(plan), ranks, per_node, *_links(plan))


def _replicated_seconds(plan: Workload) -> float:
    """All-reduce of one rank's part of the gradients with the same part of other groups; nothing where there is one group."""
    shards, (ranks, per_node) = shard_ranks(plan), gradient_group(plan)
    message = gradient_bytes_per_rank(plan) / shards
    return all_reduce_seconds(message, ranks // shards, max(1, per_node // shards), *_links(plan))
