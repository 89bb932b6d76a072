"""Many events of one kind as columns: steps are by far the most frequent events, and who only writes their lines needs no object for each.

A block is a sequence of its events, which are made when somebody looks at one; a column is worked out when it is asked for.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from pysim.story.events.basis import Event, Kind, from_columns

Makers = Mapping[str, Callable[[], NDArray[Any]]]
"""What works out each of some columns."""


class _Columns(Generic[Kind]):
    """All rows, of which blocks are parts."""

    def __init__(self, kind: type[Kind], makers: Makers) -> None:
        self.kind = kind
        self._makers = makers
        self._arrays: dict[str, NDArray[Any]] = {}
        self._values: dict[str, list[Any]] = {}
        self._events: list[Kind] | None = None

    def array(self, name: str) -> NDArray[Any]:
        """A field of each; NaN where there is none."""
        if name not in self._arrays:
            self._arrays[name] = self._makers[name]()
        return self._arrays[name]

    def values(self, name: str) -> list[Any]:
        """The same; None where there is none."""
        if name not in self._values:
            self._values[name] = _values(self.array(name))
        return self._values[name]

    def events(self) -> list[Kind]:
        """Each."""
        if self._events is None:
            self._events = from_columns(self.kind, {name: self.values(name) for name in self._makers})
        return self._events


class Block(Sequence[Kind]):
    """Events of one kind in order of time, with no other between them."""

    def __init__(self, kind: type[Kind], makers: Makers) -> None:
        """`makers` has one for each field; they give arrays of one length, in which a float that is not a number stands for None."""
        self._columns = _Columns(kind, makers)
        self._rows = range(len(self._columns.array("time_seconds")))

    @property
    def kind(self) -> type[Kind]:
        """Of all its events."""
        return self._columns.kind

    def values(self, name: str) -> list[Any]:
        """A field of each event."""
        return self._columns.values(name)[self._rows.start : self._rows.stop]

    def array(self, name: str) -> NDArray[Any]:
        """The same as an array; NaN where there is none."""
        return self._columns.array(name)[self._rows.start : self._rows.stop]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._columns.events()[self._rows.start : self._rows.stop])

    def __getitem__(self, row: Any) -> Any:  # noqa: ANN401 - an event, or a block of those in a slice
        if isinstance(row, slice):
            return self._part(self._rows[row])
        return self._columns.events()[self._rows[row]]

    def _part(self, rows: range) -> "Block[Kind]":
        part = object.__new__(Block)
        part._columns, part._rows = self._columns, rows
        return part

    @property
    def rows(self) -> range:
        """Its own among those of `together`."""
        return self._rows

    @property
    def together(self) -> "Block[Kind]":
        """All rows that were worked out together: who writes those of one part has those of the next for little more."""
        return self._part(range(len(self._columns.array("time_seconds"))))

    def is_of(self, other: "Block[Any]") -> bool:
        """Whether both are parts of the same."""
        return self._columns is other._columns  # noqa: SLF001 - one of its own kind

    def within(self, since_seconds: float, until_seconds: float) -> "Block[Kind]":
        """Those in [since, until)."""
        times = self.values("time_seconds")
        return self._part(self._rows[bisect_left(times, since_seconds) : bisect_left(times, until_seconds)])


Telling = Event | Block[Any]
"""An event, or many."""


def singly(tellings: Iterable[Telling]) -> Iterator[Event]:
    """Event by event."""
    for telling in tellings:
        if isinstance(telling, Block):
            yield from telling
        else:
            yield telling


def woven(tellings: Iterable[Telling], others: Iterable[Event]) -> Iterator[Telling]:
    """Two accounts as one, in order of time; what happens at the same moment is told by the first one first."""
    more = iter(others)
    other = next(more, None)
    for telling in tellings:
        left = telling
        while other is not None and other.time_seconds < _ends(left):
            if isinstance(left, Block):
                before = bisect_right(left.values("time_seconds"), other.time_seconds)
                if before:
                    yield left[:before]
                left = left[before:]
            yield other
            other = next(more, None)
        yield left
    if other is not None:
        yield other
        yield from more


def _ends(telling: Telling) -> float:
    if isinstance(telling, Block):
        return float(telling.values("time_seconds")[-1])
    return telling.time_seconds


def _values(array: NDArray[Any]) -> list[Any]:
    values: list[Any] = array.tolist()
    if array.dtype.kind == "f":
        for row in np.flatnonzero(np.isnan(array)).tolist():
            values[row] = None
    return values
