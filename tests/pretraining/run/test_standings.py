"""How a run goes, as can be seen: against what was built into it."""

import pytest
from interrupted import BEFALLEN, CALM, Befallen

from pysim.pretraining.run.run import Run
from pysim.story.history import Standing
from pysim.story.steps import Executed

cases = pytest.mark.parametrize("case", BEFALLEN.values(), ids=BEFALLEN.keys())


def at(run: Run, time_us: int) -> Standing:
    return run.standings.at(time_us)


def test_a_calm_run_starts_is_healthy_and_is_done() -> None:
    timeline = CALM.timeline
    assert at(CALM, 0).state == "starting"
    assert at(CALM, timeline.start_us) == Standing(state="healthy", since_us=timeline.start_us)
    assert at(CALM, timeline.end_us - 1) == Standing(state="healthy", since_us=timeline.start_us)
    assert at(CALM, timeline.end_us).state == "exporting"
    assert at(CALM, CALM.end_us + 1).state == "done"


@cases
def test_it_never_began_later_than_now(case: Befallen) -> None:
    run = case.run()
    for percent in range(101):
        time_us = run.end_us * percent // 100
        assert at(run, time_us).since_us <= time_us


def test_a_job_goes_down_comes_back_and_is_well_when_it_is_where_it_was() -> None:
    run = BEFALLEN["in a step"].run()
    timeline = run.timeline
    down, restart = (next(each for each in timeline.segments if each.kind == kind) for kind in ("down", "restart"))
    assert at(run, down.begin_us) == Standing(state="down", since_us=down.begin_us)
    assert at(run, restart.end_us - 1) == Standing(state="recovering", since_us=restart.begin_us)
    again = Executed(171)  # data step 121
    assert at(run, timeline.end_of_us(again)) == Standing(
        state="recovering", since_us=restart.begin_us, steps_to_redo=170 - 121
    )
    well_us = timeline.end_of_us(Executed(220))  # data step 170
    assert at(run, well_us - 1).state == "recovering"
    assert at(run, well_us) == Standing(state="healthy", since_us=well_us)
    assert at(run, timeline.end_us - 1) == Standing(state="healthy", since_us=well_us)


def test_a_hang_that_nobody_has_noticed_is_a_step_that_takes_long() -> None:
    run = BEFALLEN["with a hang"].run()
    hang = next(each for each in run.timeline.segments if each.kind == "hang")
    assert at(run, hang.end_us - 1) == Standing(state="healthy", since_us=run.timeline.start_us)
    assert at(run, hang.end_us).state == "down"


def test_slow_steps_are_a_worse_run_as_long_as_they_last() -> None:
    run = BEFALLEN["slow"].run()
    timeline = run.timeline
    slow = timeline.stretches[0].slow[0]
    begin_us, end_us = (timeline.end_of_us(step) for step in (slow.first, slow.last))
    assert at(run, begin_us - 1).state == "healthy"
    assert at(run, begin_us) == Standing(state="degraded", since_us=begin_us, slower=0.06)
    assert at(run, end_us - 1).state == "degraded"
    after = timeline.end_of_us(Executed(slow.last + 1))
    assert at(run, after) == Standing(state="healthy", since_us=end_us)
