"""Kernels, the scheduler and the monitors: their own forms, and that all of them speak of the same hosts, buses, processes and ranks."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from lives import CAUSE, events_of, life, log_of
from screens import Terminal

from pysim.show.player import Player
from pysim.show.thinning import INTERVALS, READABLE_LINES_PER_SECOND, thinned_looks
from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.story.reports import Reports
from pysim.story.story import Span
from pysim.terminal.screen import PAGE, Screen
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


@pytest.mark.parametrize("every", [None, 3])
def test_dcgmi_has_its_header_first_and_after_so_many_looks_and_a_field_for_each_heading(every: int | None) -> None:
    log = log_of("dcgmi", log_every=every)
    heads = [index for index, line in enumerate(log) if line.startswith("#Entity")]
    rows = [(after - before - 2) / life().header.per_node for before, after in pairwise(heads)]
    assert heads[0] == 0
    assert rows[0] == 15, "the program begins to count after the first look"
    assert rows[1:]
    assert set(rows[1:]) == {14}
    assert {len(line) for line in log} == {16 + 13 + 18 * 4 + 13}


def test_power_has_digits_that_round_to_what_others_say() -> None:
    look = next(
        event for event in life().narrate(0, None, *cadence(VIEWS["dcgmi"])) if isinstance(event, ev.FleetSampled)
    )
    watts = [float(line.split()[4]) for line in log_of("dcgmi")[2 : 2 + life().header.per_node]]
    assert [round(each) for each in watts] == look.power_watts[: len(watts)].tolist()
    assert len({f"{each:.3f}"[-3:] for each in watts}) > 1


@pytest.mark.parametrize("every", [None, 6])
@pytest.mark.parametrize(("view", "seconds"), [("dcgmi", 1), ("nvidia-smi", 5)])
def test_who_watches_looks_at_an_interval_of_its_own_from_the_launch_to_the_end(
    view: str, seconds: int, every: int | None
) -> None:
    story, told, apart_us = life(), cadence(VIEWS[view], every), seconds * (every or 1) * 1_000_000
    times = [e.time_us for e in story.narrate(0, None, *told) if isinstance(e, ev.FleetSampled)]
    assert times == list(range(0, story.end_us + 1, apart_us)), "while the job starts, hangs and is down as well"
    cut_us = story.end_us // 2
    parts = [
        e.time_us
        for span in ((0, cut_us), (cut_us, None))
        for e in story.narrate(span[0], span[1], told.every, told.reports)
        if isinstance(e, ev.FleetSampled)
    ]
    assert parts == times


def test_on_a_terminal_one_looks_so_seldom_that_a_node_can_be_read() -> None:
    header, reports = life().header, Reports(look_seconds=5)
    apart = []
    for pace in (1.0, 4.0, 400.0, 40_000.0):
        told = thinned_looks(reports, header, pace)
        assert told.reports
        apart.append(told.reports.look_seconds)
        rows = pace * header.step_seconds / apart[-1] * header.per_node
        assert rows <= READABLE_LINES_PER_SECOND or apart[-1] == 5 * INTERVALS[-1]
        assert told.every * header.step_seconds <= max(apart[-1] / header.per_node, header.step_seconds) * 1.5
    assert apart == sorted(apart)
    assert apart[0] == 5
    assert apart[-1] > 5


def test_the_screen_of_who_watches_is_the_same_whether_played_to_or_jumped_to() -> None:
    story, screen = life(), Screen(120, 40)
    for view in ("dcgmi", "nvidia-smi"):
        played, jumped = Terminal(120, 40), Terminal(120, 40)
        player = Player(story, screen, view=VIEWS[view], span=Span(story.end_us // 2))
        while player.time_us < story.end_us * 0.52:
            played.feed(player.advance(0.2))
        other = Player(story, screen, view=VIEWS[view])
        jumped.feed(other.seek(player.time_us))
        assert played.rows[-20:] == jumped.rows[-20:]


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


def test_a_node_that_is_back_was_booted_after_it_was_last_heard_of() -> None:
    story = life(cause="host-reboot")
    (began,) = (event for event in story.narrate() if isinstance(event, ev.IncidentBegan))
    log = [text for _, text in timed_transcript(story, PAGE, view=VIEWS["slurm"])]
    (back,) = (index for index, line in enumerate(log) if "unexpectedly rebooted" in line)
    host = began.host.partition(".")[0]
    assert f"Node {host} now responding" in log[back - 1]
    found = re.search(
        rf"validate_node_specs: Node {host} unexpectedly rebooted boot_time=(\d+) last response=(\d+)", log[back]
    )
    assert found
    booted, heard = (int(each) - story.header.start_time for each in found.groups())
    assert heard <= began.time_seconds < booted
    (given_up,) = (index for index, line in enumerate(log) if f"due to failure of node {host}" in line)
    assert f"requeue job JobId={story.header.job.job_id} " in log[given_up]
    failed = [index for index, line in enumerate(log) if " NODE_FAIL " in line]
    assert failed == [given_up + 3], "before, nobody knows of it"
