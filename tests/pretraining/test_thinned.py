"""Steps told many at a time."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from befalling import OVERFLOWING, SMALL, befallen_by, in_step, incident, unseen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import TINY

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.views.jsonlines import json_line

SHORT = replace(SMALL, tokens=700 * SMALL.tokens_per_step)
CALM, UNDISTURBED = simulate(TINY), simulate(SHORT)
STOPPED = befallen_by(
    SHORT,
    [
        incident("gpu-off-bus", in_step(UNDISTURBED, 257)),
        incident("collective-hang", in_step(UNDISTURBED, 391)),
    ],
)
"""Twice, each between two checkpoints and between two multiples of ten."""
PLANNED = befallen_by(SHORT, [incident("planned-maintenance", in_step(UNDISTURBED, 133))])
RUNS = {"calm": CALM, "stopped": STOPPED, "planned": PLANNED}
INTERVALS = (10, 100, 1000)
ALWAYS = (
    ev.ValidationCompleted, ev.CheckpointCompleted, ev.TrainingInterrupted, ev.TrainingResumed, ev.EpochStarted,
    ev.EpochCompleted, ev.IncidentBegan, ev.IncidentNoticed, ev.NodeReplaced, ev.Recovered, ev.LogLine, ev.RunCompleted,
)  # fmt: skip

few = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])


def reports(run: Run, every: int) -> list[ev.StepsReported]:
    return [event for event in narrate(run, every=every) if isinstance(event, ev.StepsReported)]


def lives(run: Run) -> list[list[ev.StepCompleted]]:
    """The steps between two stops."""
    found: list[list[ev.StepCompleted]] = [[]]
    for event in narrate(run):
        if isinstance(event, ev.StepCompleted):
            found[-1].append(event)
        elif isinstance(event, ev.TrainingResumed):
            found.append([])
    return found


def intervals(run: Run, every: int) -> list[list[ev.StepCompleted]]:
    """The steps that each report stands for: to a multiple, the last step, or a stop."""
    found: list[list[ev.StepCompleted]] = []
    for life in lives(run):
        open_ = []
        for step in life:
            open_.append(step)
            if step.step % every == 0:
                found.append(open_)
                open_ = []
        found += [open_] if open_ else []
    return found


def mean(values: Sequence[float | None], decimals: int) -> float | None:
    """By hand, in whole numbers of the last decimal."""
    units = [round(value * 10**decimals) for value in values if value is not None]
    return round(sum(units) / len(units)) / 10**decimals if units else None


@pytest.mark.parametrize("every", INTERVALS)
@pytest.mark.parametrize("name", RUNS)
def test_each_report_has_the_means_of_the_steps_that_it_names(name: str, every: int) -> None:
    run = RUNS[name]
    told, steps = reports(run, every), intervals(run, every)
    assert len(told) == len(steps)
    for report, of in zip(told, steps, strict=True):
        assert (report.first, report.last) == (of[0].step, of[-1].step)
        assert report.mean_loss == mean([step.loss for step in of], 4)
        assert report.mean_grad_norm == mean([step.grad_norm for step in of], 3)
        assert report.mean_step_seconds == mean([step.step_seconds for step in of], 6)
        tokens = len(of) * run.plan.tokens_per_step / sum(step.step_seconds for step in of)
        assert report.tokens_per_second == pytest.approx(tokens, abs=0.06)
        assert report.learning_rate == of[-1].learning_rate


def test_a_report_comes_with_its_last_step_or_when_the_processes_are_gone() -> None:
    ends = {step.step: step.time_seconds for step in lives(CALM)[0]}
    assert all(report.time_seconds == ends[report.last] for report in reports(CALM, 100))
    cut = [report for report in reports(STOPPED, 10) if report.last % 10]
    gone = [event.time_seconds for event in narrate(STOPPED) if isinstance(event, ev.TrainingInterrupted)]
    assert [report.last for report in cut[:2]] == [256, 338]
    assert [report.time_seconds for report in cut[:2]] == gone


def test_it_goes_on_in_the_middle_of_an_interval_where_the_run_does() -> None:
    resumed = [event.step for event in narrate(STOPPED) if isinstance(event, ev.TrainingResumed)]
    firsts = [report.first for report in reports(STOPPED, 1000)]
    assert firsts == [1, *resumed]


@pytest.mark.parametrize("every", INTERVALS)
@pytest.mark.parametrize("name", RUNS)
def test_what_happens_beside_steps_stays(name: str, every: int) -> None:
    whole, thinned = (
        [json_line(event) for event in narrate(RUNS[name], every=each) if isinstance(event, ALWAYS)]
        for each in (1, every)
    )
    assert thinned == whole


@pytest.mark.parametrize("every", INTERVALS)
def test_no_single_step_is_told_nor_what_belongs_to_one(every: int) -> None:
    kinds = {type(event) for event in narrate(STOPPED, every=every)}
    single = {ev.StepCompleted, ev.CheckpointStarted, ev.CheckpointProgressed, ev.ValidationStarted}
    assert not kinds & single
    in_training = list(narrate(CALM, CALM.timeline.start_us, CALM.timeline.end_us, every))
    assert not any(isinstance(event, ev.CollectiveTimed) for event in in_training)


def test_accelerators_are_looked_at_so_much_more_seldom() -> None:
    run = simulate(replace(SHORT, grid_interval=20))
    looks = [event.step for event in narrate(run, every=10) if isinstance(event, ev.FleetSampled)]
    assert looks == [200, 400, 600]


@few
@given(
    name=st.sampled_from(sorted(RUNS)),
    every=st.sampled_from(INTERVALS),
    cuts=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4),
)
def test_a_cut_anywhere_changes_nothing(name: str, every: int, cuts: list[float]) -> None:
    run = RUNS[name]
    borders = [0, *sorted(round(cut * run.end_us) for cut in cuts), run.end_us + 1]
    pieces = [json_line(event) for since, until in pairwise(borders) for event in narrate(run, since, until, every)]
    assert pieces == [json_line(event) for event in narrate(run, every=every)]


@few
@given(name=st.sampled_from(sorted(RUNS)), every=st.sampled_from((1, *INTERVALS)), share=st.floats(0.0, 1.0))
def test_a_story_counts_the_steps_that_it_has_told(name: str, every: int, share: float) -> None:
    run = RUNS[name]
    time_us = round(share * run.end_us)
    told = sum(ev.items_of(event) for event in narrate(run, 0, time_us, every))
    assert PretrainingStory(run).items_before(time_us, every) == told


@pytest.mark.parametrize("place", ["noticed", "gone", "hanging"])
def test_what_hangs_is_not_counted_before_it_is_told(place: str) -> None:
    hang = STOPPED.befallen[1]
    gone_us = next(
        segment.begin_us for segment in STOPPED.timeline.segments if segment.kind == "down" and segment.incident == 2
    )
    time_us = {"noticed": hang.noticed_us, "gone": gone_us + 1, "hanging": (hang.at_us + hang.noticed_us) // 2}[place]
    told = sum(ev.items_of(event) for event in narrate(STOPPED, 0, time_us, 100))
    assert PretrainingStory(STOPPED).items_before(time_us, 100) == told


def test_skipped_steps_have_no_norm_in_the_mean() -> None:
    run = simulate(OVERFLOWING)
    first = intervals(run, 10)[0]
    assert any(step.grad_norm is None for step in first)
    assert reports(run, 10)[0].mean_grad_norm == mean([step.grad_norm for step in first], 3)


def test_a_loss_that_is_not_a_number_leaves_no_mean() -> None:
    run = unseen("nan", SHORT, 254)
    lost = [report for report in reports(run, 10) if report.mean_loss is None]
    assert lost
    assert all(report.mean_grad_norm is None for report in lost)
    assert [(each.first, each.last) for each in lost] == [
        (of[0].step, of[-1].step) for of in intervals(run, 10) if any(step.loss is None for step in of)
    ]


def test_it_never_knows_what_will_stop_it() -> None:
    """Up to the stop the same is told as where nothing stops it."""
    at_us = STOPPED.befallen[0].at_us
    told = [
        [json_line(event) for event in narrate(run, 0, at_us, 100) if not isinstance(event, ev.GroundTruth)]
        for run in (UNDISTURBED, STOPPED)
    ]
    assert told[0] == told[1]
