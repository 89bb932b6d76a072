"""Hours in which every step is slower."""

import numpy as np
import pytest
from clocks import clock_of

from pysim.pretraining.run.clock import BLOCK_STEPS
from pysim.pretraining.run.levels import WINDOW_SECONDS, LevelShift, level_shifts

DAY = 86_400
YEAR_STEPS = 365 * DAY // 10
LONG = [level_shifts(seed, YEAR_STEPS, 10.0) for seed in range(20)]


def test_there_is_about_one_a_month() -> None:
    assert 8 < np.mean([len(shifts) for shifts in LONG]) < 18


@pytest.mark.parametrize("shifts", LONG[:5])
def test_a_shift_lasts_thousands_of_steps_and_is_five_to_six_per_cent(shifts: tuple[LevelShift, ...]) -> None:
    for shift in shifts:
        assert 2000 <= shift.last - shift.first + 1 <= 6 * DAY // 10
        assert 1.05 <= shift.factor <= 1.06
    assert [shift.first for shift in shifts] == sorted(shift.first for shift in shifts)


def test_a_shift_lasts_hours_or_what_thousands_of_long_steps_take() -> None:
    short = [shift for seed in range(50) for shift in level_shifts(seed, 50_000_000, 0.1)]
    hours = [(shift.last - shift.first) * 0.1 / 3600 for shift in short]
    assert 2.9 < min(hours) < max(hours) < 60.1
    endless = [shift for seed in range(30) for shift in level_shifts(seed, 10_000, 600.0)]
    assert {shift.last - shift.first + 1 for shift in endless} == {int(WINDOW_SECONDS / 2 / 600)}


def test_a_longer_run_has_the_same_shifts_first() -> None:
    for seed, shifts in enumerate(LONG):
        longer = level_shifts(seed, 3 * YEAR_STEPS, 10.0)
        assert longer[: len(shifts)] == shifts


def test_a_run_without_time_for_one_has_none() -> None:
    assert level_shifts(0, 1, 1e-6) == ()


SHIFTED = next(seed for seed in range(100) if level_shifts(seed, 40_000, 10.0))
"""The first seed with a shift in the first four and a half days of ten-second steps."""


def test_a_shift_lifts_its_steps_and_no_others() -> None:
    clock = clock_of(SHIFTED, 60_000, 10.0, 8)
    (shift, *_) = clock.shifts
    durations = np.diff(clock.totals_us(0, 60_000)) / 10e6
    before, during = durations[max(shift.first - 3000, 0) : shift.first - 1], durations[shift.first - 1 : shift.last]
    assert np.median(during) / np.median(before) == pytest.approx(shift.factor, abs=0.005)
    assert durations[shift.last : shift.last + 1000].mean() == pytest.approx(1.0, abs=0.01)


def test_a_shift_lifts_each_of_its_steps_from_the_first_to_the_last() -> None:
    clock = clock_of(SHIFTED, 60_000, 10.0, 8)
    (shift, *_) = clock.shifts
    blocks = range((shift.last - 1) // BLOCK_STEPS + 1)
    lifted = clock._weights(blocks).ravel()
    clock.shifts = ()
    factors = lifted / clock._weights(blocks).ravel()
    expected = np.ones(len(factors))
    expected[shift.first - 1 : shift.last] = shift.factor
    assert factors == pytest.approx(expected)


def test_a_lifted_block_is_as_much_longer_as_its_slow_steps_are() -> None:
    clock = clock_of(SHIFTED, 60_000, 10.0, 8)
    (shift, *_) = clock.shifts
    inside = (shift.first - 1) // BLOCK_STEPS + 1
    if (inside + 1) * BLOCK_STEPS <= shift.last:
        whole = clock.total_us((inside + 1) * BLOCK_STEPS) - clock.total_us(inside * BLOCK_STEPS)
        assert whole / (10e6 * BLOCK_STEPS) == pytest.approx(shift.factor, abs=0.006)
    extra = clock.total_us(shift.last + 5000) / 10e6 - (shift.last + 5000)
    assert extra == pytest.approx((shift.last - shift.first + 1) * (shift.factor - 1), rel=0.25, abs=20)
