"""What each incident would bring if it met a job that runs: when somebody notices, what is done about it, and how long that takes.

It is drawn for a whole lot at once; whether an incident meets such a job is for the run's life to say.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import PARTS, RELAUNCH, Cause, failure_rates
from pysim.physics.failures import repair_hours
from pysim.pretraining.run.luck import FREE_DRAWS, Lot
from pysim.story.rounding import round_significant

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MICROSECONDS = 1_000_000
_SECONDS_PER_HOUR = 3600.0
_PERMILLE = 1000
_NOTICE, _SEVERITY, _LASTING, _REPAIR, ROLLBACK_DRAW, SKIP_DRAW, _PARTS = range(FREE_DRAWS, FREE_DRAWS + 7)
_PART_SPREAD = (0.6, 1.4)  # of what a part of a recovery takes on average [M]
MISDIAGNOSED, _BLAMED, _BACK = range(_PARTS + len(PARTS), _PARTS + len(PARTS) + 3)
LASTING_DRAW = _LASTING
_DRAWN_ONCE = (_NOTICE, _SEVERITY, _LASTING, _REPAIR, MISDIAGNOSED, _BLAMED, _BACK)
_BACK_SECONDS = (120.0, 900.0, 3600.0)  # until what was not cured strikes again [M]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operators have decided, and how large the cluster is that they decide for."""

    nodes: int
    spares: int
    watchdog_us: int
    step_us: int  # expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospects:
    """Of one lot, each of shape (incidents,), in microseconds; what does not come into question is 0."""

    lot: Lot
    noticing_us: Ints  # since the beginning, the watchdog's limit included where that decides
    parts_us: Ints  # of the recovery, shape (incidents, parts)
    restart_us: Ints  # those that come when the processes are started again
    down_us: Ints  # those before, without the wait for a machine
    repair_us: Ints  # of the machine that was hit
    slow_us: Ints  # how long steps take longer
    permille: Ints  # by how much
    blamed: Ints  # the node that the diagnosis names
    back_us: Ints  # when what was not cured strikes again, since the restart


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
    blamed: int
    back_us: int
    earlier_us: int


_candidate = cast(Callable[[Any], Candidate], partial(tuple.__new__, Candidate))  # quicker than its own ways to be made
_FORESEEN = ("noticing_us", "restart_us", "down_us", "repair_us", "slow_us", "permille", "blamed", "back_us")


def candidates(prospects: Prospects, first: int) -> Iterator[Candidate]:
    """All of a lot, numbered on from the first."""
    lot = prospects.lot
    columns = [getattr(prospects, name).tolist() for name in _FORESEEN]
    named = map(lot.causes.__getitem__, lot.cause.tolist())
    places = lot.at_us.tolist(), named, lot.node.tolist()
    return map(_candidate, zip(count(first), *places, *columns, lot.earlier_us.tolist()))


class Foresight:
    """What a policy makes of incidents."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._of: Sequence[Cause] = ()
        self._table = _table((), policy)

    def prospects(self, lot: Lot) -> Prospects:
        """Of all incidents of a lot."""
        if lot.causes is not self._of:
            self._of, self._table = lot.causes, _table(lot.causes, self._policy)
        table, cause = self._table, lot.cause
        notice, severity, lasting, repair, misdiagnosed, blames, back, *parts = _drawn(lot, table.part_seconds.shape[1])
        parts_us = _us(table.part_seconds[cause] * _spread(parts))
        restart_us = (parts_us * table.restarts[cause]).sum(axis=1)
        slow_us, permille = self._slowness(lot, severity, lasting)
        blamed, back_us = self._mistakes(lot, misdiagnosed, blames, back)
        hours = repair_hours(repair, failure_rates().repairs.quantiles)
        return Prospects(
            lot=lot,
            noticing_us=_us(_around(table.notice[cause].T, notice)) + table.watchdog_us[cause],
            parts_us=parts_us,
            restart_us=restart_us,
            down_us=parts_us.sum(axis=1) - restart_us,
            repair_us=_us(hours * _SECONDS_PER_HOUR),
            slow_us=slow_us,
            permille=permille,
            blamed=blamed,
            back_us=back_us,
        )

    def returning(self, first: Prospects, comes_back: Ints) -> Prospects:
        """Of those that come back because a wrong node is blamed for them: the second time it is the right one, and as slow as before."""
        again = self.prospects(first.lot.again(comes_back))
        return replace(again, blamed=again.lot.node, permille=first.permille[comes_back])

    def _mistakes(self, lot: Lot, misdiagnosed: Floats, blames: Floats, back: Floats) -> tuple[Ints, Ints]:
        """Which node is blamed, that which was hit or at first another one; and how long after the restart that shows."""
        table, nodes = self._table, self._policy.nodes
        another = (lot.node + 1 + (blames * (nodes - 1)).astype(np.int64)) % nodes
        blamed = np.where(misdiagnosed < table.returns[lot.cause], another, lot.node)
        back_us = _us(_around(np.array(_BACK_SECONDS), back))
        return blamed, np.where(table.permille[lot.cause, 1] > 0, 1, back_us)

    def _slowness(self, lot: Lot, severity: Floats, lasting: Floats) -> tuple[Ints, Ints]:
        """For how long steps take longer, and by how many thousandths; a stall makes one step longer."""
        table, cause, step_us = self._table, lot.cause, self._policy.step_us
        least, most = table.permille[cause].T
        slower = np.rint(least + (most - least) * severity).astype(np.int64)
        stalled = _us(_around(table.stall[cause].T, severity)) * _PERMILLE // max(step_us, 1)
        shortest, longest = table.lasting[cause].T
        lasting_us = _us(_between(shortest, longest, lasting))
        slows = most > 0
        return np.where(slows, lasting_us, step_us), np.where(slows, slower, stalled)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Some causes as columns."""

    notice: Floats  # seconds, shape (causes, 3)
    watchdog_us: Ints
    part_seconds: Floats  # shape (causes, parts)
    restarts: NDArray[np.bool_]  # which of the parts start the processes again
    permille: Floats  # shape (causes, 2)
    lasting: Floats  # seconds, shape (causes, 2)
    stall: Floats  # seconds, shape (causes, 3)
    returns: Floats  # the chance that a wrong node is blamed


def _table(causes: Sequence[Cause], policy: Policy) -> _Table:
    count, most = len(causes), max((1, *(len(cause.cure.parts) for cause in causes)))
    part_seconds, restarts = np.zeros((count, most)), np.zeros((count, most), np.bool_)
    for index, cause in enumerate(causes):
        for number, part in enumerate(cause.cure.parts):
            part_seconds[index, number] = part.seconds_on(policy.nodes)
            restarts[index, number] = part.name in RELAUNCH
    slowing = [
        (cause.slowing.permille, cause.slowing.seconds) if cause.slowing else ((0, 0), (0.0, 0.0)) for cause in causes
    ]
    return _Table(
        notice=np.array([cause.notice.seconds for cause in causes]).reshape(-1, 3),
        watchdog_us=np.array([policy.watchdog_us * cause.notice.watchdog for cause in causes], np.int64),
        part_seconds=part_seconds,
        restarts=restarts,
        permille=np.array([permille for permille, _ in slowing], np.float64).reshape(-1, 2),
        lasting=np.array([seconds for _, seconds in slowing]).reshape(-1, 2),
        stall=np.array([cause.stall.seconds if cause.stall else (0.0, 0.0, 0.0) for cause in causes]).reshape(-1, 3),
        returns=np.array([cause.returns if policy.nodes > 1 else 0.0 for cause in causes], np.float64),
    )


def _drawn(lot: Lot, parts: int) -> Floats:
    """All draws of its incidents, a row for each meaning: those of which each has one, then those of the parts of a recovery."""
    return lot.draws([*_DRAWN_ONCE, *range(_PARTS, _PARTS + parts)])


def _spread(drawn: Sequence[Floats]) -> Floats:
    """What each part of each recovery is multiplied by, shape (incidents, parts)."""
    low, high = _PART_SPREAD
    return low + (high - low) * np.array(drawn).T


def _around(seconds: Floats, shares: Floats) -> Floats:
    """Durations between the least and the most, rows of `seconds`; half of them are below the typical one."""
    least, typical, most = seconds
    below = shares < 0.5  # noqa: PLR2004 - half
    share = np.where(below, 2.0 * shares, 2.0 * shares - 1.0)
    return _between(np.where(below, least, typical), np.where(below, typical, most), share)


def _between(least: Floats, most: Floats, shares: Floats) -> Floats:
    """Even in the logarithm, where no end is 0: durations differ by factors, not by seconds."""
    even = (least <= 0.0) | (most <= 0.0)
    ratio = np.where(even, 1.0, most / np.where(even, 1.0, least))
    return np.where(even, least + (most - least) * shares, least * ratio**shares)


def _us(seconds: Floats) -> Ints:
    microseconds: Ints = np.rint(round_significant(seconds) * _MICROSECONDS).astype(np.int64)
    return microseconds
