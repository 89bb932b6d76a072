import numpy as np
import pytest

from pysim.catalog import accelerators
from pysim.physics.thermal import (
    LOADS,
    air_path,
    equilibrium_celsius,
    power_watts,
    relax,
    training_load,
)

H100 = accelerators()["h100-sxm"]


def test_an_idle_h100_is_cool() -> None:
    power = power_watts(H100, LOADS["idle"])
    assert 65 <= power <= 95
    assert 28 <= equilibrium_celsius(H100, power) <= 34


def test_a_training_h100_is_warm_but_does_not_throttle() -> None:
    power = power_watts(H100, training_load(0.40))
    assert 620 <= power <= 680
    front, rear = equilibrium_celsius(H100, power, np.array([0.0, 1.0]))
    assert 60 <= front < rear <= 72


def test_the_power_follows_the_utilisation_a_little() -> None:
    low, high = power_watts(H100, training_load(np.array([0.1, 0.5])))
    assert 5 < high - low < 60


def test_waiting_takes_little_power() -> None:
    assert 150 <= power_watts(H100, LOADS["checkpoint"]) <= 250
    assert list(LOADS.values()) == sorted(LOADS.values())


def test_power_stays_between_idle_and_the_limit() -> None:
    assert power_watts(H100, np.array([-1.0, 2.0])).tolist() == [H100.idle_watts, H100.power_watts]


def test_half_of_a_node_sits_behind_the_other() -> None:
    assert air_path(np.arange(8), 8).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert float(air_path(0, 1)) == 0.0


def test_a_temperature_relaxes_in_two_minutes() -> None:
    assert float(relax(30.0, 65.0, 0.0)) == 30.0
    assert float(relax(30.0, 65.0, 40.0)) == pytest.approx(52.1, abs=0.1)
    assert float(relax(30.0, 65.0, 120.0)) == pytest.approx(63.3, abs=0.1)
