"""Moments of a run as the calendar has them, in UTC."""

from datetime import UTC, datetime

_MICROSECONDS = 1_000_000


def utc(start_time: int, time_us: int) -> str:
    """A moment of a run that was launched at `start_time` (Unix seconds), in ISO 8601: `2026-01-05T09:00:00.000000Z`."""
    seconds, microseconds = divmod(start_time * _MICROSECONDS + time_us, _MICROSECONDS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{microseconds:06d}Z"
