"""What can be decided at a moment of a run on show, with what it would cost. A leaf, so that a panel opens at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

ActionName = Literal["drain", "restart", "skip", "rate", "wait", "diagnose", "spares", "maintenance"]
ArgumentName = Literal["node", "checkpoint", "batches", "factor", "count"]

ACTIONS: tuple[ActionName, ...] = get_args(ActionName)
ARGUMENTS: tuple[ArgumentName, ...] = get_args(ArgumentName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value that an argument can have, as it is written in a decision, and what it means here."""

    text: str
    title: str


def _nothing_more(_text: str) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What a decision can be given: `name=value`. The likeliest values come first; others of its kind can be written too."""

    name: ArgumentName
    title: str
    values: tuple[Value, ...]
    is_needed: bool  # else the first value is meant where none is given
    least: float  # of what can be written
    most: float
    meaning: Callable[[str], str] = _nothing_more  # of a value that is written; empty for nothing more than it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What an action is expected to cost, by the run's own numbers; None where nobody can say."""

    minutes: float | None  # in which the job does no steps
    steps_redone: int | None
    usd: float | None  # of that time and those steps, or what is bought
    risk: str  # what may go wrong with it, in a few words; empty for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An action that the moment offers."""

    name: ActionName
    title: str
    costs: Costs
    arguments: tuple[Argument, ...] = ()
