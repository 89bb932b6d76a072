"""What two runs are compared in, and how it is written: a difference is that of the values as they are shown, in the same unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import NamedTuple

from pysim.story.weighing import Tally
from pysim.views import text

_HOUR, _HOURS_PER_DAY = 3600, 24
_ROUNDING = 1e-6  # of a tick: what was rounded to it is not cut to the one below
_MONTHS = 100 * _HOUR  # seconds from which on few columns have hours only
_NONE = "-"


class Unit(NamedTuple):
    """How a quantity is written: as whole ticks."""

    tick: float
    write: Callable[[int], str]
    is_cut: bool = False  # and not rounded: nothing is 100.0 % before it is
    difference: Callable[[int], str] | None = None  # where it is written otherwise

    def ticks(self, value: float) -> int:
        """The value as it is shown."""
        ticks = value / self.tick
        return int(ticks + _ROUNDING) if self.is_cut else round(ticks)


Units = Callable[[float], Unit]
"""By the largest value that is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One row of a comparison. `exact` has room for all digits, `brief` has ten columns. `more_is`: 1 where more is better, -1, or 0."""

    key: str
    name: str
    short: str
    of: Callable[[Tally], float | None]
    exact: Units
    brief: Units
    more_is: int = 0


class Cell(NamedTuple):
    """A value as it is written, and how it differs from the first run's: empty for that one. `better`: 1, -1, or 0."""

    value: str
    difference: str = ""
    better: int = 0


def cells(quantity: Quantity, tallies: Sequence[Tally], *, brief: bool) -> list[Cell]:
    """The values of all runs, the first one first. Where digits are spared, each of several others has the unit that suits it."""
    first, *others = [quantity.of(tally) for tally in tallies]
    units = quantity.brief if brief else quantity.exact
    all_of_it = units(_largest((first, *others)))
    found = [Cell(_written(units(_largest((first,))) if brief and len(others) > 1 else all_of_it, first))]
    for other in others:
        unit = units(_largest((first, other))) if brief else all_of_it
        found.append(Cell(_written(unit, other), *_difference(quantity, unit, first, other)))
    return found


def _largest(values: Sequence[float | None]) -> float:
    return max((abs(value) for value in values if value is not None and not isnan(value)), default=0.0)


def _written(unit: Unit, value: float | None) -> str:
    if value is None:
        return _NONE
    return text.NOT_A_NUMBER if isnan(value) else unit.write(unit.ticks(value))


def _difference(quantity: Quantity, unit: Unit, first: float | None, other: float | None) -> tuple[str, int]:
    if first is None or other is None or isnan(first) or isnan(other):
        return _NONE, 0
    ticks = unit.ticks(other) - unit.ticks(first)
    if not ticks:
        return "=", 0
    write = unit.difference or unit.write
    sign = "+" if ticks > 0 else "-"
    return f"{sign}{write(abs(ticks))}", quantity.more_is * (1 if ticks > 0 else -1)


# Units

_PERCENT = Unit(0.001, lambda t: f"{t // 10}.{t % 10} %", is_cut=True, difference=lambda t: f"{t // 10}.{t % 10} pt")
_LOSS = Unit(1e-4, lambda t: f"{t / 1e4:.4f}")
_COUNT = Unit(1.0, lambda t: f"{t:,}")
_SECONDS = Unit(1.0, text.duration, is_cut=True)
_BRIEF_SECONDS = Unit(1.0, text.brief_duration, is_cut=True)
_HOURS = Unit(float(_HOUR), lambda t: f"{t // _HOURS_PER_DAY}d {t % _HOURS_PER_DAY:02d}h", is_cut=True)
_USD, _CENTS = Unit(1.0, lambda t: f"${t:,}"), Unit(0.01, lambda t: f"${t / 100:,.2f}")
_THOUSANDS, _MILLIONS = Unit(1e2, lambda t: f"${t / 10:,.1f}k"), Unit(1e4, lambda t: f"${t / 100:,.2f}M")
_KWH, _TENTHS = Unit(1.0, lambda t: f"{t:,} kWh"), Unit(0.1, lambda t: f"{t / 10:.1f} kWh")
_MWH, _GWH = Unit(1e2, lambda t: f"{t / 10:,.1f} MWh"), Unit(1e4, lambda t: f"{t / 100:,.2f} GWh")


def _always(unit: Unit) -> Units:
    return lambda _largest: unit


def _up_to(*units: tuple[float, Unit], beyond: Unit) -> Units:
    """The first unit whose limit the largest value does not reach."""
    return lambda largest: next((unit for limit, unit in units if largest < limit), beyond)


_ENERGY = _up_to((100.0, _TENTHS), beyond=_KWH)
_BRIEF_ENERGY = _up_to((100.0, _TENTHS), (1e4, _KWH), (1e6, _MWH), beyond=_GWH)
_MONEY = _up_to((100.0, _CENTS), beyond=_USD)
_BRIEF_MONEY = _up_to((100.0, _CENTS), (1e4, _USD), (1e6, _THOUSANDS), beyond=_MILLIONS)

_TIME = Quantity(
    key="seconds",
    name="total time",
    short="time",
    of=lambda tally: tally.time_us / 1e6,
    exact=_always(_SECONDS),
    brief=_up_to((_MONTHS, _BRIEF_SECONDS), beyond=_HOURS),
    more_is=-1,
)
_STEP = Quantity(
    key="step",
    name="step",
    short="step",
    of=lambda tally: tally.step,
    exact=_always(_COUNT),
    brief=_always(_COUNT),
    more_is=1,
)
_GOODPUT = Quantity(
    key="goodput",
    name="goodput",
    short="goodput",
    of=lambda tally: tally.goodput,
    exact=_always(_PERCENT),
    brief=_always(_PERCENT),
    more_is=1,
)
_TRAIN = Quantity(
    key="train_loss",
    name="train loss",
    short="loss",
    of=lambda tally: tally.train_loss,
    exact=_always(_LOSS),
    brief=_always(_LOSS),
    more_is=-1,
)
_VALIDATION = Quantity(
    key="validation_loss",
    name="validation loss",
    short="val loss",
    of=lambda tally: tally.validation_loss,
    exact=_always(_LOSS),
    brief=_always(_LOSS),
    more_is=-1,
)
_REDONE = Quantity(
    key="steps_redone",
    name="steps redone",
    short="redone",
    of=lambda tally: tally.steps_redone,
    exact=_always(_COUNT),
    brief=_always(_COUNT),
    more_is=-1,
)
_STOPS = Quantity(
    key="stops",
    name="stops",
    short="stops",
    of=lambda tally: tally.stops,
    exact=_always(_COUNT),
    brief=_always(_COUNT),
    more_is=-1,
)
_COST = Quantity(
    key="usd",
    name="cost",
    short="cost",
    of=lambda tally: tally.usd,
    exact=_MONEY,
    brief=_BRIEF_MONEY,
    more_is=-1,
)
_POWER = Quantity(
    key="energy_kwh",
    name="energy",
    short="energy",
    of=lambda tally: tally.energy_kwh,
    exact=_ENERGY,
    brief=_BRIEF_ENERGY,
    more_is=-1,
)

SO_FAR = (_STEP, _GOODPUT, _TRAIN, _REDONE, _POWER, _STOPS, _COST, _VALIDATION)
AT_THE_END = (_TIME, _GOODPUT, _COST, _TRAIN, _REDONE, _POWER, _STOPS, _VALIDATION)
"""The most wanted first: not every screen has room for all."""
