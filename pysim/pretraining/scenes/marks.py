"""What is marked on a timeline of a run: its work, what befell it, and the time in which it did not get on."""

from collections.abc import Collection, Iterator, Sequence
from heapq import merge
from operator import attrgetter
from typing import cast

from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.chapters import WORK
from pysim.pretraining.run.passages import Passages
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.case import Case
from pysim.pretraining.scenes.labels import place
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
        yield from merge(*work, map(self._incident, befallen), key=_time_us)

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
        cause = befallen.incident.cause
        return Mark(
            time_us=case.began_us,
            kind="incident",
            title=cause.title,
            number=befallen.number,
            cause=cause.name,
            place=place(case),
            noticed_us=befallen.noticed_us if befallen.noticed_us <= end_us else None,
            over_us=min(max(case.over_us, case.began_us), end_us),
        )


def _work(chapter: Chapter) -> Mark:
    return Mark(time_us=chapter.time_us, kind=cast("MarkKind", chapter.kind), title=chapter.title)
