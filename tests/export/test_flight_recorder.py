"""Dumps of the flight recorder: analysers of others name the rank that was not there, and dump and log agree."""

import contextlib
import io
import pickle
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import analysers
import pytest
import restart_agent
from befalling import SMALL

from pysim.edge.cli import main
from pysim.export.feeding import feed
from pysim.export.flight_recorder import FlightRecorder
from pysim.export.format import Asked
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.story.story import Span

_HOUR_US = 3_600_000_000
SPAN = Span(0, 3 * _HOUR_US)
RANK = 11
FIELDS = {  # FlightRecorderDetail.hpp of PyTorch 2.8: getCollectiveTrace
    *(
        "frames",
        "record_id",
        "pg_id",
        "process_group",
        "thread_name",
        "thread_id",
        "collective_seq_id",
        "p2p_seq_id",
        "op_id",
    ),
    *("profiling_name", "time_created_ns", "input_sizes", "input_dtypes", "output_sizes", "output_dtypes", "state"),
    *("time_discovered_started_ns", "time_discovered_completed_ns", "retired", "timeout_ms", "is_p2p"),
}


def told(cause: str) -> PretrainingStory:
    asked = [Injection(cause=cause, at_us=2 * _HOUR_US, target="gpu", number=RANK)]
    return PretrainingStory(simulate(SMALL, incidents=incidents(SMALL, asked)))


def dumped(story: PretrainingStory, folder: Path, entries: int | None = 300) -> Path:
    asked = Asked(entries=entries)
    assert list(feed(FlightRecorder(folder, asked), "blocks", story, SPAN, asked))
    [hang] = folder.iterdir()
    return hang


@pytest.fixture(scope="module")
def hung() -> PretrainingStory:
    """A rank never joins; its process lives."""
    return told("collective-hang")


@pytest.fixture(scope="module")
def dumps(hung: PretrainingStory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dumped(hung, tmp_path_factory.mktemp("dumps"))


def read(folder: Path) -> dict[int, dict[str, Any]]:
    return {int(path.name.rpartition("_")[2]): pickle.loads(path.read_bytes()) for path in folder.iterdir()}  # noqa: S301 - our own file


def words(story: PretrainingStory, speaker: str) -> Iterator[ev.LogLine]:
    return (e for e in story.narrate(*SPAN) if isinstance(e, ev.LogLine) and e.speaker == speaker)


def test_every_rank_has_what_pytorch_writes(dumps: Path) -> None:
    found = read(dumps)
    assert sorted(found) == list(range(16))
    for dump in found.values():
        assert dump.keys() == {"version", "pg_config", "nccl_version", "pg_status", "entries"}
        assert {frozenset(entry) for entry in dump["entries"]} == {frozenset(FIELDS)}
        assert len(dump["entries"]) == 300
        assert [entry["record_id"] for entry in dump["entries"]] == sorted(
            entry["record_id"] for entry in dump["entries"]
        )


def test_the_dump_says_what_the_watchdog_says(hung: PretrainingStory, dumps: Path) -> None:
    line = next(line for line in words(hung, "watchdog") if "Watchdog caught" in line.words)
    numbers = re.search(r"SeqNum=(\d+), OpType=(\w+), NumelIn=(\d+), NumelOut=(\d+), Timeout\(ms\)=(\d+)", line.words)
    enqueued = next(
        int(found[1])
        for each in words(hung, "watchdog")
        if (found := re.search(r"last enqueued work: (\d+)", each.words))
    )
    assert numbers
    sequence = int(numbers[1])
    for rank, dump in read(dumps).items():
        status, last = dump["pg_status"]["0"], dump["entries"][-1]
        assert status["last_completed_collective"] == sequence - 1
        assert (
            status["last_enqueued_collective"]
            == last["collective_seq_id"]
            == (sequence - 1 if rank == RANK else enqueued)
        )
        stuck = [entry for entry in dump["entries"] if entry["collective_seq_id"] == sequence]
        assert len(stuck) == (rank != RANK)
        for entry in stuck:
            assert (entry["state"], entry["timeout_ms"]) == ("scheduled", int(numbers[5]))
            assert (
                entry["profiling_name"]
                .removeprefix("nccl:")
                .replace("_", "")
                .upper()
                .startswith(numbers[2].replace("_", "")[:9])
            )
            assert (entry["input_sizes"], entry["output_sizes"]) == ([[int(numbers[3])]], [[int(numbers[4])]])
        done = [entry for entry in dump["entries"] if entry["collective_seq_id"] < sequence]
        assert {entry["state"] for entry in done} == {"completed"}
        assert all(entry["time_created_ns"] < entry["time_discovered_completed_ns"] for entry in done)
        times = [entry["time_created_ns"] for entry in dump["entries"]]
        began_ns = SMALL.start_time * 10**9 + 2 * _HOUR_US * 1000
        assert times[0] < began_ns
        assert abs(times[-1] - began_ns) < 60e9


def test_who_is_gone_leaves_none(tmp_path: Path) -> None:
    """The driver hangs, and with it the process that would write."""
    found = read(dumped(told("gsp-timeout"), tmp_path, 20))
    assert sorted(found) == [rank for rank in range(16) if rank != RANK]


def test_who_fails_otherwise_leaves_none(tmp_path: Path) -> None:
    story = told("gpu-off-bus")
    list(feed(FlightRecorder(tmp_path, Asked()), "blocks", story, SPAN, Asked()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not restart_agent.is_there(), reason="NVIDIA's analyser is not there: make restart-agent")
def test_nvidias_analyser_names_the_rank(dumps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(restart_agent.FOLDER)])
    analyser = import_module("nvidia_resiliency_ext.attribution.trace_analyzer.fr_attribution")
    asked = {"fr_path": str(dumps), "pattern": "nccl_trace_rank_*"}
    with contextlib.redirect_stderr(io.StringIO()):
        result, _ = analyser.CollectiveAnalyzer(asked).run_sync(asked)
    assert result["hanging_ranks"] == f"hanging ranks: [{RANK}]"
    assert "default_pg" in result["analysis_text"]


@pytest.mark.thorough
@pytest.mark.skipif(not analysers.are_there(), reason="PyTorch's analyser is not there: make hunt")
def test_pytorchs_analyser_names_the_rank(dumps: Path) -> None:
    said = analysers.run("-m", "torch.distributed.flight_recorder.fr_trace", str(dumps))
    assert f"missing ranks: {{{RANK}}}" in said


def test_too_much_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "--to", "nccl-flight-recorder", str(tmp_path / "x"), "--preset", "llama3-405b"]
    assert main([*words, "--entries", "100000"]) == 2
    said = capsys.readouterr().err
    assert "ask for fewer (--entries 100)" in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
