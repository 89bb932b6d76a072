"""Time stamps by arithmetic, for those who write very many: a calendar is asked once a day."""

from collections.abc import Iterable
from datetime import UTC, datetime
from operator import add

import numpy as np
from numpy.typing import NDArray

_MINUTES_PER_DAY, _MICROSECONDS = 24 * 60, 1_000_000
_TWO_DIGITS = tuple(f"{second:02d}" for second in range(60))


class Stamps:
    """Those of a run, in UTC."""

    def __init__(self, start_time: int, date_format: str = "%Y-%m-%d ") -> None:
        self._start_us = start_time * _MICROSECONDS
        self._format = date_format
        self._day, self._date = -1, ""
        self._minute, self._until_second = -1, ""  # the minute that was asked for last, and how its stamps begin

    def __call__(self, time_seconds: float) -> tuple[str, int]:
        """Date and time to the second, and microseconds."""
        second, us = divmod(self._start_us + round(time_seconds * _MICROSECONDS), _MICROSECONDS)
        minute, second = divmod(second, 60)
        return self._of_minute(minute) + _TWO_DIGITS[second], us

    def each(self, times: NDArray[np.float64], unit_us: int = 1) -> tuple[Iterable[str], list[int]]:
        """The same of many, in a unit of so many microseconds."""
        us = np.rint(times * _MICROSECONDS).astype(np.int64) + self._start_us
        seconds, us = np.divmod(us, _MICROSECONDS)
        minutes, seconds = np.divmod(seconds, 60)
        every: list[int] = minutes.tolist()
        begun = {minute: self._of_minute(minute) for minute in dict.fromkeys(every)}
        return map(add, map(begun.__getitem__, every), map(_TWO_DIGITS.__getitem__, seconds.tolist())), (
            us // unit_us
        ).tolist()

    def _of_minute(self, minute: int) -> str:
        """How the stamps of a minute begin."""
        if minute != self._minute:
            day, within = divmod(minute, _MINUTES_PER_DAY)
            if day != self._day:
                self._day, self._date = day, f"{datetime.fromtimestamp(minute * 60, UTC):{self._format}}"
            self._minute, self._until_second = minute, f"{self._date}{within // 60:02d}:{within % 60:02d}:"
        return self._until_second
