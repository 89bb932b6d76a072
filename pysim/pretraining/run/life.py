"""How a run lives through what befalls it: who notices when, what is done, which node takes another's place, and what that takes.

One pass over the incidents in order of time. Each is turned into what the course of a run knows: an interruption or a slow
stretch. An incident that meets a job which is down passes unnoticed, as it does on a cluster.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from typing import NamedTuple

from pysim.catalog.incidents import Cause, LossShape, failure_rates
from pysim.physics.failures import repair_hours
from pysim.pretraining.run.course import Course, Interruption, Shaking, Slowdown
from pysim.pretraining.run.luck import FREE_DRAWS, Incident
from pysim.pretraining.run.segments import Segment
from pysim.story.rounding import significant
from pysim.story.steps import DataStep

_MICROSECONDS = 1_000_000
_NOTICE, _SEVERITY, _LASTING, _REPAIR, _ROLLBACK, _SKIP, _PARTS = range(FREE_DRAWS, FREE_DRAWS + 7)
_PART_SPREAD = (0.6, 1.4)  # of what a part of a recovery takes on average [M]
RESTART_PARTS = ("launching", "groups", "loading")  # the others come before the processes are started again
_PERMILLE = 1000
MOST_INCIDENTS = 100_000  # after which luck turns: what is worse is no run any more


class PartTaken(NamedTuple):
    """A part of a recovery, and how long it took."""

    name: str
    us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operators have decided, and how large the cluster is that they decide for."""

    nodes: int
    spares: int
    watchdog_us: int
    step_us: int  # expected


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


class _Due(NamedTuple):
    """Something that is done about an incident later than it comes, and how far one goes back then."""

    at_us: int
    order: int  # of those that are due at one moment
    incident: Incident
    back_to: DataStep | None
    shaking: Shaking | None


class Life:
    """One run's way through its incidents."""

    def __init__(self, course: Course, policy: Policy) -> None:
        self._course = course
        self._policy = policy
        self._hosts: dict[int, int] = {}  # by slot, where it is not the machine of the same number
        self._depot = _Depot(range(policy.nodes, policy.nodes + policy.spares))
        self._later: list[_Due] = []
        self._befallen: list[Befallen] = []
        self._order = count()

    def live(self, incidents: Iterable[Incident]) -> tuple[tuple[Segment, ...], tuple[Befallen, ...]]:
        """The segments of the run, and what befell it; both to its end."""
        for incident in islice(incidents, MOST_INCIDENTS):
            self._do_until(incident.at_us)
            if self._course.under_way(incident.at_us).kind == "export":
                break
            self._meet(incident)
        self._do_until(2**62)
        return self._course.to_the_end(), tuple(self._befallen)

    def _do_until(self, time_us: int) -> None:
        while self._later and self._later[0].at_us <= time_us:
            self._do(heapq.heappop(self._later))

    def _do(self, due: _Due) -> None:
        """What was put off, or put off again where the job is down."""
        if due.incident.cause.saves_first:
            self._stop_by_hand(due)
        elif due.shaking:
            self._stop_for(due, due.shaking)
        elif self._course.can_be_interrupted(due.at_us):
            self._cure(due.incident, due.at_us, noticed_us=due.at_us, back_to=due.back_to)
        else:
            self._note(due.incident, due.incident.at_us, noticed_us=due.at_us)  # nothing is left to be stopped for it

    def _stop_by_hand(self, due: _Due) -> None:
        """Planned work begins when a checkpoint has been completed; what slows or stops the run before puts it off."""
        if not self._course.trains(due.at_us):
            self._put_off(due)
            return
        saved_us = self._course.next_saved_us(due.incident.at_us)
        if saved_us > due.at_us:
            self._do_later(due._replace(at_us=saved_us))
        else:
            noticed_us = due.at_us + self._notice_us(due.incident)
            self._cure(due.incident, due.at_us, noticed_us=noticed_us, back_to=due.back_to)

    def _stop_for(self, due: _Due, shaking: Shaking) -> None:
        """What shakes the training is noticed in its steps: where something else has cut them, when they are done again."""
        if not self._course.trains(due.at_us):
            self._put_off(due)
            return
        met_us = self._course.met_us(shaking, due.at_us)
        if met_us is None:
            self._note(due.incident, due.incident.at_us, noticed_us=due.at_us)
        elif met_us[0] > due.at_us:
            self._do_later(due._replace(at_us=met_us[0] + self._notice_us(due.incident)))
        else:
            self._course.calm(shaking)
            self._cure(due.incident, due.at_us, noticed_us=due.at_us, back_to=due.back_to)

    def _put_off(self, due: _Due) -> None:
        """Until training goes on, if it does."""
        until_us = self._course.trains_again_us(due.at_us)
        if until_us is not None:
            self._do_later(due._replace(at_us=until_us))
        elif not due.incident.cause.saves_first:
            self._note(due.incident, due.incident.at_us, noticed_us=due.at_us)

    def _do_later(self, due: _Due) -> None:
        heapq.heappush(self._later, due._replace(order=next(self._order)))

    def _meet(self, incident: Incident) -> None:
        cause, at_us = incident.cause, incident.at_us
        if cause.saves_first:
            self._do_later(_Due(at_us, 0, incident, None, None))
        elif cause.effect in ("crash", "hang"):
            self._cure(incident, at_us, at_us + self._notice_us(incident), self._before(incident, at_us))
        elif cause.slowing or cause.stall:
            self._slow_down(incident)
        elif cause.effect == "survives":
            self._note(incident, at_us, noticed_us=at_us + self._notice_us(incident))
        elif cause.loss:
            self._shake(incident, cause.loss)

    def _shake(self, incident: Incident, shape: LossShape) -> None:
        at_us = incident.at_us
        shaking = self._course.shake(at_us, shape)
        met_us = self._course.met_us(shaking, at_us) if shaking else None
        if met_us is None:
            return
        begin_us, end_us = met_us
        if incident.cause.cure.interrupts:
            noticed_us = begin_us + self._notice_us(incident)
            self._do_later(_Due(noticed_us, 0, incident, self._before(incident, at_us), shaking))
        else:  # a trainer skips a step when it is done
            noticed_us = end_us if shape.skipped_steps else begin_us + self._notice_us(incident)
            self._note(incident, at_us, noticed_us=noticed_us)

    # What slows the steps

    def _slow_down(self, incident: Incident) -> None:
        cause, at_us = incident.cause, incident.at_us
        if not self._course.can_be_interrupted(at_us):
            return
        if cause.slowing:
            least, most = cause.slowing.permille
            permille = round(least + (most - least) * incident.draw(_SEVERITY))
            lasts_us = _us(_between(*cause.slowing.seconds, incident.draw(_LASTING)))
        else:
            lasts_us = self._policy.step_us
            seconds = cause.stall.seconds if cause.stall else (0.0, 0.0, 0.0)
            permille = _us(_around(seconds, incident.draw(_SEVERITY))) * _PERMILLE // max(lasts_us, 1)
        noticed_us = at_us + self._notice_us(incident)
        until_us = min(at_us + lasts_us, noticed_us) if cause.cure.interrupts else at_us + lasts_us
        self._course.slow_down(Slowdown(begin_us=at_us, end_us=until_us, permille=permille))
        if cause.cure.interrupts and noticed_us <= at_us + lasts_us:
            self._do_later(_Due(noticed_us, 0, incident, self._before(incident, at_us), None))
        else:
            self._note(incident, at_us, noticed_us=noticed_us, over_us=until_us)

    # What ends a stretch

    def _cure(self, incident: Incident, at_us: int, noticed_us: int, back_to: DataStep | None) -> None:
        cause = incident.cause
        if not self._course.can_be_interrupted(at_us):
            return
        host = self._hosts.get(incident.node, incident.node)
        parts = list(self._parts(incident))
        replaced_by = None
        if cause.cure.replaces:
            replaced_by, waited_us = self._replace(incident, host, noticed_us)
            parts = _with_wait(parts, waited_us)
        restart_us = sum(part.us for part in parts if part.name in RESTART_PARTS)
        down_us = sum(part.us for part in parts) - restart_us
        self._course.interrupt(
            Interruption(
                at_us=at_us,
                hang_us=noticed_us - at_us,
                down_us=down_us,
                restart_us=restart_us,
                incident=len(self._befallen) + 1,
                resume_after=back_to,
                skipped_batches=self._skipped(incident),
            )
        )
        self._befallen.append(
            Befallen(
                number=len(self._befallen) + 1,
                incident=incident,
                at_us=min(at_us, incident.at_us) if cause.slowing else at_us,
                noticed_us=noticed_us,
                over_us=noticed_us + down_us + restart_us,
                interrupts=True,
                parts=tuple(parts),
                host=host,
                replaced_by=replaced_by,
                rolled_back=goes_back(cause),
            )
        )

    def _note(self, incident: Incident, at_us: int, noticed_us: int, over_us: int | None = None) -> None:
        """What passes without an interruption."""
        self._befallen.append(
            Befallen(
                number=len(self._befallen) + 1,
                incident=incident,
                at_us=at_us,
                noticed_us=noticed_us,
                over_us=noticed_us if over_us is None else over_us,
                interrupts=False,
                parts=(),
                host=self._hosts.get(incident.node, incident.node),
                replaced_by=None,
                rolled_back=False,
            )
        )

    def _parts(self, incident: Incident) -> Iterator[PartTaken]:
        low, high = _PART_SPREAD
        for index, part in enumerate(incident.cause.cure.parts):
            spread = low + (high - low) * incident.draw(_PARTS + index)
            yield PartTaken(part.name, _us(part.seconds_on(self._policy.nodes) * spread))

    def _replace(self, incident: Incident, host: int, time_us: int) -> tuple[int, int]:
        """The machine that takes the place of the one that was hit, and how long one waits for it."""
        hours = repair_hours(incident.draw(_REPAIR), failure_rates().repairs.quantiles)
        self._depot.give(host, time_us + _us(hours * 3600.0))
        taken, waited_us = self._depot.take(time_us)
        self._hosts[incident.node] = taken
        return taken, waited_us

    def _before(self, incident: Incident, at_us: int) -> DataStep | None:
        """How far one goes back for what truly began at a time; None where the last checkpoint is good."""
        cause = incident.cause
        if not goes_back(cause):
            return None
        if cause.rollback is None:  # the newest one cannot be read
            return DataStep(max(self._course.saved_behind(at_us) - 1, 0))
        least, most = cause.rollback.steps
        before = round(least + (most - least) * incident.draw(_ROLLBACK))
        return DataStep(max(self._course.step_behind(at_us) - before, 0))

    def _skipped(self, incident: Incident) -> int:
        if incident.cause.rollback is None:
            return 0
        least, most = incident.cause.rollback.skipped_batches
        return round(least + (most - least) * incident.draw(_SKIP))

    def _notice_us(self, incident: Incident) -> int:
        """How long it takes until somebody knows, the watchdog's limit included where that decides."""
        notice = incident.cause.notice
        seconds = _around(notice.seconds, incident.draw(_NOTICE))
        return _us(seconds) + (self._policy.watchdog_us if notice.watchdog else 0)


def goes_back(cause: Cause) -> bool:
    """Whether the last checkpoint is not good enough: the trouble is in it, or it cannot be read."""
    return cause.cure.rolls_back or cause.rollback is not None


def _with_wait(parts: list[PartTaken], waited_us: int) -> list[PartTaken]:
    """The parts with the wait for a machine where it is: before the replacement."""
    if not waited_us:
        return parts
    waits = PartTaken("waiting", waited_us)
    return list(chain.from_iterable((waits, part) if part.name == "replacing" else (part,) for part in parts))


def _around(seconds: tuple[float, float, float], share: float) -> float:
    """A duration between the least and the most; half of them are below the typical one."""
    least, typical, most = seconds
    if share < 0.5:  # noqa: PLR2004 - half
        return _between(least, typical, 2.0 * share)
    return _between(typical, most, 2.0 * share - 1.0)


def _between(least: float, most: float, share: float) -> float:
    """Even in the logarithm, from a tenth of a second on: durations differ by factors, not by seconds."""
    if least <= 0.0 or most <= 0.0:
        return least + (most - least) * share
    return float(least * (most / least) ** share)


def _us(seconds: float) -> int:
    return round(significant(seconds) * _MICROSECONDS)
