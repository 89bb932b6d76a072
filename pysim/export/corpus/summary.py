"""What there is in some runs of a corpus, counted."""

from collections import Counter
from typing import Any

from pysim.export.corpus.templates import Templates


class Summary:
    """What there is in some runs."""

    def __init__(self) -> None:
        self.runs = Counter[str]()  # by split
        self.populations = Counter[str]()
        self.presets = Counter[str]()
        self.accelerators = Counter[str]()
        self.lines = Counter[str]()  # by dialect
        self.roles = Counter[str]()
        self.causes = Counter[str]()
        self.sums = Counter[str]()  # steps, bytes, told seconds
        self.templates = Templates()
        self.questions = 0

    def add(self, facts: dict[str, Any]) -> None:
        """Another run."""
        row, counts = facts["row"], facts["counts"]
        self.runs[row["split"]] += 1
        self.populations[row["population"]] += 1
        self.presets[row["preset"] or "drawn"] += 1
        self.accelerators[row["accelerator"]] += 1
        self.lines.update(counts["lines"])
        self.roles.update(counts["roles"])
        self.causes.update(counts["causes"])
        self.sums.update({"steps": row["steps"], "bytes": row["bytes"], "incidents": row["incidents"]})
        self.sums["seconds"] += round(row["end_seconds"] - row["begin_seconds"])

    def join(self, other: "Summary") -> None:
        """All of another one."""
        for name in ("runs", "populations", "presets", "accelerators", "lines", "roles", "causes", "sums"):
            getattr(self, name).update(getattr(other, name))
        self.templates.add(other.templates)
        self.questions += other.questions
