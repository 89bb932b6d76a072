"""wandb-core, which `wandb sync` and `wandb leet` read with, finds the run in its transaction logs."""

from pathlib import Path
from typing import Any

import pytest
import tracked

Found = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tracked.written(tmp_path_factory.mktemp("wandb"), "wandb:megatron", "wandb:hf")


@pytest.fixture(scope="module")
def found(folder: Path) -> Found:
    every = tracked.read_wandb(folder)
    runs = {view: [each for each in every if f"-{view}/" in each["path"]] for view in ("megatron", "hf")}
    return {view: sorted(each, key=lambda run: str(run["short"]["start_time"])) for view, each in runs.items()}


def _rows(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["history"]["item"] for each in run["records"] if each["type"] == "history"]


def test_each_start_is_a_run_of_one_group(found: Found) -> None:
    for runs in found.values():
        assert [(run["short"]["state"], run["short"]["exit_code"]) for run in runs] == [("failed", 1), ("finished", 0)]
        assert len({run["short"]["run_id"] for run in runs}) == 2
        about = [next(each["run"] for each in run["records"] if each["type"] == "run") for run in runs]
        assert {each["run_group"] for each in about} == {tracked.story().header.run_name}
    assert [run["short"]["project"] for run in found["megatron"]] == ["gpt2-124m"] * 2
    assert [run["short"]["project"] for run in found["hf"]] == ["huggingface"] * 2


def test_records_are_numbered_and_known(found: Found) -> None:
    for run in (*found["megatron"], *found["hf"]):
        assert [each["num"] for each in run["records"]] == list(range(1, len(run["records"]) + 1))
        assert {each["type"] for each in run["records"]} <= {
            *("header", "run", "environment", "metric", "history", "summary", "exit")
        }


def test_megatron_has_a_row_for_every_step(found: Found) -> None:
    validated = {(each.step, each.time_seconds): each.loss for each in tracked.validations()}
    for run, done in zip(found["megatron"], tracked.attempts(), strict=True):
        rows = _rows(run)
        assert [row["_step"] for row in rows] == [each.step for each in done]
        assert [row["lm loss"] for row in rows] == pytest.approx([each.loss for each in done], abs=1e-4)
        assert [row["samples vs steps"] for row in rows] == [each.step * 512 for each in done]
        for row, step in zip(rows, done, strict=True):
            if "lm loss validation" in row:
                time = round(row["_timestamp"] - tracked.story().header.start_time, 6)
                assert row["lm loss validation"] == pytest.approx(validated[step.step, time], abs=1e-4)
            else:
                assert row["_timestamp"] == pytest.approx(tracked.moment(step.time_seconds), abs=1e-5)
    told = [row["_step"] for run in found["megatron"] for row in _rows(run) if "lm loss validation" in row]
    assert told == [step for step, _ in validated]


def test_the_last_values_are_the_summary(found: Found) -> None:
    for run in (*found["megatron"], *found["hf"]):
        last: dict[str, Any] = {}
        for row in _rows(run):
            last |= row
        assert run["short"]["summary"] == last


def test_hugging_face_counts_its_rows(found: Found) -> None:
    for run in found["hf"]:
        rows = _rows(run)
        assert [row["_step"] for row in rows] == list(range(len(rows)))
        steps = [
            each["metric"].get("name") or each["metric"]["glob_name"]
            for each in run["records"]
            if each["type"] == "metric"
        ]
        assert steps == ["train/global_step", "*"]
    last = _rows(found["hf"][1])[-1]
    assert last["train/global_step"] == tracked.story().header.total_steps
    assert last["train/train_loss"] > 0


def test_settings_and_place_are_the_runs(found: Found) -> None:
    header = tracked.story().header
    for run in found["megatron"]:
        assert run["short"]["config"]["train_iters"] == header.total_steps
        place = next(each["environment"] for each in run["records"] if each["type"] == "environment")
        assert place["host"] == header.job.host(0)
        assert place["gpu_type"] == header.accelerator_title


def test_only_names_of_the_run_are_in_it(folder: Path) -> None:
    files = sorted(folder.glob("wandb-megatron/*/*.wandb"))
    assert len(files) == 2
    for path in files:
        assert tracked.CANARY.encode() not in path.read_bytes()


@pytest.mark.thorough
def test_the_same_run_is_the_same_files(folder: Path, tmp_path: Path) -> None:
    again = tracked.written(tmp_path / "again", "wandb:megatron")
    for path in folder.glob("wandb-megatron/*/*.wandb"):
        assert (again / path.relative_to(folder)).read_bytes() == path.read_bytes()


@pytest.mark.thorough
def test_wandb_sync_sends_it(folder: Path, found: Found, tmp_path: Path) -> None:
    sent = tracked.synced(folder / "wandb-megatron", tmp_path)
    assert {run["short"]["run_id"]: _rows(run) for run in found["megatron"]} == sent
