"""What is marked on a timeline of a run: its work, what befell it, and the time in which it did not get on."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import merge
from operator import attrgetter
from typing import cast

from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.chapters import WORK
from pysim.pretraining.run.passages import Passages
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.case import Case
from pysim.pretraining.scenes.shown import shown
from pysim.story.chapters import Chapter
from pysim.story.marks import MARK_KINDS, Mark, MarkKind, Passage

_time_us = attrgetter("time_us")


class Marks:
    """The marks of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._passages = Passages(run.timeline)

    def some(self, limit: int, kinds: Collection[MarkKind] = MARK_KINDS) -> Iterator[Mark]:
        """At most about `limit` of a kind, in order, each made when its turn comes."""
        run = self._run
        work = (map(_work, run.chapters.work(kind, limit)) for kind in WORK if kind in kinds)
        befallen = run.incidents.costliest(limit, run.end_us) if "incident" in kinds else ()
        found: Iterable[Mark] = map(self._incident, befallen)
        if run.orders.on_call:  # by when they were noticed, if they were
            found = sorted((each for each in found if each.time_us <= run.end_us), key=_time_us)
        yield from merge(*work, found, key=_time_us)

    def passages(self, limit: int) -> Sequence[Passage]:
        """In order; where there are more than `limit` of a kind, gathered in so many pieces of the training."""
        return self._passages.some(limit)

    def incident_after(self, time_us: int) -> Mark | None:
        """The first incident that begins later than a time."""
        found = self._run.incidents.after(time_us)
        return self._incident(found) if found else None

    def incident_before(self, time_us: int) -> Mark | None:
        """The last incident that began earlier than a time."""
        found = self._run.incidents.before(time_us)
        return self._incident(found) if found else None

    def _incident(self, befallen: Befallen) -> Mark:
        case, end_us = Case(self._run, befallen), self._run.end_us
        called = shown(case)
        return Mark(
            time_us=called.begin_us,
            kind="incident",
            title=called.title,
            number=befallen.number,
            cause=called.cause,
            place=called.place,
            noticed_us=befallen.noticed_us if befallen.noticed_us <= end_us else None,
            over_us=min(max(case.over_us, called.begin_us), end_us),
        )


def _work(chapter: Chapter) -> Mark:
    return Mark(time_us=chapter.time_us, kind=cast("MarkKind", chapter.kind), title=chapter.title)
