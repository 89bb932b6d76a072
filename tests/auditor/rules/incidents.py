"""Rules of what goes wrong: who speaks is a node of the job, stamps of all styles agree, costs add up."""

from auditor.interval import Interval
from auditor.ledger import Ledger, Rules
from auditor.record import Record

_LATE_SECONDS = 1.0  # stamps of different precision in one log


def spoken(audit: Ledger, r: Record) -> None:
    """A line of another program; its stamp, whatever its style, is that of the log around it."""
    if r.has("second"):
        last = audit.facts.get("Spoken")
        if last and last.has("second"):
            audit.holds("stamps agree", r, r.fields["second"] >= last.fields["second"] - _LATE_SECONDS)
    if r.has("rank", "world_size"):
        audit.holds(
            "a rank of the job", r, int(r.fields["rank"]) < audit.facts["JobLaunched"].number("world_size").high
        )


def noticed(audit: Ledger, r: Record) -> None:
    began = audit.facts.get("IncidentBegan")
    if began and began.fields["number"] == r.fields["number"]:
        audit.tie("noticed after it began", r, r.number("seconds"), r.time - began.time, 1e-6)


def replaced(audit: Ledger, r: Record) -> None:
    """The machine that leaves is the one that was there; the other one is new, but for one that was waited for."""
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
    """How often the run was interrupted, and how long it went on between."""
    if audit.whole:
        audit.tie("interruptions", r, r.number("interruptions"), audit.seen.get("TrainingInterrupted", 0))
    times = r.number("between_failures_seconds") * r.number("interruptions").middle
    completed = audit.facts.get("TrainingCompleted")
    if audit.whole and completed:
        audit.tie("time between interruptions", r, times, completed.time - audit.facts["JobLaunched"].time, 0.01)
    if r.has("redoing_seconds"):
        lost(audit, r)


def lost(audit: Ledger, r: Record) -> None:
    """The parts of the time that was lost, against what was seen to be lost."""
    parts = ("starting", "noticing", "repairing", "restarting", "redoing")
    total = sum((r.number(f"{part}_seconds") for part in parts), start=Interval(0, 0))
    if r.has("lost_seconds"):
        audit.tie("lost time", r, r.number("lost_seconds"), total + Interval(0, len(parts)))
    goodput, completed = audit.fact("TimeAccounted", "goodput"), audit.facts.get("TrainingCompleted")
    if audit.whole and goodput and completed:
        wall = completed.time - audit.facts["JobLaunched"].time
        audit.tie("goodput = productive / all", r, total + goodput * wall, wall, 0.002)


RULES: Rules = {
    "Spoken": spoken,
    "IncidentNoticed": noticed,
    "NodeReplaced": replaced,
    "Recovered": recovered,
    "TimeAccounted": accounted,
    "TimeLost": lost,
}
