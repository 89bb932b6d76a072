"""The auditor knows every schedule by its formula, and another one by its rates."""

from dataclasses import replace
from typing import Any

import pytest
from audited import audited
from plans import TINY

from pysim.physics import schedule
from pysim.physics.schedule import _SHAPES
from pysim.physics.workload import Schedule, ScheduleKind
from pysim.pretraining.plan import Plan


def scheduled(kind: ScheduleKind, **decay: Any) -> Plan:
    """A short run of that schedule; its square root reaches its floor, its decay begins two thirds on the way."""
    return replace(TINY, schedule=Schedule(kind, 6e-4, 3e-4, 60, **decay))


SCHEDULES = {
    "cosine": scheduled("cosine"),
    "linear": scheduled("linear"),
    "constant": scheduled("constant"),
    "inverse-sqrt": scheduled("inverse-sqrt"),
    "wsd": scheduled("wsd", decay_steps=100),
    "wsd, linear": scheduled("wsd", decay_steps=100, decay_shape="linear"),
    "wsd, with a tail": scheduled("wsd", decay_steps=100, decay_shape="cosine", tail=((3e-4, 20), (1e-4, 20))),
    "wsd, longer than the run": scheduled("wsd", decay_steps=1000),
}


@pytest.mark.requirement("TRAIN-03")
@pytest.mark.parametrize("columns", [200, None])
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_ties(name: str, columns: int | None) -> None:
    auditor = audited(SCHEDULES[name], columns)
    assert auditor.findings == []
    assert auditor.checks["schedule"] > 0


@pytest.mark.parametrize("columns", [200, None])
@pytest.mark.parametrize(
    ("name", "table", "wrong"),
    [
        ("cosine", "_SHAPES", {"cosine": _SHAPES["linear"]}),
        ("linear", "_SHAPES", {"linear": _SHAPES["cosine"]}),
        ("constant", "_SHAPES", {"constant": _SHAPES["inverse-sqrt"]}),
        ("inverse-sqrt", "_SHAPES", {"inverse-sqrt": _SHAPES["linear"]}),
        ("inverse-sqrt", "_SHAPES", {"inverse-sqrt": _SHAPES["constant"]}),
        ("wsd", "_SHAPES", {"wsd": _SHAPES["cosine"]}),
        ("wsd", "_SHAPES", {"wsd": _SHAPES["constant"]}),
        ("wsd", "_DECAY_POWERS", {"sqrt": 0.6}),
        ("wsd", "_DECAY_POWERS", {"sqrt": 2.0}),
        ("wsd, linear", "_DECAY_POWERS", {"linear": 0.8}),
    ],
)
def test_another_schedule_is_found(
    name: str, table: str, wrong: dict[str, Any], columns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, shape in wrong.items():
        monkeypatch.setitem(getattr(schedule, table), kind, shape)
    auditor = audited(SCHEDULES[name], columns)
    assert auditor.broken & {"schedule", "schedule falls"}
