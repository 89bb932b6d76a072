"""From what was printed to records: one reader for each view."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from auditor.readers.console import Console
from auditor.readers.jsonlines import JsonLines
from auditor.record import Record


class Reader(Protocol):
    """Turns lines of a view into records; a piece may follow another one."""

    dated: bool  # whether every time of the view names its day
    unread: list[str]  # lines that it could make nothing of

    def records(self, lines: Iterable[str]) -> Iterator[Record]: ...


READERS: Mapping[str, Callable[[], Reader]] = {"console": Console, "events": JsonLines}
