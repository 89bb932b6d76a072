"""When something fails: arrivals of a Poisson process whose hazard may change with age, in run time.

The gaps are exponential in accumulated hazard and are addressed by the arrival's index; days of the run translate hazard to time.
Everything is whole: hazards in millionths of an expected failure, times in microseconds, so a sum is the same on every machine.
What befalls a run depends neither on its policies nor on what befell it before, so two policies meet the same luck.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.story.noise import Stream

Times = NDArray[np.int64]
_MILLIONTHS = 1_000_000
_DAY_US = 86_400_000_000
_DRAWN = 1024  # arrivals at a time
_DAYS = 512  # of hazard at a time
_LONGEST_DAYS = 100 * 366  # a process so seldom that it has no arrival in a century has none


@dataclass(frozen=True, slots=True)
class Hazard:
    """Expected failures of a job by day of the run: `on(first, days)` has those of `days` days from day `first` on, shape (days,)."""

    on: Callable[[int, int], NDArray[np.float64]]


def constant(per_day: float) -> Hazard:
    """The same every day."""
    return Hazard(lambda _first, days: np.full(days, per_day))


def arrivals_us(stream: Stream, hazard: Hazard) -> Iterator[int]:
    """The times of all arrivals, in order and without end, in microseconds since the launch."""
    days = _accumulated(hazard)
    first_day, before, ends = next(days)
    for spent in _spent(stream):
        while spent >= before + int(ends[-1]):
            if first_day > _LONGEST_DAYS:
                return
            first_day, before, ends = next(days)
        day = int(np.searchsorted(ends, spent - before, side="right"))
        since = before + (int(ends[day - 1]) if day else 0)
        of_day = int(ends[day]) - (int(ends[day - 1]) if day else 0)
        yield (first_day + day) * _DAY_US + (spent - since) * _DAY_US // of_day


def _spent(stream: Stream) -> Iterator[int]:
    """The hazard, in millionths, that has accumulated when each failure comes."""
    total = 0
    for start in range(0, 2**62, _DRAWN):
        gaps = np.rint(stream.exponentials(start, _DRAWN) * _MILLIONTHS).astype(np.int64)
        yield from (total + np.cumsum(gaps)).tolist()
        total += int(gaps.sum())


def _accumulated(hazard: Hazard) -> Iterator[tuple[int, int, Times]]:
    """Days in pieces: the first of them, what accumulated before it, and what did by the end of each, from that on; in millionths."""
    before = 0
    for first in range(0, 2**40, _DAYS):
        ends = np.cumsum(np.rint(hazard.on(first, _DAYS) * _MILLIONTHS).astype(np.int64))
        yield first, before, ends
        before += int(ends[-1])
