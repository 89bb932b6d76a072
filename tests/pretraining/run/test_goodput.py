"""Where the time went."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN, CALM, Befallen
from plans import TINY

from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.goodput import goodput
from pysim.pretraining.run.run import simulate

cases = pytest.mark.parametrize("case", BEFALLEN.values(), ids=BEFALLEN.keys())


def test_a_calm_run_loses_its_start_only() -> None:
    found = goodput(CALM.timeline)
    assert (found.interruptions, found.steps_redone, found.redoing_us, found.noticing_us) == (0, 0, 0, 0)
    assert found.starting_us == CALM.timeline.start_us
    assert found.productive_us == CALM.timeline.end_us - CALM.timeline.start_us
    assert found.availability == 1.0


@cases
def test_the_parts_add_up(case: Befallen) -> None:
    found, timeline = goodput(case.run().timeline), case.run().timeline
    parts = (found.starting_us, found.noticing_us, found.repairing_us, found.restarting_us, found.redoing_us)
    assert found.productive_us + sum(parts) == found.wall_us == timeline.end_us
    assert min(parts) >= 0
    assert 0.0 < found.share <= 1.0
    executed = sum(stretch.steps for stretch in timeline.stretches)
    skipped = sum(last - first + 1 for first, last in timeline.gaps_before(timeline.last_step))
    assert found.steps_redone == executed + skipped - TINY.total_steps


def test_what_counts_is_what_a_calm_run_takes() -> None:
    """Each step counts once: interruptions change what is lost, and but for jitter not what is productive."""
    calm = goodput(CALM.timeline).productive_us
    for name in ("between steps", "in a step", "in a validation", "with a hang", "twice in a row", "rolled back"):
        assert goodput(BEFALLEN[name].run().timeline).productive_us == pytest.approx(calm, rel=0.02), name


def test_a_hang_is_time_to_notice() -> None:
    assert goodput(BEFALLEN["with a hang"].run().timeline).noticing_us == 8 * 60_000_000


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([1e4, 4e4]), spares=st.integers(0, 3))
def test_elapsed_is_productive_and_lost_whatever_befalls(seed: int, factor: float, spares: int) -> None:
    timeline = simulate(replace(TINY, seed=seed, incident_factor=factor, spares=spares)).timeline
    found = goodput(timeline)
    lost = found.starting_us + found.noticing_us + found.repairing_us + found.restarting_us + found.redoing_us
    assert found.productive_us + lost == timeline.end_us
    assert found.productive_us > 0


def test_what_a_restart_makes_longer_is_lost_and_the_run_s_own_first_step_is_not() -> None:
    """Unless that is given up with all that followed it."""
    calm = goodput(CALM.timeline)
    again = goodput(BEFALLEN["before a checkpoint"].run().timeline)
    warmup_us = CALM.timeline.stretches[0].warmup_us
    assert calm.productive_us - again.productive_us == pytest.approx(warmup_us, rel=0.05)
    assert again.steps_redone == 59


def test_an_interruption_is_one_even_if_nothing_has_to_be_repaired() -> None:
    cut_us = CALM.timeline.end_us // 2
    torn = Interruption(at_us=cut_us, hang_us=20_000_000, down_us=0, restart_us=30_000_000)
    assert goodput(simulate(TINY, [torn]).timeline).interruptions == 1
