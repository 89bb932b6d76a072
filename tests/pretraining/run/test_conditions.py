"""What telemetry shows while something goes wrong."""

import numpy as np
import pytest
from befalling import MANY_NODES, SMALL, befallen_by, in_step, incident, misdiagnosed, one
from plans import CLASSIC

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.conditions import _Spell, _with_stronger
from pysim.pretraining.run.run import Run, simulate
from pysim.story.events import FleetSampled, NodeDrained
from pysim.story.fleet import CONDITIONS, DEAD, DRAINING, IDLE, SPINNING, THROTTLED, WORKING, counted

VICTIM = 11  # node 1, local rank 3: where `befalling` lets things happen


def looked_at(run: Run, time_us: int) -> FleetSampled:
    return run.fleet.sample(time_us, run.figures.memory.total_bytes)


def during(cause: str) -> tuple[Run, FleetSampled]:
    """Half-way between the true beginning and somebody's notice."""
    run = one(cause)
    befallen = run.befallen[0]
    return run, looked_at(run, (befallen.at_us + befallen.noticed_us) // 2)


def test_where_nothing_goes_wrong_all_work() -> None:
    run = simulate(CLASSIC)
    assert counted(looked_at(run, run.timeline.end_us // 2)) == {"working": CLASSIC.world_size}


def test_who_waits_in_a_collective_spins_and_the_silent_one_is_idle() -> None:
    """All but one are fully busy, at a tenth of the power: the signature of a hang."""
    run, sample = during("collective-hang")
    others = np.arange(SMALL.world_size) != VICTIM
    assert (sample.condition[others] == SPINNING).all()
    assert (sample.utilisation_percent[others] >= 99).all()
    assert (sample.power_watts[others] < 0.25 * SMALL.accelerator.power_watts).all()
    assert sample.condition[VICTIM] == IDLE
    assert sample.utilisation_percent[VICTIM] == 0
    before = looked_at(run, run.befallen[0].at_us)
    assert (before.power_watts > 2 * sample.power_watts.max()).all()


def test_what_has_fallen_off_the_bus_cannot_be_read() -> None:
    _, sample = during("gpu-off-bus")
    assert sample.condition[VICTIM] == DEAD
    for readings in (sample.power_watts, sample.temperature_celsius, sample.memory_bytes, sample.clock_mhz):
        assert readings[VICTIM] == 0
        assert np.delete(readings, VICTIM).all()


def test_a_node_is_drained_with_the_dead_one_in_it_and_works_again_later() -> None:
    run = one("gpu-off-bus")
    befallen = run.befallen[0]
    drained = next(part for part in run.incidents.parts(befallen) if part.name == "draining")
    sample = looked_at(run, drained.end_us)
    assert counted(sample) == {"idle": 8, "draining": 7, "dead": 1}
    assert (sample.condition[8:16] >= DRAINING).all()
    assert (looked_at(run, befallen.over_us + 600_000_000).condition == WORKING).all()


def test_it_is_the_node_that_was_blamed_which_is_drained() -> None:
    run = misdiagnosed("gpu-error")
    befallen = run.befallen[0]
    assert befallen.blamed != befallen.incident.node
    drained = next(part for part in run.incidents.parts(befallen) if part.name == "draining")
    sample = looked_at(run, drained.end_us)
    ranks = range(8 * befallen.blamed, 8 * befallen.blamed + 8)
    assert np.flatnonzero(sample.condition == DRAINING).tolist() == list(ranks)


def test_a_rack_without_air_is_held_back_and_nobody_else() -> None:
    calm = simulate(MANY_NODES)
    run = befallen_by(MANY_NODES, [incident("rack-cooling", in_step(calm, 50), node=9)])
    sample = looked_at(run, in_step(run, 60))
    held = np.flatnonzero(sample.condition == THROTTLED)
    rack = range(8 * 8, 12 * 8)
    badly_seated = set(held.tolist()) - set(rack)
    assert len(held) == len(rack) + len(badly_seated)
    assert len(badly_seated) < 3
    free = np.delete(sample.clock_mhz, held)
    assert sample.clock_mhz[rack.start : rack.stop].max() < free.min()


@pytest.mark.parametrize("cause", ["collective-hang", "gpu-off-bus"])
def test_somebody_looks_while_it_hangs_and_when_the_node_is_out(cause: str) -> None:
    run = one(cause)
    befallen = run.befallen[0]
    told = list(narrate(run, befallen.at_us, run.incidents.relaunched_us(befallen)))
    samples = [event for event in told if isinstance(event, FleetSampled)]
    assert samples
    assert all(WORKING not in sample.condition for sample in samples)
    drained = [event.time_seconds for event in told if isinstance(event, NodeDrained)]
    assert [time for time in drained if time not in {sample.time_seconds for sample in samples}] == []


def test_every_condition_has_a_name() -> None:
    assert len(CONDITIONS) == len({WORKING, THROTTLED, SPINNING, IDLE, DRAINING, DEAD}) == DEAD + 1


@pytest.mark.parametrize("other", ["row-remap", "link-flap", "straggler", "cpu-contention"])
def test_what_only_slows_steps_is_not_seen_while_none_is_under_way(other: str) -> None:
    """Somebody's remapped row or slow node changes nothing in a hang, where nobody draws a working accelerator's power."""
    hang, calm = one("collective-hang").befallen[0], simulate(SMALL)
    both = [incident("collective-hang", in_step(calm, 250)), incident(other, hang.at_us - 1_000_000, node=0)]
    run = befallen_by(SMALL, both)
    sample = looked_at(run, (hang.at_us + hang.noticed_us) // 2)
    assert counted(sample) == {"spinning": 15, "idle": 1}
    assert sample.power_watts.max() < 0.25 * SMALL.accelerator.power_watts


def test_a_crash_is_the_opposite_of_a_hang() -> None:
    """Once the processes are gone nobody is busy and all are at rest; in a hang all but one are busy, for longer than any step takes."""
    run = one("gpu-error")
    befallen = run.befallen[0]
    sample = looked_at(run, (befallen.noticed_us + run.incidents.relaunched_us(befallen)) // 2)
    at_rest = 1.1 * SMALL.accelerator.idle_watts
    assert sample.utilisation_percent.max() == 0
    assert sample.power_watts.max() <= at_rest
    _, hang = during("collective-hang")
    assert np.delete(hang.power_watts, VICTIM).min() > at_rest


@pytest.mark.parametrize("cause", ["straggler", "power-cap"])
def test_energy_is_what_is_shown_over_time(cause: str) -> None:
    """Whoever is held back draws less; where that is much of two nodes for hours, all that is drawn is less by some per cent."""
    run = one(cause)
    times_us = np.arange(1, 2001) * run.end_us // 2000
    watts = float(np.mean([looked_at(run, int(time_us)).power_watts.sum() for time_us in times_us]))
    assert run.fleet.energy_kwh() == pytest.approx(watts * run.end_us / 3.6e12, rel=0.004)
    held_back = run.fleet._conditions.held_back_us(run.timeline) / (run.end_us * SMALL.world_size)
    assert held_back > 0.012


@pytest.mark.parametrize("first", ["straggler", "power-cap"])
def test_where_two_hold_the_same_back_the_stronger_is_seen_and_counted(first: str) -> None:
    """A slow node under a power cap draws what the cap leaves, whichever came first, and the energy is what was shown."""
    calm, second = simulate(SMALL), {"straggler": "power-cap", "power-cap": "straggler"}[first]
    both = [incident(first, in_step(calm, 100)), incident(second, in_step(calm, 140))]
    run, alone = befallen_by(SMALL, both), befallen_by(SMALL, [incident("power-cap", in_step(calm, 100))])
    step = max(in_step(run, 160), in_step(alone, 160))
    assert looked_at(run, step).condition.tolist() == looked_at(alone, step).condition.tolist()
    times_us = np.arange(1, 2001) * run.end_us // 2000
    watts = float(np.mean([looked_at(run, int(time_us)).power_watts.sum() for time_us in times_us]))
    assert run.fleet.energy_kwh() == pytest.approx(watts * run.end_us / 3.6e12, rel=0.004)


def test_what_others_hide_of_a_spell_is_counted_once() -> None:
    weak, strong = _Spell(range(8), 0, 100, 0.1), _Spell(range(4, 6), 40, 60, 0.2)
    stronger = dict(_with_stronger([weak, strong]))
    assert stronger == {weak: [strong], strong: []}
    assert sum((end - begin) * count for begin, end, count in weak.outside([strong])) == 8 * 100 - 2 * 20
    assert list(strong.outside([])) == [(40, 60, 2)]
    alike = _Spell(range(7, 9), 90, 110, 0.1)
    assert dict(_with_stronger([alike, weak])) == {weak: [], alike: [weak]}
    assert sum((end - begin) * count for begin, end, count in alike.outside([weak])) == 10 + 2 * 10
