"""FLOPs by convention: against what each framework printed beside its own tokens per second."""

from dataclasses import replace

import pytest
from realism.published import Throughput, published_runs, throughput_plan

from pysim.catalog import models
from pysim.physics.conventions import (
    CONVENTIONS,
    causal_attention,
    megatron,
    megatron_2021,
    nanogpt,
    palm,
    six_n,
    torchtitan,
)
from pysim.physics.transformer import active_parameter_count, flops_per_token, parameter_count

LLAMA = models()["llama3-405b"]
PRINTED = [row for row in published_runs().throughput if row.printed_tflops]


def test_the_405b_of_the_record() -> None:
    # 6N 2.435e12, with half of the square 2.537e12, with the whole 2.638e12.
    assert six_n(LLAMA, 8192) == pytest.approx(2.435e12, rel=1e-3)
    assert flops_per_token(LLAMA, 8192) == pytest.approx(2.537e12, rel=1e-3)
    assert palm(LLAMA, 8192) == pytest.approx(2.638e12, rel=1e-3)


def test_nvidias_405b_leaves_the_input_table_out() -> None:
    # 326 tokens/s on each of 1,024 H100, printed as 822 TFLOP/s.
    assert 326 * megatron(LLAMA, 8192) == pytest.approx(822e12, rel=2e-3)


def test_bloom_printed_executed_flops() -> None:
    # 2,048 sequences of 2,048 in 105.22 s on 384, printed as 149.02; 8N alone gives 146.4, 6N 109.8.
    bloom = models()["bloom-176b"]
    per_second = 2048 * 2048 / 105.22 / 384
    assert per_second * megatron_2021(bloom, 2048) == pytest.approx(149.02e12, rel=0.01)
    assert per_second * six_n(bloom, 2048) == pytest.approx(109.8e12, rel=2e-3)
    assert per_second * six_n(bloom, 2048) * 4 / 3 == pytest.approx(146.4e12, rel=2e-3)


def test_the_formula_of_narayanan_et_al() -> None:
    # 96 l h^2 (1 + s / 6h + V / 16lh) per token, their equation 3.
    layers, hidden, sequence, vocabulary = 96, 12288, 2048, 51200
    model = replace(models()["gpt3-175b"], vocab_size=vocabulary)
    theirs = 96 * layers * hidden**2 * (1 + sequence / (6 * hidden) + vocabulary / (16 * layers * hidden))
    assert megatron_2021(model, sequence) == pytest.approx(theirs, rel=1e-3)


def test_nanogpt_leaves_positions_out() -> None:
    # nanoGPT's estimate_mfu: 6 * (N - positions) + 12 * 12 * 12 * 64 * 1024.
    gpt2 = models()["gpt2-124m"]
    assert nanogpt(gpt2, 1024) == 6 * (124_439_808 - 1024 * 768) + 12 * 12 * 12 * 64 * 1024


def test_torchtitan_leaves_the_input_table_out() -> None:
    llama = models()["llama3-8b"]
    assert palm(llama, 8192) - torchtitan(llama, 8192) == 6 * 128_256 * 4096
    tied = models()["llama3.2-1b"]
    assert palm(tied, 8192) == torchtitan(tied, 8192)


def test_mixtures_count_active_parameters() -> None:
    # 2.664 million hours of 2,048 H800 for 14.8T tokens: 343 TFLOP/s each at 6 x 37e9.
    model = models()["deepseek-v3"]
    per_second = 14.8e12 / (2.664e6 * 3600)
    assert per_second * six_n(model, 4096) == pytest.approx(343e12, rel=0.02)
    assert active_parameter_count(model) < parameter_count(model) / 15


def test_attention_is_counted_once_or_twice() -> None:
    assert palm(LLAMA, 8192) - flops_per_token(LLAMA, 8192) == causal_attention(LLAMA, 8192)
    assert CONVENTIONS["pysim"] is flops_per_token


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: row.name)
def test_tokens_and_teraflops_of_a_source_tie(row: Throughput) -> None:
    """What a source prints as TFLOP/s is its tokens per second times the formula of its framework."""
    plan = throughput_plan(row)
    flops = CONVENTIONS[row.convention](plan.model, plan.sequence_length)
    by_time = plan.tokens_per_step / plan.world_size / row.reported
    tokens = by_time if row.measure == "step_seconds" else row.reported
    assert tokens * flops / 1e12 == pytest.approx(row.printed_tflops, rel=0.02)
