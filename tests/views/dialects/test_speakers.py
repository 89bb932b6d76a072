"""Kernels, the scheduler and the monitors: their own forms, and that all of them speak of the same hosts, buses, processes and ranks."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from lives import CAUSE, events_of, life, log_of

from pysim.story import events as ev
from pysim.terminal.screen import PAGE
from pysim.views.dialects.slurm import hostlist
from pysim.views.registry import VIEWS, cadence

LOOKS = 10


def incident() -> ev.IncidentBegan:
    (found,) = events_of(ev.IncidentBegan)
    assert isinstance(found, ev.IncidentBegan)
    return found


def table(rank: int) -> list[str]:
    """nvidia-smi's table of the node of a rank, of the first look."""
    header = replace(life().header, looked_at=rank // life().header.per_node)
    look = next(event for event in life().narrate() if isinstance(event, ev.FleetSampled))
    return list(VIEWS["nvidia-smi"](header, PAGE).lines(look))


def test_the_table_is_as_wide_as_the_driver_draws_it_and_has_a_row_for_each_accelerator() -> None:
    framed = [line for line in table(0)[1:] if line]
    assert {len(line) for line in framed} == {91}
    rows = [line for line in framed if re.match(r"\|\s+\d+  NVIDIA", line)]
    assert len(rows) == life().header.per_node


@pytest.mark.parametrize("name", ["kernel", "slurm", "dcgmi", "nvidia-smi"])
def test_who_speaks_of_machines_is_told_what_it_writes_and_little_else(name: str) -> None:
    """The others are told everything: what a view of these writes of that is the same."""
    every, reports = cadence(VIEWS[name])
    assert reports is not None
    told = list(life().narrate(0, None, every, reports))
    everything = life().narrate(0, None, every, reports._replace(steps=True, speakers=None))
    view = VIEWS[name](life().header, PAGE)
    assert [line for event in told for line in view.lines(event)] == [
        line for event in everything for line in view.lines(event)
    ]
    assert not any(isinstance(event, (ev.StepsReported, ev.ValidationStarted)) for event in told)
    said = {event.speaker for event in told if isinstance(event, ev.LogLine)}
    assert said <= set(reports.speakers or ())


def test_all_speak_of_the_same_machine() -> None:
    began = incident()
    job, header = life().header.job, life().header
    host, bus = began.host.partition(".")[0], job.bus_id(began.rank)[:2]
    kernel = [line for line in log_of("kernel") if "Xid" in line]
    assert kernel
    assert all(line.startswith(f"{host}: ") and f"PCI:0000:{bus}:00" in line for line in kernel)
    process = job.process_id(began.rank)
    assert f"pid={process}" in kernel[0]
    local = began.rank % header.per_node
    rows = table(began.rank)
    assert any(f"00000000:{bus.upper()}:00.0" in line and line.startswith(f"|{local:4d}  ") for line in rows)
    assert any(f"{process:16d}      C   " in line and line.startswith(f"|{local:5d} ") for line in rows)
    merged = "\n".join(log_of("merged", log_every=20))
    assert all(line in merged for line in kernel)
    assert f"[rank{began.rank}]: torch.AcceleratorError" in merged
    assert f"rank      : {began.rank} (local_rank: {local})" in merged
    assert f"StepId={job.job_id}.0" in merged
    assert any(line.startswith(f"{job.job_id}.0 ") and " FAILED " in line for line in log_of("slurm"))


def test_one_node_is_shown_without_its_name() -> None:
    began = incident()
    header = life().header
    lines = [event for event in life().narrate() if isinstance(event, ev.LogLine) and event.speaker == "kernel"]
    shown, other = (
        [line for event in lines for line in VIEWS["kernel"](replace(header, looked_at=node), PAGE).lines(event)]
        for node in (began.node, 1 - began.node)
    )
    assert shown
    assert all(line.startswith("[") for line in shown)
    assert not other


def test_the_merged_stream_is_in_order_and_has_all_of_the_trainers_lines() -> None:
    trainer, merged = log_of("megatron", log_every=20), iter(log_of("merged", log_every=20))
    assert all(line in merged for line in trainer), "in this order"


def test_dcgmi_repeats_its_header_and_has_a_field_for_each_heading() -> None:
    log = log_of("dcgmi")
    heads = [index for index, line in enumerate(log) if line.startswith("#Entity")]
    per_node = life().header.per_node
    assert heads[0] == 0
    assert all((after - before - 2) % per_node == 0 for before, after in pairwise(heads))
    assert {len(line) for line in log} == {16 + 13 + 18 * 4 + 13}


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["n1"], "n1"),
        (["n1", "n2", "n3"], "n[1-3]"),
        (["gpu001", "gpu002", "gpu004"], "gpu[001-002,004]"),
        (["gpu08", "gpu09", "gpu10"], "gpu[08-10]"),
        (["n9", "n10"], "n[9-10]"),
        (["r1-s1", "r1-s2", "r2-s1"], "r1-s[1-2],r2-s1"),
        (["login"], "login"),
    ],
)
def test_host_lists_are_those_of_slurm(names: list[str], written: str) -> None:
    assert hostlist(names) == written


def test_the_cause_is_nowhere() -> None:
    assert not any(CAUSE in line for view in ("merged", "kernel", "slurm") for line in log_of(view, log_every=20))
