"""What can be decided at a moment of a run, with what it is expected to cost: from what can be seen by then, and no more."""

from collections.abc import Iterator
from functools import cached_property

from pysim.catalog.incidents import failure_rates
from pysim.catalog.oncall import on_call
from pysim.physics.failures import repair_hours
from pysim.pretraining.calls import opened
from pysim.pretraining.run.duty import cause_of
from pysim.pretraining.run.run import Run
from pysim.pretraining.suspecting import host_name, suspects
from pysim.story.choices import ActionName, Argument, Choice, Costs, Value
from pysim.story.moment import AT_WORK, OVER
from pysim.story.steps import DataStep

_BACK = (1, 2, 3, 4, 6, 8, 12, 16)  # checkpoints before the newest that are listed
_HALF = 0.5
_MOST_BATCHES = 10_000
_SECONDS_PER_MINUTE, _SECONDS_PER_HOUR = 60.0, 3600.0


def offered(run: Run, time_us: int) -> tuple[Choice, ...]:
    """All that a moment offers; nothing where nothing is left to be decided."""
    return () if run.at(time_us).phase in OVER else tuple(Offers(run, time_us).choices())


class Offers:
    """What one moment offers."""

    def __init__(self, run: Run, time_us: int) -> None:
        self._run = run
        self._time_us = time_us
        self._calls = opened(run, time_us)
        place = run.at(time_us)
        self._phase = place.phase
        self._step = int(run.timeline.step_behind(place))
        self._is_waiting = any(each.kind == "down" for _, each in self._calls)
        self._is_repaired = place.phase == "down" and not self._is_waiting
        self._usd_per_hour = run.plan.world_size * run.plan.accelerator.usd_per_hour
        self._newest = int(run.histories.at(time_us, DataStep(1), DataStep(max(self._step, 1)), 1).saved)

    def choices(self) -> Iterator[Choice]:
        """The most usual first."""
        if not self._is_repaired and self._phase != "bring-up":
            yield from (self._drain(), self._restart())
            if self._newest:
                yield from (self._skip(), self._rate())
        yield self._diagnose()
        if self._phase in AT_WORK:
            yield self._maintenance()
        yield self._spares()
        if self._calls:
            yield self._wait()

    # Each of them

    def _drain(self) -> Choice:
        spares = self._run.record.spares_at(self._time_us)
        stop = self._stop("drain", risk="whatever ails another node strikes again")
        if spares <= 0:
            hours = float(repair_hours(_HALF, failure_rates().repairs.quantiles))
            costs = Costs(
                minutes=None,
                steps_redone=stop.steps_redone,
                usd=None,
                risk=f"no machine stands by: half of all repairs take more than {hours:.0f} h",
            )
            return self._choice("drain", "drain a node (none stands by)", costs, self._nodes(), self._checkpoints())
        there = f"{spares} {'stands' if spares == 1 else 'stand'} by"
        return self._choice("drain", f"drain a node ({there})", stop, self._nodes(), self._checkpoints())

    def _restart(self) -> Choice:
        costs = self._stop("restart", risk="what ails a machine strikes again")
        return self._choice("restart", "restart on the same nodes", costs, self._checkpoints())

    def _skip(self) -> Choice:
        costs = self._stop("skip", risk="helps only if the batches are to blame; they are never learned from")
        batches = tuple(
            Value(text=str(count), title=f"{count} batches after the checkpoint") for count in (200, 100, 500)
        )
        most = min(_MOST_BATCHES, self._run.plan.total_steps - 1)
        argument = Argument(
            name="batches", title="how many are left out", values=batches, is_needed=True, least=1, most=most
        )
        return self._choice("skip", "restart and leave out batches", costs, argument, self._checkpoints())

    def _rate(self) -> Choice:
        costs = self._stop("rate", risk="the model learns more slowly to the end of the run")
        factors = (("0.5", "half of it"), ("0.67", "two thirds of it"), ("0.9", "nine tenths of it"))
        values = tuple(Value(text=text, title=title) for text, title in factors)
        argument = Argument(
            name="factor",
            title="of the learning rate from here on",
            values=values,
            is_needed=True,
            least=0.01,
            most=0.99,
        )
        return self._choice("rate", "restart with a lower learning rate", costs, argument, self._checkpoints())

    def _diagnose(self) -> Choice:
        is_down = self._phase == "down"
        how = on_call().test if is_down else on_call().inspection
        minutes, finds = how.seconds / _SECONDS_PER_MINUTE, how.finds
        found = f"finds {finds['stops']:.0%} of what stops steps, {finds['slows']:.0%} of what slows them, {finds['corrupts']:.0%} of corruption"
        costs = Costs(
            minutes=minutes if is_down else 0.0,
            steps_redone=0,
            usd=minutes / 60 * self._usd_per_hour if is_down else 0.0,
            risk=f"takes {minutes:.0f} min; {found}",
        )
        title = "test a node under load" if is_down else "inspect a node while the job runs"
        return self._choice("diagnose", title, costs, self._nodes())

    def _maintenance(self) -> Choice:
        """It begins when a checkpoint has been completed, so no step is done again."""
        cause = cause_of("maintenance", drains=True)
        minutes = cause.cure.seconds_on(self._run.plan.nodes) / _SECONDS_PER_MINUTE
        usd = minutes / 60 * self._usd_per_hour
        costs = Costs(
            minutes=minutes, steps_redone=0, usd=usd, risk="whatever fails before the next checkpoint comes first"
        )
        nodes = self._nodes(is_needed=False)
        return self._choice("maintenance", "announce a stop after the next checkpoint", costs, nodes)

    def _spares(self) -> Choice:
        order = on_call().spares
        per_hour = self._run.plan.accelerators_per_node * self._run.plan.accelerator.usd_per_hour
        left_hours = max(self._run.figures.run_seconds - self._time_us / 1e6, 0.0) / _SECONDS_PER_HOUR
        costs = Costs(
            minutes=0.0,
            steps_redone=0,
            usd=per_hour * left_hours,
            risk=f"a machine is there after {order.seconds / _SECONDS_PER_MINUTE:.0f} min, and is paid for to the end",
        )
        values = tuple(Value(text=str(count), title=f"{count} more") for count in (1, 2, 4))
        count = Argument(
            name="count", title="how many machines", values=values, is_needed=False, least=1, most=order.most
        )
        return self._choice("spares", "ask for more spares", costs, count)

    def _wait(self) -> Choice:
        left_us = min((each.escalates_us for _, each in self._calls if each.escalates_us), default=None)
        stands = self._is_waiting
        minutes = None if left_us is None else (left_us - self._time_us) / 60e6
        usd = self._usd_per_hour * minutes / 60 if minutes is not None and stands else 0.0
        later = "then somebody else follows the policy" if minutes is not None else ""
        title = f"wait, at most {minutes:.0f} min" if minutes is not None else "wait"
        costs = Costs(minutes=minutes if stands else 0.0, steps_redone=0, usd=usd, risk=later)
        return self._choice("wait", title, costs)

    # Of what they are made

    def _choice(self, name: ActionName, title: str, costs: Costs, *arguments: Argument) -> Choice:
        return Choice(
            name=name,
            title=title,
            costs=costs,
            arguments=tuple(each for each in arguments if each.values or each.name == "node"),
        )

    def _stop(self, action: ActionName, risk: str) -> Costs:
        """A restart from the newest checkpoint, with the steps that were not saved."""
        parts = cause_of(action, drains=action == "drain").cure.parts
        is_down = self._phase == "down"
        kept = (part for part in parts if not (is_down and part.name == "aborting"))
        seconds = sum(part.seconds_on(self._run.plan.nodes) for part in kept)
        seconds += self._run.figures.first_step_extra_seconds
        redone = max(self._step - self._newest, 0)
        lost = seconds + redone * self._run.figures.step_seconds
        return Costs(
            minutes=seconds / _SECONDS_PER_MINUTE,
            steps_redone=redone,
            usd=lost / _SECONDS_PER_HOUR * self._usd_per_hour,
            risk=risk,
        )

    def _nodes(self, *, is_needed: bool = True) -> Argument:
        last = self._run.plan.nodes - 1
        return Argument(
            name="node",
            title=f"which node, 0 to {last}",
            values=self._suspects,
            is_needed=is_needed,
            least=0,
            most=last,
            meaning=self._host,
        )

    @cached_property
    def _suspects(self) -> tuple[Value, ...]:
        found = suspects(self._run, self._time_us)
        return tuple(Value(text=str(node), title=f"{self._host(str(node))}: {why}") for node, why in found)

    def _host(self, node: str) -> str:
        """What is written for a node as the machine that it is."""
        is_there = node.isdecimal() and int(node) < self._run.plan.nodes
        return host_name(self._run, int(node), self._time_us) if is_there else ""

    def _checkpoints(self) -> Argument:
        interval = self._run.plan.checkpoint_interval
        behind = self._newest - (self._newest % interval or interval)
        steps = [self._newest, *(behind - (back - 1) * interval for back in _BACK)]
        listed = dict.fromkeys((*(step for step in steps if step > 0), 0))
        values = tuple(Value(text=str(step), title=self._checkpoint_title(step)) for step in listed)
        return Argument(
            name="checkpoint", title="to go on from", values=values, is_needed=False, least=0, most=self._newest
        )

    def _checkpoint_title(self, step: int) -> str:
        redone = f"{max(self._step - step, 0):,} steps redone"
        return f"step {step:,}, {redone}" if step else f"from the beginning, {redone}"
