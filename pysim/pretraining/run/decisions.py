"""What somebody decides in a run, and what becomes of it. Microseconds of run time."""

from dataclasses import dataclass

from pysim.story.choices import ActionName
from pysim.story.oncall import CallKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done at a time, as far as it is said; the rest is as usual."""

    action: ActionName
    at_us: int
    node: int | None = None
    checkpoint: int | None = None  # to go on from; None: the newest
    batches: int | None = None
    factor: float | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Who sees to what goes wrong, and what was decided, in order of time."""

    on_call: bool = False
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """A decision, by its place among all, that the run does not go with, and why: it completes a sentence that begins with it."""

    place: int
    why: str


class Called:
    """Something shows, from a time on and until it is gone or done with."""

    __slots__ = ("escalates_us", "kind", "since_us", "suspect", "title", "until_us")

    def __init__(
        self, *, kind: CallKind, title: str, since_us: int, until_us: int, escalates_us: int | None, suspect: int | None
    ) -> None:
        """`suspect` is the node that what is said points at."""
        self.kind = kind
        self.title = title
        self.since_us = since_us
        self.until_us = until_us
        self.escalates_us = escalates_us
        self.suspect = suspect


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """A node that was looked at, from a time on and until another; whether something was found."""

    decision: int
    node: int
    begin_us: int
    end_us: int
    is_named: bool
    is_ill: bool  # what nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Machines that were asked for, and when they are there."""

    decision: int
    there_us: int
    count: int


class Record:
    """What came of all that was decided, as it is filled in."""

    __slots__ = ("calls", "carried_out", "diagnosed", "ordered", "spares", "unfit")

    def __init__(self, spares: int = 0) -> None:
        """`spares` stand by from the start."""
        self.unfit: list[Unfit] = []
        self.calls: list[Called] = []
        self.diagnosed: list[Diagnosed] = []
        self.ordered: list[Ordered] = []
        self.spares = [(0, spares)]  # since when, and how many more or less there are
        self.carried_out: dict[int, int] = {}  # decisions, and the row of what was stopped for each; -1: none

    def spares_at(self, time_us: int) -> int:
        """Machines that stand by at a time."""
        return sum(change for since_us, change in self.spares if since_us <= time_us)
