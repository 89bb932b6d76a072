"""What every view offers. A view is made for one run, known by its header, on one screen."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args, runtime_checkable

from pysim.story.events import Block, Event, Telling
from pysim.story.explanation import Subject
from pysim.story.moment import Moment
from pysim.story.story import Story

Zoom = Literal["all", "tenth", "hundred"]
"""How much of a run charts show: all steps of the plan or of the part that is shown, the last tenth of those that were done, or the last hundred."""
ZOOMS: tuple[Zoom, ...] = get_args(Zoom)


def _no_tail(_rows: int) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Glance:
    """All that a live region is drawn of: the moment on show, what the story says of what came before, and a word from the player.

    `tail` gives so many of the last lines that the view has written of it; `steps` are the first and the last that the show passes, where
    it is cut out of the run.
    """

    story: Story
    moment: Moment
    note: str = ""
    zoom: Zoom = "all"
    tail: Callable[[int], Sequence[str]] = _no_tail
    steps: tuple[int, int] | None = None


class View(Protocol):
    """Turns events into log lines, and a glance at the run into the region below them."""

    @property
    def live_rows(self) -> int:
        """Rows of the live region; 0 where there is none, all of the screen's where there is no log."""

    def lines(self, event: Event, /) -> Sequence[str]:
        """The event's lines, each at most as wide as the screen, without line ends."""

    def live(self, glance: Glance, /) -> Sequence[str]:
        """The live region, `live_rows` lines."""


@runtime_checkable
class Columnar(Protocol):
    """A view that writes steps by their columns, many at a time, in a fraction of the time."""

    def lines_each(self, block: Block[Any], /) -> Iterable[Iterable[str]]:
        """The lines of each of its events, as `lines` has them."""


@runtime_checkable
class Ending(Protocol):
    """A view that has nothing more to say from some time of the run on."""

    @property
    def over_us(self) -> int | None:
        """When its last line is told; None where it goes on to the end."""


def written(view: View, telling: Telling) -> Iterable[tuple[float, Iterable[str]]]:
    """The lines of each event, and when it was."""
    if not isinstance(telling, Block):
        return ((telling.time_seconds, view.lines(telling)),)
    each: Callable[[Block[Any]], Iterable[Iterable[str]]] | None = getattr(view, "lines_each", None)
    lines = each(telling) if each else map(view.lines, telling)
    return zip(telling.values("time_seconds"), lines, strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A rectangle of the live region that stands for something: rows from its first one, columns from the left."""

    subject: Subject
    row: int
    column: int
    columns: int
    rows: int = 1

    def has(self, row: int, column: int) -> bool:
        """Whether a cell is in it."""
        return 0 <= row - self.row < self.rows and 0 <= column - self.column < self.columns


@runtime_checkable
class Explainable(Protocol):
    """A view that knows what stands where in its live region."""

    def spots(self, glance: Glance, /) -> Sequence[Spot]:
        """Everything in it that can be explained, in reading order; a cell may be in several, the last of them is the most exact."""


@runtime_checkable
class Readable(Protocol):
    """A view with charts that can be read at a place."""

    def reading(self, glance: Glance, row: int, column: int, /) -> str:
        """What a chart has at a cell of its live region, in one line; empty where there is none, or nothing is known."""


@runtime_checkable
class Telltale(Protocol):
    """A view that knows which fields of an event its lines are made of."""

    def printed(self, event: Event, /) -> Collection[str]:
        """Their names; empty where it does not know."""


@runtime_checkable
class Pointable(Protocol):
    """A view with a timeline that can be pointed at."""

    def time_at(self, glance: Glance, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The moment that a cell stands for, counted from the last row and the first column; None where it is not on the timeline.

        Who drags has pressed on it before, and may be on any row by now.
        """
