"""Typed rows of `data/scenarios.toml`: a situation to be on call in, and what to reach. Read on first use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from pysim.catalog.resources import read_table
from pysim.catalog.rows import row_of

_AIM = re.compile(r"(?P<quantity>[a-z_]+) (?P<sign><=|>=) (?P<value>\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A part of a goal: a quantity that should be at most, or at least, so much."""

    text: str
    quantity: str
    is_most: bool
    value: float

    def is_reached(self, value: float | None) -> bool:
        """Whether so much is good enough; what never came to be known is not."""
        if value is None:
            return False
        return value <= self.value if self.is_most else value >= self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A situation: options of a show, what is known of it beforehand, and a goal."""

    name: str
    title: str
    briefing: str  # see `briefed`
    options: tuple[tuple[str, str], ...]  # (option, text) pairs, as on the command line
    goal: str

    def briefed(self, key: str) -> str:
        """What is known beforehand, for somebody whose panel opens with that key."""
        return self.briefing.replace("{key}", key)

    @property
    def aims(self) -> tuple[Aim, ...]:
        """The parts of the goal, all of which are to be reached."""
        return tuple(map(_aim, self.goal.split(" and ")))


def _aim(text: str) -> Aim:
    found = _AIM.fullmatch(text)
    if not found:
        message = f"{text!r} is no part of a goal, such as goodput >= 0.9"
        raise ValueError(message)
    return Aim(text=text, quantity=found["quantity"], is_most=found["sign"] == "<=", value=float(found["value"]))


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Every scenario by name, in the order of the file."""
    rows = [_scenario(keys) for keys in read_table("scenarios")["scenario"]]
    return MappingProxyType({row.name: row for row in rows})


def _scenario(keys: Mapping[str, object]) -> Scenario:
    given = keys["options"]
    pairs = tuple((str(name), str(text)) for name, text in given) if isinstance(given, list) else ()
    return row_of(Scenario, f"scenario {keys.get('name')!r}", {**keys, "options": pairs})
