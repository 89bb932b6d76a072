"""What befalls a run, drawn."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise, takewhile

import pytest
from plans import CLASSIC, HUGE, TINY

from pysim.catalog.incidents import causes, shares
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
        each.cause.name for seed in range(60) for each in within(replace(LARGE, seed=seed), 54) if each.cause.counts
    )
    total, returning_share = found.total(), Failures(LARGE).returning_share
    for name, share in shares("hopper").items():
        first = share * (1.0 + returning_share) / (1.0 + causes()[name].returns)
        assert found[name] / total == pytest.approx(first, abs=6 * (share / total) ** 0.5), name


def test_what_cannot_hit_the_cluster_does_not_come() -> None:
    one = replace(TINY, world_size=1, global_batch_size=32, incident_factor=1e5)
    names = {incident.cause.name for incident in islice(Luck(one).incidents(), 20_000)}
    assert "nvlink-error" not in names
    assert "cable-down" not in names
    assert "gpu-off-bus" in names


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


def test_what_is_often_taken_for_another_node_s_comes_less_often_by_itself() -> None:
    """With what returns each cause has its share: of silent corruption three in five come twice."""
    hazard = Failures(LARGE)
    name = "silent-corruption"
    recorded = hazard.shares[name] / sum(hazard.shares.values())
    assert causes()[name].returns == 0.6
    found = [
        each.cause.name for seed in range(120) for each in within(replace(LARGE, seed=seed), 54) if each.cause.counts
    ]
    assert found.count(name) / len(found) / (1.0 + hazard.returning_share) == pytest.approx(recorded / 1.6, rel=0.3)


def test_failures_follow_one_another() -> None:
    """More often within the hour than independent ones would."""
    times = [each.at_us for each in within(LARGE, 54) if each.cause.counts]
    soon = sum(later - sooner < 3600 * 1_000_000 for sooner, later in pairwise(times))
    assert soon / len(times) > 0.35
