"""Run time and show time."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HUGE, TINY

from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import SHOWN_STEPS_PER_SECOND, WATCHED_SECONDS, PretrainingStory
from pysim.show.tempo import (
    Tempo,
    fitted_tempo,
    real_tempo,
    show_tempo,
)
from pysim.story.story import Acts

RUNS = [simulate(TINY), simulate(CLASSIC), simulate(HUGE)]
ACTS = [PretrainingStory(run).acts() for run in RUNS]
TEMPOS = [make(acts) for acts in ACTS for make in (show_tempo, real_tempo, lambda acts: fitted_tempo(acts, 240.0))]
runs = pytest.mark.parametrize("run", RUNS, ids=lambda run: run.plan.name)


def test_what_is_watchable() -> None:
    """As the manual promises: bring-up in twenty seconds, export in fifteen, four steps a second."""
    assert (WATCHED_SECONDS["bring-up"], WATCHED_SECONDS["export"], SHOWN_STEPS_PER_SECOND) == (20.0, 15.0, 4.0)


@runs
def test_the_default_is_watchable(run: Run) -> None:
    tempo, timeline = show_tempo(PretrainingStory(run).acts()), run.timeline
    assert tempo.show_seconds(timeline.start_us) == WATCHED_SECONDS["bring-up"]
    assert tempo.total_show_seconds - tempo.show_seconds(timeline.end_us) == pytest.approx(WATCHED_SECONDS["export"])
    later_us = tempo.run_us(WATCHED_SECONDS["bring-up"] + 100.0) - timeline.start_us
    assert later_us / 1e6 / run.figures.step_seconds == pytest.approx(100 * SHOWN_STEPS_PER_SECOND, rel=1e-6)


@runs
def test_real_time_is_real(run: Run) -> None:
    tempo = real_tempo(PretrainingStory(run).acts())
    assert tempo.show_seconds(1_234_567) == pytest.approx(1.234567)
    assert tempo.total_show_seconds == run.end_us / 1e6


@runs
@pytest.mark.parametrize("seconds", [0.5, 60.0, 240.0, 1e6])
def test_a_run_fits_the_length_that_was_asked_for(run: Run, seconds: float) -> None:
    tempo, timeline = fitted_tempo(PretrainingStory(run).acts(), seconds), run.timeline
    assert tempo.total_show_seconds == pytest.approx(seconds)
    assert tempo.show_seconds(run.end_us) == pytest.approx(seconds)
    assert tempo.show_seconds(timeline.start_us) == pytest.approx(min(WATCHED_SECONDS["bring-up"], 0.06 * seconds))
    export = seconds - tempo.show_seconds(timeline.end_us)
    assert export == pytest.approx(min(WATCHED_SECONDS["export"], 0.06 * seconds), abs=1e-6)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_show_without_length_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        fitted_tempo(PretrainingStory(RUNS[0]).acts(), seconds)


@given(tempo=st.sampled_from(TEMPOS), share=st.floats(0.0, 1.2))
@settings(deadline=None)
def test_there_and_back(tempo: Tempo, share: float) -> None:
    run_us = int(tempo.run[-1] * share)
    assert tempo.run_us(tempo.show_seconds(run_us)) == pytest.approx(run_us, abs=2)


@given(tempo=st.sampled_from(TEMPOS), moments=st.lists(st.floats(0.0, 1e6), min_size=2, max_size=10))
@settings(deadline=None)
def test_time_only_goes_on(tempo: Tempo, moments: list[float]) -> None:
    run_times = [tempo.run_us(moment) for moment in sorted(moments)]
    assert all(earlier <= later for earlier, later in pairwise(run_times))


def test_a_tempo_by_hand() -> None:
    tempo = Tempo((0, 10_000_000, 30_000_000), (0.0, 2.0, 3.0))
    assert [tempo.show_seconds(us) for us in (0, 5_000_000, 10_000_000, 20_000_000, 50_000_000)] == [0, 1, 2, 2.5, 4]
    assert [tempo.run_us(s) for s in (0.0, 1.0, 2.0, 2.5, 4.0)] == [0, 5_000_000, 10_000_000, 20_000_000, 50_000_000]


def test_brief_acts_stay_brief_however_many() -> None:
    """A run of many repairs: the long acts keep at least half of the time, in proportion to their own length."""
    lengths = [(20.0, True), *[(100.0, False), (5.0, True)] * 30, (300.0, False), (15.0, True)]
    begin_us, seconds, is_brief = np.arange(len(lengths)) * 10**6, *map(np.array, zip(*lengths, strict=True))
    acts = Acts(begin_us, begin_us + 10**6, seconds, is_brief)
    tempo = fitted_tempo(acts, 60.0)
    shown = [tempo.show_seconds(act.end_us) - tempo.show_seconds(act.begin_us) for act in acts]
    brief = [seconds for act, seconds in zip(acts, shown, strict=True) if act.is_brief]
    assert sum(shown) == pytest.approx(60.0)
    assert sum(brief) == pytest.approx(30.0)
    assert shown[-2] == pytest.approx(3 * shown[1])
    assert show_tempo(acts).total_show_seconds == sum(seconds for seconds, _ in lengths)
