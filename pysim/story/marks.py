"""What is marked on a timeline of a whole run: moments, and passages that are not plain training. It knows how the run goes on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

MarkKind = Literal["checkpoint", "validation", "incident"]
MARK_KINDS: tuple[MarkKind, ...] = get_args(MarkKind)
PassageKind = Literal["bring-up", "hang", "down", "restart", "redone", "export"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A marked moment, in microseconds of run time; what follows the title is told of incidents only."""

    time_us: int
    kind: MarkKind
    title: str
    number: int = 0  # of the incident, as in its events
    cause: str = ""
    place: str = ""
    noticed_us: int | None = None  # None: by nobody
    over_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Time in which a run does not get on as planned: [begin_us, end_us). `redone`: steps that had been done before."""

    begin_us: int
    end_us: int
    kind: PassageKind


class Marks(Protocol):
    """The marks of one run, found in closed form and never listed whole."""

    def some(self, limit: int, /, kinds: Collection[MarkKind] = MARK_KINDS) -> Iterator[Mark]:
        """At most about `limit` of a kind, in order: work that comes back evenly thinned, of incidents those that cost most where they are."""

    def passages(self, limit: int, /) -> Sequence[Passage]:
        """In order. Where there are more than `limit` of a kind, those of each of so many pieces of the run as one, as long as they are together."""

    def incident_after(self, time_us: int, /) -> Mark | None:
        """The first incident that begins later than a time."""

    def incident_before(self, time_us: int, /) -> Mark | None:
        """The last incident that began earlier than a time."""
