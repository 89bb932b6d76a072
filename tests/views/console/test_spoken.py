"""Programs that are not the trainer are shown as themselves: their prefixes, their stamps, what their levels let through."""

import re
from typing import Any

import pytest
from befalling import MANY_NODES, one

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run
from pysim.pretraining.story import header
from pysim.story import events as ev
from pysim.terminal.ansi import strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console

CAUSES = ["gpu-off-bus", "collective-hang", "nic-down", "nvswitch-error", "kernel-panic", "storage-slow", "nan"]
STAMPS = {
    "kernel": r"worker-1: \[Mon Jan  5 09:\d\d:\d\d 2026\] NVRM: ",
    "watchdog": r"\[rank\d+\]:\[E105 09:\d\d:\d\d\.\d{9} ProcessGroupNCCL\.cpp:\d+\] \[Rank \d+\] Watchdog caught ",
    "elastic": r"E0105 09:\d\d:\d\d\.\d{3}000 \d+ torch/distributed/elastic/multiprocessing/api\.py:874\] failed ",
    "nccl": r"worker-\d+:\d+:\d+ \[\d\] transport/net_ib\.cc:2453 NCCL WARN NET/IB: ",
}


def spoken(run: Run) -> list[ev.LogLine]:
    (befallen,) = run.befallen
    begin_us, end_us = run.incidents.began_us(befallen), max(run.incidents.over_us(befallen), befallen.noticed_us)
    return [event for event in narrate(run, begin_us, end_us + 1) if isinstance(event, ev.LogLine)]


def shown(run: Run, columns: int = 1000, **screen: Any) -> list[str]:
    console = Console(header(run), Screen(columns, 40, **screen))
    return [line for event in spoken(run) for line in console.lines(event)]


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("columns", [40, 79, 80, 120])
def test_every_line_fits(cause: str, columns: int) -> None:
    colored, plain = (shown(one(cause), columns, color=color, unicode=False) for color in (True, False))
    assert [strip(line) for line in colored] == plain
    assert all(visible_width(line) <= columns for line in plain)
    assert all(line.endswith("\x1b[0m") for line in colored)


@pytest.mark.parametrize(("cause", "speaker"), [
    ("gpu-off-bus", "kernel"), ("collective-hang", "watchdog"), ("gpu-off-bus", "elastic"), ("nic-down", "nccl"),
])  # fmt: skip
def test_each_has_its_own_stamp(cause: str, speaker: str) -> None:
    assert any(re.match(STAMPS[speaker], line) for line in shown(one(cause), color=False))


def test_what_a_programs_level_hides_is_not_shown() -> None:
    run = one("gpu-off-bus")
    hidden = [event for event in spoken(run) if not event.is_shown]
    assert {event.words.partition(" ")[0] for event in hidden} == {"[default]"}
    assert not any("[default]" in line for line in shown(run, color=False))


def test_the_truth_is_not_shown() -> None:
    run = one("straggler")
    console = Console(header(run), Screen())
    (began,) = (event for event in narrate(run, run.incidents.began_us(run.befallen[0]), run.befallen[0].noticed_us)
                if isinstance(event, ev.IncidentBegan))  # fmt: skip
    assert console.lines(began) == []


def test_those_who_are_not_told_are_counted_once_for_all_that_they_say() -> None:
    counts = [line for line in shown(one("collective-hang", MANY_NODES), color=False) if line.startswith("... and")]
    assert counts.count("... and 1,020 more ranks") == 2, "the watchdogs, and what their processes leave"
    assert len(counts) == len([line for line in counts if re.fullmatch(r"\.\.\. and [\d,]+ more (?:rank|node)s", line)])
