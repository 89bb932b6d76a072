"""TensorBoard's own reader finds the run in its event files, under the names of the framework that was asked for."""

from pathlib import Path
from typing import Any

import pytest
import tracked

from pysim.story import events as ev

Found = list[dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    views = ("megatron", "torchtitan", "hf", "maxtext")
    return tracked.written(tmp_path_factory.mktemp("tensorboard"), *(f"tensorboard:{view}" for view in views))


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Found]:
    every = tracked.read("tensorboard", folder)
    return {
        view: [each for each in every if f"-{view}/" in each["path"]]
        for view in ("megatron", "torchtitan", "hf", "maxtext")
    }


def _steps(file: dict[str, Any], tag: str) -> list[int]:
    return [step for step, _, _ in file["scalars"][tag]]


def _values(file: dict[str, Any], tag: str) -> list[float]:
    return [value for _, _, value in file["scalars"][tag]]


def test_each_start_has_a_file_and_steps_overlap(found: dict[str, Found]) -> None:
    for files, tag in ((found["megatron"], "lm loss"), (found["torchtitan"], "loss_metrics/global_avg_loss")):
        before, after = files
        assert _steps(before, tag)[-1] > _steps(after, tag)[0] > 200
    assert len({Path(each["path"]).parent for each in found["megatron"]}) == 1
    assert len({Path(each["path"]).parent for each in found["torchtitan"]}) == 2
    assert [Path(each["path"]).parent.name[:14] for each in found["hf"]] == ["May28_09-00-07", "May28_09-15-57"]


def test_megatron_logs_every_step_when_it_was_done(found: dict[str, Found]) -> None:
    for file, done in zip(found["megatron"], tracked.attempts(), strict=True):
        losses = file["scalars"]["lm loss"]
        assert [step for step, _, _ in losses] == [each.step for each in done]
        assert [time for _, time, _ in losses] == [tracked.moment(each.time_seconds) for each in done]
        assert [value for _, _, value in losses] == pytest.approx([each.loss for each in done], abs=1e-4)
        assert _values(file, "learning-rate") == pytest.approx([each.learning_rate for each in done])
        assert _values(file, "grad-norm") == pytest.approx([each.grad_norm for each in done])
        assert _values(file, "loss-scale") == [1.0] * len(done)
        assert [step for step, _, _ in file["scalars"]["lm loss vs samples"]] == [each.step * 512 for each in done]


def test_megatron_times_its_log_intervals(found: dict[str, Found]) -> None:
    for file, done in zip(found["megatron"], tracked.attempts(), strict=True):
        times = {each.step: each.step_seconds for each in done}
        for step, _, value in file["scalars"]["iteration-time"]:
            assert step % 100 == 0
            since = [times[each] for each in range(max(step - 99, done[0].step), step + 1)]
            assert value == pytest.approx(sum(since) / len(since))
        told = _steps(file, "throughput")
        assert told == [done[0].step, *_steps(file, "iteration-time")]


def test_megatron_validates_in_the_same_place(found: dict[str, Found]) -> None:
    told = [each for file in found["megatron"] for each in file["scalars"].get("lm loss validation", ())]
    assert [(step, time) for step, time, _ in told] == [
        (each.step, tracked.moment(each.time_seconds)) for each in tracked.validations()
    ]
    assert [value for _, _, value in told] == pytest.approx([each.loss for each in tracked.validations()], abs=1e-4)


def test_megatron_shows_its_arguments(found: dict[str, Found]) -> None:
    for file in found["megatron"]:
        texts = file["texts"]
        assert texts["num_layers/text_summary"] == "12"
        assert texts["train_iters/text_summary"] == str(tracked.story().header.total_steps)


def test_torchtitan_logs_when_its_log_has_a_line(found: dict[str, Found]) -> None:
    reports = [
        each for each in tracked.story().narrate(0, None, 10) if isinstance(each, ev.StepsReported) and each.is_due
    ]
    told = [each for file in found["torchtitan"] for each in file["scalars"]["loss_metrics/global_avg_loss"]]
    first, *others = told
    assert first[0] == 1
    assert [(step, time) for step, time, _ in others] == [
        (each.last, tracked.moment(each.time_seconds)) for each in reports
    ]
    assert [value for _, _, value in others] == pytest.approx([each.last_loss for each in reports], abs=1e-4)
    last = found["torchtitan"][1]["scalars"]
    assert last.keys() >= {"grad_norm", "throughput(tps)", "tflops", "mfu(%)", "time_metrics/end_to_end(s)"}
    assert last.keys() >= {"memory/max_active(GiB)", "memory/max_reserved(%)", "validation_metrics/loss"}
    rate, seconds = last["throughput(tps)"][-1][2], last["time_metrics/end_to_end(s)"][-1][2]
    assert rate * seconds * 8 == pytest.approx(512 * 1024)


def test_hugging_face_logs_means(found: dict[str, Found]) -> None:
    _, last = found["hf"]
    assert last["scalars"].keys() >= {
        "eval/loss",
        "eval/runtime",
        "train/epoch",
        "train/train_loss",
        "train/total_flos",
    }
    assert '"gradient_accumulation_steps"' in last["texts"]["args/text_summary"]
    assert '"model_type": "gpt2"' in last["texts"]["model_config/text_summary"]


def test_maxtext_counts_from_0(found: dict[str, Found]) -> None:
    for file, done in zip(found["maxtext"], tracked.attempts(), strict=True):
        assert _steps(file, "learning/loss") == [each.step - 1 for each in done]
        assert _values(file, "learning/loss") == pytest.approx([each.loss for each in done], abs=1e-4)
        assert _values(file, "learning/raw_grad_norm") == pytest.approx([each.grad_norm for each in done])
        assert max(_values(file, "learning/grad_norm")) <= 1.0
        assert _values(file, "perf/step_time_seconds") == pytest.approx([each.step_seconds for each in done])
    assert "eval/avg_perplexity" in found["maxtext"][1]["scalars"]


def test_pages_have_what_belongs_together(found: dict[str, Found]) -> None:
    for files in found.values():
        assert [list(each["pages"].get("charts", {})) != [] for each in files] == [True, False]
    hparams = found["megatron"][0]["pages"]["hparams"]
    assert hparams["num_layers"] == 12
    assert hparams["lr_decay_style"] == "cosine"
    success, failure = 1, 2
    assert [each["pages"].get("status") for each in found["megatron"]] == [None, success]
    assert [each["pages"].get("status") for each in found["torchtitan"]] == [failure, success]


def test_only_names_of_the_run_are_in_it(folder: Path) -> None:
    for path in folder.glob("tensorboard-*/**/events.*"):
        assert tracked.CANARY.encode() not in path.read_bytes()
        assert path.name.split(".", 4)[4].endswith(".0")


def test_the_same_run_has_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tracked.written(tmp_path / "again", "tensorboard:megatron")
    files = sorted(folder.glob("tensorboard-megatron/events.*"))
    assert [each.read_bytes() for each in files] == [
        (again / "tensorboard-megatron" / each.name).read_bytes() for each in files
    ]
