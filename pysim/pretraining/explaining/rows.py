"""Rows of numbers that events are made of. A formula is arithmetic with words between the numbers, or empty."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pysim.pretraining.quantities import figure, human_duration, one_decimal
from pysim.pretraining.run.renting import rented
from pysim.pretraining.run.run import Run
from pysim.story.events import Event
from pysim.story.kind import Row
from pysim.story.rounding import significant

Reckoning = Callable[[Run, Any], Iterable[Row]]
Reckonings = Mapping[type[Event], Reckoning]

OWN = "line"  # the section of what is an event's own
_SHORT_SECONDS = 120


def count(name: str, value: int, formula: str, unit: str = "") -> Row:
    """A whole number."""
    text = f"{value:,} {unit}".rstrip() if unit != "B" else bytes_text(value)
    return Row(OWN, name, value, unit if unit == "B" else "", text, formula)


def seconds(name: str, value: float, formula: str) -> Row:
    """A duration."""
    return Row(OWN, name, value, "s", seconds_text(value), formula)


def share(name: str, value: float, formula: str) -> Row:
    """A part of something, in per cent."""
    return Row(OWN, name, value, "", f"{value:.1%}", formula)


def rate(name: str, value: float, unit: str, formula: str) -> Row:
    """Something a second, with as many digits as it was kept with."""
    return Row(OWN, name, value, "1/s", f"{figure_text(value)} {unit}/s", formula)


def number(name: str, value: float, text: str, formula: str, unit: str = "") -> Row:
    """Any other."""
    return Row(OWN, name, value, unit, text, formula)


def seconds_text(value: float) -> str:
    """Milliseconds of what is short, and the two units that matter of what is long."""
    if value < 1.0:
        return f"{one_decimal(value * 1e3)} ms"
    return f"{value:.2f} s" if value < _SHORT_SECONDS else human_duration(value)


def exact(value: float) -> str:
    """Seconds of a formula, to the microsecond."""
    return f"{value:,.6f}".rstrip("0").rstrip(".") + " s"


def hours_formula(run: Run, time_us: int) -> str:
    """Of all that is rented up to a time."""
    return " + ".join(f"{accelerators:,} x {exact(paid_us / 1e6)}" for accelerators, paid_us in rented(run, time_us))


def figure_text(value: float) -> str:
    """A rate as it is kept."""
    return f"{value:,.1f}" if value >= 1.0 else figure(value)


def bytes_text(value: float) -> str:
    """Three digits."""
    for scale, unit in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= scale:
            return f"{figure(significant(value / scale, 3))} {unit}"
    return f"{value:,.0f} B"


def exact_bytes(value: int) -> str:
    """All of them."""
    return f"{value:,} B"
