"""What whoever is on call has to see to, and how well it went: facts that a story tells of itself. Times are microseconds since the launch."""

from dataclasses import dataclass
from typing import Literal

CallKind = Literal["down", "slow", "loss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something shows that somebody may have to do something about. It says what can be seen, never what it is."""

    number: int  # from 1, by when it came
    kind: CallKind
    title: str  # what shows, in a few words
    since_us: int
    escalates_us: int | None  # when somebody else sees to it if nobody has decided; None where nobody will


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a run went up to a moment."""

    goodput: float  # 0..1
    usd: float  # rent of all accelerators so far, spares among them
    interruptions: int
    steps_redone: int
    step: int  # the last one that counts, as it is printed
    seconds: float  # since the launch; to the last step where that is done
    is_over: bool  # whether the last step is done
    loss: float | None  # of the last validation, when it is; None as well where it is not a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One part of a goal: a quantity, what it should be, and what it is for whoever decided and under the automatic policy."""

    text: str
    own: float | None  # None as long as it is not known
    automatic: float | None
    is_reached: bool
    is_reached_by_policy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How whoever is on call does at a moment, beside the automatic policy and beside nobody at all, for the same luck."""

    time_us: int
    own: Result
    automatic: Result
    nobody: Result
    decisions: int
    title: str = ""  # of the scenario, where there is one
    aims: tuple[Aim, ...] = ()

    @property
    def is_reached(self) -> bool:
        """Whether the whole goal is."""
        return all(aim.is_reached for aim in self.aims)

    @property
    def is_reached_by_policy(self) -> bool:
        """Whether the automatic policy would have reached it."""
        return all(aim.is_reached_by_policy for aim in self.aims)
