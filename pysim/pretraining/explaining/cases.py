"""An incident: what an operator can know by a moment, what was really the cause, and what it has cost so far."""

from collections.abc import Iterator

from pysim.catalog.incidents import Cause
from pysim.pretraining.explaining.rows import count, exact, number, seconds
from pysim.pretraining.names import host
from pysim.pretraining.quantities import human_duration
from pysim.pretraining.run.phases import RECOVERY
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.case import Case
from pysim.pretraining.scenes.incidents import recovery
from pysim.pretraining.scenes.labels import place
from pysim.story.kind import Row

_SECONDS_PER_HOUR = 3600
_EFFECTS = {
    "crash": "it stopped the job at once",
    "hang": "it stopped all steps without a word",
    "slow": "it made every step longer",
    "stall": "it made one step longer",
    "loss": "it shook loss and gradient norm",
    "survives": "it disturbed no step",
}


def case_of(run: Run, incident: int) -> Case | None:
    """The incident of a number; None where there is none."""
    if not 0 < incident <= len(run.befallen):
        return None
    return Case(run, run.befallen[incident - 1])


def cause_of(case: Case) -> Cause:
    """What it really was."""
    return case.befallen.incident.cause


def known(case: Case, time_us: int) -> Iterator[str]:
    """What somebody who watches can know by a time, as sentences."""
    befallen, run = case.befallen, case.run
    if befallen.noticed_us > time_us:
        yield "Nobody has noticed it yet."
        return
    after = (befallen.noticed_us - case.began_us) / 1e6
    yield f"Noticed by: {cause_of(case).notice.by}, {_clock(befallen.noticed_us)} into the run."
    done = [part for part in run.incidents.parts(befallen) if part.begin_us <= time_us] if befallen.interrupts else []
    if not befallen.interrupts:
        yield "It did not stop the job."
    for part in done:
        took = "so far " if part.end_us > time_us else ""
        name = RECOVERY[part.name]
        yield f"{name[:1].upper()}{name[1:]}: {took}{human_duration((min(part.end_us, time_us) - part.begin_us) / 1e6)}."
    for recovered in recovery(case):
        if case.over_us <= time_us:
            yield f"The job is up again after {human_duration(recovered.lost_seconds)}; noticing took {human_duration(after)}."


def truth(case: Case) -> Iterator[str]:
    """What nobody in the run could know, as sentences."""
    befallen, cause, plan = case.befallen, cause_of(case), case.run.plan
    yield f"It was {cause.name}: {cause.title}; {_EFFECTS[cause.effect]}."
    yield f"Where: {place(case)}. It began {_clock(case.began_us)} into the run."
    unseen = (befallen.noticed_us - case.began_us) / 1e6
    if unseen >= 1.0:
        yield f"It went unnoticed for {human_duration(unseen)}."
    if befallen.blamed != befallen.incident.node:
        yield f"The diagnosis blamed {host(plan, befallen.drained)}, which nothing ailed."
    if befallen.returns:
        yield f"It was the return of incident {befallen.returns}, whose cause had not been cured."
    yield f"What is done about it: {cause.cure.title}."


def costs(case: Case, time_us: int) -> Iterator[Row]:
    """What it has cost up to a time; nothing where it stops no steps."""
    befallen, plan = case.befallen, case.run.plan
    if not befallen.interrupts or case.stopped_us >= time_us:
        return
    until_us = min(time_us, max(case.over_us, case.stopped_us))
    lost = (until_us - case.stopped_us) / 1e6
    yield seconds("lost_so_far", lost, f"{exact(until_us / 1e6)} - {exact(case.stopped_us / 1e6)}")
    hours = lost * plan.world_size / _SECONDS_PER_HOUR
    formula = f"{plan.world_size:,} x {exact(lost)}"
    yield number("hours_so_far", hours, f"{hours:,.2f} h", formula, "h")
    rent = plan.accelerator.usd_per_hour
    usd = hours * rent
    yield number("usd_so_far", usd, f"${usd:,.2f}", f"{hours:.9f} x ${rent:.2f}", "USD")
    for recovered in recovery(case):
        if case.over_us <= time_us and recovered.steps_to_redo:
            reached = recovered.step + recovered.steps_to_redo - 1
            formula = f"{reached:,} - {recovered.step:,} + 1"
            yield count("steps_to_redo", recovered.steps_to_redo, formula, "steps")


def _clock(time_us: int) -> str:
    return human_duration(time_us / 1e6)
