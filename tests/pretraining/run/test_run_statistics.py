"""Simulated runs beside real logs, and the statistics that compare them."""

import numpy as np
import pytest
from realism import statistics_of_runs
from realism.measures import (
    Check,
    autocorrelation,
    excess_kurtosis,
    outlier_percent,
    residuals,
    robust_deviation,
    skew,
)
from thorough import sampled

from pysim.physics import loss
from pysim.physics.grad_norm import CARRIED_STEPS
from pysim.story.noise import Stream
from pysim.story.steps import DataStep

WHITE = Stream(5, "white").normals(0, 100_000)
EXPONENTIAL = -np.log(Stream(5, "exponential").uniforms(0, 400_000))


def test_every_statistic_lies_in_its_band() -> None:
    section = statistics_of_runs.section()
    assert [line for line in section.lines if line.endswith("OUT OF BAND")] == []
    assert section.passed
    assert len([line for line in section.lines if line.endswith(" ok")]) > 90


UNLIKE: tuple[tuple[str, str, object, str], ...] = (
    ("pysim.physics.loss", "NOISE_COEFFICIENT", 45.0, "std x sqrt(tokens)"),
    ("pysim.physics.loss", "NOISE_TAIL", ((65_536, 1_572_864), (0.0, 0.0)), "skew"),
    ("pysim.physics.grad_norm", "SETTLED_CV", 0.3, "CV, %"),
    ("pysim.physics.loss", "VALIDATION_JITTER", 0.02, "jitter"),
    ("pysim.pretraining.run.steps", "carried", lambda normals: normals[CARRIED_STEPS:], "autocorrelation"),
    ("pysim.pretraining.run.unevenness", "_RELATIVE_CV", 0.012, "robust CV"),
    ("pysim.pretraining.run.unevenness", "_SLOW_SHARE", (0.2, 0.4), "beyond 1.5x"),
    ("pysim.physics.durations", "SHARD_SECONDS_PER_TOKEN", 1e-10, "beyond 1.5x"),
)


@pytest.mark.parametrize("change", sampled(UNLIKE, every=3, ids=[name for _, name, _, _ in UNLIKE]))
def test_a_run_that_is_unlike_real_ones_is_found(
    change: tuple[str, str, object, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, name, value, found = change
    monkeypatch.setattr(f"{where}.{name}", value)
    statistics_of_runs.run_of.cache_clear()
    statistics_of_runs.gpt2_columns.cache_clear()
    section = statistics_of_runs.section()
    assert not section.passed
    assert any(found in line for line in section.lines if line.endswith("OUT OF BAND"))


@pytest.fixture(autouse=True)
def _runs_are_made_anew() -> None:
    statistics_of_runs.run_of.cache_clear()
    statistics_of_runs.gpt2_columns.cache_clear()


def test_a_check_that_is_left_alone_says_so() -> None:
    assert Check("x", "1", 0.5, 1.5, 1.0).line().endswith(" ok")
    assert Check("x", "1", 0.5, 1.5, 1.6).line().endswith("OUT OF BAND")


def test_residuals_keep_the_noise_and_drop_the_trend() -> None:
    trend = 3.0 + 1e-4 * np.arange(len(WHITE))
    left = residuals(trend + WHITE)
    assert len(left) == len(WHITE) - 100
    assert left.std() == pytest.approx(1.0, abs=0.01)
    assert left.mean() == pytest.approx(0.0, abs=0.01)


def test_shape_of_known_distributions() -> None:
    assert (skew(EXPONENTIAL), excess_kurtosis(EXPONENTIAL)) == pytest.approx((2.0, 6.0), rel=0.05)
    assert (skew(WHITE), excess_kurtosis(WHITE)) == pytest.approx((0.0, 0.0), abs=0.03)
    assert robust_deviation(WHITE) == pytest.approx(1.0, abs=0.01)
    assert outlier_percent(WHITE, 2.0) == pytest.approx(4.55, abs=0.2)


def test_memory_of_a_known_series() -> None:
    carried = WHITE[1:] + 0.5 * WHITE[:-1]
    assert autocorrelation(carried) == pytest.approx(0.4, abs=0.01)
    assert autocorrelation(carried, 2) == pytest.approx(0.0, abs=0.01)


def test_noise_is_never_that_of_the_machine() -> None:
    """It is the data's: the same seed on other hardware gives the same jitter, as in the logs of H100 and A100."""
    one, other = (statistics_of_runs.run_of("gpt2-124m", accelerator=name) for name in ("h100-sxm", "a100-80gb"))
    assert np.array_equal(
        one.steps.losses(DataStep(5000), DataStep(6000)), other.steps.losses(DataStep(5000), DataStep(6000))
    )
    assert loss.noise_sigma(524_288) == pytest.approx(0.0428, abs=0.0001)
