"""Rounding to significant digits: what makes a number out of exp, log, pow or cos the same on every machine.

Results of those differ in the last bits between C libraries and WASM; what is left after rounding does not.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIGITS = 6  # of every number that enters an event or decides a branch, unless fewer are printed
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
    exponent = np.searchsorted(_POWERS, magnitude, side="right") - 1 + _LOWEST_POWER
    shift = digits - 1 - exponent
    up, down = _power(np.maximum(shift, 0)), _power(np.maximum(-shift, 0))
    result: Floats = np.rint(values * up / down) / up * down
    return result


def _power(exponent: NDArray[Any]) -> Floats:
    return np.asarray(_POWERS[exponent - _LOWEST_POWER])
