"""What befalls a run, drawn."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import islice, pairwise, takewhile
from statistics import fmean, pstdev

import pytest
from plans import CLASSIC, HUGE, TINY

from pysim.catalog.incidents import causes, failure_rates, shares
from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.luck import Incident, Luck

DAY_US = 86_400_000_000
LARGE = replace(HUGE, incident_factor=1.0)


def within(plan: Plan, days: float) -> Iterator[Incident]:
    return takewhile(lambda incident: incident.at_us < days * DAY_US, Luck(plan).incidents())


def test_they_come_in_order_of_time() -> None:
    times = [incident.at_us for incident in within(LARGE, 30)]
    assert times == sorted(times)
    assert len(times) > 200


def test_a_small_cluster_is_quiet_for_weeks_and_a_large_one_for_hours() -> None:
    small = [
        sum(1 for each in within(replace(CLASSIC, seed=seed, incident_factor=1.0), 14) if each.cause.counts)
        for seed in range(60)
    ]
    large = [sum(1 for each in within(replace(LARGE, seed=seed), 14) if each.cause.counts) for seed in range(4)]
    assert sum(count == 0 for count in small) > 30
    assert 2.0 < 14 * 24 / (sum(large) / 4) < 4.0, "hours between two"


def test_causes_come_by_their_shares() -> None:
    found = Counter(
        each.cause.name for seed in range(12) for each in within(replace(LARGE, seed=seed), 54) if each.cause.counts
    )
    total = found.total()
    for name, share in shares("hopper").items():
        assert found[name] / total == pytest.approx(share, abs=4 * (share / total) ** 0.5), name


def test_what_cannot_hit_the_cluster_does_not_come() -> None:
    one = replace(TINY, world_size=1, global_batch_size=32, incident_factor=1e5)
    names = {incident.cause.name for incident in islice(Luck(one).incidents(), 2000)}
    assert "nvlink-error" not in names
    assert "cable-down" not in names
    assert "gpu-off-bus" in names


# As the trace of 400 servers of eight accelerators has it: 584 faults in 348 days

SERVERS = replace(HUGE, world_size=3200, incident_factor=1.0)
SETTLED = Failures(SERVERS)
OF_MACHINES = sum(share for name, share in SETTLED.shares.items() if causes()[name].is_of_a_machine) / sum(
    SETTLED.shares.values()
)
TRACED = replace(SERVERS, incident_factor=584 / 348 / (SETTLED.per_day * OF_MACHINES) * (1.0 + SETTLED.returning_share))
TRACES = 24


def traced(seed: int) -> list[tuple[float, int]]:
    """Faults of servers that nobody replaces: when, in days, and of which."""
    servers: dict[int, int] = {}
    found: list[tuple[float, int]] = []
    for lot in Luck(replace(TRACED, seed=seed)).lots():
        for index in range(len(lot)):
            each, at_us = lot.incident(index), int(lot.at_us[index])
            if at_us >= 348 * DAY_US:
                return found
            if each.cause.counts and each.cause.is_of_a_machine:
                servers[at_us] = servers.get(int(lot.earlier_us[index]), each.node)
                found.append((at_us / DAY_US, servers[at_us]))
    return found


@cache
def traces() -> list[list[tuple[float, int]]]:
    return [traced(seed) for seed in range(TRACES)]


def mean_of(fact: Callable[[list[tuple[float, int]]], float]) -> float:
    return sum(map(fact, traces())) / TRACES


def test_as_many_faults_as_the_trace_has() -> None:
    """What recurs takes the place of others."""
    assert mean_of(len) == pytest.approx(584, rel=0.06)


def returned_within(days: float, faults: list[tuple[float, int]]) -> float:
    """The share of faults after which the same server has another one."""
    by_server: dict[int, list[float]] = {}
    for at_day, server in faults:
        by_server.setdefault(server, []).append(at_day)
    soon = sum(later - sooner <= days for times in by_server.values() for sooner, later in pairwise(times))
    return soon / len(faults)


def test_faults_return_to_the_same_server() -> None:
    known = dict(failure_rates().clustering.returns)
    found = {days: mean_of(partial(returned_within, days)) for days in known}
    assert found[1] == pytest.approx(known[1], abs=0.03)
    assert found[7] == pytest.approx(known[7], abs=0.03)
    assert found[30] == pytest.approx(known[30], abs=0.08)
    assert found[7] > 5 * failure_rates().clustering.returns_without_clustering_7_days


def test_some_servers_have_far_more_faults_than_others() -> None:
    def worst(part: int, faults: list[tuple[float, int]]) -> float:
        most = Counter(server for _, server in faults).most_common(400 // part)
        return sum(count for _, count in most) / len(faults)

    def untouched(faults: list[tuple[float, int]]) -> float:
        return 1.0 - len({server for _, server in faults}) / 400

    clustering = failure_rates().clustering
    assert mean_of(partial(worst, 10)) == pytest.approx(clustering.worst_tenth_share, abs=0.05)
    assert mean_of(partial(worst, 20)) == pytest.approx(clustering.worst_twentieth_share, abs=0.06)
    assert mean_of(untouched) == pytest.approx(clustering.untouched_share, abs=0.03)


def test_gaps_vary_more_than_those_of_independent_faults() -> None:
    """By a third. The trace's vary by three quarters, for it has months of many faults, which nothing here brings."""

    def variation(faults: list[tuple[float, int]]) -> float:
        gaps = [later - sooner for (sooner, _), (later, _) in pairwise(faults)]
        return pstdev(gaps) / fmean(gaps)

    assert mean_of(variation) == pytest.approx(1.33, abs=0.08)
    assert mean_of(variation) < failure_rates().clustering.gap_variation


def test_policies_do_not_change_it_and_the_seed_does() -> None:
    def first(plan: Plan) -> list[tuple[int, str, int]]:
        return [(each.at_us, each.cause.name, each.node) for each in islice(Luck(plan).incidents(), 50)]

    other = replace(LARGE, spares=7, checkpoint_interval=11, watchdog_seconds=60)
    assert first(other) == first(LARGE)
    assert first(replace(LARGE, seed=1)) != first(LARGE)
    assert first(replace(LARGE, world_size=8192)) != first(LARGE)


def test_what_comes_back_is_not_on_top() -> None:
    """Failures that return for a wrong diagnosis are among those that are known: fewer come by themselves."""
    share = Failures(LARGE).returning_share
    assert 0.04 < share < 0.15
    hardware = [sum(bool(each.cause.counts) for each in within(replace(LARGE, seed=seed), 54)) for seed in range(12)]
    settled = Failures(LARGE).per_day * 54
    assert settled < 1.2 * sum(hardware) / 12 * (1.0 + share)
    assert Failures(replace(TINY, world_size=8)).returning_share == 0.0, "on one node nobody can err"


def test_failures_follow_one_another() -> None:
    """More often within the hour than independent ones would."""
    times = [each.at_us for each in within(LARGE, 54) if each.cause.counts]
    soon = sum(later - sooner < 3600 * 1_000_000 for sooner, later in pairwise(times))
    assert soon / len(times) > 0.35
