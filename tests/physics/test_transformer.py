"""Parameters and FLOPs: against hand counts, published totals and each other."""

from dataclasses import replace

import pytest

from pysim.catalog import MixtureOfExperts, Model, models
from pysim.physics.transformer import (
    active_parameter_count,
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


def test_biases_of_norms() -> None:
    assert parameter_count(replace(TINY, norm_biases=True)) - parameter_count(TINY) == 5 * 8


def test_a_mixture_keeps_its_first_layers_dense() -> None:
    sparse = replace(TINY, moe=MixtureOfExperts(6, 2, 4, shared_experts=1, dense_layers=1))
    expert, router = 3 * 8 * 4, 8 * 6

    assert parameter_count(replace(sparse, layers=1)) == parameter_count(replace(TINY, layers=1))
    assert last_layer(sparse) == TINY_ATTENTION + 2 * 8 + 7 * expert + router
    assert parameter_count(sparse) - active_parameter_count(sparse) == 4 * expert


@pytest.mark.parametrize("model", ALL_MODELS)
def test_dense_models_are_active_as_a_whole(model: Model) -> None:
    assert (active_parameter_count(model) == parameter_count(model)) == (model.moe is None)


# What the authors say: arXiv 2401.04088, 2412.19437, 2505.09388; databricks/dbrx-base card.
@pytest.mark.parametrize(
    ("name", "billions"),
    [("mixtral-8x7b", 12.9), ("deepseek-v3", 37), ("qwen3-235b-a22b", 22), ("dbrx-132b", 36)],
)
def test_active_parameters_are_as_published(name: str, billions: float) -> None:
    assert active_parameter_count(models()[name]) == pytest.approx(billions * 1e9, rel=0.02)


def test_latent_attention_is_counted_by_its_ranks() -> None:
    # 671B in all: arXiv 2412.19437.
    assert parameter_count(models()["deepseek-v3"]) == 671_026_404_352


def test_flops_of_llama_405b() -> None:
    # NVIDIA prints 822 TFLOP/s for 326 tokens/s per accelerator at 8,192 tokens: 2.52e12 per token.
    flops = flops_per_token(models()["llama3-405b"], 8192)
    assert 6 * parameter_count(models()["llama3-405b"]) == pytest.approx(2.435e12, rel=1e-3)
    assert flops == pytest.approx(2.537e12, rel=1e-3)
    assert 326 * flops == pytest.approx(822e12, rel=0.01)


def test_attention_flops_grow_with_the_sequence() -> None:
    attention = flops_per_token(TINY, 200) - flops_per_token(TINY, 100)
    assert attention == 6 * TINY.layers * TINY.attention_heads * TINY.head_dim * 100


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
