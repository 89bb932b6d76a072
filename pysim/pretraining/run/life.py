"""How a run lives through what befalls it: who notices when, what is done, which node takes another's place, and what that takes.

One pass over the incidents in order of time. Each is turned into what the course of a run knows: an interruption or a slow
stretch. An incident that meets a job which is down passes unnoticed, as it does on a cluster.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, islice
from typing import NamedTuple

from pysim.catalog.incidents import PARTS, Cause, LossShape, failure_rates
from pysim.physics.failures import repair_hours
from pysim.pretraining.run.course import Course, Interruption, Shaking, Slowdown
from pysim.pretraining.run.fates import Fates
from pysim.pretraining.run.luck import FREE_DRAWS, Incident
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.story.rounding import significant
from pysim.story.steps import DataStep

_MICROSECONDS = 1_000_000
_NOTICE, _SEVERITY, _LASTING, _REPAIR, _ROLLBACK, _SKIP, _PARTS = range(FREE_DRAWS, FREE_DRAWS + 7)
MISDIAGNOSED, _BLAMED, _BACK = range(_PARTS + len(PARTS), _PARTS + len(PARTS) + 3)
_BACK_SECONDS = (120.0, 900.0, 3600.0)  # until what was not cured strikes again [M]
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
    blamed: int  # the node that the diagnosis named
    drained: int  # the host in it
    replaced_by: int | None  # the host that took its place
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


Deed = Callable[[int], None]  # what is done, at a time in microseconds


class Life:
    """One run's way through its incidents."""

    def __init__(self, course: Course, policy: Policy, fates: Fates | None = None) -> None:
        self._course = course
        self._policy = policy
        self._fates = fates
        self._hosts: dict[int, int] = {}  # by slot, where it is not the machine of the same number
        self._depot = _Depot(range(policy.nodes, policy.nodes + policy.spares))
        self._later: list[tuple[int, int, Deed]] = []  # when, and its place among those at one moment
        self._befallen: list[Befallen] = []
        self._restarts = 0
        self._order = count()

    def live(self, incidents: Iterable[Incident]) -> tuple[tuple[Segment, ...], tuple[Befallen, ...]]:
        """The segments of the run, and what befell it; both to its end."""
        self._look_for_saves(self._course.under_way(0).end_us + 1)
        for incident in islice(incidents, MOST_INCIDENTS):
            self._do_until(incident.at_us)
            if self._course.under_way(incident.at_us).kind == "export":
                break
            self._meet(incident)
        self._do_until(2**62)
        return self._course.to_the_end(), tuple(self._befallen)

    def _do_until(self, time_us: int) -> None:
        while self._later and self._later[0][0] <= time_us:
            at_us, _, deed = heapq.heappop(self._later)
            deed(at_us)

    def _do_later(self, at_us: int, deed: Deed) -> None:
        heapq.heappush(self._later, (at_us, next(self._order), deed))

    def _do_when_it_trains(self, at_us: int, deed: Deed) -> bool:
        """As soon as training goes on, if it does."""
        until_us = self._course.trains_again_us(at_us)
        if until_us is not None:
            self._do_later(until_us, deed)
        return until_us is not None

    def _meet(self, incident: Incident) -> None:
        cause, at_us = incident.cause, incident.at_us
        if cause.saves_first:
            self._do_later(at_us, partial(self._stop_by_hand, incident))
        elif cause.disturbs_saves:
            self._do_later(at_us, partial(self._meet_save, incident))
        elif cause.effect in ("crash", "hang"):
            self._crash(incident, at_us)
        elif cause.slowing or cause.stall:
            self._slow_down(incident)
        elif cause.effect == "survives":
            self._note(incident, at_us, noticed_us=at_us + self._notice_us(incident))
        elif cause.loss:
            self._shake(incident, cause.loss)

    def _stop_by_hand(self, incident: Incident, at_us: int) -> None:
        """Planned work begins when a checkpoint has been completed; what slows or stops the run before puts it off."""
        if not self._course.trains(at_us):
            self._do_when_it_trains(at_us, partial(self._stop_by_hand, incident))
            return
        saved_us = self._course.next_saved_us(incident.at_us)
        if saved_us > at_us:
            self._do_later(saved_us, partial(self._stop_by_hand, incident))
        else:
            self._crash(incident, at_us)

    # What comes with saves and restarts

    def _look_for_saves(self, at_us: int) -> None:
        """See to it that the next save fails that is to fail, as long as nothing restarts the job before."""
        if self._fates:
            self._do_later(at_us, partial(self._find_save, self._fates, self._restarts))

    def _find_save(self, fates: Fates, restarts: int, at_us: int) -> None:
        under_way = self._course.under_way(at_us)
        if restarts != self._restarts or not isinstance(under_way, Stretch):
            return
        fated = fates.next_save(under_way.first_data_step)
        save_us = self._course.save_us(fated[0], at_us) if fated else None
        if fated and save_us:
            self._do_later(save_us[0], partial(self._fail_save, fates, restarts, *fated))

    def _fail_save(self, fates: Fates, restarts: int, step: DataStep, number: int, at_us: int) -> None:
        save_us = self._course.save_us(step, at_us)
        if restarts != self._restarts or save_us is None:
            return
        if save_us[0] > at_us:  # something slowed the steps before it
            self._do_later(save_us[0], partial(self._fail_save, fates, restarts, step, number))
            return
        self._disturb_save(fates.save_fails(step, number, at_us), step, save_us)
        self._look_for_saves(at_us)

    def _meet_save(self, incident: Incident, at_us: int) -> None:
        """The next save that there is."""
        step = self._course.next_save(at_us)
        save_us = None if step is None else self._course.save_us(step, at_us)
        if step is None or save_us is None:
            self._do_when_it_trains(at_us, partial(self._meet_save, incident))
        elif save_us[0] > at_us:
            self._do_later(save_us[0], partial(self._meet_save, incident))
        else:
            self._disturb_save(incident, step, save_us)

    def _disturb_save(self, incident: Incident, step: DataStep, save_us: tuple[int, int]) -> None:
        begin_us, end_us = save_us
        stall = incident.cause.stall
        if stall is None:
            cut_us = begin_us + 1 + int((end_us - begin_us - 1) * incident.draw(_LASTING))
            self._do_later(cut_us, partial(self._cut_save, incident, self._restarts))
            return
        late_us = _us(_around(stall.seconds, incident.draw(_SEVERITY)))
        self._course.delay_save(step, begin_us, late_us)
        noticed_us = begin_us + self._notice_us(incident)
        self._note(incident, begin_us, noticed_us=noticed_us, over_us=end_us + late_us)

    def _cut_save(self, incident: Incident, restarts: int, at_us: int) -> None:
        """In the midst of it; where something else has cut it, the next one."""
        if restarts == self._restarts:
            self._crash(incident, at_us)
        else:
            self._meet_save(incident, at_us)

    def _restarted(self, incident: Incident, loading_us: int, over_us: int) -> None:
        """What is to come of a restart is known by its number."""
        self._restarts += 1
        self._look_for_saves(over_us + 1)
        for cause in self._fates.restart_fails(self._restarts) if self._fates else ():
            at_us = loading_us + 1 + int((over_us - loading_us - 2) * incident.draw(_LASTING))
            self._do_later(at_us, partial(self._fail_restart, cause, self._restarts))

    def _fail_restart(self, cause: Cause, restarts: int, at_us: int) -> None:
        has_what_it_reads = self._course.saved_behind(at_us) > 0 or not goes_back(cause)
        if self._fates and restarts == self._restarts and has_what_it_reads:
            self._crash(self._fates.failing(cause, restarts, at_us), at_us)

    # What shakes the training

    def _shake(self, incident: Incident, shape: LossShape) -> None:
        at_us = incident.at_us
        shaking = self._course.shake(at_us, shape)
        met_us = self._course.met_us(shaking, at_us) if shaking else None
        if shaking is None or met_us is None:
            return
        begin_us, end_us = met_us
        if incident.cause.cure.interrupts:
            noticed_us = begin_us + self._notice_us(incident)
            self._do_later(noticed_us, partial(self._stop_for, incident, shaking, self._before(incident, at_us)))
        else:  # a trainer skips a step when it is done
            noticed_us = end_us if shape.skipped_steps else begin_us + self._notice_us(incident)
            self._note(incident, at_us, noticed_us=noticed_us)

    def _stop_for(self, incident: Incident, shaking: Shaking, back_to: DataStep | None, at_us: int) -> None:
        """What shakes the training is noticed in its steps: where something else has cut them, when they are done again."""
        again = partial(self._stop_for, incident, shaking, back_to)
        met_us = self._course.met_us(shaking, at_us) if self._course.trains(at_us) else None
        if met_us is None:
            if not self._course.trains(at_us) and self._do_when_it_trains(at_us, again):
                return
            self._note(incident, incident.at_us, noticed_us=at_us)
        elif met_us[0] > at_us:
            self._do_later(met_us[0] + self._notice_us(incident), again)
        else:
            self._course.calm(shaking)
            self._cure(incident, at_us, noticed_us=at_us, back_to=back_to)

    # What slows the steps

    def _slow_down(self, incident: Incident) -> None:
        cause, at_us = incident.cause, incident.at_us
        if not self._course.can_be_interrupted(at_us):
            return
        if cause.slowing:
            least, most = cause.slowing.permille
            permille = round(least + (most - least) * incident.same(_SEVERITY))
            lasts_us = _us(_between(*cause.slowing.seconds, incident.draw(_LASTING)))
        else:
            lasts_us = self._policy.step_us
            seconds = cause.stall.seconds if cause.stall else (0.0, 0.0, 0.0)
            permille = _us(_around(seconds, incident.draw(_SEVERITY))) * _PERMILLE // max(lasts_us, 1)
        noticed_us = at_us + self._notice_us(incident)
        until_us = min(at_us + lasts_us, noticed_us) if cause.cure.interrupts else at_us + lasts_us
        self._course.slow_down(Slowdown(begin_us=at_us, end_us=until_us, permille=permille))
        if cause.cure.interrupts and noticed_us <= at_us + lasts_us:
            self._do_later(noticed_us, partial(self._stop_the_slow, incident))
        else:
            self._note(incident, at_us, noticed_us=noticed_us, over_us=until_us)

    def _stop_the_slow(self, incident: Incident, at_us: int) -> None:
        if self._course.can_be_interrupted(at_us):
            self._cure(incident, at_us, noticed_us=at_us, back_to=None)
        else:
            self._note(incident, incident.at_us, noticed_us=at_us)  # nothing is left to be stopped for it

    # What ends a stretch

    def _crash(self, incident: Incident, at_us: int) -> None:
        self._cure(incident, at_us, at_us + self._notice_us(incident), self._before(incident, at_us))

    def _cure(self, incident: Incident, at_us: int, noticed_us: int, back_to: DataStep | None) -> None:
        cause = incident.cause
        if not self._course.can_be_interrupted(at_us):
            return
        blamed, number = self._blamed(incident), len(self._befallen) + 1
        host, drained = self._host(incident.node), self._host(blamed)
        parts = list(self._parts(incident))
        replaced_by = None
        if cause.cure.replaces:
            replaced_by, waited_us = self._replace(incident, blamed, noticed_us)
            parts = _with_wait(parts, waited_us)
        restart_us = sum(part.us for part in parts if part.name in RESTART_PARTS)
        down_us = sum(part.us for part in parts) - restart_us
        self._course.interrupt(
            Interruption(
                at_us=at_us,
                hang_us=noticed_us - at_us,
                down_us=down_us,
                restart_us=restart_us,
                incident=number,
                resume_after=back_to,
                skipped_batches=self._skipped(incident),
            )
        )
        self._befallen.append(
            Befallen(
                number=number,
                incident=incident,
                at_us=min(at_us, incident.at_us) if cause.slowing else at_us,
                noticed_us=noticed_us,
                over_us=noticed_us + down_us + restart_us,
                interrupts=True,
                parts=tuple(parts),
                host=host,
                blamed=blamed,
                drained=drained,
                replaced_by=replaced_by,
                rolled_back=goes_back(cause),
            )
        )
        over_us = noticed_us + down_us + restart_us
        loading_us = sum(part.us for part in parts if part.name == "loading")
        self._restarted(incident, over_us - loading_us, over_us)
        if blamed != incident.node:
            delay_us = 1 if cause.slowing else _us(_around(_BACK_SECONDS, incident.draw(_BACK)))
            self._do_later(over_us + delay_us, partial(self._strike_again, incident, number, host))

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
                host=self._host(incident.node),
                blamed=incident.node,
                drained=self._host(incident.node),
                replaced_by=None,
                rolled_back=False,
            )
        )

    def _parts(self, incident: Incident) -> Iterator[PartTaken]:
        low, high = _PART_SPREAD
        for index, part in enumerate(incident.cause.cure.parts):
            spread = low + (high - low) * incident.draw(_PARTS + index)
            yield PartTaken(part.name, _us(part.seconds_on(self._policy.nodes) * spread))

    def _host(self, node: int) -> int:
        """The machine that is a node of the job."""
        return self._hosts.get(node, node)

    def _blamed(self, incident: Incident) -> int:
        """The node that the diagnosis names: that which was hit, or at first perhaps another one."""
        nodes = self._policy.nodes
        if incident.returns or nodes == 1 or incident.draw(MISDIAGNOSED) >= incident.cause.returns:
            return incident.node
        return (incident.node + 1 + int(incident.draw(_BLAMED) * (nodes - 1))) % nodes

    def _strike_again(self, incident: Incident, number: int, host: int, at_us: int) -> None:
        """What was not cured comes back with the machine, if it is still there; in what is slow at once, else in a while."""
        if self._host(incident.node) != host:
            return
        if self._course.trains(at_us):
            self._meet(incident.again(at_us, number))
        else:
            self._do_when_it_trains(at_us, partial(self._strike_again, incident, number, host))

    def _replace(self, incident: Incident, node: int, time_us: int) -> tuple[int, int]:
        """The machine that takes the place of one that goes to repair, and how long one waits for it."""
        hours = repair_hours(incident.draw(_REPAIR), failure_rates().repairs.quantiles)
        self._depot.give(self._host(node), time_us + _us(hours * 3600.0))
        taken, waited_us = self._depot.take(time_us)
        self._hosts[node] = taken
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
