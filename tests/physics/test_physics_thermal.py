import numpy as np
import pytest

from pysim.catalog import accelerators, chassis_of
from pysim.physics.thermal import (
    INLET_CELSIUS,
    LOADS,
    THROTTLE_CELSIUS,
    air_path,
    clock_mhz,
    compute_load,
    memory_celsius,
    power_watts,
    relax,
    rise_celsius,
    saving_load,
    throttled,
    throttled_share,
    training_load,
)

H100 = accelerators()["h100-sxm"]
CHASSIS = chassis_of(H100)


def settled(watts: float, path: float = 0.5) -> float:
    """Temperature of an H100 that has drawn `watts` for long, in the middle of the air path."""
    return INLET_CELSIUS + float(rise_celsius(CHASSIS, path, watts / H100.power_watts))


@pytest.mark.parametrize(
    ("watts", "low", "high"),
    [(67, 25, 36), (73, 25, 36), (112, 29, 39), (145, 29, 39), (495, 49, 53), (688, 59, 63)],
)
def test_temperatures_of_public_outputs(watts: float, low: float, high: float) -> None:
    """Pairs of power and temperature that nvidia-smi printed for H100 SXM: idle, with a context, busy, at full load."""
    assert low <= settled(watts) <= high


def test_idle_draws_what_was_read() -> None:
    assert 67 <= power_watts(H100, LOADS["idle"]) <= 73
    assert 112 <= power_watts(H100, LOADS["context"]) <= 145


def test_a_training_h100_is_warm_but_does_not_throttle() -> None:
    power = power_watts(H100, training_load(0.48, 0.95))
    assert 640 <= power <= 690
    front, rear = settled(float(power), 0.0), settled(float(power), 1.0)
    assert 52 <= front < rear - 5 <= 70
    assert rear < 75 < THROTTLE_CELSIUS  # 70-75 C counts as excellent


@pytest.mark.parametrize(("efficiency", "share"), [(0.53, 0.77), (0.50, 0.83), (0.45, 0.93)])
def test_large_runs_draw_600_to_700_watts(efficiency: float, share: float) -> None:
    assert 600 <= power_watts(H100, training_load(efficiency, share)) <= 700


def test_power_rises_with_the_kernels_and_with_their_share_of_the_step() -> None:
    assert compute_load(0.2) < compute_load(0.5) < 1
    assert training_load(0.5, 0.5) < training_load(0.5, 0.9) < training_load(0.5, 1.0) == compute_load(0.5)
    assert training_load(0.5, 1.2) == training_load(0.5, 1.0)


def test_waiting_takes_little_power() -> None:
    for load in ("checkpoint", "wait"):
        assert 150 <= power_watts(H100, LOADS[load]) <= 250
    assert 90 <= power_watts(H100, LOADS["hang"]) <= 110
    assert LOADS["checkpoint"] < saving_load() < LOADS["wait"]
    assert list(LOADS.values()) == sorted(LOADS.values())


def test_power_stays_between_idle_and_the_limit() -> None:
    assert power_watts(H100, np.array([-1.0, 2.0])).tolist() == [H100.idle_watts, H100.power_watts]


def test_half_of_a_node_sits_behind_the_other() -> None:
    assert air_path(np.arange(8), 8).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert float(air_path(0, 1)) == 0.0


def test_the_air_of_an_idle_front_row_is_cool() -> None:
    assert rise_celsius(CHASSIS, 1.0, 1.0) - rise_celsius(CHASSIS, 0.0, 1.0) == CHASSIS.preheat_celsius
    assert rise_celsius(CHASSIS, 1.0, 0.0) == rise_celsius(CHASSIS, 0.0, 0.0) == 0.0


def test_heat_relaxes_in_two_minutes() -> None:
    assert float(relax(30.0, 65.0, 0.0)) == 30.0
    assert float(relax(30.0, 65.0, 40.0)) == pytest.approx(52.1, abs=0.1)
    assert float(relax(30.0, 65.0, 120.0)) == pytest.approx(63.3, abs=0.1)


def test_a_hot_core_is_held_near_the_threshold() -> None:
    assert throttled(THROTTLE_CELSIUS - 1) == THROTTLE_CELSIUS - 1
    assert 84 <= float(throttled(THROTTLE_CELSIUS)) <= 90
    assert THROTTLE_CELSIUS < float(throttled(110.0)) < 93
    assert float(throttled_share(70.0, 26.0)) == 1.0
    assert float(throttled_share(110.0, 26.0)) == pytest.approx((float(throttled(110.0)) - 26) / 84)


def test_the_clock_falls_with_heat_before_it_throttles() -> None:
    cool, warm, hot = (float(clock_mhz(CHASSIS, 0.93, celsius)) for celsius in (45.0, 65.0, 80.0))
    assert 1980 > cool > warm > hot > 1650
    held = float(clock_mhz(CHASSIS, 0.93, 90.0, kept=throttled_share(110.0, 26.0)))
    assert held < 0.95 * hot


def test_the_boost_clock_is_for_light_loads() -> None:
    assert clock_mhz(CHASSIS, 0.0, 30.0) == 1980
    assert clock_mhz(CHASSIS, LOADS["wait"], 50.0) > 1960
    assert clock_mhz(CHASSIS, 1.0, 45.0) == pytest.approx(1830, rel=0.002)
    assert clock_mhz(CHASSIS, 0.93, 60.0, hunger=1.5) < clock_mhz(CHASSIS, 0.93, 60.0)


def test_memory_is_hotter_than_the_core() -> None:
    assert 10 <= memory_celsius(60.0, 0.93) - 60.0 <= 15
    assert memory_celsius(30.0, 0.1) - 30.0 < 6


@pytest.mark.parametrize("name", accelerators())
def test_no_part_throttles_by_design(name: str) -> None:
    chassis = chassis_of(accelerators()[name])
    assert INLET_CELSIUS + rise_celsius(chassis, 1.0, 1.0) < THROTTLE_CELSIUS - 5
