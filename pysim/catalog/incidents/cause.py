"""A cause of trouble: what it hits and does, how it shows, who notices, what is done about it, and how often it comes.

Durations are seconds, chances lie between 0 and 1; a `trust` is V (read in the primary source), S (in one that quotes it), C
(computed from such) or M (from memory or assumed).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from string import Formatter
from typing import Literal, get_args

Target = Literal["accelerator", "node", "rack", "switch", "storage", "job", "data"]
Effect = Literal["crash", "hang", "slow", "stall", "loss", "survives"]  # on steps, until it is noticed
Role = Literal["victim", "neighbours", "survivors", "host", "launcher", "launchers", "cluster", "all"]
Since = Literal["beginning", "noticed", "relaunch", "loading", "over"]
Level = Literal["info", "warning", "error", "fatal", "none"]
Log = Literal["job", "host", "scheduler", "monitoring"]
Notifier = Literal[
    "process exit", "watchdog", "communication error", "health check", "scheduler", "trainer", "loss monitor", "human"
]
PartName = Literal[
    "aborting", "diagnosing", "resetting", "rebooting", "draining", "replacing", "queueing", "maintaining", "updating",
    "launching", "groups", "loading",
]  # fmt: skip
RatePer = Literal["accelerator-day", "job-day", "save", "restart", "request"]
Trust = Literal["V", "S", "C", "M"]

LEVELS: tuple[Level, ...] = get_args(Level)
"""From chatty to silent: a program whose level is `none` says nothing at all."""
SINCE: tuple[Since, ...] = get_args(Since)
"""In the order in which they come."""
PARTS: tuple[PartName, ...] = get_args(PartName)
"""The parts of a recovery in the order in which they happen."""
RELAUNCH: tuple[PartName, ...] = ("launching", "groups", "loading")
"""The last of them, in which processes run that can fail again."""

_OF_A_NODE: tuple[PartName, ...] = ("resetting", "rebooting", "replacing")
_MACHINES: tuple[Target, ...] = ("accelerator", "node", "rack", "switch")

Span = tuple[float, float]  # the least and the most


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A program that says something, in a version whose words these are, and where it says it."""

    name: str
    title: str
    log: Log
    default_level: Level
    source: str

    def shows(self, level: Level) -> bool:
        """Whether a line of this level can be read if nobody has changed the program's own."""
        return LEVELS.index(level) >= LEVELS.index(self.default_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one speaker says, once or once for each of a role, without stamp and prefix. `words` are a template of one or more lines."""

    speaker: str
    role: Role
    level: Level
    words: str
    since: Since = "beginning"
    after: float = 0.0  # seconds
    within: float = 0.0  # seconds in which all of the role have said it
    place: str = ""  # the source line that the speaker's prefix names
    needs: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The names that have to be filled in."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.words) if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Who finds out, and how long that takes: least, typical and most seconds since the beginning, or since the watchdog's limit."""

    by: Notifier
    seconds: tuple[float, float, float]
    watchdog: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What telemetry shows of an accelerator and of its process. `load` is the share of the way from idle power to the limit."""

    name: str
    utilization: float
    load: float
    cpu: float  # of one core
    clock: float = 1.0  # of what it would be
    readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How the accelerators that were hit look until somebody notices, and how all others do; names of looks."""

    victim: str
    survivors: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """Codes as the launcher prints them, negative for a signal, none where nobody is left to tell; and the scheduler's state."""

    victim: tuple[int, ...]
    survivors: tuple[int, ...]
    scheduler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a recovery."""

    name: PartName
    seconds: float  # on one node
    exponent: float

    def seconds_on(self, nodes: int) -> float:
        """How long it takes on a cluster."""
        return float(self.seconds * nodes**self.exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """What is done once a cause is noticed, in parts, in order."""

    name: str
    title: str
    interrupts: bool = True  # the stretch of training ends
    replaces: bool = False  # the node leaves
    rolls_back: bool = False  # to an older checkpoint than the last
    parts: tuple[Part, ...] = ()

    def seconds_on(self, nodes: int) -> float:
        """How long all of it takes."""
        return sum(part.seconds_on(nodes) for part in self.parts)

    def down_seconds_on(self, nodes: int) -> float:
        """How long no process runs: all of it but the relaunch."""
        return sum(part.seconds_on(nodes) for part in self.parts if part.name not in RELAUNCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowing:
    """Steps take some thousandths longer, for some seconds."""

    permille: tuple[int, int]
    seconds: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """One step, save or reading takes longer by so much: least, typical, most seconds."""

    seconds: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPoint:
    """A step since the beginning, and what gradient norm and loss are multiplied by there."""

    step: int
    grad_norm_factor: float
    loss_factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LossShape:
    """What a cause does to gradient norm and loss; between points the logarithm of a factor is linear, after the last one it stays."""

    points: tuple[LossPoint, ...]
    leads_steps: int  # by which the gradient norm shows it before the loss
    recovers: bool  # without anybody doing something
    skipped_steps: int = 0  # whose gradients overflow
    rate: float = 1.0  # what the learning rate is multiplied by meanwhile
    not_a_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """How far one goes back before the beginning, at least and at most, and how many batches are then left out."""

    steps: tuple[int, int]
    skipped_batches: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a cause strikes that has a rate of its own. Per `request`: never by itself."""

    per: RatePer
    value: float
    source: str
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that goes wrong. Either `counts` divide the failures of a hardware generation, or it has a `rate` of its own."""

    name: str  # what --inject takes
    title: str
    hits: Target
    effect: Effect
    notice: Notice
    looks: Looks
    cure: Cure
    needs: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    source: str
    trust: Trust = "S"
    counts: tuple[tuple[str, int], ...] = ()  # generations, and its failures in the record of each
    rate: Rate | None = None
    blames: Literal["victim", "survivor", ""] = ""  # whom the launcher calls the root cause
    exits: Exits | None = None  # None where no process ends
    recurs: float = 0.0  # on the same node within 30 days
    misdiagnosed: float = 0.0
    planned: bool = False
    saves_first: bool = False
    slowing: Slowing | None = None
    stall: Stall | None = None
    loss: LossShape | None = None
    rollback: Rollback | None = None

    @property
    def returns(self) -> float:
        """The chance that it strikes again, because what was done was done to a node that was not ill."""
        return self.misdiagnosed if self.stays_with_a_machine else 0.0

    @property
    def stays_with_a_machine(self) -> bool:
        """Whether it does not go away before something is done to a machine."""
        return self.is_of_a_machine and any(part.name in _OF_A_NODE for part in self.cure.parts)

    @property
    def stops_steps(self) -> bool:
        """Whether no step is done any more from its beginning on."""
        return self.effect in ("crash", "hang")

    @property
    def begins_when_met(self) -> bool:
        """Whether nothing of it was there before the step or the save that it meets."""
        return self.stops_steps or self.disturbs_saves

    @property
    def is_of_a_machine(self) -> bool:
        """Whether it comes and goes with a machine."""
        return self.hits in _MACHINES

    @property
    def disturbs_saves(self) -> bool:
        """Whether it comes with a save."""
        return self.rate is not None and self.rate.per == "save"

    def count_in(self, generation: str) -> int:
        """Its failures in the record of a generation."""
        return dict(self.counts).get(generation, 0)

    def can_hit(self, has: Iterable[str]) -> bool:
        """Whether a cluster that has these things can be hit."""
        return set(self.needs) <= set(has)

    def evidence_on(self, has: Iterable[str]) -> tuple[Evidence, ...]:
        """What is said on a cluster that has these things."""
        present = set(has)
        return tuple(line for line in self.evidence if set(line.needs) <= present)
