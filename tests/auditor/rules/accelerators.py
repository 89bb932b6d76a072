"""Rules of a look at all accelerators: what silicon can be, and what the headline says of the cells below it."""

import re
import statistics
from collections import Counter
from collections.abc import Mapping
from typing import Any

from auditor import sheets
from auditor.interval import Interval
from auditor.ledger import Ledger, Rules
from auditor.record import Record

Cell = Mapping[str, Any]
_SIGNS = ("●", "▲", "○", "-", "▽", "x")  # working, held back, spinning, idle, drained, dead
_WORKING, _, _SPINNING, _IDLE, _, _DEAD = _SIGNS
_COUNTED = re.compile(r"([▲○▽x-]) ([\d,]+) [a-z]+")


def sampled(audit: Ledger, r: Record) -> None:
    if audit.step:
        audit.tie("status of the step", r, r.number("step"), audit.step.number("step"))
    cells = r.fields.get("cells") or _cells_of_arrays(r)
    if cells:
        _conditions(audit, r, cells)
        readable = [cell for cell in cells if cell["sign"] != _DEAD]
        _headline(audit, r, len(cells), readable)
        if not readable:
            return
        _silicon(audit, r, readable)
        _memory(audit, r, readable)
        _clocks(audit, r, readable)
        _power(audit, r, readable)


def _conditions(audit: Ledger, r: Record, cells: list[Cell]) -> None:
    """What the headline counts is what the signs say, and each looks like it."""
    seen = Counter(str(cell["sign"]) for cell in cells)
    if "world_size" in r.fields and cells[0]["color"] is not None:
        told = {sign: int(count.replace(",", "")) for sign, count in _COUNTED.findall(r.fields.get("conditions") or "")}
        audit.holds(
            "accelerators in each condition", r, told == {s: n for s, n in seen.items() if s != _WORKING}, f"{told}"
        )
    for cell in cells:
        if cell["sign"] == _DEAD:
            unread = all(
                not re.search("[1-9]", str(cell[name] or "")) for name in ("busy", "celsius", "watts", "clock")
            )
            audit.holds("nothing is read of what is dead", r, unread)
        elif cell["sign"] == _SPINNING:
            audit.holds("who spins is busy", r, int(cell["busy"]) >= 99)
        elif cell["sign"] == _IDLE:
            audit.holds("who is idle is not busy", r, int(cell["busy"]) == 0)


def _headline(audit: Ledger, r: Record, shown: int, cells: list[Cell]) -> None:
    world = audit.fact("JobLaunched", "world_size")
    if world:
        audit.tie("all accelerators shown", r, shown, world)
    audit.holds("nothing is read of what is dead", r, bool(cells) or not r.has("celsius"))
    if r.has("celsius") and cells:
        audit.tie("hottest accelerator", r, r.number("celsius"), max(int(cell["celsius"]) for cell in cells))


def _silicon(audit: Ledger, r: Record, cells: list[Cell]) -> None:
    audit.holds("temperature of running silicon", r, all(20 <= int(cell["celsius"]) <= 100 for cell in cells))
    audit.holds("utilisation", r, all(0 <= int(cell["busy"]) <= 100 for cell in cells))
    for cell in cells if cells[0]["color"] else []:
        if cell["sign"] == _WORKING:
            _health(audit, r, cell)


def _health(audit: Ledger, r: Record, cell: Cell) -> None:
    celsius = int(cell["celsius"])
    percent = _share(cell) if cell["used"] else float(cell["percent"] or 0)
    sure = all(abs(percent - edge) > 1 for edge in (85, 95))
    want = "1" if celsius > 85 or percent > 95 else "3" if celsius > 75 or percent > 85 else "2"
    seen = f"{celsius} C, {percent:.0f} % in colour {cell['color']}"
    audit.holds("health dot", r, not sure or cell["color"] == want, seen)


def _share(cell: Cell) -> float:
    """Per cent of the memory, which is printed in whole GiB."""
    return float(cell["used"]) / float(cell["capacity"]) * 100


def _memory(audit: Ledger, r: Record, cells: list[Cell]) -> None:
    budget = audit.fact("OptimizerReady", "memory_bytes")
    if not cells[0]["used"]:
        return
    if budget:
        most = max(float(cell["used"]) for cell in cells)
        audit.holds("memory within the budget", r, (most - 0.056) * 2**30 <= budget.high * (1 + 1e-9))
    for cell in cells if cells[0]["percent"] else []:
        share = _share(cell)
        audit.holds("memory in per cent", r, share - 2 <= int(cell["percent"]) <= share + 1)  # cut, not rounded


def _clocks(audit: Ledger, r: Record, cells: list[Cell]) -> None:
    clocks = [int(cell["clock"]) for cell in cells if cell.get("clock")]
    if len(clocks) != len(cells) or not max(clocks):
        return
    boost = sheets.BOOST_MHZ.get(audit.word("AcceleratorsDetected", "accelerator"))
    audit.holds("clock up to the boost clock", r, boost is None or max(clocks) <= boost)
    audit.holds("clocks of one kind of part", r, min(clocks) > 0.6 * max(clocks))
    if r.has("slowest", "fastest"):
        audit.tie("slowest clock", r, r.number("slowest"), min(clocks))
        audit.tie("fastest clock", r, r.number("fastest"), max(clocks))
    _heat(audit, r, clocks, cells)


def _heat(audit: Ledger, r: Record, clocks: list[int], cells: list[Cell]) -> None:
    held = [clock for clock, cell in zip(clocks, cells, strict=True) if cell.get("throttled")]
    free = [clock for clock, cell in zip(clocks, cells, strict=True) if not cell.get("throttled")]
    audit.holds("heat lowers the clock", r, not held or max(held) < statistics.median(free))
    for cell in cells if "throttled" in cells[0] else []:
        celsius, limit = cell["celsius"], sheets.THROTTLE_CELSIUS
        sure = celsius != limit  # which may be half a degree less
        audit.holds("throttled where it is hot", r, not sure or cell["throttled"] == (celsius > limit))
        audit.holds("memory hotter than the core", r, 3 <= cell["memory_celsius"] - celsius <= 16)


def _power(audit: Ledger, r: Record, cells: list[Cell]) -> None:
    watts = [int(cell["watts"]) for cell in cells if cell["watts"]]
    limit = audit.fact("AcceleratorDetected", "power_limit_watts")
    if limit and cells[0]["watts"]:
        within = len(watts) == len(cells) and all(0 < each <= limit.high for each in watts)
        audit.holds("power within the limit", r, within)
    if len(watts) == len(cells):
        audit.all_watts.append(sum(watts))
        if all(cell["sign"] == _WORKING for cell in cells):
            audit.busy_watts.append(sum(watts))
        if r.has("power_watts") and isinstance(r.fields["power_watts"], Interval):
            audit.tie("power of all", r, sum(watts), r.number("power_watts"))


_ARRAYS = {
    "busy": "utilisation_percent",
    "celsius": "temperature_celsius",
    "watts": "power_watts",
    "used": "memory_bytes",
    "clock": "clock_mhz",
    "memory_celsius": "memory_celsius",
    "throttled": "throttled",
    "sign": "condition",
}


def _cells_of_arrays(r: Record) -> list[Cell]:
    """Cells of a JSON sample; none where its arrays were left out."""
    arrays = {ours: r.fields.get(theirs) for ours, theirs in _ARRAYS.items()}
    if not all(isinstance(array, list) for array in arrays.values()):
        return []
    rows = zip(*arrays.values(), strict=True)
    rest = {"capacity": r.fields["memory_capacity_bytes"] / 2**30, "percent": None, "color": None}
    cells = [dict(zip(arrays, row, strict=True)) for row in rows]
    return [
        cell | rest | {"used": cell["used"] / 2**30, "throttled": bool(cell["throttled"]), "sign": _SIGNS[cell["sign"]]}
        for cell in cells
    ]


RULES: Rules = {"FleetSampled": sampled}
