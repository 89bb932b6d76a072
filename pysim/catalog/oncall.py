"""Typed rows of `data/oncall.toml`: what whoever is on call can do. Read on first use, by nobody who is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from pysim.catalog.incidents import Cause
from pysim.catalog.resources import read_table
from pysim.catalog.rows import row_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A way to look at one node."""

    name: str
    title: str
    seconds: float
    finds: Mapping[str, float]  # chances by what ails it: stops, slows, corrupts
    accuses: float  # what nothing ails
    source: str

    def chance(self, cause: Cause | None) -> float:
        """That the node is named which a cause has hit, or none."""
        return self.accuses if cause is None else self.finds[_WHAT_IT_DOES[cause.effect]]


_WHAT_IT_DOES = {
    "crash": "stops",
    "hang": "stops",
    "slow": "slows",
    "stall": "slows",
    "loss": "corrupts",
    "survives": "stops",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spares:
    """Machines that are asked for."""

    seconds: float  # until they are there
    most: int  # at once
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """All of the file."""

    escalation_seconds: Mapping[str, float]  # by what shows
    inspection: Diagnostic
    test: Diagnostic
    spares: Spares
    calming_rate: float  # from here on down a divergence does not come again


@cache
def on_call() -> OnCall:
    """What can be done, and until when."""
    table = read_table("oncall")
    diagnostics = {row["name"]: row_of(Diagnostic, f"diagnostic {row['name']!r}", row) for row in table["diagnostic"]}
    return OnCall(
        escalation_seconds=MappingProxyType(table["escalation"]),
        inspection=diagnostics["inspection"],
        test=diagnostics["test"],
        spares=row_of(Spares, "spares", table["spares"]),
        calming_rate=float(table["rate"]["calming"]),
    )
