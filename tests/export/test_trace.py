"""Traces: of Kineto's form, each rank's and all in one; what they say of a step is what the run says of it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from plans import CLASSIC

from pysim.edge.cli import main
from pysim.pretraining.run.run import simulate
from pysim.story.steps import Executed

_NUMBER, _TEXT, _WHOLE = {"type": "number"}, {"type": "string"}, {"type": "integer"}
_COMPLETE = {
    "type": "object",
    "required": ["ph", "cat", "name", "pid", "tid", "ts", "dur", "args"],
    "additionalProperties": False,
    "properties": {
        "ph": {"const": "X"},
        "cat": {"enum": ["kernel", "cpu_op", "cuda_runtime", "user_annotation", "gpu_user_annotation"]},
        "name": _TEXT,
        "pid": _WHOLE,
        "tid": _WHOLE,
        "ts": _NUMBER,
        "dur": {"type": "number", "minimum": 0},
        "args": {"type": "object"},
    },
}
_METADATA = {
    "type": "object",
    "required": ["ph", "name", "pid", "args"],
    "properties": {
        "ph": {"const": "M"},
        "name": {"enum": ["process_name", "process_sort_index", "thread_name", "thread_sort_index"]},
    },
}
SCHEMA = {  # the trace event format's complete and metadata events, and what Kineto's readers ask for beside them
    "type": "object",
    "required": ["schemaVersion", "deviceProperties", "distributedInfo", "displayTimeUnit", "traceEvents"],
    "properties": {
        "schemaVersion": {"const": 1},
        "distributedInfo": {
            "type": "object",
            "required": ["backend", "rank", "world_size"],
            "properties": {"rank": _WHOLE, "world_size": _WHOLE, "backend": _TEXT},
        },
        "displayTimeUnit": {"const": "ms"},
        "baseTimeNanoseconds": _WHOLE,
        "traceEvents": {"type": "array", "items": {"oneOf": [_COMPLETE, _METADATA]}},
    },
}
_PIPELINE = (
    "--model",
    "classic-10b",
    "--gpus",
    "64",
    "--parallel",
    "tp=2,pp=4",
    "--batch-tokens",
    "512K",
    "--seed",
    "3",
)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trace") / "x"
    assert main(["export", "--to", "trace", str(folder), *_PIPELINE, "--from", "step:20", "--until", "step:21"]) == 0
    return folder


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _ranks(folder: Path) -> list[dict[str, Any]]:
    return [_read(path) for path in sorted((folder / "ranks").iterdir())]


def test_each_rank_has_a_file_of_kinetos_form(traced: Path) -> None:
    found = _ranks(traced)
    assert len(found) == 4  # one for each stage
    for each in found:
        jsonschema.validate(each, SCHEMA)
    assert [each["distributedInfo"]["rank"] for each in found] == [0, 16, 32, 48]


def test_the_file_of_all_has_what_the_ranks_have(traced: Path) -> None:
    together = _read(traced / "trace.json")["traceEvents"]
    assert together == [event for each in _ranks(traced) for event in each["traceEvents"]]


def test_steps_are_marked_as_profilers_mark_them(traced: Path) -> None:
    for each in _ranks(traced):
        marks = [event for event in each["traceEvents"] if event["ph"] == "X" and event["cat"] == "user_annotation"]
        assert [mark["name"] for mark in marks] == ["ProfilerStep#20", "ProfilerStep#21"]
        for mark in marks:
            inside = [event for event in each["traceEvents"] if event.get("cat") == "kernel"]
            inside = [event for event in inside if mark["ts"] <= event["ts"] < mark["ts"] + mark["dur"]]
            assert max(event["ts"] + event["dur"] for event in inside) == pytest.approx(
                mark["ts"] + mark["dur"], abs=0.01
            )


def test_kernels_are_launched_by_the_host_and_collectives_say_what_they_move(traced: Path) -> None:
    for each in _ranks(traced):
        events = each["traceEvents"]
        launched = {event["args"]["correlation"]: event["ts"] for event in events if event.get("cat") == "cuda_runtime"}
        kernels = [event for event in events if event.get("cat") == "kernel"]
        assert all(launched[event["args"]["correlation"]] <= event["ts"] for event in kernels)
        collectives = [event for event in kernels if event["name"].startswith("nccl")]
        assert {event["args"]["Process Group Name"] for event in collectives} == {"tensor", "pipeline", "data", "world"}
        assert all(event["args"]["Group size"] > 1 for event in collectives)
        assert all("stream" in event["args"] for event in kernels)


def test_without_a_part_a_few_steps_are_told(tmp_path: Path) -> None:
    assert main(["export", "--to", "trace", str(tmp_path / "x"), "--preset", "classic", "--incidents", "off"]) == 0
    (first, second) = _ranks(tmp_path / "x")  # the first process of each of two nodes
    marks = [event for event in first["traceEvents"] if event.get("cat") == "user_annotation"]
    assert [mark["name"] for mark in marks] == [f"ProfilerStep#{step}" for step in (11, 12, 13)]
    assert second["distributedInfo"]["rank"] > 0
    timeline = simulate(CLASSIC).timeline
    assert marks[0]["dur"] == pytest.approx(
        timeline.end_of_us(Executed(11)) - timeline.start_of_us(Executed(11)), rel=0.3
    )


def test_a_part_without_a_whole_step_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--preset", "classic", "--from", "1s", "--until", "2s"]
    assert main(["export", "--to", "trace", str(tmp_path / "x"), *words]) == 2
    assert "no whole step" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore")  # of its own with a newer pandas
def test_holistic_trace_analysis_finds_the_bubbles(traced: Path) -> None:
    analysis = pytest.importorskip("hta.trace_analysis", reason="HolisticTraceAnalysis is not installed")
    found = analysis.TraceAnalysis(trace_dir=str(traced / "ranks")).get_temporal_breakdown(visualize=False)
    assert found["rank"].tolist() == [0, 16, 32, 48]
    assert (found["compute_time_pctg"] > 20).all()
    assert (found["idle_time_pctg"] < 5).all()
