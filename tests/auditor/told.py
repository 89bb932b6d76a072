"""What any trainer's log says of a run, whatever its words: what the readers of dialects make of it."""

from dataclasses import dataclass, field

from auditor.interval import Interval


@dataclass(slots=True)
class Told:
    """The same run whoever tells it. Steps are as the program counts them, from 1; times are seconds of a calendar."""

    steps: list[dict[str, Interval]] = field(default_factory=list)  # step, time, loss and what else a line has
    validations: list[dict[str, Interval]] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    loaded: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)  # the first step of each process
    launches: int = 0
    ended: bool = False
    findings: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def tie(self, what: str, where: object, one: Interval, other: Interval, slack: float = 0.0) -> None:
        """What is printed in one place against what follows from others."""
        if not one.meets(other, slack):
            self.findings.append(f"{what} at {where}: {one} is not {other}")
