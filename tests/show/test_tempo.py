"""Run time and show time."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HUGE, TINY

from pysim.pretraining.run.run import Run, simulate
from pysim.show.tempo import (
    BRING_UP_SECONDS,
    EXPORT_SECONDS,
    SHOWN_STEPS_PER_SECOND,
    Tempo,
    fitted_tempo,
    real_tempo,
    show_tempo,
)

RUNS = [simulate(TINY), simulate(CLASSIC), simulate(HUGE)]
TEMPOS = [make(run) for run in RUNS for make in (show_tempo, real_tempo, lambda run: fitted_tempo(run, 240.0))]
runs = pytest.mark.parametrize("run", RUNS, ids=lambda run: run.plan.name)


def test_what_is_watchable() -> None:
    """As the manual promises: bring-up in twenty seconds, export in fifteen, four steps a second."""
    assert (BRING_UP_SECONDS, EXPORT_SECONDS, SHOWN_STEPS_PER_SECOND) == (20.0, 15.0, 4.0)


@runs
def test_the_default_is_watchable(run: Run) -> None:
    tempo, timeline = show_tempo(run), run.timeline
    assert tempo.show_seconds(timeline.start_us) == BRING_UP_SECONDS
    assert tempo.total_show_seconds - tempo.show_seconds(timeline.end_us) == pytest.approx(EXPORT_SECONDS)
    later_us = tempo.run_us(BRING_UP_SECONDS + 100.0) - timeline.start_us
    assert later_us / 1e6 / run.figures.step_seconds == pytest.approx(100 * SHOWN_STEPS_PER_SECOND, rel=1e-6)


@runs
def test_real_time_is_real(run: Run) -> None:
    tempo = real_tempo(run)
    assert tempo.show_seconds(1_234_567) == pytest.approx(1.234567)
    assert tempo.total_show_seconds == run.end_us / 1e6


@runs
@pytest.mark.parametrize("seconds", [0.5, 60.0, 240.0, 1e6])
def test_a_run_fits_the_length_that_was_asked_for(run: Run, seconds: float) -> None:
    tempo, timeline = fitted_tempo(run, seconds), run.timeline
    assert tempo.total_show_seconds == pytest.approx(seconds)
    assert tempo.show_seconds(run.end_us) == pytest.approx(seconds)
    assert tempo.show_seconds(timeline.start_us) == pytest.approx(min(BRING_UP_SECONDS, 0.06 * seconds))
    export = seconds - tempo.show_seconds(timeline.end_us)
    assert export == pytest.approx(min(EXPORT_SECONDS, 0.06 * seconds), abs=1e-6)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_show_without_length_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        fitted_tempo(RUNS[0], seconds)


@given(tempo=st.sampled_from(TEMPOS), share=st.floats(0.0, 1.2))
@settings(deadline=None)
def test_there_and_back(tempo: Tempo, share: float) -> None:
    run_us = int(tempo.knots[-1][0] * share)
    assert tempo.run_us(tempo.show_seconds(run_us)) == pytest.approx(run_us, abs=2)


@given(tempo=st.sampled_from(TEMPOS), moments=st.lists(st.floats(0.0, 1e6), min_size=2, max_size=10))
@settings(deadline=None)
def test_time_only_goes_on(tempo: Tempo, moments: list[float]) -> None:
    run_times = [tempo.run_us(moment) for moment in sorted(moments)]
    assert all(earlier <= later for earlier, later in pairwise(run_times))


def test_a_tempo_by_hand() -> None:
    tempo = Tempo(((0, 0.0), (10_000_000, 2.0), (30_000_000, 3.0)))
    assert [tempo.show_seconds(us) for us in (0, 5_000_000, 10_000_000, 20_000_000, 50_000_000)] == [0, 1, 2, 2.5, 4]
    assert [tempo.run_us(s) for s in (0.0, 1.0, 2.0, 2.5, 4.0)] == [0, 5_000_000, 10_000_000, 20_000_000, 50_000_000]
