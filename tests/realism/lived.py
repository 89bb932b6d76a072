"""Many seeds of one run and what befell each, in the few numbers that records of real runs have."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

from pysim.catalog.incidents import Record, failure_rates
from pysim.physics.failures import SECONDS_PER_DAY
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import Run, simulate

_DAY_US = 86_400_000_000
_PUBLISHED = 1.0  # times the record's rate
_CHUNK = 10  # seeds that a process takes at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """One seed's run."""

    days: float  # from launch to the end of training
    goodput: float  # share of them
    up: float  # share of them in which processes ran
    unexpected: Counter[str]  # interruptions that nobody had planned, by cause
    planned: int
    longest_days: float  # without an interruption


def lived(preset: str, seeds: Sequence[int]) -> list[Lived]:
    """The run of a preset that has a record, by seed, with what befalls it as often as the record says."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(_live, [preset] * len(seeds), seeds, chunksize=_CHUNK))


def record_of(preset: str) -> Record:
    """What was published of it."""
    return failure_rates().records[preset]


def _live(preset: str, seed: int) -> Lived:
    plan = choose_plan(Request(preset=preset, seed=seed, incidents=_PUBLISHED))
    return _summed_up(simulate(_as_far_as_the_record(plan, record_of(preset))))


def _as_far_as_the_record(plan: Plan, record: Record) -> Plan:
    """As many steps as the record's days have room for, where it says how much of them was productive; else the whole run."""
    if not record.productive:
        return plan
    steps = ceil(record.days * record.productive * SECONDS_PER_DAY / figures(plan).step_seconds)
    return replace(plan, tokens=steps * plan.tokens_per_step)


def _summed_up(run: Run) -> Lived:
    interrupting = [each for each in run.befallen if each.interrupts]
    times = [0, *(each.at_us for each in interrupting), run.timeline.end_us]
    spent = run.goodput
    return Lived(
        days=spent.wall_us / _DAY_US,
        goodput=spent.share,
        up=1.0 - (spent.noticing_us + spent.repairing_us) / spent.wall_us,
        unexpected=Counter(each.incident.cause.name for each in interrupting if not each.incident.cause.planned),
        planned=sum(each.incident.cause.planned for each in interrupting),
        longest_days=max(later - sooner for sooner, later in pairwise(times)) / _DAY_US,
    )
