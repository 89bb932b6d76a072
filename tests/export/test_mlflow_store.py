"""MLflow's own client finds the run in its store."""

from pathlib import Path
from typing import Any

import pytest
import tracked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="module")
def runs(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tracked.written_and_read(folder, "mlflow:torchtitan")
    return found


def test_each_start_is_a_run_of_one_experiment(runs: list[dict[str, Any]]) -> None:
    header = tracked.story().header
    assert [run["info"]["experiment"] for run in runs] == [header.run_name] * 2
    assert [run["info"]["status"] for run in runs] == ["FAILED", "FINISHED"]
    assert [run["info"]["run_name"] for run in runs] == [f"{header.run_name}-1", f"{header.run_name}-2"]
    assert {run["info"]["user_id"] for run in runs} == {""}
    assert all(run["info"]["start_time"] >= header.start_time * 1000 for run in runs)


def test_numbers_stand_where_they_were_logged(runs: list[dict[str, Any]]) -> None:
    for run, done in zip(runs, tracked.attempts(), strict=True):
        by_step = {each.step: each for each in done}
        losses = run["history"]["loss_metrics/global_avg_loss"]
        assert [step for step, _, _ in losses] == [step for step in by_step if step == 1 or step % 10 == 0]
        for step, time, value in losses:
            assert value == pytest.approx(by_step[step].loss, abs=1e-4)
            assert time == int(tracked.moment(by_step[step].time_seconds) * 1000)
        assert run["metrics"]["loss_metrics/global_avg_loss"] == losses[-1][2]
    told = [(step, value) for run in runs for step, _, value in run["history"]["validation_metrics/loss"]]
    assert told == [(each.step, each.loss) for each in tracked.validations()]


def test_names_are_made_to_fit(runs: list[dict[str, Any]]) -> None:
    assert runs[0]["metrics"].keys() >= {"throughput_tps_", "mfu___", "memory/max_active_GiB_"}
    assert runs[0]["params"]["training/seq_len"] == "1024"


@pytest.mark.usefixtures("runs")
def test_only_names_of_the_run_are_in_it(folder: Path) -> None:
    paths = [path for path in folder.glob("mlflow-torchtitan/*") if path.is_file()]
    assert "mlflow.db" in {path.name for path in paths}
    for path in paths:
        assert tracked.CANARY.encode() not in path.read_bytes()
