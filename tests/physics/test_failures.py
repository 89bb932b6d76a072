"""How often jobs are interrupted, and what follows from it: held against what clusters have reported."""

from math import exp, inf

import pytest

from pysim.catalog import accelerators
from pysim.catalog.incidents import Infancy, causes, failure_rates, shares, what_it_has
from pysim.physics.failures import (
    SECONDS_PER_DAY,
    aged_by_day,
    aged_days,
    checkpoint_interval_seconds,
    effective_time_ratio,
    expected_failures,
    infancy_factor,
    mean_seconds_between_failures,
    repair_hours,
    settled_rate,
    youngs_interval_seconds,
)

HOUR = 3600.0
LLAMA3_RATE = 419 / (16_384 * 54)  # unexpected interruptions per accelerator-day: arXiv 2407.21783, table 5
RSC1_RATE = 6.5e-3 / 8  # per accelerator-day, of nodes with eight: arXiv 2410.21680


def infancy(factor: float = 1.0, decay_days: float = 10.0) -> Infancy:
    return Infancy(factor=factor, decay_days=decay_days, source="test", trust="M")


GROWN_UP = infancy()


# How often


@pytest.mark.parametrize(
    ("accelerators", "hours"),
    [(16_384, 3.1), (4_096, 12.4), (1_024, 49.5), (512, 99.0), (64, 792.0)],
)
def test_hazards_add_over_accelerators(accelerators: int, hours: float) -> None:
    """Three hours at 16,384, a month at 64: what follows from the rate of Llama 3's record."""
    per_day = expected_failures(accelerators, LLAMA3_RATE, 0.0, 1.0, GROWN_UP)
    assert mean_seconds_between_failures(per_day) / HOUR == pytest.approx(hours, rel=0.005)


def test_nothing_that_fails_never_fails() -> None:
    assert mean_seconds_between_failures(0.0) == inf


def test_machines_fail_more_often_while_they_are_new() -> None:
    ages = [infancy_factor(age, infancy(2.0)) for age in (0.0, 5.0, 10.0, 30.0, 300.0)]
    assert ages[0] == 2.0
    assert ages == sorted(ages, reverse=True)
    assert ages[2] - 1 == pytest.approx(exp(-1))
    assert ages[-1] == pytest.approx(1.0)


def test_without_an_infancy_every_day_is_alike() -> None:
    assert aged_days(3.0, 7.0, GROWN_UP) == 4.0


def test_expected_failures_are_the_area_under_the_hazard() -> None:
    days = [day / 100 for day in range(200, 4000)]
    area = sum(infancy_factor(day + 0.005, infancy(2.5, 12.0)) for day in days) / 100
    assert aged_days(2.0, 40.0, infancy(2.5, 12.0)) == pytest.approx(area, rel=1e-6)


def test_days_in_a_row_age_as_single_ones_do() -> None:
    new = infancy(2.5, 12.0)
    assert aged_by_day(3, 40, new) == [aged_days(day, day + 1, new) for day in range(3, 43)]


@pytest.mark.parametrize("factor", [1.0, 2.0, 2.8])
def test_a_record_is_met_whatever_the_infancy(factor: float) -> None:
    settled = settled_rate(LLAMA3_RATE, 54.0, infancy(factor))
    assert expected_failures(16_384, settled, 0.0, 54.0, infancy(factor)) == pytest.approx(419)
    assert settled <= LLAMA3_RATE


def test_early_days_have_more_of_a_record_than_late_ones() -> None:
    settled = settled_rate(LLAMA3_RATE, 54.0, infancy(2.0))
    first, last = (expected_failures(16_384, settled, begin, begin + 9.0, infancy(2.0)) for begin in (0.0, 45.0))
    assert first > 1.5 * last


# How often to save


def test_the_interval_of_young_grows_with_the_root_of_both() -> None:
    assert youngs_interval_seconds(60.0, 3 * HOUR) == pytest.approx(1138.4, rel=1e-4)
    assert youngs_interval_seconds(240.0, 12 * HOUR) == pytest.approx(4 * youngs_interval_seconds(60.0, 3 * HOUR))


def test_the_interval_of_daly_is_young_s_where_failures_are_rare() -> None:
    young = youngs_interval_seconds(10.0, 1000 * HOUR)
    assert checkpoint_interval_seconds(10.0, 1000 * HOUR) == pytest.approx(young, rel=0.002)


@pytest.mark.parametrize("write_seconds", [30.0, 300.0, 1800.0])
def test_the_interval_of_daly_loses_less_time_than_its_neighbours(write_seconds: float) -> None:
    """Daly's own model of the time to the end, exact for exponential failures, has its least near his interval."""
    between = 3 * HOUR

    def time_per_work(interval: float) -> float:
        return between * (exp((interval + write_seconds) / between) - 1) / interval

    best = checkpoint_interval_seconds(write_seconds, between)
    least = min(time_per_work(between * share / 1000) for share in range(10, 3000))
    assert time_per_work(best) == pytest.approx(least, rel=2e-3)
    assert time_per_work(best) < min(time_per_work(best / 2), time_per_work(best * 2))


def test_where_saving_takes_longer_than_two_failures_come_the_interval_is_theirs() -> None:
    assert checkpoint_interval_seconds(1000.0, 400.0) == 400.0


def test_a_job_that_never_fails_never_saves() -> None:
    assert checkpoint_interval_seconds(60.0, inf) == inf


@pytest.mark.parametrize(("interval_minutes", "ratio"), [(60, 0.7), (5, 0.93)])
def test_16k_accelerators_get_on_as_projected_for_rsc_1(interval_minutes: int, ratio: float) -> None:
    """arXiv 2410.21680: restarts of five minutes, checkpoints that cost nothing to write."""
    per_day = expected_failures(16_000, RSC1_RATE, 0.0, 1.0, GROWN_UP)
    assert effective_time_ratio(per_day, 300.0, interval_minutes * 60.0, 0.0) == pytest.approx(ratio, abs=0.02)


def test_llama_3_got_on_for_more_than_nine_tenths() -> None:
    per_day = expected_failures(16_384, LLAMA3_RATE, 0.0, 1.0, GROWN_UP)
    interval = checkpoint_interval_seconds(10.0, SECONDS_PER_DAY / per_day)
    assert 0.90 < effective_time_ratio(per_day, 480.0, interval, 10.0) < 0.97


def test_a_job_that_fails_faster_than_it_restarts_gets_nowhere() -> None:
    assert effective_time_ratio(300.0, 600.0, 600.0, 10.0) == 0.0


# How long a repair takes

REPAIRS = ((0.0, 0.2), (0.25, 2.05), (0.5, 20.4), (0.75, 76.0), (0.9, 309.0), (1.0, 3143.0))


@pytest.mark.parametrize(("share", "hours"), REPAIRS)
def test_repairs_meet_their_quantiles(share: float, hours: float) -> None:
    assert repair_hours(share, REPAIRS) == pytest.approx(hours)


def test_between_quantiles_the_logarithm_is_linear() -> None:
    assert repair_hours(0.625, REPAIRS) == pytest.approx((20.4 * 76.0) ** 0.5)


def test_the_trace_s_repairs_have_the_trace_s_mean() -> None:
    """Median 20 hours, mean over five days: a tenth of the nodes is away for a fortnight and more."""
    repairs = failure_rates().repairs
    hours = [repair_hours((share + 0.5) / 4000, repairs.quantiles) for share in range(4000)]
    assert sum(hours) / len(hours) == pytest.approx(repairs.mean_hours, rel=0.05)
    assert repair_hours(0.5, repairs.quantiles) == pytest.approx(20.4)


# The catalog's causes on whole clusters


def unexpected_per_day(accelerator: str, count: int) -> float:
    """Interruptions that nobody plans, of a settled cluster that saves every half hour."""
    part, rates = accelerators()[accelerator], failure_rates()
    has, generation = what_it_has(part, count, "bf16", saves=True), rates.generation_of(accelerator)
    exposure = {"accelerator-day": count, "job-day": 1.0, "save": 48.0, "restart": 0.0, "request": 0.0}
    striking = [cause for cause in causes().values() if cause.can_hit(has) and cause.cure.interrupts]
    divided = sum(shares(generation.name).get(cause.name, 0.0) for cause in striking)
    own = sum(cause.rate.value * exposure[cause.rate.per] for cause in striking if cause.rate and not cause.planned)
    return count * generation.per_accelerator_day * divided + own


def test_sixteen_thousand_h100_are_interrupted_every_three_hours() -> None:
    per_day = unexpected_per_day("h100-sxm", 16_384)
    assert mean_seconds_between_failures(per_day) / HOUR == pytest.approx(3.09, rel=0.03)
    assert per_day * 54 == pytest.approx(419, rel=0.03)


@pytest.mark.parametrize(
    ("accelerator", "count"), [("h100-sxm", 64), ("mi300x", 64), ("rtx-4090", 8), ("potato-mk2", 64)]
)
def test_a_few_are_quiet_for_weeks(accelerator: str, count: int) -> None:
    days = mean_seconds_between_failures(unexpected_per_day(accelerator, count)) / SECONDS_PER_DAY
    assert 14 < days < 120


def test_what_costs_no_stretch_is_frequent_on_large_clusters() -> None:
    """A row is remapped every few hours somewhere among 16,384; nobody but the driver says so."""
    rate = causes()["row-remap"].rate
    assert rate is not None
    assert 24 / (16_384 * rate.value) == pytest.approx(8.6, abs=0.1)


def test_as_many_machines_are_away_as_in_the_trace() -> None:
    """What fails in a day, times what a repair takes: one machine in 43 at any time."""
    repairs, faults_per_server_day = failure_rates().repairs, 584 / (400 * 348)
    assert faults_per_server_day * repairs.mean_hours / 24 == pytest.approx(repairs.away_share, rel=0.05)
