"""What luck brings to the servers of a public trace: 584 faults of 400 servers in 348 days (stepfun-ai/InfiniteHBD-Trace).

Nobody replaces these servers, so what recurs comes to the one that it hit before. Failures that come back since a wrong node was
taken for theirs are known only to a run that lives through them, and are missing: a tenth of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from made_plans import build_plan

from pysim.catalog.incidents import causes, failure_rates
from pysim.physics.failures import aged_days
from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.luck import Luck

SERVERS, DAYS, FAULTS = 400, 348, 584
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """When and on which server."""

    at_us: int
    server: int


Trace = Sequence[Fault]


@cache
def trace(seed: int) -> Trace:
    """The faults of servers that the seed brings in the trace's days."""
    servers: dict[int, int] = {}
    found: list[Fault] = []
    for lot in Luck(replace(_plan(), seed=seed)).lots():
        for index in range(len(lot)):
            each = lot.incident(index)
            if each.at_us >= DAYS * DAY_US:
                return found
            if each.cause.counts and each.cause.is_of_a_machine:
                servers[each.at_us] = servers.get(int(lot.earlier_us[index]), each.node)
                found.append(Fault(each.at_us, servers[each.at_us]))
    return found


@cache
def _plan() -> Plan:
    """As many servers of eight, which fail as often as those of the trace."""
    plan = build_plan(world_size=8 * SERVERS, global_batch_size=8 * SERVERS, incident_factor=1.0)
    hazard = Failures(plan)
    of_machines = sum(share for name, share in hazard.first_shares.items() if causes()[name].is_of_a_machine)
    expected = (
        hazard.per_day * aged_days(0.0, DAYS, failure_rates().infancy) * of_machines / sum(hazard.shares.values())
    )
    return replace(plan, incident_factor=FAULTS / expected)


def returned_within(days: float, faults: Trace) -> float:
    """The share of faults after which the same server has another one so soon."""
    by_server: dict[int, list[int]] = {}
    for fault in faults:
        by_server.setdefault(fault.server, []).append(fault.at_us)
    soon = sum(later - sooner <= days * DAY_US for times in by_server.values() for sooner, later in pairwise(times))
    return soon / len(faults)
