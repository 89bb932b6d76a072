"""What befell a run: each incident as it went, made when somebody looks at it, and all of them as columns. Microseconds of run time."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import RELAUNCH, Cause
from pysim.pretraining.run.luck import SOME_TIME_US, Incident
from pysim.pretraining.run.prospects import Prospects
from pysim.story.ondemand import OnDemand

Ints = NDArray[np.int64]
NOBODY = -1
DECIDING = "deciding"  # the part of a recovery in which it waits for somebody to decide
ROW = 13  # numbers of what befell the run


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
    named: int  # the node that what is said points at
    blamed: int  # the node that the diagnosis named
    drained: int  # the host in it
    replaced_by: int | None  # the host that took its place
    rolled_back: bool
    returns: int  # number of what it is the return of, which was not cured; 0 for none

    @property
    def acted_us(self) -> int:
        """When something was begun to be done about it."""
        return self.noticed_us + sum(part.us for part in self.parts[:1] if part.name == DECIDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """How an incident went about which somebody decided."""

    cause: Cause  # with what was done as its cure
    parts: tuple[PartTaken, ...]
    named: int

    @property
    def restart_us(self) -> int:
        """What the processes took to start again."""
        return sum(part.us for part in self.parts if part.name in RELAUNCH)


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

    def __init__(
        self, rows: Sequence[int] = (), drawn: Drawn | None = None, handled: Mapping[int, Handled] | None = None
    ) -> None:
        """`handled` has those about which somebody decided, by their place among the rows."""
        self._drawn = drawn or Drawn()
        self._handled = handled or {}
        self._columns = np.fromiter(rows, np.int64, len(rows)).reshape(-1, ROW)
        self._number, self.at_us, self.noticed_us, self.over_us, _, _, self.replaced_by, _, self.blamed, *_ = (
            self._columns.T
        )
        self.interrupts = self._columns[:, 4] > 0
        super().__init__(len(self._columns), self._befallen)

    @cached_property
    def began_us(self) -> Ints:
        """When each truly began to take effect."""
        begins_when_met = self.by_cause(lambda cause: cause.begins_when_met)
        return np.where(begins_when_met, self.at_us, np.minimum(self._columns[:, -1], self.at_us))

    @cached_property
    def relaunched_us(self) -> Ints:
        """When the processes were started again."""
        restart_us = np.where(self.interrupts, self._of(lambda each: each.restart_us), 0)
        for index, handled in self._handled.items():
            restart_us[index] = handled.restart_us
        return self.over_us - restart_us

    def by_cause(self, fact: Callable[[Cause], int]) -> Ints:
        """What follows from the cause of each."""
        of: Sequence[Cause] = ()
        facts = np.zeros(0, np.int64)

        def of_lot(each: Prospects) -> Ints:
            nonlocal of, facts
            if each.lot.causes is not of:  # most lots have the same
                of, facts = each.lot.causes, np.array([fact(cause) for cause in each.lot.causes], np.int64)
            return facts[each.lot.cause] if len(facts) else np.zeros(0, np.int64)

        return self._of(of_lot)

    def _of(self, column: Callable[[Prospects], Ints]) -> Ints:
        return self._drawn.column(column, self._number)

    def _befallen(self, index: int) -> Befallen:
        number, at_us, noticed_us, over_us, interrupts, *where, returns, node, came_us = self._columns[index].tolist()
        host, replaced_by, waited_us, blamed, drained = where
        incident = self._drawn.incident(number)
        if incident.at_us == SOME_TIME_US or incident.node != node:
            incident = replace(incident, at_us=min(came_us, at_us), node=node)
        handled = self._handled.get(index)
        if handled:
            incident = replace(incident, cause=handled.cause)
        parts = map(PartTaken, (part.name for part in incident.cause.cure.parts), self._drawn.parts(number))
        taken = handled.parts if handled else with_wait(parts, waited_us) if interrupts else ()
        return Befallen(
            number=index + 1,
            incident=incident,
            at_us=at_us,
            noticed_us=noticed_us,
            over_us=over_us,
            interrupts=bool(interrupts),
            parts=taken,
            host=host,
            named=handled.named if handled else blamed,
            blamed=blamed,
            drained=drained,
            replaced_by=None if replaced_by == NOBODY else replaced_by,
            rolled_back=bool(interrupts) and goes_back(incident.cause),
            returns=returns,
        )


def goes_back(cause: Cause) -> bool:
    """Whether the last checkpoint is not good enough: the trouble is in it, or it cannot be read."""
    return cause.cure.rolls_back or cause.rollback is not None


def with_wait(parts: Iterable[PartTaken], waited_us: int) -> tuple[PartTaken, ...]:
    """The parts with the wait for a machine where it is: before the replacement."""
    waits = (PartTaken("waiting", waited_us),) if waited_us else ()
    return tuple(chain.from_iterable((*waits, part) if part.name == "replacing" else (part,) for part in parts))
