"""What batches of a corpus have in common, and how hard they can be."""

import numpy as np
import pytest
from numpy.typing import NDArray
from realism.measures import autocorrelation, residuals, skew

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import Run, simulate
from pysim.story.steps import DataStep


def run_on(dataset: str) -> Run:
    """GPT-2 124M, 524,288 tokens a step."""
    return simulate(choose_plan(Request(preset="gpt2-124m", dataset=dataset, seed=2)))


def noise(dataset: str) -> NDArray[np.float64]:
    """Detrended losses of most of a run."""
    return residuals(run_on(dataset).steps.losses(DataStep(5000), DataStep(18_000)), window=25)


def test_a_corpus_that_is_read_in_its_own_order_has_hard_and_easy_stretches() -> None:
    """FineWeb-Edu, detrended over 50 steps: 0.27 to 0.45 at lag 1, 0.12 to 0.24 at lag 5, below 0 at lag 20; 30 to 36 nats times the root."""
    left = noise("fineweb-edu")
    seen = [autocorrelation(left, lag) for lag in (1, 2, 5, 20)]
    assert seen == pytest.approx([0.29, 0.27, 0.17, -0.15], abs=0.06)
    assert left.std() * np.sqrt(524_288) == pytest.approx(31.0, abs=4.0)


@pytest.mark.parametrize("dataset", ["fineweb-10b", "c4"])
def test_others_have_none(dataset: str) -> None:
    assert abs(autocorrelation(noise(dataset))) < 0.05


@pytest.mark.parametrize(
    ("dataset", "low", "high"), [("fineweb-10b", 0.75, 1.35), ("fineweb-edu", -0.6, 0.35), ("c4", -0.1, 0.1)]
)
def test_how_hard_a_batch_can_be_is_the_corpus_s_own(dataset: str, low: float, high: float) -> None:
    """Skew at 524,288 tokens: FineWeb 0.9 to 1.2 (llm.c, AdamW), FineWeb-Edu -0.6 to 0.3, C4 0.01 (Llama 8B)."""
    assert low < skew(noise(dataset)) < high


def test_any_part_of_a_run_is_the_same_noise() -> None:
    run = run_on("fineweb-edu")
    whole = run.steps.losses(DataStep(1), DataStep(300))
    parts = [run.steps.losses(DataStep(first), DataStep(first + 99)) for first in (1, 101, 201)]
    assert np.array_equal(whole, np.concatenate(parts))
