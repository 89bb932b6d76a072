"""A look at every accelerator in a few numbers: what is left to say where there are too many to list."""

from dataclasses import dataclass

import numpy as np

from pysim.story.events import FleetSampled, Ints

NAMED = 6  # accelerators, hottest first
WORKING, THROTTLED, SPINNING, IDLE, DRAINING, DEAD = range(6)
CONDITIONS = ("working", "throttled", "spinning", "idle", "draining", "dead")
"""What the numbers of `FleetSampled.condition` mean. Who is dead cannot be read: all else that is said of it is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One quantity over all accelerators."""

    min: int
    mean: float
    max: int
    sum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """One accelerator by its rank."""

    rank: int
    temperature_celsius: int
    memory_celsius: int
    power_watts: int
    throttled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many accelerators are in a condition."""

    condition: str
    accelerators: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSummary:
    """All accelerators together, and the hottest ones by name."""

    utilisation_percent: Spread
    temperature_celsius: Spread
    power_watts: Spread
    memory_bytes: Spread
    clock_mhz: Spread
    memory_celsius: Spread
    throttled: Spread
    conditions: tuple[Count, ...]  # how many are in which, of those that any is in
    hottest: tuple[Accelerator, ...]


def summary(sample: FleetSampled) -> FleetSummary:
    """The sample in a few numbers."""
    return FleetSummary(
        utilisation_percent=_spread(sample.utilisation_percent),
        temperature_celsius=_spread(sample.temperature_celsius),
        power_watts=_spread(sample.power_watts),
        memory_bytes=_spread(sample.memory_bytes),
        clock_mhz=_spread(sample.clock_mhz),
        memory_celsius=_spread(sample.memory_celsius),
        throttled=_spread(sample.throttled),
        conditions=tuple(Count(condition=name, accelerators=count) for name, count in counted(sample).items()),
        hottest=tuple(_accelerator(sample, rank) for rank in hottest(sample, NAMED)),
    )


def counted(sample: FleetSampled) -> dict[str, int]:
    """How many accelerators are in which condition."""
    counts = np.bincount(sample.condition, minlength=len(CONDITIONS)).tolist()
    return {name: count for name, count in zip(CONDITIONS, counts, strict=True) if count}


def hottest(sample: FleetSampled, count: int) -> list[int]:
    """The ranks of the hottest accelerators, the hottest first; of equal ones, the lower rank first."""
    order: list[int] = np.argsort(-sample.temperature_celsius, kind="stable")[:count].tolist()
    return order


def _spread(values: Ints) -> Spread:
    total = int(values.sum())
    return Spread(min=int(values.min()), mean=round(total / len(values), 3), max=int(values.max()), sum=total)


def _accelerator(sample: FleetSampled, rank: int) -> Accelerator:
    return Accelerator(
        rank=rank,
        temperature_celsius=int(sample.temperature_celsius[rank]),
        memory_celsius=int(sample.memory_celsius[rank]),
        power_watts=int(sample.power_watts[rank]),
        throttled=int(sample.throttled[rank]),
    )
