"""Rules of what goes wrong: who speaks is a node of the job, stamps of all styles agree, costs add up."""

import statistics

from auditor.interval import Interval, exactly
from auditor.ledger import Ledger, Rules
from auditor.record import Record
from auditor.rules import evidence

_PARTS = ("starting", "noticing", "repairing", "restarting", "redoing")
_LATE_SECONDS = 1.0  # stamps of different precision in one log


def spoken(audit: Ledger, r: Record) -> None:
    """A line of another program; its stamp, whatever its style, is that of the log around it."""
    if r.has("second"):
        last = audit.facts.get("Spoken")
        if last and last.has("second"):
            audit.holds("stamps agree", r, r.fields["second"] >= last.fields["second"] - _LATE_SECONDS)
    if r.has("rank"):
        world = audit.facts["JobLaunched"].number("world_size")
        audit.holds("a rank of the job", r, int(r.fields["rank"]) < world.high)
    evidence.said(audit, r)


def noticed(audit: Ledger, r: Record) -> None:
    began = audit.facts.get("IncidentBegan")
    if began and began.fields["number"] == r.fields["number"]:
        audit.tie("noticed after it began", r, r.number("seconds"), r.time - began.time, 1e-6)


def replaced(audit: Ledger, r: Record) -> None:
    """The machine that leaves is the one that was there; the other one is new, or the same if somebody waited for its repair."""
    if not r.has("host"):
        return
    node, came = int(r.number("node").low), str(r.fields.get("replacement", r.fields["host"]))
    waited = r.has("waited_seconds") and r.number("waited_seconds").high > 0
    audit.holds("another machine", r, waited or r.fields["host"] != came)
    audit.holds("a host for each node", r, audit.hosts.get(node, r.fields["host"]) == r.fields["host"])
    audit.hosts[node] = came


def recovered(audit: Ledger, r: Record) -> None:
    resumed, stopped = audit.resumed, audit.facts.get("TrainingInterrupted")
    audit.holds("recovered with the resumption", r, resumed is not None and resumed.time.meets(r.time, 1e-9))
    if resumed and r.has("step"):
        audit.tie("recovered where it goes on", r, r.number("step"), resumed.number("step"))
    parts = [r.number(name) for name in ("repairing_seconds", "restarting_seconds") if r.has(name)]
    if stopped and len(parts) == 2:
        audit.tie("down and restarting", r, parts[0] + parts[1], r.time - stopped.time, 1e-6)


def accounted(audit: Ledger, r: Record) -> None:
    """How often the run was interrupted, how long it went on between, and what it made of its time."""
    wall = _wall(audit)
    if wall:
        audit.tie("interruptions", r, r.number("interruptions"), audit.seen.get("TrainingInterrupted", 0))
        times = r.number("between_failures_seconds") * r.number("interruptions").middle
        audit.tie("time between interruptions", r, times, wall, 0.01)
        if audit.step and audit.step.has("step_seconds"):  # on narrow screens steps do not say what they took
            audit.tie("goodput of the steps that were told", r, r.number("goodput") * wall, _productive(audit), 0.01)
        if r.has("steps_redone"):
            audit.tie("steps redone", r, r.number("steps_redone"), audit.redone)
        if r.has("wall_seconds"):
            audit.tie("all of the time", r, r.number("wall_seconds"), wall, 1e-6)
    if r.has("productive_seconds", "wall_seconds"):
        all_seconds = r.number("goodput") * r.number("wall_seconds")
        audit.tie("goodput = productive / wall", r, r.number("productive_seconds"), all_seconds, 1e-6)
    if r.has("redoing_seconds"):
        lost(audit, r)
    if r.has("costs"):
        interruptions = sum(each["interruptions"] for each in r.fields["costs"])
        audit.tie("interruptions of all causes", r, r.number("interruptions"), interruptions)
        _by_cause(audit, r, [exactly(each["seconds"]) for each in r.fields["costs"]])


def _wall(audit: Ledger) -> Interval | None:
    """Seconds from the launch to the end of training; None where not everything between was read."""
    completed = audit.facts.get("TrainingCompleted")
    return completed.time - audit.facts["JobLaunched"].time if audit.whole and completed else None


def _productive(audit: Ledger) -> Interval:
    """Seconds of the steps that counted in the end, and of what followed each; but not of what a restart, and no stall, made longer."""
    last = audit.since or audit.facts["TrainingCompleted"]
    own = sum(audit.took.values(), start=audit.facts["TrainingCompleted"].time - last.time)
    longer = (own - _usual(audit, step) - Interval(0, audit.stalled) for step, own in audit.resumptions.items())
    return own - sum((Interval(max(each.low, 0.0), max(each.high, 0.0)) for each in longer), start=Interval(0, 0))


def _usual(audit: Ledger, step: int) -> Interval:
    """What a step takes that nothing makes longer."""
    expected = audit.expected_seconds(step)
    typical = expected.middle if expected else statistics.median(took.middle for took in audit.took.values())
    return Interval(0.9, max(audit.slowest, 1.1)) * typical


def lost(audit: Ledger, r: Record) -> None:
    """The parts of the time that was lost, against what was seen to be lost."""
    second = {part: r.number(f"{part}_seconds") for part in _PARTS}
    total = sum(second.values(), start=Interval(0, 0))
    if r.has("lost_seconds"):
        audit.tie("lost time", r, r.number("lost_seconds"), total + Interval(0, len(_PARTS)))
    goodput, available = audit.fact("TimeAccounted", "goodput"), audit.fact("TimeAccounted", "availability")
    wall = _wall(audit)
    if wall and goodput:
        audit.tie("goodput = productive / all", r, total + goodput * wall, wall, 0.002)
    if wall and available:
        audit.tie(
            "available = not in repair", r, second["repairing"] + second["restarting"] + available * wall, wall, 0.002
        )


def lost_to(audit: Ledger, r: Record) -> None:
    """The time that was lost by cause, the others together last."""
    _by_cause(audit, r, r.fields["costs"])


def _by_cause(audit: Ledger, r: Record, costs: list[Interval]) -> None:
    """By cause it comes to what it comes to by part, starting aside."""
    parts = [audit.fact(kind, f"{part}_seconds") for part in _PARTS[1:] for kind in ("TimeAccounted", "TimeLost")]
    by_part = [part for part in parts if part is not None]
    if len(by_part) == len(_PARTS) - 1:
        audit.tie("lost by cause = lost by part", r, sum(costs, Interval(0, 0)), sum(by_part, Interval(0, 0)), 1e-6)


RULES: Rules = {
    "Spoken": spoken,
    "IncidentNoticed": noticed,
    "NodeReplaced": replaced,
    "Recovered": recovered,
    "TimeAccounted": accounted,
    "TimeLost": lost,
    "TimeLostTo": lost_to,
}
