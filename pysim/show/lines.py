"""Plain lines: what goes into a pipe, a file or a log, at the pace of the show or at once.

A line is due a number of seconds after the show began. Due times are an absolute map from run time, never a sum of waits.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol


class Line(NamedTuple):
    """A line of text, its end included, and when it is due."""

    due_seconds: float
    text: str


class Printer(Protocol):
    """Where lines go, and the clock they go by."""

    def clock(self) -> float:
        """Seconds that only go up."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""

    def write(self, text: str, /) -> object:
        """Take a line; it may be held until `flush`."""

    def flush(self) -> None:
        """Let go of all lines that are held."""


def at_once(lines: Iterable[Line], count: int) -> Iterator[Line]:
    """The first `count` lines are due now, and time begins with the last of them."""
    skipped_seconds = 0.0
    for index, (due_seconds, text) in enumerate(lines):
        if index < count:
            skipped_seconds = due_seconds
        yield Line(max(due_seconds - skipped_seconds, 0.0), text)


def pour(lines: Iterable[Line], printer: Printer, limit_seconds: float | None = None) -> None:
    """Print every line when it is due, until the lines or the time are over."""
    began = printer.clock()
    for due_seconds, text in lines:
        now = printer.clock() - began
        if limit_seconds is not None and max(now, due_seconds) >= limit_seconds:
            _rest(printer, limit_seconds - now)
            break
        _rest(printer, due_seconds - now)
        printer.write(text)
    printer.flush()


def _rest(printer: Printer, seconds: float) -> None:
    if seconds > 0:
        printer.flush()
        printer.sleep(seconds)
