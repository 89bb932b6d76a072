"""What goes wrong, told: its true beginning, who notices, what programs say of it, what is done about it, what it cost.

Only the incidents that a span touches are looked at, and of those only the lines around it are made.
"""

from collections.abc import Collection, Iterator
from heapq import heappop, heappush
from itertools import count

from pysim.catalog.incidents import what_it_has
from pysim.pretraining.looking import looks_at_changes
from pysim.pretraining.names import host
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.scenes.case import Case
from pysim.pretraining.scenes.evidence import lines
from pysim.story import events as ev

_LONG_HANG_US = 30_000_000  # in which somebody looks at the accelerators, where looks are not told of changes


def incidents(
    run: Run, since_us: int, until_us: int, *, looks: bool = True, speakers: Collection[str] | None = None
) -> Iterator[ev.Event]:
    """Everything that is told of incidents around a span, in order of time; what begins later is not made before it is due.

    Unless it `looks`, nobody looks at the accelerators meanwhile. Where `speakers` are named, nobody else is heard.
    """
    has, order = what_is_there(run), count()
    waiting: list[tuple[float, int, ev.Event]] = []
    for befallen in run.incidents.touching(since_us, until_us):
        case = Case(run, befallen)
        while waiting and waiting[0][0] < case.began_us / 1e6:
            yield heappop(waiting)[2]
        seen = _seen(case, since_us, until_us) if looks else ()
        told = (*_known(case), *lines(case, has, since_us, until_us, speakers), *seen, *_done(case))
        for event in told:
            heappush(waiting, (event.time_seconds, next(order), event))
    while waiting:
        yield heappop(waiting)[2]


def what_is_there(run: Run) -> frozenset[str]:
    """What the cluster has that can be hit, or speak."""
    plan = run.plan
    return what_it_has(plan.accelerator, plan.world_size, plan.precision, saves=True)


def _known(case: Case) -> Iterator[ev.Event]:
    """What it truly is, and that somebody has noticed."""
    befallen, incident = case.befallen, case.befallen.incident
    yield ev.IncidentBegan(
        time_seconds=case.began_us / 1e6,
        number=befallen.number,
        cause=incident.cause.name,
        title=incident.cause.title,
        effect=incident.cause.effect,
        target=incident.cause.hits,
        node=incident.node,
        host=host(case.run.plan, befallen.host),
        rank=case.victim,
        returns=befallen.returns or None,
    )
    yield ev.IncidentNoticed(
        time_seconds=befallen.noticed_us / 1e6,
        number=befallen.number,
        by=incident.cause.notice.by,
        seconds=(befallen.noticed_us - case.began_us) / 1e6,
    )


def _seen(case: Case, since_us: int, until_us: int) -> Iterator[ev.Event]:
    """A look at every accelerator before a hang is noticed, and one when a node is out; only those within the span are made."""
    befallen, fleet = case.befallen, case.run.fleet
    stops = befallen.interrupts and befallen.incident.cause.stops_steps
    least_us = 0 if looks_at_changes(case.run.plan) else _LONG_HANG_US
    if stops and befallen.noticed_us - befallen.at_us >= least_us and since_us <= befallen.noticed_us < until_us:
        yield fleet.sample(befallen.noticed_us, case.run.figures.memory.total_bytes)
    for part in case.run.incidents.parts(befallen):
        if part.name == "draining" and since_us <= part.end_us < until_us:
            yield fleet.sample(part.end_us, 0)


def _done(case: Case) -> Iterator[ev.Event]:
    """What is done about it, as far as nothing else comes between."""
    if case.befallen.blamed != case.befallen.incident.node:
        yield _misdiagnosed(case)
    if case.befallen.replaced_by is not None:
        yield from _replaced(case, case.befallen.replaced_by)
    yield from recovery(case)


def recovery(case: Case) -> Iterator[ev.Recovered]:
    """That the job is up again and what it cost, if nothing else came between."""
    stretch = case.run.incidents.resumption(case.befallen)
    if stretch is not None and case.run.incidents.has_recovered(case.befallen):
        yield _recovered(case, stretch)


def _misdiagnosed(case: Case) -> ev.Misdiagnosed:
    befallen, plan = case.befallen, case.run.plan
    parts = case.run.incidents.parts(befallen)
    found_us = next((part.end_us for part in parts if part.name == "diagnosing"), befallen.acted_us)
    return ev.Misdiagnosed(
        time_seconds=found_us / 1e6,
        number=befallen.number,
        node=befallen.blamed,
        host=host(plan, befallen.drained),
        true_node=befallen.incident.node,
        true_host=host(plan, befallen.host),
    )


def _replaced(case: Case, machine: int) -> Iterator[ev.Event]:
    befallen, plan = case.befallen, case.run.plan
    parts = {part.name: part for part in case.run.incidents.parts(befallen)}
    left = host(plan, befallen.drained)
    for drained in (parts["draining"],) if "draining" in parts else ():
        yield ev.NodeDrained(time_seconds=drained.end_us / 1e6, number=befallen.number, node=befallen.blamed, host=left)
    waited = parts.get("waiting")
    yield ev.NodeReplaced(
        time_seconds=parts["replacing"].end_us / 1e6,
        number=befallen.number,
        node=befallen.blamed,
        host=left,
        replacement=host(plan, machine),
        waited_seconds=(waited.end_us - waited.begin_us) / 1e6 if waited else 0.0,
    )


def _recovered(case: Case, stretch: Stretch) -> ev.Recovered:
    befallen = case.befallen
    reached = case.run.timeline.data_step(stretch.completed)
    return ev.Recovered(
        time_seconds=case.over_us / 1e6,
        number=befallen.number,
        step=stretch.first_data_step,
        steps_to_redo=max(reached - stretch.first_data_step + 1, 0),
        noticing_seconds=(befallen.noticed_us - case.began_us) / 1e6,
        repairing_seconds=(case.relaunched_us - befallen.noticed_us) / 1e6,
        restarting_seconds=(case.over_us - case.relaunched_us) / 1e6,
        lost_seconds=(case.over_us - case.stopped_us) / 1e6,
    )
