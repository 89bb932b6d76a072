"""When something fails: arrivals of a Poisson process whose hazard may change with age, in run time.

The gaps are exponential in accumulated hazard and are addressed by the arrival's index; days of the run translate hazard to time.
Arrivals are drawn many at a time, by spells of days; how long a spell is changes none of them. Everything is whole: hazards in
millionths of an expected failure, times in microseconds, so a sum is the same on every machine. What befalls a run depends neither
on its policies nor on what befell it before, so two policies meet the same luck.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.story.noise import Stream

Times = NDArray[np.int64]
_MILLIONTHS = 1_000_000
_DAY_SECONDS, _SECOND_US = 86_400, 1_000_000
_LEAST_DRAWN = 16  # arrivals at a time


@dataclass(frozen=True, slots=True)
class Hazard:
    """Expected failures of a job by day of the run: `on(first, days)` has those of `days` days from day `first` on, shape (days,)."""

    on: Callable[[int, int], NDArray[np.float64]]


def constant(per_day: float) -> Hazard:
    """The same every day."""
    return Hazard(lambda _first, days: np.full(days, per_day))


class Arrivals:
    """The arrivals of one process, in order."""

    def __init__(self, stream: Stream, hazard: Hazard) -> None:
        self._stream = stream
        self._hazard = hazard
        self._day = 0  # up to which they are known
        self._passed = 0  # hazard until then, in millionths
        self._drawn = 0  # gaps
        self._waiting: Times = np.zeros(
            1, np.int64
        )  # hazard at which those come that were drawn, and the last one before

    def of_next(self, days: int) -> Times:
        """The times of those that come in the next days, in microseconds since the launch."""
        of_day: Times = np.rint(self._hazard.on(self._day, days) * _MILLIONTHS).astype(np.int64)
        ends: Times = self._passed + of_day.cumsum()
        spent = self._spent_before(int(ends[-1]))
        first_day, self._day, self._passed = self._day, self._day + days, int(ends[-1])
        if not len(spent):
            return spent
        day = np.searchsorted(ends, spent, side="right").astype(np.int64)
        begins = ends - of_day
        times_us: Times = (first_day + day) * (_DAY_SECONDS * _SECOND_US) + _of_a_day(spent - begins[day], of_day[day])
        return times_us

    def _spent_before(self, limit: int) -> Times:
        """The hazard that has accumulated when each comes, for those that have not been asked for and come before a limit."""
        while self._waiting[-1] < limit:
            self._draw(_LEAST_DRAWN + int(limit - self._waiting[-1]) // _MILLIONTHS)
        due = int(np.searchsorted(self._waiting, limit, side="left"))
        spent, self._waiting = self._waiting[1:due], self._waiting[max(due - 1, 0) :]
        return spent

    def _draw(self, count: int) -> None:
        gaps = np.rint(self._stream.exponentials(self._drawn, count) * _MILLIONTHS).astype(np.int64)
        self._waiting = np.concatenate([self._waiting, self._waiting[-1] + gaps.cumsum()])
        self._drawn += count


def _of_a_day(part: Times, whole: Times) -> Times:
    """Microseconds into a day when such a part of its hazard is spent: `part` of it over `whole`, in steps that stay below 2**63."""
    seconds, left = np.divmod(part * _DAY_SECONDS, whole)
    microseconds: Times = seconds * _SECOND_US + left * _SECOND_US // whole
    return microseconds
