"""How a run lives through what befalls it: who notices when, what is done, which node takes another's place, and what that takes.

One pass over the incidents in order of time. Each is turned into what the course of a run knows: an interruption or a slow
stretch. An incident that meets a job which is down passes unnoticed, as it does on a cluster.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, count, islice

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import LossShape
from pysim.pretraining.run.befallen import NOBODY, ROW, Drawn, Fate, goes_back
from pysim.pretraining.run.course import Course, Interruption
from pysim.pretraining.run.fates import Fates
from pysim.pretraining.run.luck import SOME_TIME_US, Lot, lot_of
from pysim.pretraining.run.past import Shaking
from pysim.pretraining.run.prospects import (
    LASTING_DRAW,
    ROLLBACK_DRAW,
    SKIP_DRAW,
    Candidate,
    Foresight,
    Policy,
    candidates,
)
from pysim.pretraining.run.segments import Segments, Slowdown
from pysim.pretraining.run.staged import Staged
from pysim.pretraining.run.watch import Watch
from pysim.story.steps import DataStep

Ints = NDArray[np.int64]
MOST_INCIDENTS = 100_000  # after which luck turns: what is worse is no run any more
_PERMILLE = 1000
_A_MINUTE_US = 60_000_000
_LEARNED_PER_SKIPPED = 10  # batches that a model has seen for each that is left out, at least [M]


class Depot:
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
        """A machine goes to repair, or is on its way here."""
        heapq.heappush(self._in_repair, (back_us, host))


Deed = Callable[[int], None]  # what is done, at a time in microseconds


class Life:
    """One run's way through its incidents."""

    def __init__(self, course: Course, policy: Policy, fates: Fates | None = None) -> None:
        self._course = course
        self._policy = policy
        self._foresight = Foresight(policy)
        self._fates = fates
        self._watch = Watch(course, fates, self._admit)
        self._hosts: dict[int, int] = {}  # by slot, where it is not the machine of the same number
        self._slots: dict[int, int] = {}  # by machine, of those that took another's place
        self._hit: dict[int, int] = {}  # by when a failure came, the machine that it hit
        self._depot = Depot(range(policy.nodes, policy.nodes + policy.spares))
        self._later: list[tuple[int, int, Deed]] = []  # when, and its place among those at one moment
        self._order = count()
        self._stop_is_planned = False
        self._restarts = 0
        self._drawn = Drawn()
        self._again: dict[int, Candidate] = {}  # as what those come back that are not cured at first
        self._returns: dict[int, int] = {}  # what is the return of what
        self._begun: dict[
            int, tuple[int, int]
        ] = {}  # where what is not dealt with yet stands among the rows, and its host
        self._rows: list[int] = []  # what befell the run so far

    def stage(self, incidents: Iterable[Staged]) -> None:
        """See to it that these happen."""
        waiting = tuple(incidents)
        if not waiting:
            return
        admitted = self._admit(lot_of(replace(each.incident, at_us=SOME_TIME_US) for each in waiting))
        for each, candidate in zip(waiting, admitted, strict=True):
            self._do_later(each.incident.at_us, partial(self._meet_staged, candidate, each.step))

    def live(self, lots: Iterable[Lot]) -> tuple[Segments, Fate]:
        """The segments of the run, and what befell it; both to its end."""
        self._watch.begin(self._course.trains_again_us(0) or 0)
        for candidate in islice(chain.from_iterable(map(self._admit, lots)), MOST_INCIDENTS):
            self._do_until(candidate.at_us)
            if self._course.is_over(candidate.at_us):
                break
            self._meet(self._recurring(candidate))
        self._do_until(2**62)
        return self._course.to_the_end(), Fate(self._rows, self._drawn)

    def _admit(self, lot: Lot) -> Iterator[Candidate]:
        """What a lot may bring, and what of it would come back; most lots of saves and restarts are empty, and in few does anything."""
        if not lot:
            return iter(())
        prospects = self._foresight.prospects(lot)
        first = self._drawn.add(prospects)
        come_back = np.flatnonzero(prospects.blamed != lot.node)
        if len(come_back):
            returning = self._foresight.returning(prospects, come_back)
            back = self._drawn.add(returning)
            self._again |= zip((come_back + first).tolist(), candidates(returning, back), strict=True)
        return candidates(prospects, first)

    def _recurring(self, candidate: Candidate) -> Candidate:
        """What recurs comes to its machine, if that is a node of the job again or still."""
        if not candidate.cause.is_of_a_machine:
            return candidate
        recurs = candidate.earlier_us in self._hit
        slot = self._slot(self._hit[candidate.earlier_us]) if recurs else None
        if slot is not None:
            moved = candidate.blamed - candidate.node
            candidate = candidate._replace(node=slot, blamed=(slot + moved) % self._policy.nodes)
        self._hit[candidate.at_us] = self._host(candidate.node)
        return candidate

    def _slot(self, host: int) -> int | None:
        """The node of the job that a machine is."""
        if host in self._slots:
            return self._slots[host]
        is_its_first = 0 <= host < self._policy.nodes and self._host(host) == host
        return host if is_its_first else None

    def _do_until(self, time_us: int) -> None:
        later, watch = self._later, self._watch
        while True:
            next_us = later[0][0] if later else time_us
            if watch.due_us <= time_us and watch.due_us <= next_us:
                self._look_for_saves()
            elif later and next_us <= time_us:
                at_us, _, deed = heapq.heappop(later)
                deed(at_us)
            else:
                return

    def _do_later(self, at_us: int, deed: Deed) -> None:
        heapq.heappush(self._later, (at_us, next(self._order), deed))

    def _do_when_it_trains(self, at_us: int, deed: Deed) -> bool:
        """As soon as training goes on, if it does."""
        until_us = self._course.trains_again_us(at_us)
        if until_us is not None:
            self._do_later(until_us, deed)
        return until_us is not None

    def _meet(self, candidate: Candidate) -> None:
        cause, at_us = candidate.cause, candidate.at_us
        if cause.saves_first:
            if self._course.can_be_interrupted(at_us):  # else it is done while the job is down
                self._plan_stop(candidate)
        elif cause.disturbs_saves:
            self._do_later(at_us, partial(self._meet_save, candidate))
        elif cause.stops_steps:
            self._crash(candidate, at_us)
        elif cause.slowing or cause.stall:
            self._slow_down(candidate)
        elif cause.effect == "survives":
            self._note(candidate, at_us + candidate.noticing_us, at_us + candidate.noticing_us)
        elif cause.loss:
            self._shake(candidate, cause.loss)

    def _meet_staged(self, candidate: Candidate, step: DataStep, at_us: int) -> None:
        """Something that waits for the training, and for a step of it."""
        again = partial(self._meet_staged, candidate, step)
        if not self._course.trains(at_us):
            self._do_when_it_trains(at_us, again)
            return
        begins_us = self._course.begins_us(step, at_us)
        if candidate.cause.saves_first and self._stop_is_planned:
            self._do_later(at_us + _A_MINUTE_US, again)
        elif begins_us is not None and begins_us > at_us:
            self._do_later(begins_us, again)
        elif begins_us is not None:
            self._meet(candidate._replace(at_us=at_us))

    def _plan_stop(self, candidate: Candidate) -> None:
        """One at a time: what else is planned while one waits is done with it."""
        if not self._stop_is_planned:
            self._stop_is_planned = True
            self._do_later(candidate.at_us, partial(self._stop_by_hand, candidate))

    def _stop_by_hand(self, candidate: Candidate, at_us: int) -> None:
        """Planned work begins when a checkpoint has been completed; what slows or stops the run before puts it off."""
        again = partial(self._stop_by_hand, candidate)
        if not self._course.trains(at_us):
            self._do_when_it_trains(at_us, again)
            return
        saved_us = self._course.next_saved_us(candidate.at_us)
        if saved_us > at_us:
            self._do_later(saved_us, again)
        else:
            self._stop_is_planned = False
            self._crash(candidate, at_us)

    # What comes with saves and restarts

    def _look_for_saves(self) -> None:
        failing = self._watch.look()
        if failing:
            self._disturb_save(*failing)

    def _meet_save(self, candidate: Candidate, at_us: int) -> None:
        """The next save that there is."""
        step = self._course.next_save(at_us)
        save_us = None if step is None else self._course.save_us(step, at_us)
        if step is None or save_us is None:
            self._do_when_it_trains(at_us, partial(self._meet_save, candidate))
        elif save_us[0] > at_us:
            self._do_later(save_us[0], partial(self._meet_save, candidate))
        else:
            self._disturb_save(candidate, step, save_us)

    def _disturb_save(self, candidate: Candidate, step: DataStep, save_us: tuple[int, int]) -> None:
        begin_us, end_us = save_us
        if candidate.cause.stall is None:
            share = self._drawn.incident(candidate.number).draw(LASTING_DRAW)
            cut_us = begin_us + 1 + int((end_us - begin_us - 1) * share)
            self._do_later(cut_us, partial(self._cut_save, candidate, self._restarts))
            return
        late_us = candidate.permille * candidate.slow_us // _PERMILLE
        self._course.delay_save(step, begin_us, late_us)
        self._note(candidate._replace(at_us=begin_us), begin_us + candidate.noticing_us, end_us + late_us)

    def _cut_save(self, candidate: Candidate, restarts: int, at_us: int) -> None:
        """In the midst of it; where something else has cut it, the next one."""
        if restarts == self._restarts:
            self._crash(candidate, at_us)
        else:
            self._meet_save(candidate, at_us)

    def _restarted(self, number: int, over_us: int) -> None:
        """What is to come of a restart is known by its number."""
        self._restarts += 1
        self._watch.begin(over_us + 1)
        for candidate in self._fates.restart(self._restarts, self._admit) if self._fates else ():
            self._do_later(
                self._while_it_loads_us(number, over_us), partial(self._fail_restart, candidate, self._restarts)
            )

    def _while_it_loads_us(self, number: int, over_us: int) -> int:
        """Some moment of the loading of a checkpoint, by the number of what was drawn."""
        incident = self._drawn.incident(number)
        parts = zip(incident.cause.cure.parts, self._drawn.parts(number), strict=False)
        loading_us = sum(us for part, us in parts if part.name == "loading")
        return over_us - loading_us + 1 + int((loading_us - 2) * incident.draw(LASTING_DRAW))

    def _fail_restart(self, candidate: Candidate, restarts: int, at_us: int) -> None:
        has_what_it_reads = not goes_back(candidate.cause) or self._course.saved_behind(at_us) > 0
        if restarts == self._restarts and has_what_it_reads:
            self._crash(candidate, at_us)

    # What shakes the training

    def _shake(self, candidate: Candidate, shape: LossShape) -> None:
        at_us = candidate.at_us
        shaking = self._course.shake(at_us, shape)
        met_us = self._course.met_us(shaking, at_us) if shaking else None
        if shaking is None or met_us is None:
            return
        begin_us, end_us = met_us
        if candidate.cause.cure.interrupts:
            self._begin(candidate)
            back_to = self._before(candidate, at_us) if goes_back(candidate.cause) else None
            self._do_later(begin_us + candidate.noticing_us, partial(self._stop_for, candidate, shaking, back_to))
        else:  # a trainer skips a step when it is done
            noticed_us = end_us if shape.skipped_steps else begin_us + candidate.noticing_us
            self._note(candidate, noticed_us, noticed_us)

    def _stop_for(self, candidate: Candidate, shaking: Shaking, back_to: DataStep | None, at_us: int) -> None:
        """What shakes the training is noticed in its steps: where something else has cut them, when they are done again."""
        again = partial(self._stop_for, candidate, shaking, back_to)
        met_us = self._course.met_us(shaking, at_us) if self._course.trains(at_us) else None
        if met_us is None:
            if not self._course.trains(at_us) and self._do_when_it_trains(at_us, again):
                return
            self._note(candidate, at_us, at_us)
        elif met_us[0] > at_us:
            self._do_later(met_us[0] + candidate.noticing_us, again)
        else:
            self._course.calm(shaking)
            self._cure(candidate, at_us, noticed_us=at_us, back_to=back_to)

    # What slows the steps

    def _slow_down(self, candidate: Candidate) -> None:
        cause, at_us = candidate.cause, candidate.at_us
        if not self._course.can_be_interrupted(at_us):
            return
        noticed_us, over_us = at_us + candidate.noticing_us, at_us + candidate.slow_us
        until_us = min(over_us, noticed_us) if cause.cure.interrupts else over_us
        self._course.slow_down(Slowdown(begin_us=at_us, end_us=until_us, permille=candidate.permille))
        if cause.cure.interrupts and noticed_us <= over_us:
            self._begin(candidate)
            self._do_later(noticed_us, partial(self._stop_the_slow, candidate))
        else:
            self._note(candidate, noticed_us, until_us)

    def _stop_the_slow(self, candidate: Candidate, at_us: int) -> None:
        if self._course.can_be_interrupted(at_us):
            self._cure(candidate, at_us, noticed_us=at_us, back_to=None)
        else:
            self._note(candidate, at_us, at_us)  # nothing is left to be stopped for it

    # What ends a stretch

    def _crash(self, candidate: Candidate, at_us: int) -> None:
        back_to = self._before(candidate, at_us) if goes_back(candidate.cause) else None
        self._cure(candidate, at_us, at_us + candidate.noticing_us, back_to)

    def _cure(self, candidate: Candidate, at_us: int, noticed_us: int, back_to: DataStep | None) -> None:
        if not self._course.can_be_interrupted(at_us):
            return
        cause, node, blamed = candidate.cause, candidate.node, candidate.blamed
        host, drained, replaced_by, waited_us = self._host_hit(candidate), self._host(blamed), NOBODY, 0
        if cause.cure.replaces:
            replaced_by, waited_us = self._replace(blamed, noticed_us, candidate.repair_us)
        down_us, restart_us = candidate.down_us + waited_us, candidate.restart_us
        over_us, began_us = noticed_us + down_us + restart_us, candidate.at_us if cause.slowing else at_us
        went_to = (host, replaced_by, waited_us, blamed, drained)
        number = self._enter(candidate, (began_us, noticed_us, over_us, True), went_to)
        skipped = self._skipped(candidate, back_to) if back_to else 0
        hang_us = noticed_us - at_us
        self._course.interrupt(Interruption(at_us, down_us, restart_us, hang_us, number, back_to, skipped))
        self._restarted(candidate.number, over_us)
        if blamed != node:
            again = self._again[candidate.number]._replace(node=node, blamed=node)
            self._returns[again.number] = number
            self._do_later(over_us + candidate.back_us, partial(self._strike_again, again, host))

    def _replace(self, node: int, time_us: int, repair_us: int) -> tuple[int, int]:
        """The machine of a node goes to repair; the one that takes its place, and how long one has to wait for it."""
        drained = self._host(node)
        self._depot.give(drained, time_us + repair_us)
        replaced_by, waited_us = self._depot.take(time_us)
        self._slots.pop(drained, None)
        self._hosts[node], self._slots[replaced_by] = replaced_by, node
        return replaced_by, waited_us

    def _note(self, candidate: Candidate, noticed_us: int, over_us: int) -> None:
        """What passes without an interruption."""
        host = self._host_hit(candidate)
        went_to = (host, NOBODY, 0, candidate.node, host)
        self._enter(candidate, (candidate.at_us, noticed_us, over_us, False), went_to)

    # What is known of it

    def _begin(self, candidate: Candidate) -> None:
        """It has its number and its host from now on, though it is dealt with later: whatever comes between changes neither."""
        self._begun[candidate.number] = len(self._rows), self._host(candidate.node)
        self._rows += (0,) * ROW

    def _enter(self, candidate: Candidate, times: tuple[int, ...], went_to: tuple[int, ...]) -> int:
        """What became of it; its number among all that befell the run."""
        at, _ = self._begun.pop(candidate.number, (len(self._rows), 0))
        returns = self._returns.get(candidate.number, 0)
        self._rows[at : at + ROW] = candidate.number, *times, *went_to, returns, candidate.node, candidate.at_us
        return at // ROW + 1

    def _host_hit(self, candidate: Candidate) -> int:
        """The machine that was its node when it began."""
        begun = self._begun.get(candidate.number)
        return begun[1] if begun else self._host(candidate.node)

    def _host(self, node: int) -> int:
        """The machine that is a node of the job."""
        return self._hosts.get(node, node)

    def _strike_again(self, candidate: Candidate, host: int, at_us: int) -> None:
        """What was not cured comes back with the machine, if it is still there; in what is slow at once, else in a while."""
        if self._host(candidate.node) != host:
            return
        if self._course.trains(at_us):
            self._meet(candidate._replace(at_us=at_us))
        else:
            self._do_when_it_trains(at_us, partial(self._strike_again, candidate, host))

    def _before(self, candidate: Candidate, at_us: int) -> DataStep:
        """How far one goes back for what truly began at a time."""
        rollback = candidate.cause.rollback
        if rollback is None:  # the newest one cannot be read
            return DataStep(max(self._course.saved_behind(at_us) - 1, 0))
        least, most = rollback.steps
        before = round(least + (most - least) * self._drawn.incident(candidate.number).draw(ROLLBACK_DRAW))
        return DataStep(max(self._course.step_behind(at_us) - before, 0))

    def _skipped(self, candidate: Candidate, back_to: DataStep) -> int:
        """How many batches are left out after it; few of a run that has hardly begun."""
        least, most = candidate.cause.rollback.skipped_batches if candidate.cause.rollback else (0, 0)
        drawn = round(least + (most - least) * self._drawn.incident(candidate.number).draw(SKIP_DRAW))
        return min(drawn, self._course.last_save(back_to) // _LEARNED_PER_SKIPPED)
