"""A run in which somebody decides: on call, what goes wrong waits for it, and at any time more can be done than a policy would do.

It is the same pass through the same incidents as without: luck is drawn in run time, and a decision changes what comes after it. Who is on
call decides late or never, so a job that is down waits, and what is slow stays slow, until somebody else follows the policy after all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from pysim.catalog.incidents import RELAUNCH, Cause, LossShape, causes, cures
from pysim.catalog.oncall import Diagnostic, on_call
from pysim.pretraining.run.befallen import DECIDING, NOBODY, ROW, Fate, Handled, PartTaken, goes_back, with_wait
from pysim.pretraining.run.course import Course, Interruption
from pysim.pretraining.run.decisions import Called, Diagnosed, Ordered, Orders, Record, Unfit
from pysim.pretraining.run.fates import Fates
from pysim.pretraining.run.hit import nodes_beside
from pysim.pretraining.run.life import Life
from pysim.pretraining.run.luck import RETURNS, SOME_TIME_US, Incident, Lot, draws_of, lot_of
from pysim.pretraining.run.past import Shaking
from pysim.pretraining.run.prospects import Candidate, Policy
from pysim.pretraining.run.segments import Segments, Slowdown
from pysim.story.choices import ActionName
from pysim.story.noise import Stream
from pysim.story.oncall import CallKind
from pysim.story.steps import DataStep

_US = 1_000_000
_NEVER_US = 2**61
_STOPS: tuple[ActionName, ...] = ("drain", "restart", "skip", "rate")
_ALL = 1 << 20  # diagnoses of one node, at most
_DOWN_SHOWS = {
    "process exit": "the job is down: a process has exited",
    "watchdog": "the job is down: a collective has timed out",
    "communication error": "the job is down: ranks have lost each other",
    "health check": "the job is down: a health check has failed",
    "trainer": "the job is down: the trainer has stopped itself",
    "loss monitor": "the job is down: the trainer has stopped itself",
    "human": "the job is down: it stood still and was cancelled",
}
_SHAKEN = "the loss has left its way"
RateShape = Callable[[DataStep, float], LossShape]  # of a lower rate from a batch on: what it is multiplied by
_CURES: dict[ActionName, tuple[str, str, tuple[str, ...]]] = {  # title, cure, and its parts that are not needed
    "drain": ("node drained by hand", "replace", ("diagnosing",)),
    "restart": ("restarted by hand", "restart", ("diagnosing",)),
    "skip": ("restarted by hand, batches left out", "update", ()),
    "rate": ("restarted by hand with a lower rate", "update", ()),
    "maintenance": ("announced maintenance", "replace", ("diagnosing",)),
}


class _Ill:
    """Something that is under way in the run, and stays until it passes or something is done about it."""

    def __init__(
        self,
        *,
        candidate: Candidate,
        host: int,
        over_us: int,
        slowdown: Slowdown | None = None,
        shaking: Shaking | None = None,
        back_to: DataStep | None = None,
    ) -> None:
        """`back_to` is where the policy would go on from."""
        self.candidate = candidate
        self.host = host
        self.over_us = over_us
        self.slowdown = slowdown
        self.shaking = shaking
        self.back_to = back_to
        self.call: Called | None = None
        self.noticed_us = 0  # when somebody was told; 0 before
        self.is_taken_out = False  # though what it has done is still there
        self.is_over = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What ends the wait of a job that is down: a decision by its place, or none; and when."""

    place: int | None
    at_us: int


def cause_of(action: ActionName, *, drains: bool) -> Cause:
    """A stop by hand as an incident, which is told like one."""
    title, cure, unneeded = _CURES[action]
    if action == "maintenance" and not drains:
        cure, unneeded = "restart", ("diagnosing",)
    done = cures()[cure]
    parts = tuple(part for part in done.parts if part.name not in unneeded)
    usual = causes()["planned-maintenance" if action == "maintenance" else "code-update"]
    return replace(usual, title=title, saves_first=False, cure=replace(done, parts=parts))


class Duty(Life):
    """One run's way through its incidents and what somebody decides in it."""

    class Plan(NamedTuple):
        """What it needs to know of the plan."""

        noise_seed: int
        rate_shape: RateShape

    def __init__(self, course: Course, policy: Policy, fates: Fates | None, orders: Orders, plan: Plan) -> None:
        super().__init__(course, policy, fates)
        self._orders = orders
        self._noise = Stream(plan.noise_seed, "decisions")
        self._looks = Stream(plan.noise_seed, "diagnoses")
        self._rate_shape = plan.rate_shape
        self.record = Record(spares=policy.spares)
        self._stops = self._ordered = 0
        self._looked: dict[int, int] = {}  # how often each machine was
        self._left_out: dict[int, int] = {}  # batches, by the number of what was drawn for a stop by hand
        self._announced: set[int] = set()  # what was drawn for stops that wait for a checkpoint
        self._handled: dict[int, Handled] = {}
        self._ills: list[_Ill] = []
        self._out_us: dict[str, int] = {}  # until when what cannot be used, by cause
        self._taken_out: set[int] = set()  # machines, by hand

    def live(self, lots: Iterable[Lot]) -> tuple[Segments, Fate]:
        """The segments of the run, and what befell it; both to its end."""
        for place, decision in enumerate(self._orders.decisions):
            self._do_later(decision.at_us, partial(self._carry_out, place))
        segments, _ = super().live(lots)
        end_us = int(segments.end_us[-1])
        for ill in self._ills:
            self._end(ill, min(ill.over_us, end_us))
        for call in self.record.calls:
            call.until_us = min(call.until_us, end_us)
        return segments, Fate(self._rows, self._drawn, self._handled)

    # What was decided

    def _carry_out(self, place: int, at_us: int) -> None:
        """A decision, unless it was the answer to something that waited for it."""
        if self._is_settled(place):
            return
        decision = self._orders.decisions[place]
        if decision.action not in _STOPS and decision.action != "maintenance":
            self._do_beside(place, at_us, is_down=not self._course.can_be_interrupted(at_us))
        elif not self._course.can_be_interrupted(at_us):
            self._refuse(place, "the job is over" if self._course.is_over(at_us) else "the job is being repaired")
        elif decision.action == "maintenance":
            self._announce(place, at_us)
        else:
            self._stop_now(place, at_us)

    def _is_settled(self, place: int) -> bool:
        """Whether it was carried out, or does not go with the run."""
        return place in self.record.carried_out or any(each.place == place for each in self.record.unfit)

    def _refuse(self, place: int, why: str) -> None:
        self.record.unfit.append(Unfit(place=place, why=why))

    def _do_beside(self, place: int, at_us: int, *, is_down: bool) -> None:
        """What neither stops the job nor ends a wait."""
        decision = self._orders.decisions[place]
        if self._course.is_over(at_us):
            self._refuse(place, "the job is over")
            return
        if decision.action == "diagnose":
            if not self._has_node(place):
                return
            self._diagnose(place, at_us, on_call().test if is_down else on_call().inspection)
        elif decision.action == "spares":
            self._order_spares(place, at_us)
        self.record.carried_out[place] = NOBODY

    def _has_node(self, place: int) -> bool:
        node = self._orders.decisions[place].node
        if node is None:
            self._refuse(place, "which node? add ,node=N")
        elif node >= self._policy.nodes:
            self._refuse(place, f"there is no node {node}; the last one is {self._policy.nodes - 1}")
        return node is not None and node < self._policy.nodes

    def _diagnose(self, place: int, at_us: int, how: Diagnostic) -> None:
        node = self._orders.decisions[place].node or 0
        host = self._host(node)
        ill = next((each for each in self._ills if self._ails(each, node)), None)
        times = self._looked.get(host, 0)
        self._looked[host] = times + 1
        chance = how.chance(ill.candidate.cause if ill else None)
        self.record.diagnosed.append(
            Diagnosed(
                decision=place,
                node=node,
                begin_us=at_us,
                end_us=at_us + round(how.seconds * _US),
                is_named=self._looks.spread_at(host * _ALL + times) < chance,
                is_ill=ill is not None,
            )
        )

    def _ails(self, ill: _Ill, node: int) -> bool:
        cause = ill.candidate.cause
        hit = nodes_beside(cause, ill.candidate.node, self._policy.nodes)
        return not ill.is_over and cause.is_of_a_machine and node in hit and self._host(ill.candidate.node) == ill.host

    def _order_spares(self, place: int, at_us: int) -> None:
        count, there_us = self._orders.decisions[place].count or 1, at_us + round(on_call().spares.seconds * _US)
        first = self._policy.nodes + self._policy.spares + self._ordered
        for host in range(first, first + count):
            self._depot.give(host, there_us)
        self._ordered += count
        self.record.ordered.append(Ordered(decision=place, there_us=there_us, count=count))
        self.record.spares.append((there_us, count))

    def _announce(self, place: int, at_us: int) -> None:
        """A stop at the next checkpoint, by which no step is done again."""
        decision = self._orders.decisions[place]
        if self._stop_is_planned:
            self._refuse(place, "a stop is announced already")
        elif decision.node is None or self._has_node(place):
            self.record.carried_out[place] = NOBODY
            candidate = self._by_hand(place, at_us)
            self._announced.add(candidate.number)
            self._plan_stop(candidate)

    # Stops by hand

    def _by_hand(self, place: int, at_us: int) -> Candidate:
        """A decision as something that befalls the run."""
        decision = self._orders.decisions[place]
        drains = decision.node is not None
        incident = Incident(
            at_us=at_us,
            cause=cause_of(decision.action, drains=drains),
            node=decision.node or 0,
            local_rank=0,
            stream=self._noise,
            address=draws_of(self._stops),
        )
        self._stops += 1
        candidate = next(self._admit(lot_of((incident,))))
        self._left_out[candidate.number] = (decision.batches or 0) if decision.action == "skip" else 0
        return candidate

    def _resumes_after(self, place: int, at_us: int) -> DataStep | None:
        """The checkpoint that a decision goes on from; None, and no more of it, where there is none such."""
        decision, newest = self._orders.decisions[place], self._course.saved_behind(at_us)
        if decision.checkpoint is None:
            return newest
        asked = DataStep(decision.checkpoint)
        if asked > newest or self._course.last_save(asked) != asked:
            there = f"the newest is that of step {newest:,}" if newest else "none has been completed"
            self._refuse(place, f"there is no checkpoint of step {asked:,}: {there}")
            return None
        return asked

    def _is_complete(self, place: int) -> bool:
        """Whether all is said that a stop needs."""
        decision = self._orders.decisions[place]
        if decision.action == "drain":
            return self._has_node(place)
        if decision.action == "skip" and not decision.batches:
            self._refuse(place, "how many? add ,batches=N")
            return False
        if decision.action == "rate" and not 0.0 < (decision.factor or 0.0) < 1.0:
            self._refuse(place, "how much lower? add ,factor=F between 0 and 1")
            return False
        return True

    def _stop_now(self, place: int, at_us: int) -> None:
        back_to = self._resumes_after(place, at_us) if self._is_complete(place) else None
        if back_to is None:
            return
        candidate = self._by_hand(place, at_us)
        self.record.carried_out[place] = len(self._rows) // ROW
        self._treat(place, back_to, at_us, candidate)
        self._cure(candidate, at_us, at_us, back_to)
        self._lower(place, back_to)

    def _treat(self, place: int | None, back_to: DataStep, at_us: int, by: Candidate) -> None:
        """What a stop by hand does about all that is under way: who is drained takes it along, who goes back far enough meets it no more."""
        decision = self._orders.decisions[place] if place is not None else None
        left_out, drains = self._left_out.get(by.number, 0), by.cause.cure.replaces
        is_calm = (
            decision is not None and decision.action == "rate" and (decision.factor or 1.0) <= on_call().calming_rate
        )
        for ill in [each for each in self._ills if not each.is_over]:
            goes = drains and self._ails(ill, by.node)
            if ill.shaking:
                is_of_batch = not ill.candidate.cause.is_of_a_machine
                ill.is_taken_out = ill.is_taken_out or goes
                passed = ill.is_taken_out or (is_of_batch and (is_calm or ill.shaking.first <= back_to + left_out))
                if back_to < ill.shaking.first and passed:
                    self._course.calm(ill.shaking)
                    self._end(ill, at_us)
            elif goes:
                self._end(ill, at_us)
        if drains:
            self._taken_out.add(self._host(by.node))

    def _lower(self, place: int, back_to: DataStep) -> None:
        """The learning rate, from the first batch after a checkpoint on."""
        decision = self._orders.decisions[place]
        if decision.action == "rate":
            first = DataStep(back_to + 1)
            self._course.shake_from(first, self._rate_shape(first, decision.factor or 1.0))

    def _cure(self, candidate: Candidate, at_us: int, noticed_us: int, back_to: DataStep | None) -> None:
        is_by_hand = candidate.number in self._left_out
        is_ours = self._orders.on_call and not candidate.cause.planned and candidate.cause.notice.by != "scheduler"
        if not self._course.can_be_interrupted(at_us):
            return
        if is_ours and not is_by_hand:
            self._wait(candidate, at_us, noticed_us, back_to)
            return
        if candidate.number in self._announced:
            self._treat(None, self._course.saved_behind(at_us), at_us, candidate)
        super()._cure(candidate, at_us, noticed_us, back_to)
        if is_by_hand:
            self._meet_again(noticed_us + candidate.down_us + candidate.restart_us)

    def _skipped(self, candidate: Candidate, back_to: DataStep) -> int:
        if candidate.number in self._left_out:
            return self._left_out[candidate.number]
        return super()._skipped(candidate, back_to)

    def _replace(self, node: int, time_us: int, repair_us: int) -> tuple[int, int]:
        replaced_by, waited_us = super()._replace(node, time_us, repair_us)
        self.record.spares += [(time_us + waited_us, -1), (time_us + repair_us, 1)]
        return replaced_by, waited_us

    # A job that is down and waits

    def _wait(
        self, candidate: Candidate, at_us: int, noticed_us: int, back_to: DataStep | None, ill: _Ill | None = None
    ) -> None:
        """Until somebody decides; what was decided is known here, and nothing before it depends on it."""
        host, reserved = self._host_hit(candidate), self._begun.pop(candidate.number, None)
        if ill is None and candidate.cause.stays_with_a_machine:
            ill = _Ill(candidate=candidate, host=host, over_us=_NEVER_US)
            self._ills.append(ill)
        at_most_us = round(on_call().escalation_seconds["down"] * _US)
        answer = self._answer(at_us, noticed_us, noticed_us + at_most_us)
        noticed_us = min(noticed_us, answer.at_us)
        self._call_for_down(candidate, noticed_us, answer.at_us, noticed_us + at_most_us)
        newest = self._course.saved_behind(at_us)
        by, resumes_after = candidate, back_to
        if answer.place is not None:
            by, resumes_after = self._by_hand(answer.place, answer.at_us), self._resumes_after(answer.place, at_us)
            self._treat(answer.place, resumes_after or DataStep(0), at_us, by)
        elif ill:
            self._follow(ill, at_us)
        treated = by.node if answer.place is not None else by.blamed
        drained, replaced_by, waited_us = self._host(candidate.node), NOBODY, 0
        if by.cause.cure.replaces:
            drained = self._host(treated)
            replaced_by, waited_us = self._replace(treated, answer.at_us, candidate.repair_us)
        taken = self._taken(by, noticed_us, answer.at_us, waited_us, is_down=by is not candidate)
        restart_us, over_us = _restart_us(taken), noticed_us + sum(part.us for part in taken)
        blamed = treated if by.cause.cure.replaces else candidate.node
        times = (candidate.at_us if candidate.cause.slowing else at_us, noticed_us, over_us, True)
        if reserved:
            self._begun[candidate.number] = reserved
        number = self._enter(candidate, times, (host, replaced_by, waited_us, blamed, drained))
        cause = replace(_complaining(candidate.cause), cure=by.cause.cure)
        self._handled[number - 1] = Handled(cause=cause, parts=taken, named=candidate.blamed)
        skipped = self._skipped(by, resumes_after) if resumes_after is not None else 0
        down_us, hang_us = over_us - restart_us - answer.at_us, noticed_us - at_us
        waits_us = answer.at_us - noticed_us
        self._course.interrupt(
            Interruption(at_us, down_us, restart_us, hang_us, number, resumes_after, skipped, waits_us, at_most_us)
        )
        if answer.place is not None:
            self.record.carried_out[answer.place] = number - 1
            self._lower(answer.place, resumes_after or DataStep(0))
        self._restarted(by.number, over_us)
        self._return(candidate, ill, number, over_us)
        goes_on_from = newest if resumes_after is None else resumes_after
        is_torn = _is_torn(candidate.cause) and goes_on_from > (back_to or 0)
        if is_torn or (over_us < self._out_until_us(candidate, at_us) and answer.place is not None):
            again = self._once_more(candidate)
            loading_us = self._while_it_loads_us(by.number, over_us)
            self._do_later(loading_us, partial(self._fail_restart, again, self._restarts))
        self._meet_again(over_us)

    def _out_until_us(self, candidate: Candidate, at_us: int) -> int:
        """When what is outside of all nodes can be used again: whoever starts before that is down again."""
        cause = candidate.cause
        if cause.hits != "storage" or _is_torn(cause):
            return 0
        if self._out_us.get(cause.name, 0) <= at_us:
            drawn = zip(cause.cure.parts, self._drawn.parts(candidate.number), strict=False)
            self._out_us[cause.name] = at_us + sum(us for part, us in drawn if part.name == "diagnosing")
        return self._out_us[cause.name]

    def _call_for_down(self, candidate: Candidate, since_us: int, until_us: int, escalates_us: int) -> None:
        cause = candidate.cause
        self.record.calls.append(
            Called(
                kind="down",
                title=_DOWN_SHOWS[cause.notice.by],
                since_us=since_us,
                until_us=until_us,
                escalates_us=escalates_us,
                suspect=candidate.blamed if cause.is_of_a_machine and cause.blames else None,
            )
        )

    def _return(self, candidate: Candidate, ill: _Ill | None, number: int, over_us: int) -> None:
        """What stays with a machine strikes again where that was not taken out."""
        if ill is None or ill.is_over or ill.shaking:
            return
        again = self._once_more(candidate)
        self._returns[again.number] = number
        self._do_later(over_us + candidate.back_us, partial(self._strike_ill, ill, again))

    def _strike_ill(self, ill: _Ill, again: Candidate, at_us: int) -> None:
        if not ill.is_over:
            ill.is_over = True
            self._strike_again(again, ill.host, at_us)

    def _follow(self, ill: _Ill, at_us: int) -> None:
        """What the policy does is as good as ever: it may take the wrong machine."""
        candidate = ill.candidate
        if ill.shaking:
            self._course.calm(ill.shaking)
        if (
            ill.shaking
            or candidate.blamed in nodes_beside(candidate.cause, candidate.node, self._policy.nodes)
            or (not candidate.cause.cure.replaces and candidate.blamed == candidate.node)
        ):
            self._end(ill, at_us)

    def _taken(
        self, by: Candidate, noticed_us: int, decided_us: int, waited_us: int, *, is_down: bool
    ) -> tuple[PartTaken, ...]:
        """What was done, the wait for a decision first; a job that is down need not be stopped."""
        drawn = zip(by.cause.cure.parts, self._drawn.parts(by.number), strict=False)
        parts = [PartTaken(part.name, us) for part, us in drawn if not (is_down and part.name == "aborting")]
        waits = (PartTaken(DECIDING, decided_us - noticed_us),) if decided_us > noticed_us else ()
        return (*waits, *with_wait(parts, waited_us))

    def _answer(self, at_us: int, noticed_us: int, escalates_us: int) -> _Answer:
        """The first decision that ends the wait; whatever is decided before it is done meanwhile."""
        for place, decision in enumerate(self._orders.decisions):
            if self._is_settled(place) or not at_us < decision.at_us < escalates_us:
                continue
            if decision.action == "maintenance":
                self._refuse(place, "the job is down already")
            elif decision.action not in _STOPS:
                self._do_beside(place, decision.at_us, is_down=decision.at_us >= noticed_us)
            elif self._is_complete(place) and self._resumes_after(place, at_us) is not None:
                return _Answer(place=place, at_us=decision.at_us)
        return _Answer(place=None, at_us=escalates_us)

    def _once_more(self, candidate: Candidate) -> Candidate:
        """What was not cured, when it strikes the next time: with draws of its own, as if a wrong node had been blamed for it."""
        known = self._again.get(candidate.number)
        if known is None:
            incident = self._drawn.incident(candidate.number)
            later = replace(incident, address=incident.address + RETURNS, at_us=SOME_TIME_US, node=candidate.node)
            known = next(self._admit(lot_of((later,))))
        return known._replace(node=candidate.node, blamed=candidate.node, permille=candidate.permille)

    # What shows and does not stop the job

    def _slow_down(self, candidate: Candidate) -> None:
        cause, at_us = candidate.cause, candidate.at_us
        if not self._course.can_be_interrupted(at_us):
            return
        noticed_us, over_us = at_us + candidate.noticing_us, at_us + candidate.slow_us
        follows = cause.cure.interrupts and noticed_us <= over_us
        until_us = over_us if self._orders.on_call or not cause.cure.interrupts else min(over_us, noticed_us)
        slowdown = Slowdown(begin_us=at_us, end_us=until_us, permille=candidate.permille)
        self._course.slow_down(slowdown)
        self._begin(candidate)
        ill = _Ill(candidate=candidate, host=self._host(candidate.node), over_us=until_us, slowdown=slowdown)
        self._ills.append(ill)
        if follows and not self._orders.on_call:
            self._do_later(noticed_us, partial(self._stop_ill, ill))
            return
        if self._orders.on_call and cause.slowing and noticed_us < over_us:
            slower = f"steps take {candidate.permille / 10:.0f} % longer"
            self._do_later(noticed_us, partial(self._call, ill, "slow", slower))
        self._do_later(until_us, partial(self._end, ill))

    def _call(self, ill: _Ill, kind: CallKind, title: str, at_us: int) -> None:
        """Somebody is told, if it is still so, as soon as it can be seen."""
        if ill.is_over or (ill.call and ill.call.until_us > at_us):
            return
        if not self._course.trains(at_us):
            self._do_when_it_trains(at_us, partial(self._call, ill, kind, title))
            return
        ill.noticed_us = ill.noticed_us or at_us
        escalates_us = at_us + round(on_call().escalation_seconds[kind] * _US)
        ill.call = Called(
            kind=kind, title=title, since_us=at_us, until_us=ill.over_us, escalates_us=escalates_us, suspect=None
        )
        self.record.calls.append(ill.call)
        if ill.candidate.cause.cure.interrupts:
            self._do_later(escalates_us, partial(self._stop_ill, ill))

    def _stop_ill(self, ill: _Ill, at_us: int) -> None:
        """The policy after all, where nobody has done anything about it; a job that is down is seen to first."""
        candidate, is_there = ill.candidate, self._course.can_be_interrupted(at_us)
        if ill.is_over:
            return
        if self._orders.on_call and not self._course.trains(at_us):
            if not self._do_when_it_trains(at_us, partial(self._stop_ill, ill)):
                self._end(ill, at_us)
        elif not is_there:
            self._end(ill, at_us, noticed_us=at_us)
        elif not self._orders.on_call:
            ill.is_over = True
            if ill.shaking:
                self._course.calm(ill.shaking)
            super()._cure(candidate, at_us, noticed_us=at_us, back_to=ill.back_to)
        else:
            self._escalate(ill, at_us)

    def _escalate(self, ill: _Ill, at_us: int) -> None:
        """Somebody else follows the policy: as it would have been done, only later."""
        candidate, noticed_us = ill.candidate, ill.noticed_us or at_us
        ill.is_over = True
        if ill.call:
            ill.call.until_us = at_us
        if ill.shaking:
            self._course.calm(ill.shaking)
        if ill.slowdown:
            self._course.lift(ill.slowdown)
        host, drained = self._host_hit(candidate), self._host(candidate.blamed)
        replaced_by, waited_us = NOBODY, 0
        if candidate.cause.cure.replaces:
            replaced_by, waited_us = self._replace(candidate.blamed, at_us, candidate.repair_us)
        taken = self._taken(candidate, noticed_us, at_us, waited_us, is_down=False)
        restart_us, over_us = _restart_us(taken), noticed_us + sum(part.us for part in taken)
        began_us = candidate.at_us if candidate.cause.slowing else at_us
        went_to = (host, replaced_by, waited_us, candidate.blamed, drained)
        number = self._enter(candidate, (began_us, noticed_us, over_us, True), went_to)
        self._handled[number - 1] = Handled(cause=_unsaid(candidate.cause), parts=taken, named=candidate.blamed)
        skipped = self._skipped(candidate, ill.back_to) if ill.back_to else 0
        down_us = over_us - restart_us - at_us
        self._course.interrupt(Interruption(at_us, down_us, restart_us, 0, number, ill.back_to, skipped))
        self._restarted(candidate.number, over_us)
        if candidate.blamed != candidate.node:
            again = self._once_more(candidate)
            self._returns[again.number] = number
            self._do_later(over_us + candidate.back_us, partial(self._strike_again, again, host))
        self._meet_again(over_us)

    def _end(self, ill: _Ill, at_us: int, noticed_us: int | None = None) -> None:
        """It is over, by itself or by what was done."""
        if ill.is_over:
            return
        ill.is_over = True
        if ill.call:
            ill.call.until_us = min(ill.call.until_us, at_us)
        if ill.slowdown and ill.slowdown.end_us > at_us:
            self._course.lift(ill.slowdown)
        candidate = ill.candidate
        if candidate.number in self._begun:
            expected_us = candidate.at_us + candidate.noticing_us
            is_early = ill.over_us > at_us
            known_us = noticed_us or ill.noticed_us or (min(expected_us, at_us) if is_early else expected_us)
            self._note(candidate, known_us, at_us)
            if self._orders.on_call and candidate.cause.cure.interrupts:
                row = self._row_of(candidate)
                self._handled[row] = Handled(cause=_unsaid(candidate.cause), parts=(), named=candidate.blamed)

    def _row_of(self, candidate: Candidate) -> int:
        """Where it stands among what befell the run."""
        return self._rows[::ROW].index(candidate.number)

    def _meet_again(self, over_us: int) -> None:
        """What shakes the training and was not calmed is met again, or has never gone; what is slow still is."""
        for ill in self._ills:
            if not ill.is_over and (ill.call or ill.shaking):
                if ill.call:
                    ill.call.until_us = min(ill.call.until_us, over_us)
                self._do_later(over_us + 1, partial(self._show_again, ill))

    def _show_again(self, ill: _Ill, at_us: int) -> None:
        """After as long as the first time, in the steps that are done from now on."""
        if ill.is_over:
            return
        if not self._course.trains(at_us):
            self._do_when_it_trains(at_us, partial(self._show_again, ill))
            return
        met_us = self._course.met_us(ill.shaking, at_us) if ill.shaking else None
        if ill.shaking and met_us is None:
            self._end(ill, at_us)
            return
        again_us = max(met_us[0] if met_us else at_us, at_us) + ill.candidate.noticing_us
        if ill.shaking:
            self._do_later(again_us, partial(self._see, ill))
        elif ill.call:
            self._do_later(again_us, partial(self._call, ill, ill.call.kind, ill.call.title))

    def _shake(self, candidate: Candidate, shape: LossShape) -> None:
        at_us, cause = candidate.at_us, candidate.cause
        shaking = self._course.shake(at_us, shape)
        met_us = self._course.met_us(shaking, at_us) if shaking else None
        if shaking is None or met_us is None:
            return
        begin_us, end_us = met_us
        if cause.cure.interrupts:
            self._begin(candidate)
            back_to = self._before(candidate, at_us) if goes_back(cause) else None
            host = self._host(candidate.node)
            ill = _Ill(candidate=candidate, host=host, over_us=_NEVER_US, shaking=shaking, back_to=back_to)
            self._ills.append(ill)
            self._do_later(begin_us + candidate.noticing_us, partial(self._see, ill))
            return
        noticed_us = end_us if shape.skipped_steps else begin_us + candidate.noticing_us
        self._note(candidate, noticed_us, noticed_us)
        if self._orders.on_call and not shape.skipped_steps:
            lasts_us = shape.points[-1].step * self._policy.step_us
            ill = _Ill(candidate=candidate, host=NOBODY, over_us=max(begin_us + lasts_us, noticed_us + 1))
            self._ills.append(ill)
            self._do_later(noticed_us, partial(self._call, ill, "loss", _SHAKEN))
            self._do_later(ill.over_us, partial(self._end, ill))

    def _see(self, ill: _Ill, at_us: int) -> None:
        """What shakes the training is noticed in its steps: where something else has cut them, when they are done again."""
        if ill.is_over:
            return
        trains = self._course.trains(at_us)
        met_us = self._course.met_us(ill.shaking, at_us) if trains and ill.shaking else None
        if met_us is None:
            if trains or not self._do_when_it_trains(at_us, partial(self._see, ill)):
                self._end(ill, at_us, noticed_us=at_us)
        elif met_us[0] > at_us:
            self._do_later(met_us[0] + ill.candidate.noticing_us, partial(self._see, ill))
        elif not self._orders.on_call:
            self._stop_ill(ill, at_us)
        elif _stops_itself(ill.candidate.cause):
            self._stop_itself(ill, at_us)
        else:
            self._call(ill, "loss", _SHAKEN, at_us)

    def _stop_itself(self, ill: _Ill, at_us: int) -> None:
        """The trainer does; each time that it meets it once more."""
        if ill.candidate.number not in self._begun:
            number = self._row_of(ill.candidate) + 1
            ill.candidate = self._once_more(ill.candidate)._replace(at_us=at_us)
            self._returns[ill.candidate.number] = number
        self._wait(ill.candidate, at_us, at_us, ill.back_to, ill)

    def _recurring(self, candidate: Candidate) -> Candidate:
        """What would come back to a machine that somebody has taken out does not."""
        machine = self._hit.get(candidate.earlier_us) if candidate.cause.is_of_a_machine else None
        if machine is not None and machine in self._taken_out and self._slot(machine) is None:
            return candidate._replace(node=NOBODY)
        return super()._recurring(candidate)

    def _meet(self, candidate: Candidate) -> None:
        if candidate.node != NOBODY:
            super()._meet(candidate)


def _restart_us(taken: Sequence[PartTaken]) -> int:
    return sum(part.us for part in taken if part.name in RELAUNCH)


def _stops_itself(cause: Cause) -> bool:
    """Whether the trainer exits over it, without anybody who ends the job."""
    return cause.exits is not None and cause.exits.scheduler == "FAILED"


def _is_torn(cause: Cause) -> bool:
    """Whether it is the newest checkpoint that cannot be read."""
    return cause.cure.rolls_back and cause.rollback is None


def _complaining(cause: Cause) -> Cause:
    """What cannot be read is said when it fails: who waits has not read another one yet."""
    if not _is_torn(cause):
        return cause
    errors = (line for line in cause.evidence if line.level == "error")
    return replace(cause, evidence=tuple(replace(line, since="noticed") for line in errors))


def _unsaid(cause: Cause) -> Cause:
    """What an operator who follows the policy would have had said when it was noticed is not said as long as nobody does anything."""
    return replace(cause, evidence=tuple(line for line in cause.evidence if line.since != "noticed"))
