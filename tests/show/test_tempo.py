"""Run time and show time."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HUGE, TINY

from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory, tell
from pysim.pretraining.watching import SHOWN_STEPS_PER_SECOND, WATCHED_SECONDS
from pysim.show.tempo import (
    Tempo,
    fitted_tempo,
    real_tempo,
    show_tempo,
)
from pysim.story.story import Acts
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console

RUNS = [simulate(TINY), simulate(CLASSIC), simulate(HUGE)]
ACTS = [PretrainingStory(run).acts() for run in RUNS]
TEMPOS = [make(acts) for acts in ACTS for make in (show_tempo, real_tempo, lambda acts: fitted_tempo(acts, 240.0))]
runs = pytest.mark.parametrize("run", RUNS, ids=lambda run: run.plan.name)


def test_what_is_watchable() -> None:
    """As the manual promises: bring-up in eight seconds, export in fifteen, four steps a second."""
    assert (WATCHED_SECONDS["bring-up"], WATCHED_SECONDS["export"], SHOWN_STEPS_PER_SECOND) == (8.0, 15.0, 4.0)


@runs
def test_the_default_is_watchable(run: Run) -> None:
    tempo, timeline = show_tempo(PretrainingStory(run).acts()), run.timeline
    assert tempo.show_seconds(timeline.start_us) == pytest.approx(WATCHED_SECONDS["bring-up"])
    assert tempo.total_show_seconds - tempo.show_seconds(timeline.end_us) == pytest.approx(WATCHED_SECONDS["export"])
    later_us = tempo.run_us(WATCHED_SECONDS["bring-up"] + 100.0) - timeline.start_us
    assert later_us / 1e6 / run.figures.step_seconds == pytest.approx(100 * SHOWN_STEPS_PER_SECOND, rel=1e-6)


@pytest.mark.parametrize("preset", [name for name in presets() if name != "hal-9000b"])
def test_the_opening_can_be_read(preset: str) -> None:
    """Text at once, soon more, and no screenful of 24 rows in much less than a second; in the end nothing is left of it."""
    story = tell(choose_plan(Request(preset=preset)))
    tempo, view = show_tempo(story.acts()), Console(story.header, Screen(80, 24))
    start_us = story.run.timeline.start_us
    told = [
        tempo.show_seconds(round(event.time_seconds * 1e6))
        for event in story.narrate(0, start_us)
        for _ in view.lines(event)
    ]
    assert told[0] == 0.0
    assert told == sorted(told)
    assert max(later - earlier for earlier, later in pairwise([*told, WATCHED_SECONDS["bring-up"]])) < 2.0
    assert min((later - earlier for earlier, later in zip(told, told[21:], strict=False)), default=1.0) > 0.85


def test_a_bring_up_that_is_cut_takes_as_long() -> None:
    calm = simulate(CLASSIC)
    at_us = calm.bring_up["initialising weights"].at_us(0.5)
    run = simulate(CLASSIC, incidents=incidents(CLASSIC, [Injection(cause="gpu-off-bus", at_us=at_us)]))
    acts = PretrainingStory(run).acts()
    first = run.timeline.segments[0]
    assert (first.kind, first.end_us) == ("bring-up", at_us)
    assert show_tempo(acts).show_seconds(first.end_us) == pytest.approx(WATCHED_SECONDS["bring-up"])
    assert [act.begin_us for act in acts][1:] == [act.end_us for act in acts][:-1]


def test_a_bring_up_in_which_nothing_is_said_passes_evenly() -> None:
    at_us = 10
    run = simulate(CLASSIC, incidents=incidents(CLASSIC, [Injection(cause="gpu-off-bus", at_us=at_us)]))
    acts = PretrainingStory(run).acts()
    assert acts.show_seconds[0] == pytest.approx(WATCHED_SECONDS["bring-up"])


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
