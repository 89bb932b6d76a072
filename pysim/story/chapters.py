"""Places in a run that a viewer wants to jump to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

ChapterKind = Literal["bring-up", "training", "validation", "checkpoint", "interruption", "resumption", "export", "end"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named moment, in microseconds of run time."""

    time_us: int
    kind: ChapterKind
    title: str


class Chapters(Protocol):
    """The chapters of one run, found in closed form and never listed whole."""

    def after(self, time_us: int, /) -> Chapter:
        """The first chapter later than a time; the end if there is none."""

    def before(self, time_us: int, /) -> Chapter:
        """The last chapter earlier than a time; the first of all if there is none."""

    def some(self, limit: int, /) -> Iterator[Chapter]:
        """At most about `limit` chapters, evenly thinned, in order."""
