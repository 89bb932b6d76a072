"""Rules of what goes wrong: who speaks is a node of the job, stamps of all styles agree, costs add up."""

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
    """The machine that leaves is the one that was there; the other one is new."""
    node = int(r.number("node").low)
    audit.holds("another machine", r, r.fields["host"] != r.fields["replacement"])
    audit.holds("a host for each node", r, audit.hosts.get(node, r.fields["host"]) == r.fields["host"])
    audit.hosts[node] = r.fields["replacement"]


def recovered(audit: Ledger, r: Record) -> None:
    resumed, stopped = audit.resumed, audit.facts.get("TrainingInterrupted")
    audit.holds("recovered with the resumption", r, resumed is not None and resumed.time.meets(r.time, 1e-9))
    if resumed and r.has("step"):
        audit.tie("recovered where it goes on", r, r.number("step"), resumed.number("step"))
    parts = [r.number(name) for name in ("repairing_seconds", "restarting_seconds") if r.has(name)]
    if stopped and len(parts) == 2:
        audit.tie("down and restarting", r, parts[0] + parts[1], r.time - stopped.time, 1e-6)


RULES: Rules = {"Spoken": spoken, "IncidentNoticed": noticed, "NodeReplaced": replaced, "Recovered": recovered}
