"""A plan's start: its cluster's own, the same whenever it is asked for."""

from dataclasses import replace
from math import log
from statistics import fmean, pstdev

import pytest
from plans import CLASSIC, HUGE, PLANS

from pysim.physics.start_up import CLUSTER_SPREAD
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.scenes.bring_up import detect_accelerators, load_tokenizer
from pysim.pretraining.starting import bring_up, cluster_start
from pysim.story.events import AcceleratorDetected


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_the_stages_last_as_long_as_the_parts(plan: Plan) -> None:
    stages, parts = simulate(plan).bring_up, bring_up(plan)
    assert list(stages) == list(parts)
    for name, seconds in parts.items():
        assert stages[name].seconds == pytest.approx(seconds, rel=1e-4, abs=2e-3), name


def test_clusters_differ_from_seed_to_seed() -> None:
    logs = [log(cluster_start(replace(CLASSIC, seed=seed))) for seed in range(400)]
    assert fmean(logs) == pytest.approx(0.0, abs=0.06)
    assert pstdev(logs) == pytest.approx(CLUSTER_SPREAD, rel=0.1)


def test_a_tokenizer_loads_in_a_second_or_two_on_any_cluster() -> None:
    loaded = [
        load_tokenizer(simulate(replace(plan, seed=seed))).load_seconds for plan in (CLASSIC, HUGE) for seed in range(8)
    ]
    assert all(1.0 <= seconds <= 2.0 for seconds in loaded)
    assert len(set(loaded)) > 4


def test_sixteen_thousand_ranks_take_a_quarter_of_an_hour() -> None:
    """The law's median for 405B; a cluster's own from 0.4 to 2.5 times of it."""
    assert figures(HUGE).bring_up_seconds / cluster_start(HUGE) == pytest.approx(
        10 + 0.85 * 405.8 + 0.055 * 16_384, rel=0.01
    )


@pytest.mark.parametrize("plan", [CLASSIC, HUGE], ids=["64", "16,384"])
def test_ranks_arrive_as_their_processes_come_up(plan: Plan) -> None:
    """In no order of ranks; those of one node within two seconds, however many nodes there are."""
    *found, told = detect_accelerators(simulate(plan))
    ranks = [event.rank for event in found if isinstance(event, AcceleratorDetected)]
    times = [event.time_seconds for event in found]
    assert sorted(ranks) == list(range(16)) != ranks
    assert times == sorted(times)
    assert times[-1] <= told.time_seconds
    for node in (0, 1):
        own = [time for rank, time in zip(ranks, times, strict=True) if rank // 8 == node]
        assert max(own) - min(own) < 2.0
