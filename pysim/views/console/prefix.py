"""What stands before every line of the log: time stamp and level, as wide as the screen affords."""

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import add

import numpy as np
from numpy.typing import NDArray

from pysim.terminal.ansi import Palette

_DATED_COLUMNS, _TIMED_COLUMNS, _BARE_COLUMNS = 110, 72, 50
_SECONDS_PER_DAY = 86_400
_TWO_DIGITS = tuple(f"{second:02d}" for second in range(60))


class Prefix:
    """Time stamps of one run on one screen."""

    def __init__(self, start_time: int, columns: int, palette: Palette) -> None:
        self._start = start_time
        self._dated = columns >= _DATED_COLUMNS
        self._day, self._date = -1, ""
        level = f"{palette.dim}INFO{palette.reset}    " if columns >= _TIMED_COLUMNS else ""
        warning = (
            f"{palette.yellow}WARNING{palette.reset} "
            if columns >= _TIMED_COLUMNS
            else f"{palette.yellow}W{palette.reset} "
        )
        brackets = ("[", "]") if columns >= _TIMED_COLUMNS else ("", "")
        self._open, self._close = f"{palette.dim}{brackets[0]}", f"{brackets[1]}{palette.reset} "
        self._levels = (level, warning)
        self._minutes_only = columns < _BARE_COLUMNS
        self._minute, self._until_second = -1, ""  # the minute that the last stamp was in, and how its stamps begin

    def stamp(self, time_seconds: float) -> str:
        """The wall-clock time (UTC) of a moment of the run, without brackets."""
        minute, second = divmod(self._start + int(time_seconds), 60)
        return self._of_minute(minute) if self._minutes_only else self._of_minute(minute) + _TWO_DIGITS[second]

    def stamps(self, times: NDArray[np.float64]) -> Iterator[str]:
        """The same of many."""
        minutes, seconds = np.divmod(times.astype(np.int64) + self._start, 60)
        every: list[int] = minutes.tolist()
        of_minute = {minute: self._of_minute(minute) for minute in dict.fromkeys(every)}
        begun = map(of_minute.__getitem__, every)
        return begun if self._minutes_only else map(add, begun, map(_TWO_DIGITS.__getitem__, seconds.tolist()))

    def _of_minute(self, minute: int) -> str:
        """How the stamps of a minute begin."""
        if minute != self._minute:
            self._minute, self._until_second = minute, self._begun(minute)
        return self._until_second

    def _begun(self, minute: int) -> str:
        day, rest = divmod(minute * 60, _SECONDS_PER_DAY)
        clock = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}"
        if self._minutes_only:
            return clock
        if not self._dated:
            return f"{clock}:"
        if day != self._day:
            self._day, self._date = day, datetime.fromtimestamp(day * _SECONDS_PER_DAY, UTC).date().isoformat()
        return f"{self._date} {clock}:"

    def line(self, time_seconds: float, text: str, *, warning: bool = False) -> str:
        """One line of the log."""
        return f"{self._open}{self.stamp(time_seconds)}{self._close}{self._levels[warning]}{text}"

    def launcher(self, time_seconds: float, process_id: int) -> str:
        """What the launcher's warnings begin with: level and date, milliseconds (as microseconds), process, place in the source."""
        milliseconds = round(time_seconds * 1e3)
        moment = datetime.fromtimestamp(self._start + milliseconds // 1000, UTC)
        return f"W{moment:%m%d %H:%M:%S}.{milliseconds % 1000:03d}000 {process_id} torch/distributed/run.py:792] "

    def template(self) -> str:
        """The prefix of an INFO line as a format string with the stamp as its first field."""
        return f"{self._open}{{}}{self._close}{self._levels[0]}"
