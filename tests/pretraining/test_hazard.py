"""How often a plan fails: as its generation does, or as the record of its own run says."""

import pytest

from pysim.catalog.incidents import failure_rates
from pysim.physics.failures import aged_days
from pysim.pretraining.hazard import Failures
from pysim.pretraining.planning.choose import Request, choose_plan

RATES = failure_rates()


def failures_of(preset: str, **asked: object) -> Failures:
    return Failures(choose_plan(Request(preset=preset, incidents=1.0, **asked)))  # type: ignore[arg-type]  # checked when it is read


@pytest.mark.parametrize(("preset", "low", "high"), [("llama3-405b", 1.03, 1.10), ("bloom-176b", 1.0, 1.03)])
def test_some_failures_of_a_record_met_a_job_that_was_down(preset: str, low: float, high: float) -> None:
    """As many more as the recoveries leave no time for: much of a day at 16,384 accelerators, little at 384."""
    record = RATES.records[preset]
    drawn = failures_of(preset).per_day * aged_days(0.0, record.days, RATES.infancy)
    assert low * record.unexpected < drawn < high * record.unexpected


def test_a_job_that_was_down_for_two_days_in_five_failed_in_the_other_three() -> None:
    """OPT-175B: what it tells is per day of its calendar, what fails fails while the job is up."""
    record = RATES.records["opt-175b"]
    drawn = failures_of("opt-175b").per_day * aged_days(0.0, record.days, RATES.infancy)
    assert record.up == 0.59
    assert drawn * record.up == pytest.approx(record.unexpected, rel=0.03)


@pytest.mark.parametrize("preset", list(RATES.records))
def test_a_record_s_rate_knows_no_policy(preset: str) -> None:
    usual = failures_of(preset).per_accelerator_day
    assert failures_of(preset, watchdog=3600.0, spares=1, checkpoint_every="7").per_accelerator_day == usual


def test_what_strikes_by_itself_is_counted_by_the_accelerator_or_by_the_job() -> None:
    failures = failures_of("llama3-405b")
    per_day = {cause.name: failures.usual_per_day(cause) for cause in failures.of_their_own}
    planned = per_day["planned-maintenance"] + per_day["code-update"]
    assert planned * 54 == pytest.approx(RATES.records["llama3-405b"].planned, rel=0.01)
    assert per_day["straggler"] == 0.0085
