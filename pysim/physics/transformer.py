"""What a decoder-only transformer costs: parameters and floating-point operations, from its architecture alone.

Everything is exact integer arithmetic on a catalog row, so that a printed parameter count, a checkpoint size and a model
FLOPs utilisation all follow from the same numbers. Modules for multi-token prediction are left out, as authors leave them out of
their totals.
"""

from pysim.catalog import LatentAttention, LocalAttention, MixtureOfExperts, Model
from pysim.physics.workload import Recompute

# A multiply-add is two operations; the backward pass needs one product for the inputs and one for the weights.
TRAINING_FLOPS_PER_PARAMETER = 6


def parameter_count(model: Model) -> int:
    """Trainable parameters of the whole model."""
    return embedding_parameters(model) + _final_norm(model) + _layers(model, active=False)


def active_parameter_count(model: Model) -> int:
    """Parameters that one token meets: those of the whole model minus the experts that the router passes over.

    Both embedding tables count, as in the "37B activated" of DeepSeek-V3 (arXiv 2412.19437).
    """
    return embedding_parameters(model) + _final_norm(model) + _layers(model, active=True)


def embedding_parameters(model: Model) -> int:
    """Parameters of the token table, the output table unless tied, the position table and the embedding's norm."""
    tables = 1 if model.tied_embeddings else 2
    rows = tables * model.vocab_size + model.learned_positions
    # The embedding's norm (BLOOM, arXiv 2211.05100) is a LayerNorm: a weight and a bias per channel.
    return (rows + 2 * model.embedding_norm) * model.hidden_size


def flops_per_token(model: Model, sequence_length: int) -> int:
    """Model FLOPs to train on one token of a sequence of `sequence_length` tokens, forward and backward.

    6 per active parameter (Kaplan et al., arXiv 2001.08361; all parameters as most codes do, embeddings included) plus
    core attention at half its square, because of the causal mask (NVIDIA/Megatron-LM, megatron/training/training.py).
    """
    weights = TRAINING_FLOPS_PER_PARAMETER * active_parameter_count(model)
    return weights + attention_flops_per_token(model, sequence_length)


def attention_flops_per_token(model: Model, sequence_length: int) -> int:
    """Model FLOPs of the attention cores of all layers per token, forward and backward."""
    return 3 * _attention_forward_flops(model, sequence_length)


def hardware_flops_per_token(model: Model, sequence_length: int, recompute: Recompute) -> int:
    """FLOPs that the accelerator executes per token: model FLOPs plus what the backward pass recomputes.

    Full recomputation runs the forward pass twice, 4/3 of the model's FLOPs; selective recomputation repeats the attention
    cores only (Korthikanti et al., arXiv 2205.05198), recomputation by operator every second matmul of the layers.
    """
    model_flops = flops_per_token(model, sequence_length)
    again = {
        "none": 0,
        "selective": _attention_forward_flops(model, sequence_length),
        "op": active_parameter_count(model) - embedding_parameters(model),  # half of two per parameter
        "full": model_flops // 3,
    }
    return model_flops + again[recompute]


def attention_share(model: Model) -> float:
    """Share of the layers' parameters that one token meets which is in attention blocks."""
    return model.layers * _attention(model) / _layers(model, active=True)


def _layers(model: Model, *, active: bool) -> int:
    """Parameters of all layers: the leading dense ones and the others, which are alike."""
    dense = model.moe.dense_layers if model.moe else 0
    first, last = (_layer(model, layer, active=active) for layer in (0, model.layers - 1))
    return dense * first + (model.layers - dense) * last


def _layer(model: Model, layer: int, *, active: bool) -> int:
    """Parameters of one layer; with `active`, those that one token meets."""
    sparse = model.moe is not None and layer >= model.moe.dense_layers
    ffn = _mixture(model, model.moe, active=active) if model.moe and sparse else _dense_ffn(model)
    return _attention(model) + ffn + model.norms_per_layer * _norm(model)


def _norm(model: Model) -> int:
    """Parameters of one norm: RMSNorm has a weight per channel, LayerNorm a bias too."""
    return (2 if model.norm_biases else 1) * model.hidden_size


def _final_norm(model: Model) -> int:
    """Parameters of the norm before the output table."""
    return _norm(model)


def _attention(model: Model) -> int:
    """Parameters of one attention block: projections to q, k, v and back."""
    if model.latent_attention:
        return _latent_attention(model, model.latent_attention)
    queries = model.attention_heads * model.head_dim
    keys_and_values = 2 * model.kv_heads * model.head_dim
    weights = model.hidden_size * (2 * queries + keys_and_values)
    input_biases = (queries + keys_and_values) * (model.linear_biases or model.qkv_biases)
    norms = {"none": 0, "head": 2 * model.head_dim, "projection": queries + keys_and_values // 2}[model.query_key_norms]
    sinks = model.attention_heads * model.attention_sinks
    return weights + input_biases + model.hidden_size * model.linear_biases + norms + sinks


def _latent_attention(model: Model, latent: LatentAttention) -> int:
    """Parameters of one multi-head latent attention block with its two inner norms (DeepSeek-V2, arXiv 2405.04434)."""
    heads = model.attention_heads
    query_size = heads * (latent.qk_nope_head_dim + latent.qk_rope_head_dim)
    query_input = latent.q_lora_rank or model.hidden_size
    query_down = latent.q_lora_rank * (model.hidden_size + 1)
    kv_down = model.hidden_size * (latent.kv_lora_rank + latent.qk_rope_head_dim) + latent.kv_lora_rank
    kv_up = latent.kv_lora_rank * heads * (latent.qk_nope_head_dim + latent.v_head_dim)
    output = heads * latent.v_head_dim * model.hidden_size
    return query_down + query_input * query_size + kv_down + kv_up + output


def _dense_ffn(model: Model) -> int:
    """Parameters of one plain feed-forward block."""
    return _ffn(model, model.ffn_hidden_size)


def _ffn(model: Model, width: int) -> int:
    """Parameters of a feed-forward block of `width` columns."""
    weights = model.ffn_matrices * model.hidden_size * width
    biases = (model.ffn_matrices - 1) * width + model.hidden_size
    return weights + biases * model.linear_biases


def _mixture(model: Model, moe: MixtureOfExperts, *, active: bool) -> int:
    """Parameters of one mixture of experts with its router."""
    routed = moe.experts_per_token if active else moe.experts
    router = moe.experts * (model.hidden_size + model.linear_biases + moe.selection_biases)
    return (routed + moe.shared_experts) * expert_ffn_parameters(model, moe) + router


def expert_ffn_parameters(model: Model, moe: MixtureOfExperts) -> int:
    """Parameters of one expert."""
    return _ffn(model, moe.expert_ffn_hidden_size)


def _attention_forward_flops(model: Model, sequence_length: int) -> int:
    """FLOPs of scores and weighted values of all layers for one token, which sees half the sequence on average.

    Per layer: 2·heads·(query-key size + value size) for each token that is seen; of all of a causal sequence it is half.
    """
    latent = model.latent_attention
    score_size = latent.qk_nope_head_dim + latent.qk_rope_head_dim if latent else model.head_dim
    value_size = latent.v_head_dim if latent else model.head_dim
    local = model.local_attention
    in_sight = model.layers * sequence_length  # twice the mean over tokens, summed over layers
    if local:
        in_sight -= local.layers * (sequence_length - _local_sight(local, sequence_length))
    return model.attention_heads * (score_size + value_size) * in_sight


def _local_sight(local: LocalAttention, sequence_length: int) -> int:
    """Twice the tokens that a token of a local layer sees on average: those of its window w, but fewer in the first w of a sequence.

    2·(w - w²/2s) for a sliding window (Beltagy et al., arXiv 2004.05150); half a block where the sequence is cut into blocks.
    """
    window = min(local.window, sequence_length)
    if local.chunked:
        whole, rest = divmod(sequence_length, window)
        return (whole * window**2 + rest**2) // sequence_length
    return 2 * window - window**2 // sequence_length
