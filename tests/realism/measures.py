"""Statistics as they were taken from real logs: spread, shape and memory of a series, over its trend or its median."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOW = 50  # neighbours on each side that make the trend
ROBUST = 1.4826  # median absolute deviation of a normal to its standard deviation


@dataclass(frozen=True, slots=True)
class Check:
    """One statistic of simulated runs between what real logs allow."""

    name: str
    seen: str  # in real logs
    low: float
    high: float
    value: float

    @property
    def kept(self) -> bool:
        """Whether it lies in its band."""
        return self.low <= self.value <= self.high

    def line(self) -> str:
        """As it is printed."""
        band = f"{self.low:g}..{self.high:g}"
        return f"{self.name:<50} {self.seen:>20} {band:>16} {self.value:>10.4g} {'ok' if self.kept else 'OUT OF BAND'}"


HEAD = f"{'statistic':<50} {'real logs':>20} {'band':>16} {'simulated':>10}"


def residuals(values: Floats, window: int = WINDOW) -> Floats:
    """Differences from the mean of the neighbours on both sides, scaled to the values' own spread; 2 * window fewer."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    inner = values[window:-window]
    around = (sums[2 * window + 1 :] - sums[: -2 * window - 1] - inner) / (2 * window)
    return np.asarray((inner - around) / np.sqrt(1.0 + 0.5 / window))


def autocorrelation(values: Floats, lag: int = 1) -> float:
    """Of a series with itself, `lag` later."""
    centred = values - values.mean()
    return float((centred[lag:] * centred[:-lag]).sum() / (centred * centred).sum())


def skew(values: Floats) -> float:
    """Third standardised moment."""
    return float((((values - values.mean()) / values.std()) ** 3).mean())


def excess_kurtosis(values: Floats) -> float:
    """Fourth standardised moment, above that of a normal."""
    return float((((values - values.mean()) / values.std()) ** 4).mean() - 3.0)


def robust_deviation(values: Floats) -> float:
    """Standard deviation by way of the median absolute deviation."""
    return float(ROBUST * np.median(np.abs(values - np.median(values))))


def outlier_percent(values: Floats, deviations: float = 4.0) -> float:
    """Share of values further from the median than so many robust deviations, per cent."""
    return float(100.0 * (np.abs(values - np.median(values)) > deviations * robust_deviation(values)).mean())
