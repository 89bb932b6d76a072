"""A story: what every kind of run offers to views, shows, pages and exporters. Times are microseconds since the launch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pysim.story.chapters import Chapters
from pysim.story.events import Event, FleetSampled, Telling
from pysim.story.explanation import Explanation, Subject
from pysim.story.header import Header
from pysim.story.history import History, Standing
from pysim.story.marks import Marks
from pysim.story.moment import Moment
from pysim.story.news import News
from pysim.story.ondemand import OnDemand
from pysim.story.reports import Reports
from pysim.story.weighing import Course, Tally

if TYPE_CHECKING:
    from pysim.story.columns import Between, StepColumns
    from pysim.story.profile import ProfiledStep

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A part of a run that passes at one pace. `is_brief`: it stays short, however long the whole is made to last.

    Acts may be pieces of something that is watched as one.
    """

    begin_us: int
    end_us: int
    show_seconds: float  # that it takes to watch
    is_brief: bool


class Acts(OnDemand[Act]):
    """The acts of a story: as columns of shape (acts,) for those who need all, and each made when somebody looks at it."""

    def __init__(
        self,
        begin_us: Ints,
        end_us: Ints,
        show_seconds: Floats,
        is_brief: NDArray[np.bool_],
        whole_seconds: Floats | None = None,
    ) -> None:
        """`whole_seconds` is what each takes to watch together with those that it is one with; by default itself."""
        super().__init__(len(begin_us), self._act)
        self.whole_seconds = show_seconds if whole_seconds is None else whole_seconds
        self.begin_us = begin_us
        self.end_us = end_us
        self.show_seconds = show_seconds
        self.is_brief = is_brief

    def _act(self, index: int) -> Act:
        return Act(
            begin_us=int(self.begin_us[index]),
            end_us=int(self.end_us[index]),
            show_seconds=float(self.show_seconds[index]),
            is_brief=bool(self.is_brief[index]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Ground truth: why the run was what it was for a while, where, and by what it could be told."""

    begin_us: int
    end_us: int
    cause: str
    place: str
    evidence: str
    number: int = 0  # of the incident, as in its events; 0 for what is no incident
    noticed_us: int | None = None  # None: by nobody
    evidence_us: tuple[int, ...] = ()  # when something was said by which it could be told
    lost_seconds: float = 0.0  # since steps stopped until they went on
    lost_accelerator_hours: float = 0.0
    blamed: str = ""  # the place that the diagnosis named, where it was a wrong one
    returns: int = 0  # number of the incident that this is the return of


class Span(NamedTuple):
    """A part of a run: [since_us, until_us); None is its very end."""

    since_us: int = 0
    until_us: int | None = None

    def ends_us(self, end_us: int) -> int:
        """Where it ends in a run that ends at `end_us`."""
        return end_us if self.until_us is None else min(self.until_us, end_us)


WHOLE = Span()


class Story(Protocol):
    """One simulated job, told from any moment to any other."""

    @property
    def header(self) -> Header:
        """What is constant."""

    @property
    def end_us(self) -> int:
        """When it is over."""

    def narrate(
        self, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
    ) -> Iterator[Event]:
        """What happened in [since_us, until_us), in time order; to the very end by default.

        Where `every` is more than 1, so many items are told as one, their means; with `reports` always, and as these say.
        """

    def tellings(
        self, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
    ) -> Iterator[Telling]:
        """The same, with items between which nothing happens as one."""

    def blocks(
        self, since_us: int = 0, until_us: int | None = None, between: "Between" = "all"
    ) -> "Iterator[Event | StepColumns]":
        """The same, one by one, with whole blocks of columns instead of an event for each step.

        A block stands before what is told between its steps.
        """

    def profile(self, rank: int, since_us: int = 0, until_us: int | None = None, /) -> "Iterator[ProfiledStep]":
        """Every kernel and every wait of one process in the steps that lie within [since_us, until_us), in order."""

    def moment(self, time_us: int, /) -> Moment:
        """What is true at a time."""

    def acts(self) -> Acts:
        """Its parts; they touch, the first begins at 0 and the last ends with the run."""

    def chapters(self) -> Chapters:
        """What one can jump to."""

    def marks(self) -> Marks:
        """What is marked on a timeline of all of it."""

    def items_before(self, time_us: int, /, every: int = 1, reports: Reports | None = None) -> int:
        """How many items, as `events.items_of` counts them, `narrate` has told of before a time."""

    def item_begin(self, item: int, /) -> int:
        """The first moment that belongs to an item, counted from 1 as it is printed; after the last, the end of that one."""

    def curve(self, points: int, /) -> Sequence[tuple[float, float]]:
        """Its main quantity without noise, over all of it: evenly spaced (fraction of the run's time, value) pairs."""

    def history(self, time_us: int, first: int, last: int, points: int, /) -> History:
        """Items `first` to `last` as they are at a time, in so many columns; those that are yet to come among them."""

    def standing(self, time_us: int, /) -> Standing:
        """How it goes at a time, as can be seen."""

    def fleet(self, time_us: int, /) -> FleetSampled:
        """Every accelerator just before a time."""

    def expected_end_us(self, time_us: int, /) -> int:
        """When it is over by all that somebody who watches may know at a time: who is on call knows no more than a trainer prints."""

    def next_call(self, time_us: int, /) -> tuple[int, int] | None:
        """When something shows next, after a time, about which nobody has decided anything, and the number of that call; None for never."""

    def news(self, since_us: int, until_us: int, /) -> Sequence[News]:
        """What becomes known in [since_us, until_us) that a listener outside wants to hear, in time order."""

    def explain(self, subject: Subject, time_us: int, /) -> Explanation:
        """What there is to say of something at a time; its `truth` is what nobody in the run can know."""

    def labels(self) -> Iterator[Label]:
        """What nobody in the run can know."""

    # Weighed against others

    @property
    def beside(self) -> "Sequence[Beside]":
        """The runs that it is compared with; most are with none."""

    def tally(self, time_us: int, /) -> Tally:
        """In numbers, up to a time."""

    def course(self, times_us: Sequence[int], /) -> Course:
        """How it got on by each of some times, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Another run that one is weighed against: what is asked for otherwise, and what became otherwise with it."""

    change: str  # OPTION=VALUE
    with_it: tuple[str, ...]
    story: Story
