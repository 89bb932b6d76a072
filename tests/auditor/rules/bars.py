"""The rule of a progress bar."""

from auditor.ledger import Ledger
from auditor.record import Record


def bar(audit: Ledger, r: Record, drawn: str, fraction: float) -> None:
    """Never ahead, and full only at the end."""
    cells = len(drawn) - 2
    filled, due = drawn[1:-1].count("="), fraction * cells
    audit.holds("bar", r, due - 1 - 1e-9 < filled <= due + 1e-9, f"{filled} of {cells} at {fraction:.4f}")
    audit.holds("bar has one head", r, drawn.count(">") == (filled < cells))


def counted_bar(audit: Ledger, r: Record) -> None:
    if r.has("bar", "done", "of"):
        bar(audit, r, r.fields["bar"], r.number("done").low / r.number("of").low)
