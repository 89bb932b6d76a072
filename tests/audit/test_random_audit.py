"""The auditor over random plans, and over random runs in which things go wrong; `make realism` audits two thousand of each."""

import pytest
import random_failures
from auditor import Auditor
from random_plans import findings, random_plan
from thorough import sampled

AUDITED = range(60)
FAILING = range(60)


@pytest.mark.parametrize("tens", sampled(range(len(AUDITED) // 10), every=3))
def test_random_plans_tie(tens: int) -> None:
    assert [finding for seed in AUDITED[10 * tens : 10 * tens + 10] for finding in findings(seed)] == []


@pytest.mark.parametrize("fives", sampled(range(len(FAILING) // 5), every=6))
def test_random_runs_in_which_things_go_wrong_tie(fives: int) -> None:
    seeds = FAILING[5 * fives : 5 * fives + 5]
    assert [finding for seed in seeds for finding in random_failures.findings(seed)] == []


def test_enough_goes_wrong_in_random_runs() -> None:
    runs = [random_failures.failing_run(seed) for seed in FAILING[:24]]
    befallen = [each for run in runs for each in run.befallen]
    assert sum(not run.befallen for run in runs) < 6
    assert len({each.incident.cause.name for each in befallen}) > 20
    assert sum(each.interrupts for each in befallen) > 40
    again = [random_failures.failing_run(seed) for seed in FAILING[:4]]
    assert [tuple(run.timeline.segments) for run in again] == [tuple(run.timeline.segments) for run in runs[:4]]


def test_random_plans_differ_and_stay() -> None:
    plans = [random_plan(seed) for seed in AUDITED]
    assert plans[:12] == [random_plan(seed) for seed in AUDITED[:12]]
    assert len({plan.model.name for plan in plans}) > 25
    assert len({plan.accelerator.name for plan in plans}) > 10
    assert {plan.precision for plan in plans} >= {"bf16", "fp8"}


def test_what_the_auditor_finds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Auditor, "finish", lambda self: self.findings.append("one and one: 3"))
    assert findings(0) == ["seed 0: one and one: 3"]
