"""Parameters and FLOPs: against hand counts, published totals and each other."""

from dataclasses import replace

import pytest

from pysim.catalog import LocalAttention, MixtureOfExperts, Model, models
from pysim.physics.transformer import (
    active_parameter_count,
    attention_flops_per_token,
    embedding_parameters,
    flops_per_token,
    hardware_flops_per_token,
    parameter_count,
)

TINY = Model(
    name="tiny",
    title="Tiny",
    family="test",
    layers=2,
    hidden_size=8,
    attention_heads=4,
    kv_heads=2,
    head_dim=2,
    ffn_hidden_size=16,
    ffn_matrices=3,
    vocab_size=10,
    context_length=4,
    tokenizer="none",
    published_parameters=0,
    source="counted by hand below",
)
TINY_ATTENTION = 8 * 8 + 2 * 8 * 4 + 8 * 8  # q, k and v, output
TINY_FFN = 3 * 8 * 16
ALL_MODELS = [pytest.param(model, id=name) for name, model in models().items()]


def last_layer(model: Model) -> int:
    """Parameters of the last layer: what the model has more than one that ends before it."""
    return parameter_count(model) - parameter_count(replace(model, layers=model.layers - 1))


def test_a_layer_is_attention_ffn_and_two_norms() -> None:
    assert last_layer(TINY) == TINY_ATTENTION + TINY_FFN + 2 * 8


def test_a_model_is_embeddings_layers_and_a_final_norm() -> None:
    assert parameter_count(TINY) == 2 * 10 * 8 + 2 * last_layer(TINY) + 8


def test_tied_embeddings_count_once() -> None:
    assert embedding_parameters(TINY) - embedding_parameters(replace(TINY, tied_embeddings=True)) == 10 * 8


def test_learned_positions_are_rows_of_a_table() -> None:
    assert embedding_parameters(replace(TINY, learned_positions=4)) - embedding_parameters(TINY) == 4 * 8


def test_an_embedding_norm_has_weight_and_bias() -> None:
    assert embedding_parameters(replace(TINY, embedding_norm=True)) - embedding_parameters(TINY) == 2 * 8


def test_biases_of_queries_keys_and_values() -> None:
    assert last_layer(replace(TINY, qkv_biases=True)) - last_layer(TINY) == 8 + 4 + 4


def test_biases_of_every_linear_layer() -> None:
    attention, ffn = 8 + 4 + 4 + 8, 16 + 16 + 8
    assert last_layer(replace(TINY, linear_biases=True)) - last_layer(TINY) == attention + ffn


def test_norms_of_queries_and_keys_span_a_head_or_the_projection() -> None:
    assert last_layer(replace(TINY, query_key_norms="head")) - last_layer(TINY) == 2 + 2
    assert last_layer(replace(TINY, query_key_norms="projection")) - last_layer(TINY) == 8 + 4


def test_a_norm_may_follow_each_sub_layer() -> None:
    assert last_layer(replace(TINY, norms_per_layer=4)) - last_layer(TINY) == 2 * 8


def test_an_attention_sink_is_one_number_per_head() -> None:
    assert last_layer(replace(TINY, attention_sinks=True)) - last_layer(TINY) == 4


def test_biases_of_norms() -> None:
    assert parameter_count(replace(TINY, norm_biases=True)) - parameter_count(TINY) == 5 * 8


def test_a_mixture_keeps_its_first_layers_dense() -> None:
    sparse = replace(TINY, moe=MixtureOfExperts(6, 2, 4, shared_experts=1, dense_layers=1))
    expert, router = 3 * 8 * 4, 8 * 6

    assert parameter_count(replace(sparse, layers=1)) == parameter_count(replace(TINY, layers=1))
    assert last_layer(sparse) == TINY_ATTENTION + 2 * 8 + 7 * expert + router
    assert parameter_count(sparse) - active_parameter_count(sparse) == 4 * expert


def test_experts_and_routers_have_biases_where_linear_layers_do() -> None:
    sparse = replace(TINY, moe=MixtureOfExperts(6, 2, 4))
    biased = replace(sparse, linear_biases=True)
    attention, expert, router = 8 + 4 + 4 + 8, 4 + 4 + 8, 6
    assert last_layer(biased) - last_layer(sparse) == attention + 6 * expert + router


def test_a_router_may_have_a_bias_per_expert_that_balances_them() -> None:
    moe = MixtureOfExperts(6, 2, 4)
    balanced = replace(TINY, moe=replace(moe, selection_biases=True))
    assert last_layer(balanced) - last_layer(replace(TINY, moe=moe)) == 6


@pytest.mark.parametrize("model", ALL_MODELS)
def test_dense_models_are_active_as_a_whole(model: Model) -> None:
    assert (active_parameter_count(model) == parameter_count(model)) == (model.moe is None)


# What the authors say, and the tables that they count: arXiv 2401.04088, 2412.19437, 2505.09388, 2507.20534, 2508.06471, 2508.10925
# ("unembedding parameters towards active, but not embeddings"); databricks/dbrx-base, Llama 4, MiniMax-M2 and Mistral Large 3 cards.
@pytest.mark.parametrize(
    ("name", "billions", "tables"),
    [
        ("mixtral-8x7b", 12.9, 2), ("deepseek-v3", 37, 2), ("qwen3-235b-a22b", 22, 2), ("dbrx-132b", 36, 2), ("qwen3-30b-a3b", 3.3, 2),
        ("llama4-scout-109b", 17, 2), ("llama4-maverick-400b", 17, 2),
        ("gpt-oss-20b", 3.61, 1), ("gpt-oss-120b", 5.13, 1), ("kimi-k2", 32, 1), ("mistral-large-3-675b", 39, 1),
        ("glm-4.5", 32, 0), ("glm-4.5-air", 12, 0), ("minimax-m2-230b", 10, 0),
    ],
)  # fmt: skip
def test_active_parameters_are_as_published(name: str, billions: float, tables: int) -> None:
    model = models()[name]
    left_out = (2 - tables) * model.vocab_size * model.hidden_size
    assert active_parameter_count(model) - left_out == pytest.approx(billions * 1e9, rel=0.02)


def test_latent_attention_is_counted_by_its_ranks() -> None:
    # 671B in all: arXiv 2412.19437; each of 58 routers has 256 biases that balance its experts.
    assert parameter_count(models()["deepseek-v3"]) == 671_026_419_200


def test_flops_of_llama_405b() -> None:
    # NVIDIA prints 822 TFLOP/s for 326 tokens/s per accelerator at 8,192 tokens: 2.52e12 per token.
    flops = flops_per_token(models()["llama3-405b"], 8192)
    assert 6 * parameter_count(models()["llama3-405b"]) == pytest.approx(2.435e12, rel=1e-3)
    assert flops == pytest.approx(2.537e12, rel=1e-3)
    assert 326 * flops == pytest.approx(822e12, rel=0.01)


def test_attention_flops_grow_with_the_sequence() -> None:
    attention = flops_per_token(TINY, 200) - flops_per_token(TINY, 100)
    assert attention == 6 * TINY.layers * TINY.attention_heads * TINY.head_dim * 100


def seen(window: int, sequence: int, *, chunked: bool) -> float:
    """Tokens that a token sees, the mean over a sequence, counted one by one: those before it, and half of itself as in s/2."""
    before = (token % window if chunked else min(token, window) for token in range(sequence))
    return sum(before) / sequence + 0.5


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("sequence", [100, 1000, 1300, 4000])
def test_a_local_layer_sees_its_window_only(sequence: int, *, chunked: bool) -> None:
    local = replace(TINY, local_attention=LocalAttention(layers=1, window=1000, chunked=chunked))
    spared = attention_flops_per_token(TINY, sequence) - attention_flops_per_token(local, sequence)
    each = 3 * 2 * TINY.attention_heads * 2 * TINY.head_dim  # forward and backward, multiply-add, scores and values
    assert spared == pytest.approx(each * (sequence / 2 - seen(1000, sequence, chunked=chunked)), abs=each)


def test_attention_over_windows_is_a_small_part_of_attention_at_length() -> None:
    model = models()["gpt-oss-20b"]
    whole = attention_flops_per_token(replace(model, local_attention=None), 131_072)
    assert attention_flops_per_token(model, 131_072) / whole == pytest.approx(0.5 + 0.5 * 128 / 65_536, rel=1e-3)


def test_latent_attention_flops_use_its_own_head_sizes() -> None:
    model = models()["deepseek-v3"]
    attention = flops_per_token(model, 4096) - 6 * active_parameter_count(model)
    assert attention == 3 * 61 * 128 * (192 + 128) * 4096


@pytest.mark.parametrize("model", ALL_MODELS)
def test_recomputation_costs_a_forward_pass_at_most(model: Model) -> None:
    none, selective, full = (hardware_flops_per_token(model, 4096, how) for how in ("none", "selective", "full"))
    assert none == flops_per_token(model, 4096)
    assert none < selective < full
    assert 3 * full == 4 * none


def test_selective_recomputation_repeats_the_attention_cores() -> None:
    extra = hardware_flops_per_token(TINY, 100, "selective") - flops_per_token(TINY, 100)
    assert extra == 2 * TINY.layers * TINY.attention_heads * TINY.head_dim * 100
