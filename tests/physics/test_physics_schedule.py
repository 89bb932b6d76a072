import numpy as np
import pytest

from pysim.physics.batches import batches_of
from pysim.physics.ramps import BatchRamp
from pysim.physics.schedule import learning_rate, learning_rate_area, learning_rate_sum, relative_rate
from pysim.physics.workload import DecayShape, Schedule, ScheduleKind
from pysim.pretraining.planning.presets import presets

TOTAL = 10_000
KINDS: tuple[ScheduleKind, ...] = ("cosine", "linear", "wsd", "inverse-sqrt", "constant")


def schedule(kind: ScheduleKind, warmup: int = 500, final: float = 3e-5) -> Schedule:
    return Schedule(kind, 3e-4, final, warmup, 2000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("warmup", [0, 1, 500])
@pytest.mark.parametrize("final", [0.0, 3e-5])
def test_the_area_is_the_sum_of_the_rates(kind: ScheduleKind, warmup: int, final: float) -> None:
    made = schedule(kind, warmup, final)
    middles = relative_rate(made, np.arange(TOTAL, dtype=np.float64) + 0.5, TOTAL)  # the midpoint rule
    for step in (1, 250, 500, 501, 3000, 8500, TOTAL):
        area = float(learning_rate_area(made, step, TOTAL))
        assert area == pytest.approx(middles[:step].sum(), rel=1e-3, abs=0.6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_warm_up_is_linear_to_the_peak(kind: ScheduleKind) -> None:
    rates = learning_rate(schedule(kind), np.array([1, 250, 500]), TOTAL)
    assert rates == pytest.approx([3e-4 / 500, 1.5e-4, 3e-4])


@pytest.mark.parametrize("kind", ["cosine", "linear", "wsd"])
def test_a_decay_ends_at_the_final_rate(kind: ScheduleKind) -> None:
    rates = learning_rate(schedule(kind), np.arange(1, TOTAL + 1), TOTAL)
    assert rates[-1] == pytest.approx(3e-5)
    assert (np.diff(rates[500:]) <= 1e-18).all()


def test_wsd_is_stable_until_its_decay() -> None:
    rates = learning_rate(schedule("wsd"), np.array([501, 8000, 8001]), TOTAL)
    assert rates[0] == rates[1] == 3e-4
    assert rates[2] < 3e-4


def test_a_wsd_decay_longer_than_the_run_starts_after_the_warm_up() -> None:
    made = Schedule("wsd", 1.0, 0.0, 10, 1000)
    assert float(relative_rate(made, 10, 100)) == 1.0
    assert float(learning_rate_area(made, 100, 100)) == pytest.approx(5 + 90 / 3)


def test_a_wsd_decay_can_be_linear() -> None:
    made = Schedule("wsd", 1.0, 0.1, 10, 40, "linear")
    assert relative_rate(made, np.array([60, 80, 100]), 100) == pytest.approx([1.0, 0.55, 0.1])
    assert float(learning_rate_area(made, 100, 100)) == pytest.approx(5 + 50 + 40 * 0.55)


@pytest.mark.parametrize("shape", ["sqrt", "linear", "cosine"])
@pytest.mark.parametrize("tail", [(), ((2e-5, 300),), ((3e-5, 300), (1e-5, 200))])
def test_whatever_the_decay_its_area_is_the_sum_of_the_rates(
    shape: DecayShape, tail: tuple[tuple[float, int], ...]
) -> None:
    made = Schedule("wsd", 3e-4, 3e-5, 500, 2000, shape, tail)
    middles = relative_rate(made, np.arange(2 * TOTAL, dtype=np.float64) + 0.5, TOTAL)
    for step in (500, 7499, 7501, 8000, 9400, 9501, 9700, 9801, TOTAL, TOTAL + 1000):
        area = float(learning_rate_area(made, step, TOTAL))
        assert area == pytest.approx(middles[:step].sum(), rel=1e-3, abs=0.6)


def test_deepseek_v3_falls_as_its_report_says() -> None:
    """arXiv 2412.19437, section 4.2: in tokens, over 62.9M of them a step at last; the warm-up is the first 2,000 steps, 27.5B."""
    plan = presets()["deepseek-v3"].plan(0)
    tokens = np.array([0.02, 0.0629 * 2, 5.0, 9.99, 12.15, 14.299, 14.4, 14.63, 14.64, 14.8]) * 1e12
    steps = np.array([plan.batches.steps_within(int(each / plan.sequence_length)) for each in tokens])
    rates = learning_rate(plan.schedule, steps, plan.total_steps, plan.batches)
    half = (2.2e-4 + 2.2e-5) / 2
    assert rates == pytest.approx(
        [1.6e-4, 2.2e-4, 2.2e-4, 2.2e-4, half, 2.2e-5, 2.2e-5, 2.2e-5, 7.3e-6, 7.3e-6], rel=0.01
    )


def test_a_warm_up_can_count_by_a_power_of_its_rate() -> None:
    made = schedule("constant")
    shares = (np.arange(500) + 0.5) / 500
    assert float(learning_rate_area(made, 500, TOTAL, 0.6)) == pytest.approx((shares**0.6).sum(), rel=1e-3)
    whole, plain = (float(learning_rate_area(made, TOTAL, TOTAL, power)) for power in (0.6, 1.0))
    assert whole - plain == pytest.approx(500 / 1.6 - 500 / 2)


def test_inverse_sqrt_halves_at_four_times_the_warm_up_and_keeps_its_floor() -> None:
    made = schedule("inverse-sqrt")
    assert float(learning_rate(made, 2000, TOTAL)) == pytest.approx(1.5e-4)
    assert float(learning_rate(made, 100 * TOTAL, 100 * TOTAL)) == pytest.approx(3e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_area_never_falls(kind: ScheduleKind) -> None:
    areas = learning_rate_area(schedule(kind), np.arange(TOTAL + 1), TOTAL)
    assert areas[0] == 0.0
    assert (np.diff(areas) >= 0).all()


GROWING = batches_of(512, BatchRamp(64, 64, 400_000))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("warmup", [0, 500, 4000])
def test_where_the_batch_grows_a_schedule_goes_by_sequences(kind: ScheduleKind, warmup: int) -> None:
    made, steps = schedule(kind, warmup), np.arange(1, TOTAL + 1)
    rates = learning_rate(made, steps, TOTAL, GROWING)
    seen = GROWING.totals(steps) / 512
    end = GROWING.total(TOTAL) // 512  # whole, as near as makes no difference
    as_many = Schedule(kind, 3e-4, 3e-5, GROWING.total(warmup) / 512, 2000)
    assert rates == pytest.approx(learning_rate(as_many, seen, end), rel=2e-3, abs=6e-6)
    assert rates[:warmup] == pytest.approx(3e-4 * seen[:warmup] / seen[max(warmup, 1) - 1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("warmup", [0, 500, 4000])
def test_the_sum_over_a_ramp_is_that_of_its_steps(kind: ScheduleKind, warmup: int) -> None:
    made, steps = schedule(kind, warmup), np.arange(1, TOTAL + 1)
    sums = np.cumsum(relative_rate(made, steps, TOTAL, GROWING))
    found = learning_rate_sum(made, steps, TOTAL, GROWING)
    assert np.abs(found - sums).max() < 1.0
    assert found == pytest.approx(sums, rel=2e-3, abs=1.0)
