"""How faults cluster, held against a public trace: 584 faults of 400 servers in 348 days (stepfun-ai/InfiniteHBD-Trace).

What is measured is what luck draws. Failures that come back to the machine that they hit are drawn later, while the run lives
through them, and are missing here: a tenth of all, and of what makes machines differ.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from statistics import fmean

import numpy as np
from made_plans import build_plan

from pysim.catalog.incidents import failure_rates
from pysim.physics.failures import aged_days
from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.luck import Luck
from realism.measures import Check

SERVERS, DAYS, FAULTS = 400, 348, 584
SEEDS = range(60)
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """When and on which server."""

    at_us: int
    server: int


Trace = Sequence[Fault]


def checks() -> list[Check]:
    """Bursts, and servers that are worse than others. The trace has waves of months on top, which are left out."""
    seen, traces = failure_rates().clustering, [_trace(seed) for seed in SEEDS]

    def mean(measure: Callable[[Trace], float]) -> float:
        return fmean(measure(trace) for trace in traces)

    return [
        Check("faults", f"{FAULTS}", round(0.88 * FAULTS), FAULTS, mean(len)),
        Check("time between faults: deviation over mean", f"{seen.gap_variation:g} with waves", 1.2, 1.85, mean(_gap_variation)),
        Check("faults of a day: variance over mean", "1.84 with waves", 1.4, 2.4, mean(_of_a_day)),
        Check("most in a day", f"{seen.most_in_a_day}", 7, 13, mean(_most_in_a_day)),
        _share("share of the worst tenth of servers", seen.worst_tenth_share, mean(lambda trace: _share_of_worst(trace, 0.1))),
        _share("share of the worst twentieth", seen.worst_twentieth_share, mean(lambda trace: _share_of_worst(trace, 0.05))),
        _share("servers without a fault", seen.untouched_share, mean(lambda trace: 1.0 - len(_by_server(trace)) / SERVERS)),
    ]  # fmt: skip


def _share(name: str, seen: float, value: float) -> Check:
    return Check(name, f"{seen:g}", round(seen - 0.08, 3), round(seen + 0.08, 3), value)


def _trace(seed: int) -> Trace:
    """The failures that luck would draw for the trace's servers."""
    luck = takewhile(lambda incident: incident.at_us < DAYS * _DAY_US, Luck(_plan(seed)).incidents())
    return [Fault(each.at_us, each.node) for each in luck if each.cause.counts]


def _plan(seed: int) -> Plan:
    """As many servers of eight, which fail as often as those of the trace."""
    plan = build_plan(world_size=8 * SERVERS, global_batch_size=8 * SERVERS, seed=seed, incident_factor=1.0)
    expected = Failures(plan).per_day * aged_days(0.0, DAYS, failure_rates().infancy)
    return replace(plan, incident_factor=FAULTS / expected)


def _gap_variation(trace: Trace) -> float:
    gaps = np.diff([fault.at_us for fault in trace])
    return float(gaps.std() / gaps.mean())


def _of_a_day(trace: Trace) -> float:
    counts = _by_day(trace)
    return float(counts.var() / counts.mean())


def _most_in_a_day(trace: Trace) -> float:
    return float(_by_day(trace).max())


def _by_day(trace: Trace) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.bincount([fault.at_us // _DAY_US for fault in trace], minlength=DAYS)


def _share_of_worst(trace: Trace, share: float) -> float:
    counts = sorted(_by_server(trace).values(), reverse=True)
    return sum(counts[: round(share * SERVERS)]) / len(trace)


def _by_server(trace: Trace) -> Counter[int]:
    return Counter(fault.server for fault in trace)


def returns_within(trace: Trace, days: float) -> float:
    """The share of faults after which the same server has another one so soon."""
    by_server: dict[int, list[int]] = {}
    for fault in trace:
        by_server.setdefault(fault.server, []).append(fault.at_us)
    soon = sum(later - sooner < days * _DAY_US for times in by_server.values() for sooner, later in pairwise(times))
    return soon / len(trace)
