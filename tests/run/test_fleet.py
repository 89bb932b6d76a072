"""Every accelerator at any moment."""

from dataclasses import replace

import numpy as np
import pytest
from plans import CLASSIC, PIPELINED, TINY

from pysim.catalog import accelerators
from pysim.events import FleetSampled
from pysim.physics.thermal import IDLE_CELSIUS
from pysim.plan import Plan
from pysim.run.run import Run, simulate

RUN = simulate(CLASSIC)


def sample(run: Run, step: int) -> FleetSampled:
    memory = int(run.steps.columns(step, step).memory_bytes[0])
    return run.fleet.sample(run.timeline.end_of_us(step), step, memory)


def test_one_value_for_each_accelerator() -> None:
    """GPU-01 to GPU-03."""
    fleet = sample(RUN, 100)
    for values in (fleet.utilisation_percent, fleet.temperature_celsius, fleet.power_watts, fleet.memory_bytes):
        assert values.shape == (64,)
    assert set(fleet.utilisation_percent.tolist()) <= {98, 99}
    assert (fleet.memory_bytes <= fleet.memory_capacity_bytes).all()


@pytest.mark.parametrize("name", ["h100-sxm", "a100-80gb", "b200", "mi300x"])
def test_power_stays_below_the_limit_of_the_card(name: str) -> None:
    card = accelerators()[name]
    fleet = sample(simulate(replace(CLASSIC, accelerator=card)), 500)
    assert fleet.power_watts.max() <= card.power_watts
    assert fleet.power_watts.min() > 0.7 * card.power_watts
    assert fleet.memory_capacity_bytes == card.memory_mib * 2**20


def test_accelerators_warm_up_with_a_lag() -> None:
    seconds = RUN.figures.step_seconds
    means = [sample(RUN, step).temperature_celsius.mean() for step in (1, round(60 / seconds) + 2, 200)]
    assert IDLE_CELSIUS < means[0] < means[1] <= means[2] < 75


def test_a_checkpoint_cools_them_down() -> None:
    before = sample(RUN, 500).temperature_celsius.mean()
    after = sample(RUN, 501).temperature_celsius.mean()
    assert after < before - 2
    assert sample(RUN, 600).temperature_celsius.mean() == pytest.approx(before, abs=1.0)


def test_changes_of_load_before_the_last_few_do_not_matter() -> None:
    """What is forgotten has decayed: remembering more changes no printed temperature."""
    history = RUN.fleet._history(1251)
    since = [moment for moment, _ in history]
    assert since == sorted(since)
    assert [activity for _, activity in history] == ["validating", "saving", "training"] * (len(history) // 3)
    assert RUN.timeline.end_of_us(1251) - since[0] > 5 * 40e6


def test_the_history_begins_with_the_bring_up() -> None:
    start = RUN.timeline.start_us
    assert RUN.fleet._history(1) == [(0, "bring-up"), (start, "training")]
    assert RUN.fleet._history(250) == [(0, "bring-up"), (start, "training")]
    assert [activity for _, activity in RUN.fleet._history(251)] == [
        "bring-up", "training", "validating", "saving", "training"
    ]  # fmt: skip


def test_each_accelerator_keeps_its_own_ways() -> None:
    early, late = (sample(RUN, step).temperature_celsius for step in (2000, 9000))
    assert early.std() > 1
    assert np.corrcoef(early, late)[0, 1] > 0.5
    assert not np.array_equal(early, late)


def test_later_pipeline_stages_hold_less() -> None:
    fleet = sample(simulate(PIPELINED), 100)
    stages = fleet.memory_bytes.reshape(4, -1)
    assert (stages == stages[:, :1]).all()
    assert (np.diff(stages[:, 0]) < 0).all()


def test_energy_is_power_times_time() -> None:
    figures, timeline = RUN.figures, RUN.timeline
    hours = (timeline.end_us - timeline.start_us) / 3.6e9
    flat_out = figures.power_watts * CLASSIC.world_size * hours / 1e3
    assert 0.9 * flat_out < RUN.fleet.energy_kwh() <= flat_out


@pytest.mark.parametrize("world_size", [1, 4, 12])
def test_small_and_uneven_fleets(world_size: int) -> None:
    plan: Plan = replace(TINY, world_size=world_size, micro_batch_size=1, global_batch_size=48)
    assert sample(simulate(plan), 10).temperature_celsius.shape == (world_size,)
