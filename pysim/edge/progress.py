"""How far something is that takes a while, on standard error: one line that is written again and again, or one now and then."""

import sys
import time
from contextlib import suppress

_SECONDS_BETWEEN = 0.2  # on a terminal
_SECONDS_BETWEEN_LINES = 5.0  # where each stays
_HOUR, _MINUTE = 3600, 60


class Progress:
    """Of one piece of work, counted in something; says nothing where nobody is to be told."""

    def __init__(self, name: str, counted: str, when: str) -> None:
        """`when` is always, never, or auto: where standard error is a terminal."""
        self._name = name
        self._counted = counted
        self._is_terminal = _is_terminal()
        self._is_on = when == "always" or (when == "auto" and self._is_terminal)
        self._between = _SECONDS_BETWEEN if self._is_terminal else _SECONDS_BETWEEN_LINES
        self._begun = self._told = time.monotonic()
        self._width = 0

    def at(self, share: float, count: int) -> None:
        """So far it is."""
        if not self._is_on:
            return
        now = time.monotonic()
        if now - self._told >= self._between:
            self._told = now
            self._tell(text(self._name, self._counted, min(max(share, 0.0), 1.0), count, now - self._begun))

    def done(self, count: int) -> None:
        """It is there, whole."""
        if self._is_on:
            self._tell(text(self._name, self._counted, 1.0, count, time.monotonic() - self._begun))
        self.leave()

    def leave(self) -> None:
        """What comes next begins on a line of its own."""
        if self._is_on and self._is_terminal and self._width:
            self._write("\n")
            self._width = 0

    def _tell(self, line: str) -> None:
        if not self._is_terminal:
            self._write(f"{line}\n")
            return
        self._write(f"\r{line:<{self._width}}")
        self._width = len(line)

    def _write(self, words: str) -> None:
        with suppress(OSError, AttributeError):  # nobody listens
            sys.stderr.write(words)
            sys.stderr.flush()


def text(name: str, counted: str, share: float, count: int, seconds: float) -> str:
    """One line: how much, how fast, and for how long still."""
    parts = [f"{name}: {share:4.0%}"]
    if count:
        parts.append(f"{count:,} {counted}")
    if count and seconds > 0:
        parts.append(f"{count / seconds:,.0f}/s")
    if 0 < share < 1:
        parts.append(f"{_clock(seconds * (1 - share) / share)} left")
    elif share >= 1:
        parts.append(_clock(seconds))
    return " · ".join(parts) if _is_unicode() else ", ".join(parts)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes, rest = whole // _HOUR, whole % _HOUR // _MINUTE, whole % _MINUTE
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False


def _is_unicode() -> bool:
    return (getattr(sys.stderr, "encoding", "") or "").lower().startswith("utf")
