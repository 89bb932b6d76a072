"""What fills an accelerator's memory, in bytes.

States are those of `states.py`; activations follow Korthikanti et al. 2022 (arXiv 2205.05198), table 2. With FlashAttention the
5*a*s/h term of that table does not exist: no score matrix is ever stored. The fullest pipeline stage is counted, because that
one decides.
"""

from dataclasses import dataclass

from pysim.catalog import Model, Precision
from pysim.physics.pipeline import in_flight_micro_batches, layers_per_stage, stage_layers, telling_stages
from pysim.physics.software import is_compiled_only
from pysim.physics.states import (
    checkpoint_bytes_each,
    gradient_bytes,
    narrow_share,
    optimizer_bytes,
    shard_ranks,
    shards_gradients,
    shards_optimizer,
    shards_weights,
    weight_bytes,
)
from pysim.physics.transformer import embedding_parameters, expert_ffn_parameters, parameter_count
from pysim.physics.workload import CrossEntropy, Recompute, Workload

MIB = 2**20
GIB = 2**30

EXPORT_BYTES_PER_PARAMETER = 2  # bf16 safetensors

CUDA_CONTEXT_BYTES = 0.6 * GIB  # an H100 process that has only created its context: about 0.5-0.7 GiB in nvidia-smi
NCCL_BUFFER_BYTES = 1.2 * GIB  # channel buffers of the world's, tensor, pipeline and data groups; 1-2 GiB is usual
LIBRARY_WORKSPACE_BYTES = 0.3 * GIB  # cuBLAS and fused-attention workspaces
FRAGMENTATION = 0.04  # share of the activations that the caching allocator loses; reserved/allocated is 1.02-1.08

LOGIT_BYTES: dict[CrossEntropy, int] = {"native": 12, "fused": 6, "compiled": 4}
"""Bytes per vocabulary entry and token: PyTorch's own loss holds logits and their gradients in bf16 and in fp32, a fused one (Megatron-LM
--cross-entropy-loss-fusion) fp32 logits and bf16 gradients, one that torch.compile has put together both in bf16 only."""
ACTIVATION_BYTES = 2  # bf16
FFN_BYTES: dict[Precision, float] = {"fp8": 1.0, "nvfp4": 0.5625, "mxfp4": 0.53125}
"""Bytes of one of the FFN's intermediates where they are kept as matmuls read them (fp8: DeepSeek-V3, arXiv 2412.19437, section 3.3.3),
in those layers whose matmuls are so narrow."""
GATHERED_LAYERS = 2  # FSDP holds the layer at work and the prefetched one


@dataclass(frozen=True, slots=True)
class RankParameters:
    """Parameters that one accelerator's compute works on, before any data-parallel sharding (counts, fullest stage)."""

    dense: float
    experts: float

    @property
    def total(self) -> float:
        """All parameters of the rank."""
        return self.dense + self.experts


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """Bytes on one accelerator of the fullest pipeline stage."""

    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    workspace_bytes: int  # CUDA context, NCCL buffers, fragmentation, gathered FSDP layers
    capacity_bytes: int

    @property
    def total_bytes(self) -> int:
        """All parts together."""
        return (
            self.weight_bytes
            + self.gradient_bytes
            + self.optimizer_bytes
            + self.activation_bytes
            + self.workspace_bytes
        )

    @property
    def fits(self) -> bool:
        """Whether the parts fit into the accelerator."""
        return self.total_bytes <= self.capacity_bytes


def memory_budget(plan: Workload) -> MemoryBudget:
    """The budget of one accelerator in training."""
    budgets = (stage_budget(plan, stage) for stage in telling_stages(plan))
    return max(budgets, key=lambda budget: budget.total_bytes)


def stage_budget(plan: Workload, stage: int) -> MemoryBudget:
    """The budget of one accelerator of a pipeline stage."""
    parameters = stage_parameters(plan, stage)
    activations = activation_bytes(plan, stage)
    return MemoryBudget(
        weight_bytes=round(_state_bytes(plan, parameters, weight_bytes(plan), sharded=shards_weights(plan))),
        gradient_bytes=round(_state_bytes(plan, parameters, gradient_bytes(plan), sharded=shards_gradients(plan))),
        optimizer_bytes=round(_state_bytes(plan, parameters, optimizer_bytes(plan), sharded=shards_optimizer(plan))),
        activation_bytes=round(activations),
        workspace_bytes=round(_workspace_bytes(plan, parameters, activations)),
        capacity_bytes=plan.accelerator.memory_mib * MIB,
    )


def expert_parameters(model: Model) -> int:
    """Parameters in routed experts, which expert parallelism divides (count)."""
    if model.moe is None:
        return 0
    sparse_layers = model.layers - model.moe.dense_layers
    return sparse_layers * model.moe.experts * expert_ffn_parameters(model, model.moe)


def rank_parameters(plan: Workload) -> RankParameters:
    """Parameters of one rank of the stage that has most."""
    return max(
        (stage_parameters(plan, stage) for stage in telling_stages(plan)), key=lambda parameters: parameters.total
    )


def stage_parameters(plan: Workload, stage: int) -> RankParameters:
    """Parameters of one rank: its stage's layers, its table, and its experts, divided by tensor parallelism.

    The first stage has the embedding and the last the output table, of which tied ones are a copy.
    """
    model, parallel = plan.model, plan.parallel
    layers = stage_layers(plan)
    experts = expert_parameters(model)
    embeddings = embedding_parameters(model)
    share = layers[stage] / model.layers
    tables = {0: embeddings if len(layers) == 1 else model.vocab_size * model.hidden_size}
    tables.setdefault(len(layers) - 1, model.vocab_size * model.hidden_size)
    dense = (parameter_count(model) - experts - embeddings) * share + tables.get(stage, 0)
    return RankParameters(
        dense=dense / parallel.tensor,
        experts=experts * share / (parallel.tensor * parallel.expert),
    )


def activation_bytes(plan: Workload, stage: int) -> float:
    """Bytes of stored activations of a stage; the last one holds the logits, too."""
    layers = stage_layers(plan)
    kept = layers[stage] * layer_activation_bytes(plan, plan.recompute) * in_flight_micro_batches(plan, stage)
    transient = layer_activation_bytes(plan, "none") if plan.recompute == "full" else 0.0
    is_last = stage == len(layers) - 1
    logits = LOGIT_BYTES[plan.cross_entropy] * plan.model.vocab_size * _local_tokens(plan) / plan.parallel.tensor
    return kept + transient + (logits if is_last else 0.0)


def layer_activation_bytes(plan: Workload, recompute: Recompute) -> float:
    """Bytes that one layer stores for the backward pass of one micro-batch, divided by tensor parallelism (sequence parallel).

    none: two residual inputs, two norm outputs, q, k, v, the attention output and every FFN intermediate: 32*h bytes per
    token for a plain 4h FFN, Korthikanti's 34 less two dropout masks. selective: norm outputs and the FFN's activation
    product are computed again (Megatron-LM --recompute-modules core_attn layernorm ...). op: the input, what attention makes of
    it and every second matmul's output, in bf16 (torchtitan's selective checkpointing by operator). full: the input only.
    """
    return _layer_bytes_per_token(plan.model, plan.precision, recompute) * _local_tokens(plan) / plan.parallel.tensor


def checkpoint_bytes(plan: Workload) -> int:
    """Bytes of one checkpoint, all ranks together."""
    return checkpoint_bytes_each(plan) * parameter_count(plan.model)


def _layer_bytes_per_token(model: Model, precision: Precision, recompute: Recompute) -> float:
    if recompute == "full":
        return ACTIVATION_BYTES * model.hidden_size
    if recompute == "op":
        every_second = sum(_matmul_outputs(model)[::2])
        return ACTIVATION_BYTES * (model.hidden_size + _attention_output(model) + every_second)
    residuals = 2 * model.hidden_size
    again = 0 if recompute == "selective" else 1
    attention = residuals + _attention_width(model, recompute) + again * 2 * model.hidden_size
    ffn = (model.ffn_matrices - 1 + again) * _active_ffn_size(model)
    return ACTIVATION_BYTES * attention + _ffn_bytes(precision) * ffn


def _ffn_bytes(precision: Precision) -> float:
    """Mean bytes of one of the FFN's intermediates, over layers that are narrow and those that are not."""
    narrow = narrow_share(precision)
    return narrow * FFN_BYTES.get(precision, ACTIVATION_BYTES) + (1 - narrow) * ACTIVATION_BYTES


def _matmul_outputs(model: Model) -> tuple[int, ...]:
    """Channels that each matmul of one layer writes for one token, in order."""
    latent, heads = model.latent_attention, model.attention_heads
    queries, keys = heads * model.head_dim, model.kv_heads * model.head_dim
    projections: tuple[int, ...] = (queries, keys, keys)
    if latent:
        queries = heads * (latent.qk_nope_head_dim + latent.qk_rope_head_dim)
        expanded = heads * (latent.qk_nope_head_dim + latent.v_head_dim)
        projections = (latent.q_lora_rank, queries, latent.kv_lora_rank + latent.qk_rope_head_dim, expanded)
    ffn = (_active_ffn_size(model),) * (model.ffn_matrices - 1)
    return (*projections, model.hidden_size, *ffn, model.hidden_size)


def _attention_output(model: Model) -> int:
    """Channels that the heads of one layer make of their values."""
    value_size = model.latent_attention.v_head_dim if model.latent_attention else model.head_dim
    return model.attention_heads * value_size


def _attention_width(model: Model, recompute: Recompute) -> int:
    """Stored channels of one attention block: q, k, v and the output, or for latent attention its latents and the output."""
    latent = model.latent_attention
    if latent is None:
        return 2 * (model.attention_heads + model.kv_heads) * model.head_dim
    latents = latent.q_lora_rank + latent.kv_lora_rank + latent.qk_rope_head_dim
    output = model.attention_heads * latent.v_head_dim
    if recompute == "selective":  # Megatron-LM --recompute-modules mla_up_proj; DeepSeek-V3, section 3.2.3
        return latents + output
    per_head = 2 * (latent.qk_nope_head_dim + latent.qk_rope_head_dim) + latent.v_head_dim
    return latents + output + model.attention_heads * per_head


def _active_ffn_size(model: Model) -> int:
    """FFN width that one token goes through in one layer; for MoE its routed and shared experts together."""
    if model.moe is None:
        return model.ffn_hidden_size
    return (model.moe.experts_per_token + model.moe.shared_experts) * model.moe.expert_ffn_hidden_size


def _local_tokens(plan: Workload) -> float:
    return plan.micro_batch_size * plan.sequence_length / plan.parallel.context


def _state_bytes(plan: Workload, parameters: RankParameters, bytes_each: float, *, sharded: bool) -> float:
    if not sharded:
        return bytes_each * parameters.total
    ranks = shard_ranks(plan)
    expert_ranks = max(1.0, ranks / plan.parallel.expert)
    return bytes_each * (parameters.dense / ranks + parameters.experts / expert_ranks)


def _workspace_bytes(plan: Workload, parameters: RankParameters, activations: float) -> float:
    gathered = 0.0
    if shards_weights(plan):
        gathered = GATHERED_LAYERS * parameters.total / layers_per_stage(plan) * weight_bytes(plan)
    if is_compiled_only(plan.accelerator):  # all memory is planned beforehand, without a context or channels in it
        return gathered
    fixed = CUDA_CONTEXT_BYTES + LIBRARY_WORKSPACE_BYTES
    buffers = NCCL_BUFFER_BYTES if plan.world_size > 1 else 0.0
    return fixed + buffers + gathered + FRAGMENTATION * activations
