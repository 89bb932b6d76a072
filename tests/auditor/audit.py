"""The auditor: reads records in order, puts each to its rule, and keeps what does not tie."""

from collections.abc import Iterable

from auditor.interval import Interval
from auditor.ledger import Ledger
from auditor.many_steps import many_steps
from auditor.readers import READERS, Reader
from auditor.record import Record
from auditor.rules import RULES
from auditor.schedule import schedule

_ALWAYS = Interval(-1e12, 1e12)


class Auditor:
    """One run, read from one view."""

    def __init__(
        self, *, exponential: bool = False, slowest: float = 1.0, stalled: float = 0.0, shaken: bool = False
    ) -> None:
        """`slowest`: a step may take so many times as long for hours, for a reason that nobody knows; `stalled`: some take so many seconds; `shaken`: the loss leaves its way."""
        self.ledger = Ledger(exponential=exponential, slowest=slowest, stalled=stalled, shaken=shaken)
        self._readers: dict[str, Reader] = {}
        self._time: Interval | None = None  # of the last record

    @property
    def findings(self) -> list[str]:
        return self.ledger.findings

    @property
    def broken(self) -> set[str]:
        """The rules that something did not keep to."""
        return {finding.partition(":")[0] for finding in self.findings}

    @property
    def checks(self) -> dict[str, int]:
        """How often each tie was put to the test."""
        return self.ledger.checks

    @property
    def seen(self) -> dict[str, int]:
        """Records by kind."""
        return self.ledger.seen

    def read(self, view: str, lines: Iterable[str]) -> None:
        if view not in self._readers:
            self._readers[view] = READERS[view]()
        reader = self._readers[view]
        for record in reader.records(lines):
            self._take(record)
        self.findings.extend(f"cannot read: {line}" for line in reader.unread)
        reader.unread.clear()

    def cut(self) -> None:
        """What follows is a later piece of the same run."""
        self.ledger.cut()
        self._time = None
        if not all(reader.dated for reader in self._readers.values()):  # nobody knows how many days went by
            for kind in {
                "JobLaunched",
                "TrainingStarted",
            } & self.ledger.facts.keys():  # a run may fail before it starts
                self.ledger.facts[kind].time = _ALWAYS

    def finish(self) -> None:
        """What only many steps can tell."""
        many_steps(self.ledger)
        schedule(self.ledger)

    def _take(self, record: Record) -> None:
        if record.kind != "Summary":
            if self._time and record.time.high < self._time.low:
                self.findings.append(f"time runs backwards: {record.where}")
            self._time = record.time
        self.ledger.enter(record)
        rule = RULES.get(record.kind)
        if rule:
            rule(self.ledger, record)
