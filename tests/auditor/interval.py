"""What a printed number can mean: the interval of all numbers that print like it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers that a printed one can stand for."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def meets(self, other: "Interval", slack: float = 0.0) -> bool:
        """Whether both can be the same number, give or take `slack` relative to them."""
        room = slack * max(abs(self.middle), abs(other.middle)) + 1e-9 * max(abs(self.high), abs(other.high))
        return self.low - room <= other.high and other.low - room <= self.high

    def __add__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(corners), max(corners))

    def __truediv__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        return self * Interval(1 / other.high, 1 / other.low)

    def __str__(self) -> str:
        return f"{self.low:.6g}..{self.high:.6g}" if self.high > self.low else f"{self.low:.8g}"


def exactly(value: "Interval | float") -> Interval:
    return value if isinstance(value, Interval) else Interval(value, value)


HALF = 0.56  # of the last digit: half, and room for a number that was rounded twice
_UNITS = {
    "bytes": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "B": 1e9, "M": 1e6, "k": 1e3, "T": 1e12,
    "GiB": 2**30, "G": 2**30, "ms": 1e-3, "s": 1.0, "%": 1e-2, "kW": 1e3, "MW": 1e6, "W": 1.0, "": 1.0,
}  # fmt: skip
_NUMBER = re.compile(r"\$?(-?[\d,]+(?:\.(\d+))?(?:e([+-]\d+))?)(?: ?([A-Za-z%]+))?")
_CLOCK = re.compile(r"(?:(\d+)d )?(\d+):(\d\d):(\d\d)")


def measure(text: str) -> Interval:
    """`1.07 GB`, `8.46 ms`, `0:01:25`, `21.8%`, `6.00e-04` or `1,024` in base units."""
    clock = _CLOCK.fullmatch(text)
    if clock:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        whole = days * 86_400 + hours * 3600 + minutes * 60 + seconds
        return Interval(whole, whole + 1)  # cut, not rounded
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        message = f"no number: {text!r}"
        raise ValueError(message)
    digits, decimals, exponent, unit = number.groups(default="")
    value, scale = float(digits.replace(",", "")), _UNITS[unit]
    counted = not decimals and not exponent and unit in ("", "bytes", "GiB", "W")
    if counted or (exponent and not value):  # only zero has a zero before its exponent
        return exactly(value * scale)
    half = HALF * 10.0 ** (int(exponent or 0) - len(decimals))
    return Interval((value - half) * scale, (value + half) * scale)


def rounded(text: str) -> Interval:
    """A measured number, which was rounded even where it has no decimals."""
    value, decimals = float(text.replace(",", "").lstrip("$")), len(text.partition(".")[2])
    return Interval(value - HALF * 10.0**-decimals, value + HALF * 10.0**-decimals)
