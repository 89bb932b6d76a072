"""Rounding to significant digits: what makes a number out of exp, log, pow or cos the same on every machine.

Results of those differ in the last bits between C libraries and WASM; what is left after rounding does not.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIGITS = 6  # of every number that enters an event or decides a branch, unless fewer are printed
KEPT_DIGITS = 4  # at least, of every rate and sum, however small
_LOWEST_POWER = -30
_POWERS = np.array([float(f"1e{exponent}") for exponent in range(_LOWEST_POWER, 40)])


def significant(value: float, digits: int = DIGITS) -> float:
    """A number rounded to significant digits."""
    return float(f"{value:.{digits}g}")


def round_significant(values: Floats, digits: int = DIGITS) -> Floats:
    """Numbers rounded to significant digits, any shape.

    The powers of ten come from a table, and the exponent is found by comparison, so both are exact.
    """
    magnitude = np.abs(values)
    shift = digits - 1 - _exponents(magnitude)
    up, down = _power(np.maximum(shift, 0)), _power(np.maximum(-shift, 0))
    result: Floats = np.rint(values * up / down) / up * down
    return result


def _exponents(magnitude: Floats) -> NDArray[np.int64]:
    """Powers of ten; one for all where all have it, as numbers that follow each other mostly do."""
    if magnitude.size:
        least, most = (_POWERS.searchsorted(end, side="right") for end in (magnitude.min(), magnitude.max()))
        if least == most < len(_POWERS):  # which is where NaN would be
            return np.asarray(least - 1 + _LOWEST_POWER, np.int64)
    found: NDArray[np.int64] = np.searchsorted(_POWERS, magnitude, side="right") - 1 + _LOWEST_POWER
    return found


def kept(value: float, decimals: int) -> float:
    """A number rounded to decimals; one so small that they would lose it, to as many significant digits as are always kept."""
    return significant(value, KEPT_DIGITS) if abs(value) < _lost_below(decimals) else round(value, decimals)


def round_kept(values: Floats, decimals: int) -> Floats:
    """The same for numbers of any shape."""
    small, rounded = np.abs(values) < _lost_below(decimals), np.round(values, decimals)
    return np.where(small, round_significant(values, KEPT_DIGITS), rounded) if small.any() else rounded


def _lost_below(decimals: int) -> float:
    """Where decimals alone would keep fewer digits."""
    return float(f"1e{KEPT_DIGITS - decimals - 1}")


def _power(exponent: NDArray[Any]) -> Floats:
    return np.asarray(_POWERS[exponent - _LOWEST_POWER])
