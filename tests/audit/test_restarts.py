"""Runs that something befell tie as well; steps go back if it is said why, and only then."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any

import pytest
from audited import audited_run
from auditor import Auditor
from befalling import OVERFLOWING, SMALL, misdiagnosed, one, unseen
from interrupted import BEFALLEN, Befallen
from thorough import sampled

from pysim.catalog.incidents import causes
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run
from pysim.pretraining.story import PretrainingStory
from pysim.show.transcript import transcript
from pysim.terminal.screen import Screen
from pysim.views.jsonlines import json_line


@pytest.mark.parametrize("columns", [80, 200, None])
@pytest.mark.parametrize("case", BEFALLEN.values(), ids=BEFALLEN.keys())
def test_every_number_of_an_interrupted_run_ties(case: Befallen, columns: int | None) -> None:
    auditor = audited_run(case.run(), columns)
    assert auditor.findings == []
    assert ("TrainingInterrupted" in auditor.seen) == ("TrainingResumed" in auditor.seen) == bool(case.cuts)


WIDTHS = (80, 200, None)
CAUSES_AND_WIDTHS = [
    (cause, WIDTHS[(index + turn) % len(WIDTHS)]) for index, cause in enumerate(causes()) for turn in range(len(WIDTHS))
]
"""Each cause at each width; the first of a cause is another one for the next."""


@pytest.mark.parametrize("told", sampled(CAUSES_AND_WIDTHS, every=len(WIDTHS), ids=map(str, CAUSES_AND_WIDTHS)))
def test_every_number_of_a_run_that_a_cause_befalls_ties(told: tuple[str, int | None]) -> None:
    cause, columns = told
    slowing = causes()[cause].slowing
    auditor = Auditor(slowest=1.0 + slowing.permille[1] / 1000 if slowing else 1.0)
    for view, lines in told_around(one(cause), columns):
        auditor.read(view, lines)
    auditor.finish()
    assert auditor.findings == []
    assert columns or auditor.seen["IncidentBegan"] == 1


@pytest.mark.parametrize("columns", [200, None])
@pytest.mark.parametrize("cause", ["gpu-error", "gsp-timeout", "cable-down", "silent-corruption"])
def test_every_number_ties_where_a_wrong_node_is_blamed(cause: str, columns: int | None) -> None:
    auditor = Auditor()
    for view, lines in told_around(misdiagnosed(cause), columns):
        auditor.read(view, lines)
    auditor.finish()
    assert auditor.findings == []
    assert auditor.seen["Recovered"] == 2


@pytest.mark.parametrize("columns", [80, 200, None])
@pytest.mark.parametrize(
    ("plan", "step"),
    [(SMALL, 247), (SMALL, 47), (OVERFLOWING, 247)],
    ids=["a validation without a number", "no validation with one", "every step is skipped"],
)
def test_every_number_ties_where_some_are_none(plan: Plan, step: int, columns: int | None) -> None:
    auditor = Auditor()
    for view, lines in told_around(unseen("nan", plan, step), columns):
        auditor.read(view, lines)
    auditor.finish()
    assert auditor.findings == []
    assert auditor.checks["no number has none"] > 3
    assert ("StepSkipped" in auditor.seen) == (plan is OVERFLOWING)


def told_around(run: Run, columns: int | None) -> Iterator[tuple[str, Iterable[str]]]:
    """The run from its launch to some steps after everything was over."""
    until_us = max(max(each.noticed_us, run.incidents.over_us(each)) for each in run.befallen) + 120_000_000
    if columns is None:
        yield "events", map(json_line, narrate(run, 0, until_us))
    else:
        yield "console", transcript(PretrainingStory(run), Screen(columns, 60, color=False, live=False), 0, until_us)


@pytest.mark.parametrize(
    ("rule", "event", "genuine", "forged"),
    [
        ("interrupted after its last step", "TrainingInterrupted", '"step":240', '"step":239'),
        ("goes on behind the checkpoint", "TrainingResumed", "step_000120", "step_000110"),
        ("goes on from a whole checkpoint", "TrainingResumed", "step_000120", "step_000240"),
        ("steps of the run", "TrainingResumed", '"total_steps":300', '"total_steps":301'),
        ("one step after the other", "TrainingResumed", '"step":121', '"step":120'),
        ("resumed after an interruption", "TrainingInterrupted", "TrainingInterrupted", "TrainingPaused"),
        ("energy = power x time", "RunCompleted", r'"energy_kwh":0.\d', '"energy_kwh":1.0'),
        ("checkpoint named after its step", "CheckpointStarted", "step_000120", "step_000121"),
    ],
)
def test_a_forged_restart_is_found(rule: str, event: str, genuine: str, forged: str) -> None:
    data = [json_line(each) for each in narrate(BEFALLEN["during a save"].run())]
    index = next(i for i, line in enumerate(data) if f'"{event}"' in line)
    line, count = re.subn(genuine, forged, data[index], count=1)
    auditor = Auditor()
    auditor.read("events", [*data[:index], line, *data[index + 1 :]])
    assert count == 1, "the forgery needs something to forge"
    assert rule in auditor.broken


def accounts(data: list[str]) -> dict[str, Any]:
    return next(json.loads(line) for line in data if '"TimeAccounted"' in line)


@pytest.mark.parametrize(
    ("rule", "field", "by"),
    [
        ("interruptions", "interruptions", 1),
        ("steps redone", "steps_redone", -1),
        ("goodput of the steps that were told", "goodput", 0.02),
        ("goodput = productive / all", "redoing_seconds", 30.0),
        ("available = not in repair", "availability", -0.01),
        ("all of the time", "wall_seconds", 1.0),
        ("goodput = productive / wall", "productive_seconds", 20.0),
        ("lost by cause = lost by part", "repairing_seconds", 0.01),
        ("interruptions of all causes", "interruptions", 1),
    ],
)
def test_a_forged_account_of_the_time_is_found(rule: str, field: str, by: float) -> None:
    data = [json_line(each) for each in narrate(BEFALLEN["in a step"].run())]
    said = accounts(data)
    forged = json.dumps(said | {field: said[field] + by})
    auditor = Auditor()
    auditor.read("events", [forged if '"TimeAccounted"' in line else line for line in data])
    assert rule in auditor.broken


@pytest.mark.parametrize(
    ("rule", "genuine", "forged"),
    [
        ("lost by cause = lost by part", r"lost to unknown 0:(\d\d)", r"lost to unknown 1:\1"),
        ("lost by cause = lost by part", r"repairing 0:1", "repairing 0:2"),
        ("goodput = productive / wall", r"(\d):(\d\d:\d\d) productive", r"1\1:\2 productive"),
        ("all of the time", r"productive of 0:", "productive of 1:"),
    ],
)
def test_a_forged_account_is_found_in_text(rule: str, genuine: str, forged: str) -> None:
    text = list(transcript(PretrainingStory(BEFALLEN["in a step"].run()), Screen(200, 60, color=False, live=False)))
    changed, count = re.subn(genuine, forged, "".join(text))
    auditor = Auditor()
    auditor.read("console", changed.splitlines(keepends=True))
    assert count == 1, "the forgery needs something to forge"
    assert rule in auditor.broken


@pytest.mark.parametrize(
    ("rule", "genuine", "forged"),
    [
        ("waited until the limit", r"ran for 600(\d+)", r"ran for 599\1"),
        ("limit of the watchdog", r"Timeout\(ms\)=600000\) ran for 600", "Timeout(ms)=600001) ran for 601"),
        ("stuck behind what was completed", r"last completed work: (\d)", r"last completed work: 1\1"),
        ("rank in its own words", r"\[Rank (\d+)\] To avoid", r"[Rank 3\1] To avoid"),
        ("local rank of the speaker", r'("rank":\d+,"local_rank":)\d', r"\g<1>9"),
        (
            "host of the speaker",
            r'"speaker":"watchdog","host":"worker-(\d)"',
            lambda found: f'"speaker":"watchdog","host":"worker-{1 - int(found[1])}"',
        ),
        ("local rank of the root cause", r"(rank      : \d+ \(local_rank: )\d", r"\g<1>9"),
        ("rank of the root cause", r"rank      : \d+ \(local_rank: \d\)", "rank      : 3 (local_rank: 3)"),
        ("exit of the root cause", r"exitcode  : -6", "exitcode  : -9"),
        ("signal of the root cause", r"Signal 6 \(SIGABRT\)", "Signal 9 (SIGKILL)"),
        ("number of the signal", r"Signal 6 \(SIGABRT\)", "Signal 6 (SIGKILL)"),
    ],
)
def test_evidence_that_contradicts_itself_is_found(
    rule: str, genuine: str, forged: str | Callable[[re.Match[str]], str]
) -> None:
    """The last line that says it is forged, so that an earlier one says otherwise."""
    ((_, lines),) = told_around(one("collective-hang"), None)
    data = list(lines)
    index = max(i for i, line in enumerate(data) if re.search(genuine, line))
    auditor = Auditor()
    auditor.read("events", [*data[:index], re.sub(genuine, forged, data[index], count=1), *data[index + 1 :]])
    assert rule in auditor.broken


FAILED, RESUMED, DOWN_SECONDS = 170, 121, 600.0  # after which step, with which one, and the time between


def restarted(data: list[str]) -> tuple[list[str], list[str]]:
    """The run until a failure and from its resumption to the end of the training, all later times shifted."""
    step_at = {
        event["step"]: (index, event["time_seconds"])
        for index, line in enumerate(data)
        if (event := json.loads(line))["event"] == "StepCompleted"
    }
    failed, when = step_at[FAILED]
    first, resumed = step_at[RESUMED]
    began = resumed - json.loads(data[first])["step_seconds"]
    later = (json.loads(line) for line in data[first:])
    training = takewhile(lambda event: event["event"] != "ExportStarted", later)
    return data[: failed + 1], [json.dumps(shifted(event, when + DOWN_SECONDS - began)) for event in training]


def shifted(event: dict[str, Any], seconds: float) -> dict[str, Any]:
    total = {"seconds": event["seconds"] + seconds} if event["event"] == "TrainingCompleted" else {}
    elapsed = {"elapsed_seconds": event["elapsed_seconds"] + seconds} if "elapsed_seconds" in event else {}
    return event | {"time_seconds": event["time_seconds"] + seconds} | total | elapsed


def after_a_restart(before: list[str], after: list[str], *, told: bool) -> Auditor:
    auditor = Auditor()
    auditor.read("events", before)
    if told:
        auditor.ledger.resume(RESUMED)
    auditor.read("events", after)
    auditor.finish()
    return auditor


def test_steps_go_back_for_a_reason_only(data: list[str]) -> None:
    before, after = restarted(data)
    assert after_a_restart(before, after, told=True).findings == []
    silent = after_a_restart(before, after, told=False).broken
    assert {"one step after the other", "clock = step time + other work"} <= silent
    skipped = after_a_restart(before, after[1:], told=True).findings
    assert skipped[0].startswith("one step after the other")


def test_what_an_interruption_costs_is_measured(data: list[str]) -> None:
    before, after = restarted(data)
    auditor = after_a_restart(before, after, told=True)
    times = [json.loads(line) for line in before if '"StepCompleted"' in line]
    given_up = sum(event["step_seconds"] for event in times if event["step"] >= RESUMED)
    validation = [json.loads(line)["seconds"] for line in before if '"ValidationCompleted"' in line][-1]
    assert auditor.ledger.lost.middle == pytest.approx(DOWN_SECONDS + given_up + validation, abs=0.01)
    assert auditor.ledger.redone == FAILED - RESUMED + 1


def test_a_step_that_is_done_again_has_its_loss(data: list[str]) -> None:
    before, after = restarted(data)
    first = json.loads(after[0])
    other = first | {"loss": round(first["loss"] + 0.01, 4)}
    broken = after_a_restart(before, [json.dumps(other), *after[1:]], told=True).broken
    assert "a step that is done again has its loss" in broken
