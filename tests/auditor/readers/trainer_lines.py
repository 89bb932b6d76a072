"""What all readers of trainers' own words share: a line looks like one row of a table, or it is nobody's business here.

Groups named `n_x` are numbers, as wide as their last printed digit allows; `i_x` are counts; `s_x` are words.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from auditor.interval import Interval, exactly
from auditor.record import Record, Value

Rows = Sequence[tuple[str, str]]
"""Kind of record, and what its line looks like, whole."""

_NUMBER = re.compile(r"(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?")


def number(text: str) -> Interval:
    """All numbers that print like this: 2.123E+00, 178.1, 0.0006, 5e-07."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return exactly(float(text))  # nan, inf
    half = 0.5001 * 10.0 ** (int(found[4] or 0) - len(found[3]))
    return Interval(float(text) - half, float(text) + half)


class TrainerLines:
    """Reads a log by such a table."""

    def __init__(self, rows: Rows) -> None:
        self._rows = [(kind, re.compile(pattern)) for kind, pattern in rows]

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        """A record for each line that a row knows."""
        for line in lines:
            for kind, pattern in self._rows:
                found = pattern.fullmatch(line.rstrip("\n"))
                if found:
                    yield Record(kind, exactly(0.0), line.strip(), _fields(found))
                    break


def _fields(found: re.Match[str]) -> dict[str, Value]:
    read: dict[str, Callable[[str], Value]] = {"n": number, "i": int, "s": str}
    return {name[2:]: read[name[0]](text) for name, text in found.groupdict().items() if text is not None}
