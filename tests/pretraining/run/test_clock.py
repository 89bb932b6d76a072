"""When steps end, from any address."""

import numpy as np
import pytest
from clocks import clock_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.pretraining.run.clock import BLOCK_STEPS

STEPS = 3 * BLOCK_STEPS + 100
CLOCK = clock_of(4, STEPS, 2.0, 64)
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
    clock = clock_of(4, 40 * BLOCK_STEPS, 2.0, 64)
    before = [clock.total_us(block * BLOCK_STEPS + 7) for block in range(40)]
    assert len(clock._blocks) < 40
    assert [clock.total_us(block * BLOCK_STEPS + 7) for block in range(40)] == before


def test_a_clock_that_forgot_all_makes_it_again() -> None:
    clock = clock_of(4, STEPS, 2.0, 64)
    before = clock.total_us(STEPS - 1)
    clock.forget()
    assert not clock._blocks
    assert not clock.is_at_hand(STEPS - 1)
    assert clock.last_within(int(ALL[100])) == 100
    assert clock.total_us(STEPS - 1) == before


def test_who_reads_ahead_stops_at_what_is_known() -> None:
    clock = clock_of(4, 8 * BLOCK_STEPS, 2.0, 64)
    clock.read_ahead(4)
    known = clock._block(3)
    clock._block(0)
    clock._block(1)
    assert sorted(clock._blocks) == [0, 1, 2, 3]
    assert clock._blocks[3] is known


def test_the_first_steps_do_not_depend_on_how_many_follow() -> None:
    longer = clock_of(4, 10 * STEPS, 2.0, 64)
    assert np.array_equal(longer.totals_us(0, STEPS), ALL)


def test_seeds_differ() -> None:
    other = clock_of(5, STEPS, 2.0, 64)
    assert other.total_us(STEPS) != CLOCK.total_us(STEPS)
