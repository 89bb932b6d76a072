"""What is said of a plan: each text is its value, each formula makes it, and the rest reads as it did."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from auditor.description import audit_description
from plans import CLASSIC, HALF, HUGE, MIXTURE, PLANS, TINY

from pysim.pretraining.describe import describe
from pysim.pretraining.figures import figures
from pysim.pretraining.kind import description
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.quantities import human_bytes, human_duration, short_seconds
from pysim.views.describe import description_json, description_text

GOLDEN = Path(__file__).parents[1] / "golden"
ALL = {**PLANS, **{f"preset {name}": preset.plan(0) for name, preset in presets().items()}}
SHOWN = {
    "classic": CLASSIC,
    "tiny": TINY,
    "mixture": MIXTURE,
    "half": HALF,
    "huge": HUGE,
    "failing": replace(HUGE, incident_factor=1.0, spares=64),
}
plans = pytest.mark.parametrize("plan", ALL.values(), ids=ALL)


def document(plan: Plan) -> dict[str, Any]:
    return dict(json.loads(description_json(description(plan))))


@plans
def test_every_described_number_ties(plan: Plan) -> None:
    audit = audit_description(document(plan))
    assert audit.findings == []
    of_ramp = (5, 2, 3) if plan.batch_ramp else (0, 0, 0)
    texts, formulas, by_hand = (usual + more for usual, more in zip((50, 29, 16), of_ramp, strict=True))
    assert audit.checks == {"text = value": texts, "formula = value": formulas, "by hand": by_hand}


@pytest.mark.parametrize("factor", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("name", ["classic", "half", "huge"])
def test_what_failures_cost_ties(name: str, factor: float) -> None:
    audit = audit_description(document(replace(SHOWN[name], incident_factor=factor, spares=3)))
    assert audit.findings == []
    assert audit.checks == {"text = value": 57, "formula = value": 33, "by hand": 18}


@plans
def test_a_row_goes_by_its_name(plan: Plan) -> None:
    """Programs may look rows up by their names, and nothing that is there is said to be nothing."""
    rows = document(plan)["derived"]
    assert len({row["name"] for row in rows}) == len(rows)
    nothing = [row["name"] for row in rows if row["value"] and re.match(r"\$?0(\.0+)?(?![\d.])", row["text"])]
    assert nothing == []


@pytest.mark.parametrize(("changed", "found"), [("value", 49), ("text", 50), ("formula", 28)])
def test_a_wrong_description_is_found(changed: str, found: int) -> None:
    """Whichever row has it, but where it says nothing: half as much again of no experts' time, a formula in words."""
    rows = range(len(document(HUGE)["derived"]))
    assert sum(is_found(changed, index) for index in rows) == found


def is_found(changed: str, index: int) -> bool:
    said = document(HUGE)
    row = said["derived"][index]
    wrong = row["value"] * 1.5 if changed == "value" else re.sub(r"\d", other_digit, row[changed], count=1)
    row[changed] = wrong
    return any(f"{row['section']}: {row['name']}" in finding for finding in audit_description(said).findings)


def other_digit(digit: re.Match[str]) -> str:
    return str((int(digit[0]) + 3) % 10)


@pytest.mark.parametrize("name", SHOWN)
def test_a_description_reads_as_it_did(name: str, *, update_golden: bool) -> None:
    file, text = GOLDEN / f"describe-{name}.txt", description_text(description(SHOWN[name]))
    if update_golden:
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()


def test_programs_get_the_rows_that_people_read() -> None:
    said = document(TINY)
    assert said["derived"] == [asdict(row) for row in describe(TINY, figures(TINY))]
    assert said["plan"] == json.loads(json.dumps(TINY.chosen))


def test_no_row_is_said_twice() -> None:
    rows = describe(TINY, figures(TINY))
    assert len({(row.section, row.name) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "0.25 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (90, "1 min 30 s"), (3599.9, "60 min 0 s"), (3600, "1 h 0 min"),
        (5400, "1 h 30 min"), (86_399, "24 h 0 min"), (86_400, "1 d 0 h"), (273_600, "3 d 4 h"),
    ],
)  # fmt: skip
def test_durations_read_well(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (12, "12 B"), (999, "999 B"), (1000, "1.00 kB"), (999_000, "999.00 kB"), (1e6, "1.00 MB"), (1e9, "1.00 GB"), (5.67e12, "5.67 TB"),
        (1e15, "1.00 PB"), (2.5e18, "2500.00 PB"),
    ],
)  # fmt: skip
def test_bytes_read_well(count: float, text: str) -> None:
    assert human_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.9999, "999.9 ms"), (1.0, "1.000 s"), (1.5, "1.500 s"), (1083.68, "1,083.7 s"), (0.0, "0.0 ms")],
)
def test_seconds_read_well(seconds: float, text: str) -> None:
    assert short_seconds(seconds) == text
