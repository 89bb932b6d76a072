from collections.abc import Callable
from dataclasses import replace
from math import log

import numpy as np
import pytest

from pysim.catalog import Dataset
from pysim.physics.loss import (
    IRREDUCIBLE_LOSS,
    LossLaw,
    chinchilla_loss,
    effective_tokens,
    grad_norm_cv,
    grad_norm_level,
    hoffmann_loss,
    loss_law,
    noise_sigma,
    noise_skew,
    perplexity,
    size_term,
    train_loss,
    validation_loss,
)
from pysim.physics.schedule import learning_rate_area
from pysim.plan import Plan, Schedule

MakePlan = Callable[..., Plan]

GPT2_LOG = {
    0: 11.009, 5: 10.42, 10: 9.94, 20: 9.56, 50: 8.53, 100: 7.09, 200: 6.37, 300: 6.00, 500: 5.51, 700: 4.94,
    1000: 4.31, 2000: 3.82, 3000: 3.61, 5000: 3.50, 10_000: 3.39, 15_000: 3.32, 19_560: 3.29,
}  # fmt: skip  # llm.c, GPT-2 124M
MEGATRON_LOG = {
    1: 12.96, 10: 12.06, 50: 8.84, 100: 7.83, 200: 6.65, 500: 5.41, 1000: 4.23, 2000: 3.26, 5000: 2.66,
    10_000: 2.36, 20_000: 2.22, 30_000: 2.157, 40_000: 2.080, 50_000: 2.065,
}  # fmt: skip  # Megatron-LM's 15B test log
GPT2_NORMS = {0: 15.4, 50: 1.5, 100: 1.0, 200: 1.1, 500: 0.73, 1000: 0.42, 2000: 0.29, 19_560: 0.23}


def law(schedule: Schedule, parameters: float, batches: tuple[int, int], *, vocabulary: int, offset: float) -> LossLaw:
    total_steps, tokens_per_step = batches
    return LossLaw(
        curve="scaling-law",
        schedule=schedule,
        total_steps=total_steps,
        tokens_per_step=tokens_per_step,
        unique_tokens=total_steps * tokens_per_step,
        parameters=parameters,
        initial_loss=log(vocabulary) + 0.15,
        unigram_loss=6.7,
        floor=IRREDUCIBLE_LOSS + offset + size_term(parameters),
        mean_rate=float(learning_rate_area(schedule, total_steps, total_steps)) / total_steps,
    )


GPT2 = law(Schedule("cosine", 6e-4, 0.0, 700), 124.4e6, (19_560, 524_288), vocabulary=50_257, offset=0.26)
MEGATRON = law(
    Schedule("cosine", 4.5e-4, 4.5e-5, 10_172), 15.6e9, (50_860, 384 * 4096), vocabulary=256_000, offset=-0.13
)


@pytest.mark.parametrize("step", GPT2_LOG)
def test_gpt2_follows_the_log_of_llm_c(step: int) -> None:
    tolerance = 0.25 if step >= 700 else 0.6
    assert float(train_loss(GPT2, step)) == pytest.approx(GPT2_LOG[step], abs=tolerance)


@pytest.mark.parametrize("step", MEGATRON_LOG)
def test_a_15b_model_follows_its_log(step: int) -> None:
    tolerance = 0.25 if step >= 1000 else 0.6
    assert float(train_loss(MEGATRON, step)) == pytest.approx(MEGATRON_LOG[step], abs=tolerance)


def test_a_cooldown_drops_the_loss_by_about_a_tenth() -> None:
    made = law(Schedule("wsd", 3e-4, 0.0, 256, 5812), 1.5e9, (20_344, 524_288), vocabulary=50_257, offset=0.1)
    before, start, end = train_loss(made, np.array([12_000, 14_532, 20_344]))
    assert start - end == pytest.approx(0.1, abs=0.03)  # KJ 1.5B: 2.846 -> 2.730
    assert start - end > 2 * (before - start)


def test_the_loss_falls_and_stays_finite() -> None:
    losses = train_loss(GPT2, np.arange(GPT2.total_steps + 1))
    assert np.isfinite(losses).all()
    assert (np.diff(losses) < 0).all()


@pytest.mark.parametrize(
    ("parameters", "tokens", "hoffmann", "refit"),
    [
        (7e9, 1e12, 2.06, 2.09),
        (7e9, 2e12, 2.02, 2.07),
        (70e9, 1.4e12, 1.94, 1.97),
        (70e9, 15e12, 1.86, 1.93),
        (175e9, 300e9, 2.00, 2.01),
        (405e9, 15.6e12, 1.82, 1.89),
    ],
)
def test_scaling_laws_give_the_published_table(parameters: float, tokens: float, hoffmann: float, refit: float) -> None:
    assert hoffmann_loss(parameters, tokens) == pytest.approx(hoffmann, abs=0.01)
    assert chinchilla_loss(parameters, tokens) == pytest.approx(refit, abs=0.01)


def test_the_end_of_a_fully_decayed_run_is_the_scaling_law() -> None:
    expected = chinchilla_loss(124.4e6, 19_560 * 524_288) + 0.26
    assert GPT2.final_loss == pytest.approx(expected, abs=0.01)


def test_repeated_tokens_count_less() -> None:
    assert float(effective_tokens(100.0, 60.0)) == 60.0
    assert float(effective_tokens(100.0, 400.0)) == pytest.approx(373, abs=1)  # four epochs are nearly as good
    assert float(effective_tokens(100.0, 1e9)) == pytest.approx(1639)


def test_validation_lies_just_below_training_until_tokens_repeat() -> None:
    assert float(validation_loss(GPT2, 19_560) - train_loss(GPT2, 19_560)) == pytest.approx(-0.014)
    repeated = replace(GPT2, unique_tokens=GPT2.unique_tokens / 4)
    assert float(validation_loss(repeated, 19_560) - train_loss(repeated, 19_560)) > 0


def test_a_plan_s_law_knows_its_corpus_and_its_vocabulary(make_plan: MakePlan) -> None:
    plan = make_plan("gpt2-124m")
    moved = replace(plan, dataset=Dataset("x", "X", 10**15, 1, plan.dataset.loss_offset + 0.2, "assumed"))
    assert loss_law(moved).floor - loss_law(plan).floor == pytest.approx(0.2)
    assert loss_law(plan).initial_loss == pytest.approx(10.825 + 0.15, abs=0.001)
    assert float(train_loss(loss_law(plan), 0)) == pytest.approx(loss_law(plan).initial_loss, abs=0.01)


def test_a_mixture_learns_between_its_total_and_active_size(make_plan: MakePlan) -> None:
    floor = loss_law(make_plan("deepseek-v3")).floor - make_plan().dataset.loss_offset - IRREDUCIBLE_LOSS
    assert size_term(671e9) < floor < size_term(37e9)


def test_the_exponential_curve_goes_to_its_floor(make_plan: MakePlan) -> None:
    made = loss_law(make_plan(loss_curve="exponential"))
    start, end = train_loss(made, np.array([0, 10_000]))
    assert start == made.initial_loss
    assert end == pytest.approx(0.1)


def test_noise_follows_the_square_root_of_the_tokens() -> None:
    assert noise_sigma(524_288) == pytest.approx(0.0428, abs=0.0005)
    assert noise_sigma(4_194_304) == pytest.approx(0.0151, abs=0.0005)
    assert noise_skew(65_536) == pytest.approx(0.33)
    assert noise_skew(524_288) == pytest.approx(0.15)
    assert noise_skew(4e6) == 0.0


@pytest.mark.parametrize("step", GPT2_NORMS)
def test_the_gradient_norm_settles_as_in_llm_c(step: int) -> None:
    assert float(grad_norm_level(GPT2, step)) == pytest.approx(GPT2_NORMS[step], rel=0.2)


def test_large_models_have_smaller_and_calmer_gradients() -> None:
    bloom = replace(GPT2, parameters=176e9, total_steps=100_000)
    assert 0.13 < float(grad_norm_level(bloom, 50_000)) < 0.24
    early, late = grad_norm_cv(np.array([10, 50_000]))
    assert (early, late) == (0.18, 0.07)


def test_perplexity_is_capped() -> None:
    assert perplexity(2.3271) == 10.25  # BLOOM's validation line: 10.248
    assert perplexity(50.0) == perplexity(20.0)


def test_perplexity_is_rounded_once() -> None:
    assert perplexity(4.9317) == 138.61  # 138.614958; by way of six digits, 138.615, it would print as 138.62
    assert perplexity(10.9863) == 59_059  # 59,059.459; by way of 59,059.5 it would print as 59,060
