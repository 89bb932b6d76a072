"""Faults come in bursts, return, and prefer some servers: as a public trace has it."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from statistics import fmean, pstdev

import pytest
from traced import FAULTS, SERVERS, Trace, returned_within, trace

from pysim.catalog.incidents import failure_rates

SEEDS = range(24)
SEEN = failure_rates().clustering


def mean_of(fact: Callable[[Trace], float]) -> float:
    return fmean(fact(trace(seed)) for seed in SEEDS)


def test_as_many_faults_as_the_trace_has() -> None:
    """What recurs takes the place of others."""
    assert mean_of(len) == pytest.approx(FAULTS, rel=0.06)


def test_faults_return_to_the_same_server() -> None:
    known = dict(SEEN.returns)
    found = {days: mean_of(partial(returned_within, days)) for days in known}
    assert found[1] == pytest.approx(known[1], abs=0.03)
    assert found[7] == pytest.approx(known[7], abs=0.03)
    assert found[30] == pytest.approx(known[30], abs=0.08)
    assert found[7] > 5 * SEEN.returns_without_clustering_7_days


def test_some_servers_have_far_more_faults_than_others() -> None:
    def worst(part: int, faults: Trace) -> float:
        most = Counter(fault.server for fault in faults).most_common(SERVERS // part)
        return sum(count for _, count in most) / len(faults)

    def untouched(faults: Trace) -> float:
        return 1.0 - len({fault.server for fault in faults}) / SERVERS

    assert mean_of(partial(worst, 10)) == pytest.approx(SEEN.worst_tenth_share, abs=0.05)
    assert mean_of(partial(worst, 20)) == pytest.approx(SEEN.worst_twentieth_share, abs=0.06)
    assert mean_of(untouched) == pytest.approx(SEEN.untouched_share, abs=0.03)


def test_gaps_vary_more_than_those_of_independent_faults() -> None:
    """By a third. The trace's vary by three quarters, for it has months of many faults, which nothing here brings."""

    def variation(faults: Trace) -> float:
        gaps = [later.at_us - sooner.at_us for sooner, later in pairwise(faults)]
        return pstdev(gaps) / fmean(gaps)

    assert mean_of(variation) == pytest.approx(1.33, abs=0.08)
    assert mean_of(variation) < SEEN.gap_variation
