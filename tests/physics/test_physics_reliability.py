import pytest

from pysim.physics.reliability import (
    CAUSE_COUNTS,
    FAILURES_PER_ACCELERATOR_DAY,
    cause_shares,
    mean_time_between_failures_hours,
)


def test_llama3_counted_419_unexpected_interruptions() -> None:
    assert sum(CAUSE_COUNTS.values()) == 419
    assert pytest.approx(4.74e-4, rel=1e-3) == FAILURES_PER_ACCELERATOR_DAY


@pytest.mark.parametrize(("world_size", "hours"), [(16_384, 3.09), (4096, 12.4), (1024, 49.5), (512, 99), (64, 792)])
def test_smaller_jobs_run_longer(world_size: int, hours: float) -> None:
    assert mean_time_between_failures_hours(world_size) == pytest.approx(hours, rel=0.005)


def test_the_shares_add_up() -> None:
    assert sum(cause_shares().values()) == pytest.approx(1.0)
    assert cause_shares()["faulty GPU"] == pytest.approx(148 / 419)
