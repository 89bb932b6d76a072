"""When steps end, from any address."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pysim.pretraining.run.clock import BLOCK_STEPS, StepClock, core_cv

STEPS = 3 * BLOCK_STEPS + 100
CLOCK = StepClock(seed=4, steps=STEPS, median_seconds=2.0, world_size=64)
ALL = CLOCK.totals_us(0, STEPS)
steps = st.integers(0, STEPS)


@settings(deadline=None)
@given(step=steps)
def test_one_total_is_one_of_all(step: int) -> None:
    assert CLOCK.total_us(step) == ALL[step]


@settings(deadline=None)
@given(one=steps, other=steps)
def test_any_range_is_a_part_of_all(one: int, other: int) -> None:
    first, last = sorted((one, other))
    assert np.array_equal(CLOCK.totals_us(first, last), ALL[first : last + 1])


@pytest.mark.parametrize("border", [0, BLOCK_STEPS, 2 * BLOCK_STEPS, 3 * BLOCK_STEPS])
def test_blocks_touch(border: int) -> None:
    around = CLOCK.totals_us(max(border - 1, 0), border + 1)
    assert around.tolist() == [CLOCK.total_us(step) for step in range(max(border - 1, 0), border + 2)]


def test_the_steps_of_a_block_sum_to_the_block() -> None:
    """The block's total is drawn first; its steps share it to the microsecond."""
    ends = np.asarray(CLOCK._block_ends)
    for block in range(3):
        parts = np.diff(CLOCK._block(block))
        assert len(parts) == BLOCK_STEPS
        assert parts.sum() == ends[block + 1] - ends[block]


def test_time_begins_at_zero_and_every_step_takes_some() -> None:
    assert ALL[0] == 0
    assert (np.diff(ALL) > 0).all()


def test_a_clock_that_forgot_a_block_makes_it_again() -> None:
    clock = StepClock(seed=4, steps=40 * BLOCK_STEPS, median_seconds=2.0, world_size=64)
    before = [clock.total_us(block * BLOCK_STEPS + 7) for block in range(40)]
    assert len(clock._blocks) < 40
    assert [clock.total_us(block * BLOCK_STEPS + 7) for block in range(40)] == before


def test_the_first_steps_do_not_depend_on_how_many_follow() -> None:
    longer = StepClock(seed=4, steps=10 * STEPS, median_seconds=2.0, world_size=64)
    assert np.array_equal(longer.totals_us(0, STEPS), ALL)


def durations(steps: int, median_seconds: float, world_size: int, *, routed: bool = False) -> list[NDArray[np.float64]]:
    """Relative step times of runs with that many steps, without level shifts."""
    clocks = [StepClock(seed, steps, median_seconds, world_size, routed=routed) for seed in range(40)]
    totals = [np.diff(clock.totals_us(0, steps)) for clock in clocks if not clock.shifts]
    return [total / np.median(total) for total in totals[:16]]


LOGS = {
    "405B, 512 GB200": (285, 17.237, 512, 0.0013, 0.998, 1.009, 1.023, 1.049),
    "405B, 256 B200": (497, 27.641, 256, 0.0036, 0.996, 1.011, 1.032, 1.07),
    "405B, 5,120 GB200": (267, 2.227, 5120, 0.0145, 0.986, 1.033, 1.057, 1.07),
}
"""Steps, median seconds, accelerators; robust CV, 1st, 95th and 99th percentile and maximum over the median."""


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS.keys())
def test_durations_look_like_those_of_real_logs(log: tuple[int, float, int, float, float, float, float, float]) -> None:
    steps, seconds, world_size, spread, p1, p95, p99, largest = log
    drawn = durations(steps, seconds, world_size)
    robust = np.median([1.4826 * np.median(np.abs(x - 1.0)) for x in drawn])
    assert spread / 3 < robust < spread * 1.5
    for share, seen in ((0.01, p1), (0.95, p95), (0.99, p99), (1.0, largest)):
        assert np.median([np.quantile(x, share) for x in drawn]) == pytest.approx(seen, abs=0.015)


@pytest.mark.parametrize(("seconds", "spread"), [(0.214, 0.0069), (1.7, 0.0017)])
def test_a_single_node_varies_by_milliseconds(seconds: float, spread: float) -> None:
    """Muon 124M and 1.5B on eight H100."""
    assert core_cv(seconds, 8) == pytest.approx(spread, rel=0.25)


def test_routing_makes_steps_uneven_and_nothing_is_noisier_than_the_noisiest_log() -> None:
    assert core_cv(12.0, 256, routed=True) == pytest.approx(0.0056, rel=0.15)  # DeepSeek-V3 proxy
    assert core_cv(0.01, 8192) == 0.015


def test_a_slow_step_makes_the_next_one_slower() -> None:
    correlations = [
        float((e[1:] * e[:-1]).sum() / (e * e).sum()) for x in durations(4000, 17.0, 512) for e in (x - x.mean(),)
    ]
    assert 0.15 < np.median(correlations) < 0.46


def test_large_clusters_vary_more() -> None:
    def spread(world_size: int) -> float:
        return float(np.median([np.subtract(*np.quantile(x, (0.75, 0.25))) for x in durations(4000, 2.0, world_size)]))

    assert spread(8) < spread(512) < spread(4096)


def test_seeds_differ() -> None:
    other = StepClock(seed=5, steps=STEPS, median_seconds=2.0, world_size=64)
    assert other.total_us(STEPS) != CLOCK.total_us(STEPS)
