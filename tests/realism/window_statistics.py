"""What is taken from a window of printed values, so that windows of real logs and of simulated runs can be compared.

These definitions are those of the tables in `windows/` and stay as they are: a feature that changes makes every row of them wrong.
"""

from collections.abc import Mapping

import numpy as np

from realism.measures import ROBUST, Floats, autocorrelation

WINDOW = 200
LAGS = (1, 2, 3, 5, 10)
_TREND, _EDGE, _SHORTEST = 25, 10, 5  # neighbours on each side, values left out at both ends, fewest neighbours
_TIME_LIMIT, _NORM_LIMIT = 6, 5  # robust deviations at which values are cut where shape and memory are measured
_FLOOR = 1e-5  # below all spreads that logs resolve

Features = Mapping[str, float]


def loss_features(losses: Floats) -> Features:
    """Of training losses, nats, shape (200,)."""
    return _common(_detrended(losses))


def time_features(durations: Floats) -> Features:
    """Of step times in any unit, shape (200,)."""
    x = durations / np.median(durations)
    deviation = ROBUST * np.median(np.abs(x - 1.0))
    low, high = np.quantile(x, 0.05) - 1.0, np.quantile(x, 0.95) - 1.0
    half = len(x) // 2
    limit = _TIME_LIMIT * deviation + 1e-6
    cut = np.clip(x, 1.0 - limit, 1.0 + limit)
    centred, spread = cut - cut.mean(), cut.std()
    return {
        "log_rcv": np.log10(deviation + _FLOOR),
        "log_cv": np.log10(x.std() + _FLOOR),
        "p01": np.quantile(x, 0.01) - 1.0,
        "p05": low,
        "p95": high,
        "p99": np.quantile(x, 0.99) - 1.0,
        "logmax": np.log(x.max()),
        "logmin": np.log(x.min()),
        "s102": (x > 1.02).mean(),
        "s105": (x > 1.05).mean(),
        "s15": (x > 1.5).mean(),
        "shift": abs(np.median(x[:half]) - np.median(x[half:])),
        "tail_ratio": high / (_FLOOR - low),
        **_memory(cut),
        "skew": (centred**3).mean() / (spread**3 + 1e-15),
        "kurt": (centred**4).mean() / (spread**4 + 1e-18) - 3.0,
        "signch": _sign_changes(x - 1.0),
        "clip_share": (np.abs(x - 1.0) > _TIME_LIMIT * deviation + 1e-9).mean(),
    }


def norm_features(norms: Floats, losses: Floats) -> Features:
    """Of gradient norms and the losses of the same steps, each of shape (200,)."""
    median, half = np.median(norms), len(norms) // 2
    residuals, beside = _detrended(norms) / median, _detrended(losses)
    deviation = ROBUST * np.median(np.abs(residuals))
    cut = np.clip(residuals, -_NORM_LIMIT * deviation, _NORM_LIMIT * deviation)
    return {
        **_common(cut),
        "cv": residuals.std(),
        "rcv": deviation,
        "p99": np.quantile(norms, 0.99) / median,
        "mx": norms.max() / median,
        "mn": norms.min() / median,
        "corr": float(np.corrcoef(cut, beside)[0, 1]),
        "corr_lag": float(np.corrcoef(cut[1:], beside[:-1])[0, 1]),
        "shift": abs(np.median(norms[:half]) - np.median(norms[half:])) / median,
    }


def _common(residuals: Floats) -> dict[str, float]:
    z = residuals - residuals.mean()
    z = z / (z.std() or 1.0)
    q01, q05, q25, q75, q95, q99 = np.quantile(z, [0.01, 0.05, 0.25, 0.75, 0.95, 0.99])
    return {
        **_memory(z),
        "skew": (z**3).mean(),
        "kurt": (z**4).mean() - 3.0,
        "q01": q01,
        "q05": q05,
        "q95": q95,
        "q99": q99,
        "iqr": q75 - q25,
        "zmax": z.max(),
        "zmin": z.min(),
        "signch": _sign_changes(z),
        "cusum": np.abs(np.cumsum(z)).max() / np.sqrt(len(z)),
        "difr": np.diff(z).std() / np.sqrt(2.0),
    }


def _memory(values: Floats) -> dict[str, float]:
    return {f"ac{lag}": autocorrelation(values, lag) if values.std() else 0.0 for lag in LAGS}


def _sign_changes(values: Floats) -> float:
    return float((np.diff(np.sign(values)) != 0).mean())


def _detrended(values: Floats) -> Floats:
    """Differences from the mean of the neighbours, of fewer of them towards the ends; 20 fewer."""
    index = np.arange(len(values))
    reach = np.maximum(np.minimum(np.minimum(index, index[::-1]), _TREND), _SHORTEST)
    low, high = np.maximum(0, index - reach), np.minimum(len(values), index + reach + 1)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    left: Floats = (values - (sums[high] - sums[low]) / (high - low))[_EDGE:-_EDGE]
    return left
