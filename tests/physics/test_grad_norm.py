"""The gradient norm beside real logs: AGNDM/build-nanogpt's three sizes on FineWeb-Edu, llm.c's 124M, BLOOM."""

from dataclasses import replace

import numpy as np
import pytest
from realism.loss_anchors import all_series
from realism.measures import autocorrelation

from pysim.catalog import Model, models
from pysim.physics.grad_norm import (
    CARRIED_STEPS,
    SPIKE_ECHOES,
    carried,
    grad_norm_cv,
    grad_norm_level,
    grad_norm_plateau,
    grad_norm_start,
    nats_left,
    spike_factors,
)
from pysim.physics.loss import LossLaw, law_of
from pysim.physics.workload import Schedule
from pysim.story.noise import Stream

SERIES = all_series()
LLM_C, BLOOM = SERIES["gpt2-124m"].law, SERIES["bloom-176b-end"].law
EDU = Schedule(kind="cosine", peak_lr=6e-4, final_lr=6e-5, warmup_steps=715)


def gpt2(layers: int, width: int) -> Model:
    """GPT-2 of another size, as the logs' own."""
    heads = width // 64
    return replace(
        models()["gpt2-124m"],
        layers=layers,
        hidden_size=width,
        attention_heads=heads,
        kv_heads=heads,
        ffn_hidden_size=4 * width,
    )


LAWS = {name: law_of(gpt2(*shape), EDU, 19_073, 524_288, 0.03) for name, shape in {"30M": (6, 384), "124M": (12, 768), "254M": (16, 1024)}.items()}  # fmt: skip
NORMS = {
    "30M": {0: 6.57, 2: 6.49, 10: 4.00, 2000: 0.76, 3000: 0.64, 5000: 0.59, 15_000: 0.67},
    "124M": {0: 15.34, 2: 14.46, 5: 8.87, 10: 3.90, 20: 2.29, 50: 1.62, 200: 0.90, 500: 1.01, 1000: 0.49, 2000: 0.317, 5000: 0.285, 15_000: 0.29},
    "254M": {0: 23.2, 2: 21.4, 5: 10.2, 10: 3.56, 20: 2.15, 50: 1.34, 200: 1.00, 500: 0.76, 1000: 0.354, 2000: 0.249, 5000: 0.231, 15_000: 0.225},
}  # fmt: skip
LLM_C_NORMS = {0: 15.4, 50: 1.5, 100: 1.0, 200: 1.1, 500: 0.73, 1000: 0.42, 2000: 0.29, 19_560: 0.23}


def level(law: LossLaw, step: int) -> float:
    return float(grad_norm_level(law, step, nats_left(law, step)))


@pytest.mark.parametrize(("size", "updates"), [(size, updates) for size, row in NORMS.items() for updates in row])
def test_the_gradient_norm_is_that_of_three_sizes(size: str, updates: int) -> None:
    assert level(LAWS[size], updates + 1) == pytest.approx(NORMS[size][updates], rel=0.3)


@pytest.mark.parametrize("updates", LLM_C_NORMS)
def test_the_gradient_norm_is_that_of_llm_c(updates: int) -> None:
    assert level(LLM_C, updates + 1) == pytest.approx(LLM_C_NORMS[updates], rel=0.25)


@pytest.mark.parametrize(("parameters", "settled"), [(30.3e6, 0.69), (124.4e6, 0.29), (254e6, 0.23), (176e9, 0.19)])
def test_small_models_settle_higher(parameters: float, settled: float) -> None:
    assert grad_norm_plateau(parameters) == pytest.approx(settled, rel=0.05)


@pytest.mark.parametrize(("size", "first"), [("30M", 6.57), ("124M", 15.34), ("254M", 23.2)])
def test_wide_models_start_steeper(size: str, first: float) -> None:
    assert grad_norm_start(LAWS[size]) == pytest.approx(first, rel=0.06)


def test_a_table_of_its_own_for_the_input_keeps_the_start_low() -> None:
    """torchtitan's Llama 3 8B logs 4.5; no tied model is steeper than the steepest log."""
    untied = law_of(models()["llama3-8b"], EDU, 19_073, 524_288, 0.0)
    assert level(untied, 1) == 4.5
    assert grad_norm_start(law_of(gpt2(48, 8192), EDU, 19_073, 524_288, 0.0)) == 25.0


def test_without_a_warm_up_it_is_down_within_two_steps() -> None:
    """15.3, 3.8, 2.0."""
    law = law_of(gpt2(12, 768), replace(EDU, warmup_steps=0), 19_073, 524_288, 0.03)
    assert [level(law, step) for step in (1, 2, 3)] == pytest.approx([15.3, 3.8, 2.0], rel=0.45)


def test_large_models_have_smaller_gradients() -> None:
    assert 0.13 < level(BLOOM, 50_000) < 0.24


@pytest.mark.parametrize(("first", "last", "spread"), [(50, 300, 0.20), (700, 2000, 0.137), (2000, 5000, 0.094), (15_000, 19_000, 0.062)])  # fmt: skip
def test_the_spread_follows_what_is_left_to_learn(first: int, last: int, spread: float) -> None:
    """Robust CV of the 124M and the 254M by phase."""
    cv = np.mean(grad_norm_cv(nats_left(LAWS["124M"], np.arange(first, last))))
    assert cv == pytest.approx(spread, rel=0.2)


def test_it_remembers_three_steps_and_more() -> None:
    """Over long stretches; detrended windows of 200 steps show 0.2, 0.27, 0.17 and 0.08 of it at lags 1, 2, 3 and 5."""
    noise = carried(Stream(3, "x").normals(0, 200_000))
    assert len(noise) == 200_000 - CARRIED_STEPS
    assert (noise.mean(), noise.std()) == pytest.approx((0.0, 1.0), abs=0.02)
    seen = [autocorrelation(noise, lag) for lag in (1, 2, 3, 5, 18)]
    assert seen == pytest.approx([0.27, 0.32, 0.25, 0.13, 0.0], abs=0.03)


def test_rare_steps_spike() -> None:
    """Six logs: above twice the level 0.3 to 1.1 in 1,000 steps, above five times one in 10,000 at most, none above 15."""
    factors = spike_factors(Stream(3, "x").uniforms(0, 2_000_000))
    assert 3e-4 < (factors > 2.0).mean() < 1.1e-3
    assert 2e-5 < (factors > 5.0).mean() < 1.2e-4
    assert 12.0 < factors.max() <= 15.1
    assert (factors >= 1.0).all()


def test_a_spike_is_felt_for_three_steps() -> None:
    """7.2, 2.0, 1.7, 1.4."""
    uniforms = np.full(20, 0.5)
    uniforms[len(SPIKE_ECHOES) + 5] = 2e-3 * (1.4 / 7.2) ** 3
    assert spike_factors(uniforms)[4:10] == pytest.approx([1.0, 7.2, 2.24, 1.74, 1.43, 1.0], abs=0.01)
