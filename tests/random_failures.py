"""Random runs in which things go wrong, and the auditor's findings in them.

Luck strikes them at the rate of the record or at a multiple of it, and causes are injected at times of their own. Of four runs
three are cut so short that they are read as a whole, so that what was lost can be held against what was told; of the fourth
are read its start, the surroundings of some incidents, and its end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from audited import auditor_of, read_into
from random_plans import WIDTHS, random_plan

from pysim.catalog.incidents import causes
from pysim.physics.failures import SECONDS_PER_DAY
from pysim.pretraining.figures import figures
from pysim.pretraining.hazard import Failures
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.policies import usual_spares
from pysim.pretraining.planning.ramping import nearest
from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.run import Run, simulate
from pysim.terminal.screen import UNLIMITED

LONG_SEEDS = 4  # every so manieth run is as long as it was planned
STEPS = (60, 400)  # of a run that is read as a whole
MOST_INJECTED, MOST_EXPECTED = 4, 6  # incidents of such a run
LOST_SHARE = 0.3  # of the time, at most, by luck
MOST_FACTOR = 1000.0  # of the published rate: beyond it slow phases of a small job lie upon each other by the hundred
COLUMNS = (*WIDTHS, UNLIMITED, None)  # None: the events
UNDATED = min(WIDTHS)  # too narrow for a date in every stamp
MANY_SPARES = 100
OPENING, AROUND, LAST = 30, 8, 12  # steps that are read of a long run at its start, around an incident, and at its end
READ_INCIDENTS, READ_AFTER, MOST_STEPS = 3, 60, 500  # that are read of a long run, steps after each, and with it in all

Span = tuple[int, int | None]  # microseconds; None: to the very end


def failing_run(seed: int) -> Run:
    """The run of a random plan with what befalls it."""
    chance, plan = Random(f"failing {seed}"), random_plan(seed)  # noqa: S311  # plans, not secrets
    plan = plan if seed % LONG_SEEDS == 0 else _shortened(plan, chance)
    plan = _with_policies(plan, chance, is_dated=columns_of(seed) != UNDATED)
    return simulate(plan, incidents=incidents(plan, list(_injections(plan, chance))))


def findings(seed: int) -> list[str]:
    """What does not tie in what is told of the seed's run."""
    run = failing_run(seed)
    auditor = auditor_of(run)
    read_into(auditor, run, columns_of(seed), _spans(run, seed))
    return [f"seed {seed}: {finding}" for finding in auditor.findings]


def columns_of(seed: int) -> int | None:
    """How wide the seed's run is told; None where it is told as events."""
    return COLUMNS[seed % len(COLUMNS)]


# What befalls them


def _shortened(plan: Plan, chance: Random) -> Plan:
    """So many steps that all of them can be read, and some validations and checkpoints among them."""
    steps, epochs = chance.randint(*STEPS), min(plan.epochs, 2)
    schedule = replace(plan.schedule, warmup_steps=min(plan.schedule.warmup_steps, steps // 4), decay_steps=steps // 4)
    tokens = steps * epochs * plan.tokens_per_step
    ramp = plan.batch_ramp and nearest(replace(plan, tokens=tokens, epochs=epochs, batch_ramp=None), plan.batch_ramp)
    return replace(
        plan,
        tokens=tokens,
        epochs=epochs,
        batch_ramp=ramp,
        schedule=schedule,
        validation_interval=chance.randint(steps // 8, steps),
        checkpoint_interval=chance.randint(steps // 12, steps // 2),
    )


def _with_policies(plan: Plan, chance: Random, *, is_dated: bool) -> Plan:
    """Decided by chance; as much by luck as lets the run get on. Where stamps have no date nobody waits for days."""
    policies = replace(
        plan,
        incident_factor=1.0,
        spares=chance.choice((0, 1, usual_spares(plan))) if is_dated else MANY_SPARES,
        watchdog_seconds=chance.choice((60, 600, 1800)),
    )
    return replace(policies, incident_factor=_factor(policies, chance))


def _factor(plan: Plan, chance: Random) -> float:
    """As published, or so often that some failures come in a run that is read as a whole."""
    failures, f = Failures(plan), figures(plan)
    days, interval_seconds = f.training_seconds / SECONDS_PER_DAY, plan.checkpoint_interval * f.step_seconds
    wanted = chance.uniform(0, MOST_EXPECTED) / (failures.per_day * days)
    bearable = LOST_SHARE * SECONDS_PER_DAY / (failures.per_day * (failures.recovery_seconds + interval_seconds))
    return float(f"{chance.choice((1.0, min(max(wanted, 0.1), bearable, MOST_FACTOR))):.3g}")


def _injections(plan: Plan, chance: Random) -> Iterator[Injection]:
    """Any causes that the cluster can have, at any time, somewhere."""
    has, end_us = Failures(plan).has, simulate(replace(plan, incident_factor=0.0)).timeline.end_us
    possible = [name for name, cause in causes().items() if cause.can_hit(has)]
    for _ in range(chance.randint(0, MOST_INJECTED)):
        yield Injection(cause=chance.choice(possible), at_us=int(chance.random() * end_us))


# What is read of them


def _spans(run: Run, seed: int) -> Iterator[Span]:
    """All of a short run; else its start, some incidents and its end, which do not touch."""
    if seed % LONG_SEEDS:
        yield 0, None
        return
    timeline, step_us = run.timeline, round(run.figures.step_seconds * 1e6)
    last_us = timeline.end_us - LAST * step_us
    until_us = timeline.stretches[0].begin_us + OPENING * step_us
    yield 0, until_us
    for befallen in _some(run.befallen):
        begin_us, end_us = _around(run, befallen, step_us)
        if until_us < begin_us and end_us < min(last_us, begin_us + MOST_STEPS * step_us):
            yield begin_us, end_us
            until_us = end_us
    yield last_us, None


def _around(run: Run, befallen: Befallen, step_us: int) -> tuple[int, int]:
    """From some steps before it to some that are done again after it."""
    begin_us, over_us = run.incidents.began_us(befallen), run.incidents.over_us(befallen)
    return begin_us - AROUND * step_us, max(over_us, befallen.noticed_us) + READ_AFTER * step_us


def _some(befallen: Iterable[Befallen]) -> list[Befallen]:
    listed = sorted(befallen, key=lambda each: each.at_us)
    return listed[:: max(len(listed) // READ_INCIDENTS, 1)][:READ_INCIDENTS]
