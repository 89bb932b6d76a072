"""Two runs with one seed differ; one run under two policies has the same luck."""

import numpy as np
import pytest

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.story.steps import Executed

STEPS = 40
PRESETS = ("classic", "llama3-8b", "bloom-176b", "llama3-405b", "opt-175b")


def norms(preset: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    run = simulate(choose_plan(Request(preset=preset, seed=6, incidents=0.0)))
    return run.steps.columns(Executed(1), Executed(STEPS)).grad_norm


def test_runs_side_by_side_differ() -> None:
    rises = [tuple((np.diff(norms(preset)) > 0).tolist()) for preset in PRESETS]
    assert len(set(rises)) == len(PRESETS)
    assert len({choose_plan(Request(preset=preset, seed=6)).name for preset in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize(
    "asked", [{"gpus": 128}, {"dataset": "the-pile"}, {"accelerator": "a100-80gb"}, {"model": "llama3-8b"}]
)
def test_what_is_trained_on_what_is_part_of_it(asked: dict[str, object]) -> None:
    usual, other = choose_plan(Request(seed=6)), choose_plan(Request(seed=6, preset="classic", **asked))  # type: ignore[arg-type]
    assert other.noise_seed != usual.noise_seed
    assert other.name != usual.name


@pytest.mark.parametrize("asked", [{"gpus": 128}, {"accelerator": "a100-80gb"}])
def test_the_same_batches_are_as_hard_on_other_machines(asked: dict[str, object]) -> None:
    usual, other = choose_plan(Request(seed=6)), choose_plan(Request(seed=6, preset="classic", **asked))  # type: ignore[arg-type]
    assert other.data_seed == usual.data_seed
    assert choose_plan(Request(seed=7)).data_seed != usual.data_seed


@pytest.mark.parametrize("asked", [{"checkpoint_every": "7"}, {"spares": 5}, {"watchdog": 60.0}, {"incidents": 0.0}])
def test_policies_are_not(asked: dict[str, object]) -> None:
    usual, other = choose_plan(Request(seed=6)), choose_plan(Request(seed=6, **asked))  # type: ignore[arg-type]
    assert other.noise_seed == usual.noise_seed
    assert other.name == usual.name
