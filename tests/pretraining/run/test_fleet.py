"""Every accelerator at any moment."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from befalling import SMALL, one
from plans import CLASSIC, PIPELINED, TINY

from pysim.catalog import accelerators
from pysim.physics.thermal import THROTTLE_CELSIUS
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.chips import Machines
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.fleet import _REMEMBERED_LOADS
from pysim.pretraining.run.loads import Change
from pysim.pretraining.run.run import Run, simulate
from pysim.story.events import FleetSampled
from pysim.story.steps import Executed

RUN = simulate(CLASSIC)
MEMORY = RUN.figures.memory.total_bytes


def sample(run: Run, step: int) -> FleetSampled:
    memory = int(run.steps.columns(Executed(step), Executed(step)).memory_bytes[0])
    return run.fleet.sample(run.timeline.end_of_us(Executed(step)), memory)


def history(time_us: int) -> list[Change]:
    return RUN.fleet._loads.history(time_us, _REMEMBERED_LOADS)


def while_saving(share: float, step: int = 500) -> FleetSampled:
    """In the midst of the checkpoint after a step."""
    start, end = RUN.timeline.checkpoint_start_us(Executed(step)), RUN.timeline.next_start_us(Executed(step))
    return RUN.fleet.sample(start + round(share * (end - start)), MEMORY)


@cache
def hot_run() -> Run:
    """Large enough for some badly seated heat sinks."""
    return simulate(replace(CLASSIC, world_size=16_384, global_batch_size=32_768))


def test_one_value_for_each_accelerator() -> None:
    """GPU-01 to GPU-03."""
    fleet = sample(RUN, 100)
    for values in (fleet.utilisation_percent, fleet.temperature_celsius, fleet.power_watts, fleet.memory_bytes):
        assert values.shape == (64,)
    for values in (fleet.clock_mhz, fleet.memory_celsius, fleet.throttled):
        assert values.shape == (64,)
        assert values.dtype == np.int64
    assert set(fleet.utilisation_percent.tolist()) <= {99, 100}
    assert (fleet.memory_bytes <= fleet.memory_capacity_bytes).all()


@pytest.mark.parametrize("name", ["h100-sxm", "a100-80gb", "b200", "mi300x"])
def test_power_stays_below_the_limit_of_the_card(name: str) -> None:
    card = accelerators()[name]
    fleet = sample(simulate(replace(CLASSIC, accelerator=card)), 500)
    assert fleet.power_watts.max() <= card.power_watts
    assert fleet.power_watts.min() > 0.7 * card.power_watts
    assert fleet.memory_capacity_bytes == card.memory_mib * 2**20


def test_at_rest_they_are_as_cool_as_idle_h100_are() -> None:
    celsius, watts = RUN.fleet.at_rest(16)
    assert len(celsius) == len(watts) == 16
    assert all(25 <= value <= 36 for value in celsius)
    assert all(67 <= value <= 73 for value in watts)


def test_before_training_a_context_is_all_they_have() -> None:
    fleet = RUN.fleet.sample(RUN.timeline.start_us, MEMORY)
    assert fleet.utilisation_percent.max() == 0
    assert 112 <= fleet.power_watts.min() <= fleet.power_watts.max() <= 145
    assert 25 <= fleet.temperature_celsius.min() <= fleet.temperature_celsius.max() <= 39
    assert fleet.clock_mhz.min() == 1980


def test_accelerators_warm_up_with_a_lag() -> None:
    seconds = RUN.figures.step_seconds
    rest, *_ = RUN.fleet.at_rest(64)
    means = [sample(RUN, step).temperature_celsius.mean() for step in (1, round(60 / seconds) + 2, 200)]
    assert np.mean(rest) < means[0] < means[1] <= means[2] < 75


def test_who_has_written_spins_for_the_others() -> None:
    """Utilisation is that of a kernel that waits: full, at low power."""
    early, late, last = (while_saving(share) for share in (0.3, 0.8, 1.0))
    assert set(early.utilisation_percent.tolist()) <= {2, 3}
    assert {True, False} == set((late.utilisation_percent > 90).tolist())
    assert (last.utilisation_percent >= 99).all()
    waiting = late.utilisation_percent > 90
    assert 200 < late.power_watts[waiting].mean() < 250
    assert 150 < late.power_watts[~waiting].mean() < 180


def test_a_checkpoint_cools_them_down_and_lets_them_boost() -> None:
    before, during, after = sample(RUN, 500), while_saving(0.9), sample(RUN, 501)
    assert during.temperature_celsius.mean() < before.temperature_celsius.mean() - 2
    assert after.temperature_celsius.mean() < before.temperature_celsius.mean() - 1
    assert during.clock_mhz.min() > before.clock_mhz.max()
    assert sample(RUN, 600).temperature_celsius.mean() == pytest.approx(before.temperature_celsius.mean(), abs=1.0)


def test_a_validation_draws_less_than_training() -> None:
    timeline = RUN.timeline
    midst = (timeline.end_of_us(Executed(250)) + timeline.checkpoint_start_us(Executed(250))) // 2
    validating = RUN.fleet.sample(midst, MEMORY)
    assert (validating.utilisation_percent >= 99).all()
    assert validating.power_watts.mean() < sample(RUN, 250).power_watts.mean() - 50


def test_changes_of_load_before_the_last_few_do_not_matter() -> None:
    """What is forgotten has decayed: remembering more changes no printed temperature."""
    changes = history(RUN.timeline.end_of_us(Executed(1251)))
    since = [moment for moment, _ in changes]
    assert since == sorted(since)
    assert [activity for _, activity in changes] == ["validating", "saving", "training"] * (len(changes) // 3)
    assert RUN.timeline.end_of_us(Executed(1251)) - since[0] > 5 * 40e6


def test_the_history_begins_with_the_bring_up() -> None:
    start = RUN.timeline.start_us

    def at(step: int) -> list[Change]:
        return history(RUN.timeline.end_of_us(Executed(step)))

    assert at(1) == [(0, "context"), (start, "training")]
    assert at(250) == [(0, "context"), (start, "training")]
    assert [activity for _, activity in at(251)] == ["context", "training", "validating", "saving", "training"]


def test_the_history_reaches_into_the_work_after_a_step() -> None:
    timeline = RUN.timeline
    saving = (timeline.checkpoint_start_us(Executed(500)) + timeline.next_start_us(Executed(500))) // 2
    assert [activity for _, activity in history(saving)][-2:] == ["validating", "saving"]
    last = CLASSIC.total_steps
    end = history(timeline.end_us - 1)
    assert end[-1] == (timeline.checkpoint_start_us(Executed(last)), "saving")


def test_short_intervals_do_not_make_temperatures_jump() -> None:
    """Where loads change faster than heat follows, what is forgotten counts as their mean."""
    run = simulate(replace(TINY, validation_interval=5, checkpoint_interval=10))
    steps = range(20, 300)
    means = np.array([sample(run, step).temperature_celsius.mean() for step in steps])
    assert np.abs(np.diff(means)).max() < 1.5


def test_each_accelerator_keeps_its_own_ways() -> None:
    early, late = (sample(RUN, step) for step in (2000, 9000))
    assert early.temperature_celsius.std() > 1
    assert np.corrcoef(early.temperature_celsius, late.temperature_celsius)[0, 1] > 0.9
    assert not np.array_equal(early.temperature_celsius, late.temperature_celsius)
    assert np.corrcoef(early.clock_mhz, late.clock_mhz)[0, 1] > 0.9


def test_the_rear_row_is_hotter() -> None:
    celsius = sample(RUN, 2000).temperature_celsius.reshape(8, 8)
    assert 4 < (celsius[:, 4:].mean() - celsius[:, :4].mean()) < 10


def test_speeds_differ_within_a_node() -> None:
    """Some per cent between the eight of a node, and 5 % and more at the extreme (stas00)."""
    clocks = sample(hot_run(), 400).clock_mhz.reshape(-1, 8)
    spread = 1 - clocks.min(axis=1) / clocks.max(axis=1)
    assert 0.02 < np.median(spread) < 0.05
    assert 0.01 < (spread >= 0.05).mean() < 0.3


def test_clocks_come_in_steps() -> None:
    clocks = sample(RUN, 2000).clock_mhz
    assert (clocks % 15 == 0).all()
    assert 1700 < clocks.min() < clocks.max() < 1950


def test_a_part_that_throttles_has_a_lower_clock() -> None:
    fleet = sample(hot_run(), 400)
    hot = fleet.throttled.astype(bool)
    assert 0 < hot.mean() < 0.003
    assert (fleet.temperature_celsius[hot] >= THROTTLE_CELSIUS).all()
    assert fleet.temperature_celsius.max() <= 95
    assert fleet.clock_mhz[hot].max() < np.median(fleet.clock_mhz[~hot])
    assert np.median(fleet.clock_mhz[hot]) < np.quantile(fleet.clock_mhz[~hot], 0.01)
    assert fleet.power_watts[hot].mean() < fleet.power_watts[~hot].mean()


def test_memory_is_hotter_than_the_core() -> None:
    fleet = sample(RUN, 2000)
    above = fleet.memory_celsius - fleet.temperature_celsius
    assert 10 <= above.min() <= above.max() <= 15


def test_a_driver_that_reports_no_clock() -> None:
    run = simulate(replace(CLASSIC, accelerator=accelerators()["tpu-v5p"]))
    assert not sample(run, 10).clock_mhz.any()


def test_later_pipeline_stages_hold_less() -> None:
    fleet = sample(simulate(PIPELINED), 100)
    stages = fleet.memory_bytes.reshape(4, -1)
    assert (stages == stages[:, :1]).all()
    assert (np.diff(stages[:, 0]) < 0).all()


@pytest.mark.parametrize("plan", [CLASSIC, TINY, replace(TINY, checkpoint_interval=5)], ids=["long", "short", "saving"])
def test_energy_is_power_times_time(plan: Plan) -> None:
    """Whole run: training as the figures expect it, and before and after it a context's power."""
    run = simulate(plan)
    figures, timeline = run.figures, run.timeline
    training = (timeline.end_us - timeline.start_us) / 3.6e9
    rest = (run.end_us - timeline.end_us + timeline.start_us) / 3.6e9
    context = run.fleet._mean_watts("context")
    watt_hours = training * figures.power_watts + rest * context
    assert run.fleet.energy_kwh() == pytest.approx(watt_hours * plan.world_size / 1e3, rel=0.01)


def test_a_mean_power_is_what_all_draw_together() -> None:
    fleet = simulate(replace(CLASSIC, world_size=8, global_batch_size=64)).fleet
    assert fleet._machines.at(0).power.mean() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("world_size", [1, 4, 12])
def test_small_and_uneven_fleets(world_size: int) -> None:
    plan: Plan = replace(TINY, world_size=world_size, micro_batch_size=1, global_batch_size=48)
    assert sample(simulate(plan), 10).temperature_celsius.shape == (world_size,)


def test_a_machine_that_comes_brings_its_own_temperatures() -> None:
    """Nothing changes before, and only its node after; a machine is the same in every node."""
    run, calm = one("gpu-off-bus"), simulate(SMALL)
    (befallen,) = run.befallen
    relaunched_us = run.incidents.relaunched_us(befallen)
    before, after = run.fleet._machines.at(relaunched_us - 1), run.fleet._machines.at(relaunched_us)
    for name in ("celsius", "resistance", "power", "hunger", "ripple_phase", "ripple_seconds"):
        first, now = getattr(before, name), getattr(after, name)
        assert first.tolist() == getattr(calm.fleet._machines.at(relaunched_us), name).tolist()
        assert first[:8].tolist() == now[:8].tolist()
        assert not set(first[8:].tolist()) & set(now[8:].tolist())
    memory = run.figures.memory.total_bytes
    assert run.fleet.sample(befallen.at_us, memory).power_watts.tolist() == (
        calm.fleet.sample(befallen.at_us, memory).power_watts.tolist()
    )
    third = Machines(SMALL, (np.array([0]), np.array([0]), np.array([2]))).at(0)
    assert third.celsius[:8].tolist() == after.celsius[8:].tolist()


def test_a_job_that_never_comes_up_is_as_warm_as_a_context_makes_it() -> None:
    """Launched again and again before its first step: what it remembers is younger than any training."""
    early_us, minute_us, hour_us = 5_000_000, 60_000_000, 3_600_000_000
    attempts = [
        Interruption(at_us=begin_us + early_us, down_us=hour_us, restart_us=minute_us)
        for begin_us in range(0, 100 * hour_us, hour_us + early_us)
    ]
    run = simulate(TINY, attempts)
    warm = run.fleet.sample(run.timeline.start_us, 0).temperature_celsius
    assert run.timeline.start_us > 99 * hour_us
    assert int(warm.min()) > 20
    assert int(warm.max()) < 45
