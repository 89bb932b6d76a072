"""transformers loads what its Trainer would have left."""

import json
from pathlib import Path
from typing import Any

import pytest
import tracked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return (
        tracked.written(tmp_path_factory.mktemp("trainer"), "trainer:", run=(*tracked.RUN, "--log-every", "20"))
        / "trainer-"
    )


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = tracked.read("trainer", folder)
    return found


def test_states_are_as_transformers_writes_them(found: dict[str, Any]) -> None:
    states = {name: each for name, each in found.items() if name != "arguments"}
    assert states.keys() == {"checkpoint-200", "checkpoint-381", "trainer-"}
    assert all(each["is_same"] for each in states.values())
    assert [each["state"]["global_step"] for each in states.values()] == [200, 381, 381]


def test_the_log_goes_on_from_the_checkpoint(found: dict[str, Any]) -> None:
    """Steps that were lost are told once: by the start that kept them."""
    before, after = (found[f"checkpoint-{step}"]["state"]["log_history"] for step in (200, 381))
    assert after[: len(before)] == before
    steps = [each["step"] for each in after if "loss" in each]
    assert steps == list(range(20, 381, 20))
    losses = {each.step: each.loss or 0.0 for each in tracked.steps()}  # the last time counts
    for each in after:
        if "loss" in each:
            since = [losses[step] for step in range(each["step"] - 19, each["step"] + 1)]
            assert each["loss"] == pytest.approx(sum(since) / 20, abs=1e-3)
    validated = {each.step: each.loss for each in tracked.validations()}
    assert {each["step"]: each["eval_loss"] for each in after if "eval_loss" in each} == validated


def test_all_is_told_in_the_end(found: dict[str, Any], folder: Path) -> None:
    last = found["trainer-"]["state"]["log_history"][-1]
    assert last.keys() == {
        *("epoch", "step", "total_flos", "train_loss", "train_runtime"),
        *("train_samples_per_second", "train_steps_per_second"),
    }
    assert last["total_flos"] == 6 * 85_056_000 * 381 * 512 * 1024  # GPT-2's parameters that are no embeddings
    assert found["trainer-"]["state"]["total_flos"] == last["total_flos"]
    assert {each.name for each in folder.iterdir()} == {
        *("checkpoint-200", "checkpoint-381", "README.md", "trainer_state.json", "training_args.json"),
        *("train_results.json", "all_results.json", ".pysim-export.json"),
    }


def test_the_model_is_known(found: dict[str, Any]) -> None:
    config = found["checkpoint-200"]["config"]
    assert (config["n_layer"], config["n_embd"], config["model_type"]) == (12, 768, "gpt2")


def test_arguments_have_the_librarys_names(found: dict[str, Any], folder: Path) -> None:
    arguments = json.loads((folder / "training_args.json").read_text(encoding="utf-8"))
    assert arguments.keys() <= set(found["arguments"])
    assert (arguments["logging_steps"], arguments["save_steps"]) == (20, 200)


def test_it_says_what_is_left_out(folder: Path) -> None:
    words = (folder / "README.md").read_text(encoding="utf-8")
    assert "Nothing was trained" in words
    assert tracked.CANARY not in words
