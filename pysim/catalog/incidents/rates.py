"""How often things go wrong, in numbers: by generation of hardware, by age, in bursts, and as runs have reported.

Rates are per day, durations hours or seconds as their names say, shares lie between 0 and 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pysim.catalog.incidents.cause import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Accelerators that fail alike: failures per accelerator-day, on average over the first `observed_days`."""

    name: str
    title: str
    accelerators: tuple[str, ...]
    has: tuple[str, ...]  # what follows from the accelerator alone
    per_accelerator_day: float
    observed_days: float
    source: str
    trust: Trust
    counts_of: str = ""  # the generation whose causes these are; empty: its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Infancy:
    """New machines fail `factor` times as often; what exceeds 1 falls to 1/e in `decay_days`."""

    factor: float
    decay_days: float
    source: str
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustering:
    """Faults come in bursts and return to the same machines; the first five say how, the others what a trace shows of it."""

    followed_share: float  # of faults that are followed by another, anywhere, within `followed_seconds`
    followed_seconds: float
    recurs_factor: float  # of `Cause.recurs`
    recurs_days: tuple[tuple[float, float], ...]  # shares of what recurs, and after how many days it has at most
    frailty_shape: int  # of the gamma distribution by which machines differ
    server_shape: float  # of the negative binomial distribution of faults per server
    returns: tuple[tuple[float, float], ...]  # days, and the share of faults that the same machine has another after
    gap_variation: float  # standard deviation over mean of the time between faults; 1 without clustering
    returns_without_clustering_7_days: float
    worst_tenth_share: float
    worst_twentieth_share: float
    untouched_share: float
    most_in_a_day: int
    source: str
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """How long nodes are away: shares of repairs that are shorter, and hours."""

    quantiles: tuple[tuple[float, float], ...]
    mean_hours: float
    away_share: float  # of all nodes, at any time
    source: str
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One row of a record's own table, and the causes that it becomes here."""

    title: str
    count: int
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was published of one run."""

    preset: str
    accelerators: int
    days: float
    unexpected: int
    planned: int
    productive: float  # share of the time; 0 where it is not stated
    up: float  # share of the time in which the job ran and could be interrupted; 0 where it is not stated
    source: str
    trust: Trust
    by_hand: int = 0
    categories: tuple[Category, ...] = ()

    @property
    def per_accelerator_day(self) -> float:
        """Unexpected interruptions."""
        return self.unexpected / (self.accelerators * self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRates:
    """How often, in numbers: by generation, by age, in bursts, and as runs have reported."""

    generations: Mapping[str, Generation]
    infancy: Infancy
    clustering: Clustering
    repairs: Repairs
    records: Mapping[str, Record]

    def generation_of(self, accelerator: str) -> Generation:
        """The generation of an accelerator by its name."""
        return next(each for each in self.generations.values() if accelerator in each.accelerators)
