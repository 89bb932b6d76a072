"""What fills an accelerator's memory, in bytes.

Model states follow Rajbhandari et al. 2020 (ZeRO, arXiv 1910.02054) and Megatron-LM's theoretical_memory_usage.py;
activations follow Korthikanti et al. 2022 (arXiv 2205.05198), table 2. With FlashAttention the 5*a*s/h term of that table
does not exist: no score matrix is ever stored. The fullest pipeline stage is counted, because that one decides.
"""

from dataclasses import dataclass

from pysim.catalog import Model, Precision
from pysim.physics.transformer import embedding_parameters, expert_ffn_parameters, parameter_count
from pysim.physics.workload import Recompute, Workload

MIB = 2**20
GIB = 2**30

WEIGHT_BYTES: dict[Precision, int] = {"fp32": 4, "fp16": 2, "bf16": 2, "fp8": 4}
"""Bytes per parameter of the weights that the kernels read. fp8 keeps the bf16 weights and two fp8 copies, plain and
transposed (Transformer Engine: Hopper's fp8 matmul takes one layout only)."""

OPTIMIZER_BYTES: dict[Precision, int] = {"fp32": 8, "fp16": 12, "bf16": 12, "fp8": 12}
"""Bytes per parameter of AdamW's two fp32 moments, and of the fp32 master weights where the weights are not fp32."""

CHECKPOINT_BYTES: dict[Precision, int] = {"fp32": 12, "fp16": 14, "bf16": 14, "fp8": 14}
"""Bytes per parameter of a checkpoint: fp32 weights 4, moments 8, and bf16 weights 2 (BLOOM: 176e9 * 14 = 2.3 TB)."""

EXPORT_BYTES_PER_PARAMETER = 2  # bf16 safetensors

MAIN_GRADIENT_BYTES = 4  # Megatron-LM and BLOOM accumulate in fp32; 18 B/param in all (stas00/ml-engineering)
SHARDED_GRADIENT_BYTES = 2  # ZeRO-2, ZeRO-3 and FSDP reduce in bf16: 2 + 14/DP and 16/DP B/param (Rajbhandari)

CUDA_CONTEXT_BYTES = 0.6 * GIB  # an H100 process that has only created its context: about 0.5-0.7 GiB in nvidia-smi
NCCL_BUFFER_BYTES = 1.2 * GIB  # channel buffers of the world's, tensor, pipeline and data groups; 1-2 GiB is usual
LIBRARY_WORKSPACE_BYTES = 0.3 * GIB  # cuBLAS and fused-attention workspaces
FRAGMENTATION = 0.04  # share of the activations that the caching allocator loses; reserved/allocated is 1.02-1.08

LOGIT_BYTES = 6  # per vocabulary entry and token: fp32 logits and their bf16 gradient
ACTIVATION_BYTES = 2  # bf16
FP8_ACTIVATION_BYTES = 1  # fp8 runs keep the FFN's intermediates in fp8 (DeepSeek-V3, arXiv 2412.19437, section 3.3.3)
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
    parameters = rank_parameters(plan)
    activations = activation_bytes(plan)
    return MemoryBudget(
        weight_bytes=round(_state_bytes(plan, parameters, WEIGHT_BYTES[plan.precision], sharded=shards_weights(plan))),
        gradient_bytes=round(_state_bytes(plan, parameters, gradient_bytes(plan), sharded=shards_gradients(plan))),
        optimizer_bytes=round(
            _state_bytes(plan, parameters, OPTIMIZER_BYTES[plan.precision], sharded=shards_optimizer(plan))
        ),
        activation_bytes=round(activations),
        workspace_bytes=round(_workspace_bytes(plan, parameters, activations)),
        capacity_bytes=plan.accelerator.memory_mib * MIB,
    )


def shards_optimizer(plan: Workload) -> bool:
    """ZeRO-1 and above: each replica keeps its part of the optimizer state."""
    return plan.sharding != "ddp"


def shards_gradients(plan: Workload) -> bool:
    """ZeRO-2 and above: each replica keeps its part of the gradients."""
    return plan.sharding in ("zero2", "zero3", "fsdp")


def shards_weights(plan: Workload) -> bool:
    """ZeRO-3 and FSDP: each replica keeps its part of the weights."""
    return plan.sharding in ("zero3", "fsdp")


def gradient_bytes(plan: Workload) -> int:
    """Bytes per gradient element, kept and communicated."""
    reduced = shards_gradients(plan) and plan.precision != "fp32"
    return SHARDED_GRADIENT_BYTES if reduced else MAIN_GRADIENT_BYTES


def layers_per_stage(plan: Workload) -> int:
    """Layers of the fullest pipeline stage."""
    return -(-plan.model.layers // plan.parallel.pipeline)


def expert_parameters(model: Model) -> int:
    """Parameters in routed experts, which expert parallelism divides (count)."""
    if model.moe is None:
        return 0
    sparse_layers = model.layers - model.moe.dense_layers
    return sparse_layers * model.moe.experts * expert_ffn_parameters(model, model.moe)


def rank_parameters(plan: Workload) -> RankParameters:
    """Parameters of one rank: its stage's layers, an embedding, and its experts, divided by tensor parallelism."""
    model, parallel = plan.model, plan.parallel
    experts = expert_parameters(model)
    embeddings = embedding_parameters(model)
    stage_share = layers_per_stage(plan) / model.layers
    held_embeddings = embeddings if parallel.pipeline == 1 else model.vocab_size * model.hidden_size
    dense = (parameter_count(model) - experts - embeddings) * stage_share + held_embeddings
    return RankParameters(
        dense=dense / parallel.tensor,
        experts=experts * stage_share / (parallel.tensor * parallel.expert),
    )


def activation_bytes(plan: Workload) -> float:
    """Bytes of stored activations on the worse of the first stage (most in flight) and the last (logits)."""
    per_micro_batch = layers_per_stage(plan) * layer_activation_bytes(plan, plan.recompute)
    transient = layer_activation_bytes(plan, "none") if plan.recompute == "full" else 0.0
    logits = LOGIT_BYTES * plan.model.vocab_size * _local_tokens(plan) / plan.parallel.tensor
    first = per_micro_batch * in_flight_micro_batches(plan) + transient
    last = per_micro_batch + transient + logits
    return max(first, last)


def in_flight_micro_batches(plan: Workload) -> float:
    """Micro-batches whose activations the first stage holds: 1F1B keeps p, interleaving adds (p-1)/v (Korthikanti 4.2)."""
    stages, chunks = plan.parallel.pipeline, plan.parallel.virtual_pipeline
    warm_up = stages + ((stages - 1) / chunks if chunks > 1 else 0.0)
    return max(1.0, min(warm_up, plan.accumulation))


def layer_activation_bytes(plan: Workload, recompute: Recompute) -> float:
    """Bytes that one layer stores for the backward pass of one micro-batch, divided by tensor parallelism (sequence parallel).

    none: two residual inputs, two norm outputs, q, k, v, the attention output and every FFN intermediate: 32*h bytes per
    token for a plain 4h FFN, Korthikanti's 34 less two dropout masks. selective: norm outputs and the FFN's activation
    product are computed again (Megatron-LM --recompute-modules core_attn layernorm ...). full: the layer's input only.
    """
    return _layer_bytes_per_token(plan.model, plan.precision, recompute) * _local_tokens(plan) / plan.parallel.tensor


def checkpoint_bytes(plan: Workload) -> int:
    """Bytes of one checkpoint, all ranks together."""
    return CHECKPOINT_BYTES[plan.precision] * parameter_count(plan.model)


def _layer_bytes_per_token(model: Model, precision: Precision, recompute: Recompute) -> float:
    if recompute == "full":
        return ACTIVATION_BYTES * model.hidden_size
    residuals = 2 * model.hidden_size
    again = 0 if recompute in ("selective", "op") else 1
    attention = residuals + _attention_width(model, recompute) + again * 2 * model.hidden_size
    ffn = (model.ffn_matrices - 1 + again) * _active_ffn_size(model)
    return ACTIVATION_BYTES * attention + (FP8_ACTIVATION_BYTES if precision == "fp8" else ACTIVATION_BYTES) * ffn


def _attention_width(model: Model, recompute: Recompute) -> int:
    """Stored channels of one attention block: q, k, v and the output, or for latent attention its latents and the output."""
    latent = model.latent_attention
    if latent is None:
        return 2 * (model.attention_heads + model.kv_heads) * model.head_dim
    latents = latent.q_lora_rank + latent.kv_lora_rank + latent.qk_rope_head_dim
    output = model.attention_heads * latent.v_head_dim
    if recompute in ("selective", "op"):  # Megatron-LM --recompute-modules mla_up_proj; DeepSeek-V3, section 3.2.3
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


def _state_bytes(plan: Workload, parameters: RankParameters, bytes_each: int, *, sharded: bool) -> float:
    if not sharded:
        return bytes_each * parameters.total
    replicas = plan.data_parallel * plan.parallel.context
    expert_replicas = max(1.0, replicas / plan.parallel.expert)
    return bytes_each * (parameters.dense / replicas + parameters.experts / expert_replicas)


def _workspace_bytes(plan: Workload, parameters: RankParameters, activations: float) -> float:
    fixed = CUDA_CONTEXT_BYTES + LIBRARY_WORKSPACE_BYTES
    buffers = NCCL_BUFFER_BYTES if plan.world_size > 1 else 0.0
    gathered = 0.0
    if shards_weights(plan):
        gathered = GATHERED_LAYERS * parameters.total / layers_per_stage(plan) * WEIGHT_BYTES[plan.precision]
    return fixed + buffers + gathered + FRAGMENTATION * activations
