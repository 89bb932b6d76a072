"""When steps end, from any address."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.run.clock import BLOCK_STEPS, StepClock

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


def test_durations_look_like_those_of_real_logs() -> None:
    relative = np.diff(ALL) / 2e6
    assert np.median(relative) == pytest.approx(1.0, abs=0.005)
    core = relative[relative < np.quantile(relative, 0.98)]
    assert 0.001 < core.std() < 0.004
    assert 1.0 < np.quantile(relative, 0.99) < 1.05
    assert relative.max() < 1.6


def test_large_clusters_vary_more() -> None:
    def spread(world_size: int) -> float:
        clock = StepClock(seed=4, steps=BLOCK_STEPS, median_seconds=2.0, world_size=world_size)
        low, high = np.quantile(np.diff(clock.totals_us(0, BLOCK_STEPS)), (0.25, 0.75))
        return float(high - low)

    assert spread(8) == spread(512) < spread(4096) < spread(100_000)


def test_seeds_differ() -> None:
    other = StepClock(seed=5, steps=STEPS, median_seconds=2.0, world_size=64)
    assert other.total_us(STEPS) != CLOCK.total_us(STEPS)
