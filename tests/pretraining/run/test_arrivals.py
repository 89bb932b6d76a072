"""When something fails."""

import numpy as np
import pytest

from pysim.pretraining.run.arrivals import Arrivals, Hazard, constant
from pysim.story.noise import Stream

DAY_US = 86_400_000_000


def days(seed: int, per_day: float, length: int) -> list[float]:
    """Arrivals of so many days, in days."""
    found: list[float] = (Arrivals(Stream(seed, "test"), constant(per_day)).of_next(length) / DAY_US).tolist()
    return found


def test_as_many_come_as_are_expected() -> None:
    counts = [len(days(seed, 8.0, 50)) for seed in range(200)]
    assert np.mean(counts) == pytest.approx(400, rel=0.01)
    assert np.var(counts) == pytest.approx(400, rel=0.25)


def test_gaps_are_exponential() -> None:
    gaps = np.diff(days(3, 40.0, 500))
    assert (gaps > 0).all()
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.03)
    assert (gaps > 1 / 40).mean() == pytest.approx(np.exp(-1), abs=0.01)


def test_one_that_is_longer_begins_as_the_shorter_one_does() -> None:
    long, short = days(5, 3.0, 900), days(5, 3.0, 30)
    assert long[: len(short)] == short


def test_a_hazard_that_falls_brings_more_at_first() -> None:
    def falling(first: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.where(np.arange(first, first + count) < 10, 20.0, 2.0)

    counts = np.zeros(2)
    for seed in range(50):
        found = Arrivals(Stream(seed, "test"), Hazard(falling)).of_next(100) / DAY_US
        counts += [(found < 10).sum(), ((found >= 10) & (found < 20)).sum()]
    assert counts[0] / 50 == pytest.approx(200, rel=0.03)
    assert counts[1] / 50 == pytest.approx(20, rel=0.1)


def test_what_never_happens_has_no_arrivals() -> None:
    assert len(Arrivals(Stream(0, "test"), constant(1e-9)).of_next(36_500)) == 0
    assert len(Arrivals(Stream(0, "test"), constant(0.0)).of_next(36_500)) == 0


def test_how_long_a_spell_is_changes_none_of_them() -> None:
    whole = Arrivals(Stream(7, "test"), constant(3.0)).of_next(300)
    in_parts = Arrivals(Stream(7, "test"), constant(3.0))
    assert np.concatenate([in_parts.of_next(length) for length in (1, 99, 3, 197)]).tolist() == whole.tolist()


def test_a_day_of_many_arrivals_is_divided_to_the_microsecond() -> None:
    """Its millionths times its microseconds would not go into 64 bits."""
    per_day = 20_000.0
    found = Arrivals(Stream(2, "test"), constant(per_day)).of_next(2)
    spent = np.rint(Stream(2, "test").exponentials(0, len(found)) * 1e6).astype(np.int64).cumsum().tolist()
    assert found.tolist() == [each * DAY_US // (20_000 * 10**6) for each in spent]
