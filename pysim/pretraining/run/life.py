"""How a run lives through what befalls it: who notices when, what is done, which node takes another's place, and what that takes.

One pass over the incidents in order of time. Each is turned into what the course of a run knows: an interruption or a slow
stretch. An incident that meets a job which is down passes unnoticed, as it does on a cluster.
"""

import heapq
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import Cause
from pysim.pretraining.run.course import Course, Interruption
from pysim.pretraining.run.luck import Incident, Lot
from pysim.pretraining.run.prospects import ROLLBACK_DRAW, SKIP_DRAW, Foresight, Policy, Prospects
from pysim.pretraining.run.segments import Segments, Slowdown
from pysim.story.ondemand import OnDemand
from pysim.story.steps import DataStep

Ints = NDArray[np.int64]
MOST_INCIDENTS = 100_000  # after which luck turns: what is worse is no run any more
_NOBODY = -1
_ROW = 8  # numbers of what befell the run


class PartTaken(NamedTuple):
    """A part of a recovery, and how long it took."""

    name: str
    us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Befallen:
    """An incident as it went: noticed, cured. Nodes are slots of the job, hosts the machines of the cluster in them."""

    number: int  # from 1, by when it took effect
    incident: Incident
    at_us: int  # when it took effect: planned work waits for a checkpoint
    noticed_us: int
    over_us: int
    interrupts: bool
    parts: tuple[PartTaken, ...]
    host: int
    replaced_by: int | None  # the host that took the node's place
    rolled_back: bool


class _Depot:
    """Machines that wait to take another's place, and those in repair with when they are back."""

    def __init__(self, spares: range) -> None:
        self._spares = deque(spares)
        self._in_repair: list[tuple[int, int]] = []

    def take(self, time_us: int) -> tuple[int, int]:
        """A machine, and how long one has to wait for it."""
        while self._in_repair and self._in_repair[0][0] <= time_us:
            self._spares.append(heapq.heappop(self._in_repair)[1])
        if self._spares:
            return self._spares.popleft(), 0
        back_us, host = heapq.heappop(self._in_repair)
        return host, back_us - time_us

    def give(self, host: int, back_us: int) -> None:
        """A machine goes to repair."""
        heapq.heappush(self._in_repair, (back_us, host))


class Candidate(NamedTuple):
    """An incident that may befall the run, and what it would bring: see `Prospects`."""

    number: int  # of all that were drawn
    at_us: int
    cause: Cause
    node: int
    noticing_us: int
    restart_us: int
    down_us: int
    repair_us: int
    slow_us: int
    permille: int


_FORESEEN = ("noticing_us", "restart_us", "down_us", "repair_us", "slow_us", "permille")


class Life:
    """One run's way through its incidents."""

    def __init__(self, course: Course, policy: Policy) -> None:
        self._course = course
        self._foresight = Foresight(policy)
        self._hosts: dict[int, int] = {}  # by slot, where it is not the machine of the same number
        self._depot = _Depot(range(policy.nodes, policy.nodes + policy.spares))
        self._later: list[
            tuple[int, int, Candidate, DataStep | None]
        ] = []  # what is noticed later, and how far one goes back
        self._order = count()
        self._drawn = Drawn()
        self._rows: list[int] = []  # what befell the run so far

    def live(self, lots: Iterable[Lot]) -> tuple[Segments, "Fate"]:
        """The segments of the run, and what befell it; both to its end."""
        for candidate in islice(self._candidates(lots), MOST_INCIDENTS):
            if self._later:
                self._do_until(candidate.at_us)
            if self._course.is_over(candidate.at_us):
                break
            self._meet(candidate)
        self._do_until(2**62)
        return self._course.to_the_end(), Fate(self._rows, self._drawn)

    def _candidates(self, lots: Iterable[Lot]) -> Iterator[Candidate]:
        for lot in lots:
            prospects = self._foresight.prospects(lot)
            first = self._drawn.add(prospects)
            columns = [getattr(prospects, name).tolist() for name in _FORESEEN]
            named = map(lot.causes.__getitem__, lot.cause.tolist())
            rows = zip(count(first), lot.at_us.tolist(), named, lot.node.tolist(), *columns)
            yield from map(Candidate._make, rows)

    def _do_until(self, time_us: int) -> None:
        while self._later and self._later[0][0] <= time_us:
            at_us, _, candidate, back_to = heapq.heappop(self._later)
            self._cure(candidate, at_us, noticed_us=at_us, back_to=back_to)

    def _meet(self, candidate: Candidate) -> None:
        cause, at_us = candidate.cause, candidate.at_us
        if cause.effect in ("crash", "hang"):
            at_us = self._course.next_saved_us(at_us) if cause.saves_first else at_us
            back_to = self._before(candidate, at_us) if goes_back(cause) else None
            self._cure(candidate, at_us, at_us + candidate.noticing_us, back_to)
        elif cause.slowing or cause.stall:
            self._slow_down(candidate)
        elif cause.effect == "survives":
            self._note(candidate, at_us + candidate.noticing_us, at_us + candidate.noticing_us)
        elif cause.loss and self._course.shake(at_us, cause.loss):
            noticed_us = at_us + candidate.noticing_us
            if cause.cure.interrupts:
                self._cure_later(candidate, noticed_us)
            else:
                self._note(candidate, noticed_us, noticed_us)

    def _cure_later(self, candidate: Candidate, at_us: int) -> None:
        back_to = self._before(candidate, candidate.at_us) if goes_back(candidate.cause) else None
        heapq.heappush(self._later, (at_us, next(self._order), candidate, back_to))

    # What slows the steps

    def _slow_down(self, candidate: Candidate) -> None:
        cause, at_us = candidate.cause, candidate.at_us
        if not self._course.can_be_interrupted(at_us):
            return
        noticed_us, over_us = at_us + candidate.noticing_us, at_us + candidate.slow_us
        until_us = min(over_us, noticed_us) if cause.cure.interrupts else over_us
        self._course.slow_down(Slowdown(begin_us=at_us, end_us=until_us, permille=candidate.permille))
        if cause.cure.interrupts and noticed_us <= over_us:
            self._cure_later(candidate, noticed_us)
        else:
            self._note(candidate, noticed_us, until_us)

    # What ends a stretch

    def _cure(self, candidate: Candidate, at_us: int, noticed_us: int, back_to: DataStep | None) -> None:
        if not self._course.can_be_interrupted(at_us):
            return
        cause, node = candidate.cause, candidate.node
        host, replaced_by, waited_us = self._hosts.get(node, node), _NOBODY, 0
        if cause.cure.replaces:
            self._depot.give(host, noticed_us + candidate.repair_us)
            replaced_by, waited_us = self._depot.take(noticed_us)
            self._hosts[node] = replaced_by
        down_us, restart_us = candidate.down_us + waited_us, candidate.restart_us
        over_us, began_us = noticed_us + down_us + restart_us, candidate.at_us if cause.slowing else at_us
        self._rows += (candidate.number, began_us, noticed_us, over_us, True, host, replaced_by, waited_us)
        self._course.interrupt(
            Interruption(
                at_us=at_us,
                down_us=down_us,
                restart_us=restart_us,
                hang_us=noticed_us - at_us,
                incident=len(self._rows) // _ROW,
                resume_after=back_to,
                skipped_batches=self._skipped(candidate) if cause.rollback else 0,
            )
        )

    def _note(self, candidate: Candidate, noticed_us: int, over_us: int) -> None:
        """What passes without an interruption."""
        host = self._hosts.get(candidate.node, candidate.node)
        self._rows += (candidate.number, candidate.at_us, noticed_us, over_us, False, host, _NOBODY, 0)

    def _before(self, candidate: Candidate, at_us: int) -> DataStep:
        """How far one goes back for what truly began at a time."""
        rollback = candidate.cause.rollback
        if rollback is None:  # the newest one cannot be read
            return DataStep(max(self._course.saved_behind(at_us) - 1, 0))
        least, most = rollback.steps
        before = round(least + (most - least) * self._drawn.incident(candidate.number).draw(ROLLBACK_DRAW))
        return DataStep(max(self._course.step_behind(at_us) - before, 0))

    def _skipped(self, candidate: Candidate) -> int:
        """How many batches are left out after it."""
        least, most = candidate.cause.rollback.skipped_batches if candidate.cause.rollback else (0, 0)
        return round(least + (most - least) * self._drawn.incident(candidate.number).draw(SKIP_DRAW))


class Drawn:
    """All that was drawn for a run, lot by lot."""

    def __init__(self) -> None:
        self.lots: list[Prospects] = []
        self._firsts: list[int] = []  # numbers
        self._count = 0

    def add(self, prospects: Prospects) -> int:
        """Another lot; the number of its first incident."""
        first = self._count
        self.lots.append(prospects)
        self._firsts.append(first)
        self._count += len(prospects.lot)
        return first

    def incident(self, number: int) -> Incident:
        """One by its number."""
        prospects, index = self._find(number)
        return prospects.lot.incident(index)

    def parts(self, number: int) -> list[int]:
        """What the parts of its recovery take, in microseconds."""
        prospects, index = self._find(number)
        parts_us: list[int] = prospects.parts_us[index].tolist()
        return parts_us

    def column(self, of: Callable[[Prospects], Ints], numbers: Ints) -> Ints:
        """A column of some of them, by number."""
        return np.concatenate([of(each) for each in self.lots] or [np.zeros(0, np.int64)])[numbers]

    def _find(self, number: int) -> tuple[Prospects, int]:
        lot = bisect_right(self._firsts, number) - 1
        return self.lots[lot], number - self._firsts[lot]


class Fate(OnDemand[Befallen]):
    """What befell a run: what is asked of all of it as columns of shape (befallen,), and each made when somebody looks at it."""

    def __init__(self, rows: Sequence[int] = (), drawn: Drawn | None = None) -> None:
        self._drawn = drawn or Drawn()
        self._columns = np.fromiter(rows, np.int64, len(rows)).reshape(-1, _ROW)
        self._number, self.at_us, self.noticed_us, self.over_us, _, _, self.replaced_by, _ = self._columns.T
        self.interrupts = self._columns[:, 4] > 0
        super().__init__(len(self._columns), self._befallen)

    @cached_property
    def began_us(self) -> Ints:
        """When each truly began to take effect."""
        crashes = self.by_cause(lambda cause: cause.effect in ("crash", "hang"))
        return np.where(crashes, self.at_us, np.minimum(self._of(lambda each: each.lot.at_us), self.at_us))

    @cached_property
    def relaunched_us(self) -> Ints:
        """When the processes were started again."""
        return self.over_us - np.where(self.interrupts, self._of(lambda each: each.restart_us), 0)

    @cached_property
    def node(self) -> Ints:
        """Which slot of the job was hit."""
        return self._of(lambda each: each.lot.node)

    def by_cause(self, fact: Callable[[Cause], int]) -> Ints:
        """What follows from the cause of each."""

        def of_lot(each: Prospects) -> Ints:
            facts = np.array([fact(cause) for cause in each.lot.causes], np.int64)
            return facts[each.lot.cause] if len(facts) else np.zeros(0, np.int64)

        return self._of(of_lot)

    def _of(self, column: Callable[[Prospects], Ints]) -> Ints:
        return self._drawn.column(column, self._number)

    def _befallen(self, index: int) -> Befallen:
        number, at_us, noticed_us, over_us, interrupts, host, replaced_by, waited_us = self._columns[index].tolist()
        incident = self._drawn.incident(number)
        parts = map(PartTaken, (part.name for part in incident.cause.cure.parts), self._drawn.parts(number))
        return Befallen(
            number=index + 1,
            incident=incident,
            at_us=at_us,
            noticed_us=noticed_us,
            over_us=over_us,
            interrupts=bool(interrupts),
            parts=_with_wait(parts, waited_us) if interrupts else (),
            host=host,
            replaced_by=None if replaced_by == _NOBODY else replaced_by,
            rolled_back=bool(interrupts) and goes_back(incident.cause),
        )


def goes_back(cause: Cause) -> bool:
    """Whether the last checkpoint is not good enough: the trouble is in it, or it cannot be read."""
    return cause.cure.rolls_back or cause.rollback is not None


def _with_wait(parts: Iterable[PartTaken], waited_us: int) -> tuple[PartTaken, ...]:
    """The parts with the wait for a machine where it is: before the replacement."""
    waits = (PartTaken("waiting", waited_us),) if waited_us else ()
    return tuple(chain.from_iterable((*waits, part) if part.name == "replacing" else (part,) for part in parts))
