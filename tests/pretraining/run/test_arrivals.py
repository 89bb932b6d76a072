"""When something fails."""

from itertools import islice, takewhile

import numpy as np
import pytest

from pysim.pretraining.run.arrivals import Hazard, arrivals_us, constant
from pysim.story.noise import Stream

DAY_US = 86_400_000_000


def days(seed: int, per_day: float, length: float) -> list[float]:
    """Arrivals of so many days, in days."""
    found = arrivals_us(Stream(seed, "test"), constant(per_day))
    return [each / DAY_US for each in takewhile(lambda each: each < length * DAY_US, found)]


def test_as_many_come_as_are_expected() -> None:
    counts = [len(days(seed, 8.0, 50.0)) for seed in range(200)]
    assert np.mean(counts) == pytest.approx(400, rel=0.01)
    assert np.var(counts) == pytest.approx(400, rel=0.25)


def test_gaps_are_exponential() -> None:
    gaps = np.diff(days(3, 40.0, 500.0))
    assert (gaps > 0).all()
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.03)
    assert (gaps > 1 / 40).mean() == pytest.approx(np.exp(-1), abs=0.01)


def test_one_that_is_longer_begins_as_the_shorter_one_does() -> None:
    long, short = days(5, 3.0, 900.0), days(5, 3.0, 30.0)
    assert long[: len(short)] == short


def test_a_hazard_that_falls_brings_more_at_first() -> None:
    def falling(first: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.where(np.arange(first, first + count) < 10, 20.0, 2.0)

    counts = np.zeros(2)
    for seed in range(50):
        found = np.array(list(islice(arrivals_us(Stream(seed, "test"), Hazard(falling)), 400))) / DAY_US
        counts += [(found < 10).sum(), ((found >= 10) & (found < 20)).sum()]
    assert counts[0] / 50 == pytest.approx(200, rel=0.03)
    assert counts[1] / 50 == pytest.approx(20, rel=0.1)


def test_what_never_happens_has_no_arrivals() -> None:
    assert list(arrivals_us(Stream(0, "test"), constant(1e-9))) == []
    assert list(arrivals_us(Stream(0, "test"), constant(0.0))) == []
