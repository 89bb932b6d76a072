"""Time stamps by arithmetic, for those who write very many: a calendar is asked once a day."""

from datetime import UTC, datetime

_SECONDS_PER_DAY, _MICROSECONDS = 86_400, 1_000_000


class Stamps:
    """Those of a run, in UTC."""

    def __init__(self, start_time: int, date_format: str = "%Y-%m-%d ") -> None:
        self._start_us = start_time * _MICROSECONDS
        self._format = date_format
        self._day, self._date = -1, ""

    def __call__(self, time_seconds: float) -> tuple[str, int]:
        """Date and time to the second, and microseconds."""
        second, us = divmod(self._start_us + round(time_seconds * _MICROSECONDS), _MICROSECONDS)
        day, second = divmod(second, _SECONDS_PER_DAY)
        if day != self._day:
            date = datetime.fromtimestamp(day * _SECONDS_PER_DAY, UTC)
            self._day, self._date = day, date.strftime(self._format)
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        return f"{self._date}{hour:02d}:{minute:02d}:{second:02d}", us
