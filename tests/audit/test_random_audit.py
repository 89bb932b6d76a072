"""The auditor over random plans; `make realism` audits two thousand."""

import pytest
from auditor import Auditor
from random_plans import findings, random_plan

AUDITED = range(60)


@pytest.mark.parametrize("tens", range(len(AUDITED) // 10))
def test_random_plans_tie(tens: int) -> None:
    assert [finding for seed in AUDITED[10 * tens : 10 * tens + 10] for finding in findings(seed)] == []


def test_random_plans_differ_and_stay() -> None:
    plans = [random_plan(seed) for seed in AUDITED]
    assert plans[:12] == [random_plan(seed) for seed in AUDITED[:12]]
    assert len({plan.model.name for plan in plans}) > 25
    assert len({plan.accelerator.name for plan in plans}) > 10
    assert {plan.precision for plan in plans} >= {"bf16", "fp8"}


def test_what_the_auditor_finds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Auditor, "finish", lambda self: self.findings.append("one and one: 3"))
    assert findings(0) == ["seed 0: one and one: 3"]
