"""Logs of machines and of the scheduler, read as those read them that are made for it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import analysers
import pytest
import restart_agent
from befalling import SMALL

from pysim.export.accounting import FIELDS, USER, Accounting, elapsed
from pysim.export.feeding import feed
from pysim.export.format import Asked
from pysim.export.node_logs import NodeLogs
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.story.story import Span
from pysim.terminal.screen import PAGE
from pysim.views.dialects.kernel import Kernel
from pysim.views.dialects.slurm import Slurm

_HOUR_US = 3_600_000_000
SPAN = Span(0, _HOUR_US * 11 // 2)
ASKED = [
    Injection(cause="gpu-off-bus", at_us=2 * _HOUR_US, target="gpu", number=11),
    Injection(cause="kernel-panic", at_us=5 * _HOUR_US, target="node", number=0),
]
# leptonai/gpud, components/accelerator/nvidia/xid, and the kernel's own print_time
_XID = re.compile(r"NVRM: Xid \(((?:PCI:)?[0-9a-fA-F:]+)\).*?: (\d+), (.*)")
_SINCE_BOOT = re.compile(r"\[ *(\d+)\.(\d{6})\] \S")
_DATED = re.compile(r"\[(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\] \S")
# hpcloud and lines of slurmctld: [ISO 8601 with milliseconds] message
_CONTROLLER = re.compile(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\] \S.*")


@pytest.fixture(scope="module")
def story() -> PretrainingStory:
    return PretrainingStory(simulate(SMALL, incidents=incidents(SMALL, ASKED)))


@pytest.fixture(scope="module")
def logs(story: PretrainingStory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dmesg")
    assert list(feed(NodeLogs(folder, Asked()), "blocks", story, SPAN, Asked()))
    return folder


@pytest.fixture(scope="module")
def accounts(story: PretrainingStory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slurm")
    assert list(feed(Accounting(folder, Asked()), "blocks", story, SPAN, Asked()))
    return folder


def test_every_machine_that_speaks_has_its_log(story: PretrainingStory, logs: Path) -> None:
    speaks = {
        e.host.partition(".")[0]
        for e in story.narrate(*SPAN)
        if isinstance(e, ev.LogLine) and e.speaker in ("kernel", "storage")
    }
    assert {path.name for path in logs.iterdir()} == {
        f"{host}.{kind}" for host in speaks for kind in ("dmesg", "dmesg-T")
    }
    assert story.header.job.short_host(1) in speaks


def test_both_say_the_same_at_the_same_time(logs: Path) -> None:
    for path in logs.glob("*.dmesg"):
        plain, dated = (each.read_text(encoding="utf-8").splitlines() for each in (path, path.with_suffix(".dmesg-T")))
        assert [line.partition("] ")[2] for line in plain] == [line.partition("] ")[2] for line in dated]
        booted = set()
        for up, when in zip(map(_SINCE_BOOT.match, plain), map(_DATED.match, dated), strict=True):
            assert up
            assert when
            moment = datetime.strptime(when[1], "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
            booted.add(int(moment.timestamp()) - int(up[1]))
        assert len(booted) == 1


def test_the_logs_are_what_the_view_has(story: PretrainingStory, logs: Path) -> None:
    view = Kernel(story.header, PAGE)
    told = [line for event in story.narrate(*SPAN) for line in view.lines(event)]
    files = [f"{path.stem}: {line}" for path in logs.glob("*.dmesg-T") for line in path.read_text().splitlines()]
    assert sorted(files) == sorted(told)


def test_a_monitor_finds_the_error_of_the_right_accelerator(story: PretrainingStory, logs: Path) -> None:
    host = story.header.job.short_host(1)
    found = _XID.findall((logs / f"{host}.dmesg").read_text(encoding="utf-8"))
    assert (found[0][0], found[0][1]) == (f"PCI:0000:{story.header.job.bus_id(11)[:2]}:00", "79")


@pytest.mark.skipif(not restart_agent.is_there(), reason="NVIDIA's agent is not there: make restart-agent")
def test_nvidias_agent_sees_a_fault_of_hardware(story: PretrainingStory, logs: Path) -> None:
    text = (logs / f"{story.header.job.short_host(1)}.dmesg-T").read_text(encoding="utf-8")
    assert restart_agent.judge(text).failure_class == "gpu_hardware_fault"


def test_the_table_is_what_sacct_prints(story: PretrainingStory, accounts: Path) -> None:
    head, *lines = (accounts / "sacct.txt").read_text(encoding="utf-8").splitlines()
    assert head.split("|") == list(FIELDS)
    rows = [dict(zip(FIELDS, line.split("|"), strict=True)) for line in lines]
    job = story.header.job.job_id
    assert [row["JobID"] for row in rows] == [
        str(job),
        f"{job}.batch",
        f"{job}.extern",
        *(f"{job}.{step}" for step in range(3)),
    ]
    assert [row["State"] for row in rows] == ["RUNNING"] * 3 + ["FAILED", "NODE_FAIL", "RUNNING"]
    assert [row["ExitCode"] for row in rows[3:]] == ["1:0", "1:0", "0:0"]
    assert [row["End"] == "Unknown" for row in rows] == [True] * 3 + [False, False, True]
    for row in rows[3:5]:
        start, end = (datetime.fromisoformat(row[name]) for name in ("Start", "End"))
        hours, minutes, seconds = map(int, row["Elapsed"].split(":"))
        assert (end - start).total_seconds() == hours * 3600 + minutes * 60 + seconds
    assert rows[3]["NodeList"] != rows[4]["NodeList"]
    assert rows[0]["AllocTRES"] == "cpu=224,gres/gpu=16,node=2"


_READ = """
import json, logging
from gcm.monitoring.slurm.sacct import parse_slurm_jobs
[job] = parse_slurm_jobs("2026-01-01T00:00:00", "2027-01-01T00:00:00", logging.getLogger())
print(json.dumps(vars(job)))
"""


@pytest.mark.thorough
@pytest.mark.skipif(not analysers.are_there(), reason="gcm is not there: make hunt")
def test_gcm_reads_what_sacct_prints_of_a_job(story: PretrainingStory, accounts: Path, tmp_path: Path) -> None:
    sacct = tmp_path / "sacct"  # as with -X: the job without its steps
    sacct.write_text(f"#!/bin/sh\ngrep -v '^[0-9]*\\.' {accounts / 'sacct.txt'}\n", encoding="utf-8")
    sacct.chmod(0o755)
    found = json.loads(analysers.run("-c", _READ, programs=tmp_path).splitlines()[0])
    assert (found["JobID"], found["State"], found["User"]) == (str(story.header.job.job_id), "RUNNING", USER)
    assert (found["AllocGPUS"], found["ReqGPUS"], found["AllocNodes"]) == (16, 16, 2)
    assert found["RunTimeSeconds"] == SPAN.ends_us(story.end_us) // 1_000_000
    assert found["SuspendedSeconds"] == 0.0


def test_the_document_says_the_same(accounts: Path) -> None:
    rows = [
        dict(zip(FIELDS, line.split("|"), strict=True))
        for line in (accounts / "sacct.txt").read_text().splitlines()[1:]
    ]
    document = json.loads((accounts / "sacct.json").read_text(encoding="utf-8"))
    [job] = document["jobs"]
    assert document["errors"] == []
    assert (str(job["job_id"]), job["state"]["current"], job["nodes"]) == (
        rows[0]["JobID"],
        [rows[0]["State"]],
        rows[0]["NodeList"],
    )
    for step, row in zip(job["steps"], rows[1:], strict=True):
        assert (step["step"]["id"], step["state"], step["nodes"]["range"]) == (
            row["JobID"],
            [row["State"]],
            row["NodeList"],
        )
        start = datetime.fromtimestamp(step["time"]["start"]["number"], UTC)
        assert f"{start:%Y-%m-%dT%H:%M:%S}" == row["Start"]
        assert step["time"]["end"]["set"] == (row["End"] != "Unknown")
        code, _, signal = row["ExitCode"].partition(":")
        assert (step["exit_code"]["return_code"]["number"], step["exit_code"]["signal"]["id"]["number"]) == (
            int(code),
            int(signal),
        )


def test_the_controllers_log_is_the_view_without_accounts(story: PretrainingStory, accounts: Path) -> None:
    lines = (accounts / "slurmctld.log").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(map(_CONTROLLER.fullmatch, lines))
    view = Slurm(story.header, PAGE)
    told = [line for event in story.narrate(*SPAN) for line in view.lines(event)]
    assert lines == [line for line in told if _CONTROLLER.fullmatch(line)]


def test_a_job_that_is_done_has_an_end(story: PretrainingStory, tmp_path: Path) -> None:
    assert list(feed(Accounting(tmp_path, Asked()), "blocks", story, Span(), Asked()))
    lines = (tmp_path / "sacct.txt").read_text(encoding="utf-8").splitlines()
    assert "RUNNING" not in "".join(lines)
    rows = [dict(zip(FIELDS, line.split("|"), strict=True)) for line in lines[1:]]
    assert [rows[index]["State"] for index in (0, -1)] == ["COMPLETED", "COMPLETED"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d", rows[0]["Elapsed"])


@pytest.mark.parametrize(
    ("seconds", "text"), [(59, "00:00:59"), (86_399, "23:59:59"), (2 * 86_400 + 3_661, "2-01:01:01")]
)
def test_a_duration_is_as_sacct_writes_it(seconds: int, text: str) -> None:
    assert elapsed(seconds) == text
