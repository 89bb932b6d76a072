"""What each cause cost a run so far: hangs, repairs, restarts with their warm-ups, and the steps that were given up. Microseconds.

What ended a stretch pays for all that it had not saved; what made the run go back further, for the rest. A restart's incident pays for
the warm-up after it.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.befallen import Fate, goes_back

Ints = NDArray[np.int64]
UNKNOWN = "unknown"  # the cause of what nothing is known to have led to


class Cost(NamedTuple):
    """What one cause has cost, and how often it brought the job down."""

    cause: str
    lost_us: int
    interruptions: int


class Charges(NamedTuple):
    """What incidents cost from segments on; columns of shape (charges,), all of integers."""

    since: Ints  # segment
    incident: Ints
    us: Ints
    interruptions: Ints


class Costs:
    """Charges summed up by cause, of a run of so many segments. Those that are found later come in the order of their segments."""

    def __init__(self, segments: int, fate: Fate, charges: Iterable[Charges]) -> None:
        self._causes, self._cause_of = _causes(fate)
        self._goes_back = fate.by_cause(goes_back)
        since, incident, us, interruptions = map(np.concatenate, zip(*charges, strict=True))
        cause = self._cause_of[incident]
        order = np.lexsort((since, cause))
        self._firsts = np.arange(len(self._causes), dtype=np.int64) * (segments + 1)
        self._keys = self._firsts[cause[order]] + since[order]
        self._begins = self._keys.searchsorted(self._firsts)
        self._us, self._interruptions = (_totals(column[order]) for column in (us, interruptions))
        self._later: dict[int, tuple[list[int], list[int]]] = {}  # by cause: since which segments, and totals

    def add(self, since: int, incidents: Ints, us: int) -> None:
        """What made the run go back further than it had to: the last of some incidents for which no newer checkpoint was good enough."""
        backwards = [each for each in incidents[::-1].tolist() if each and self._goes_back[each - 1]]
        cause = int(self._cause_of[backwards[0] if backwards else incidents[0]])
        segments, totals = self._later.setdefault(cause, ([0], [0]))
        segments.append(since)
        totals.append(totals[-1] + us)

    def by(self, segment: int, incident: int, us: int) -> list[Cost]:
        """All by the beginning of a segment, and what an incident has cost in it; the costliest first, and none that cost nothing."""
        ends = self._keys.searchsorted(self._firsts + segment, side="right")
        lost_us = (self._us[ends] - self._us[self._begins]).tolist()
        interruptions = (self._interruptions[ends] - self._interruptions[self._begins]).tolist()
        lost_us[int(self._cause_of[incident])] += us
        for cause, (segments, totals) in self._later.items():
            lost_us[cause] += totals[bisect_right(segments, segment) - 1]
        costs = map(Cost, self._causes, lost_us, interruptions)
        return sorted((cost for cost in costs if cost.lost_us or cost.interruptions), key=_costliest_first)


def _causes(fate: Fate) -> tuple[list[str], Ints]:
    """The names of all causes, and which it is by the number of an incident."""
    known = {UNKNOWN: 0}
    numbers = fate.by_cause(lambda cause: known.setdefault(cause.name, len(known)))
    return list(known), np.concatenate([np.zeros(1, np.int64), numbers])


def _totals(column: Ints) -> Ints:
    """What all up to each come to, with none before the first; shape (items + 1,)."""
    return np.concatenate([np.zeros(1, np.int64), column.cumsum()])


def _costliest_first(cost: Cost) -> tuple[int, str]:
    return -cost.lost_us, cost.cause
