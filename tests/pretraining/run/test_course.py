"""Runs that something befell: what each is made of, and what nobody may find in any of them."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN, CALM, LATE_US, Befallen
from plans import TINY

from pysim.pretraining.moment import moment
from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.segments import SegmentKind, Slowdown, Stretch
from pysim.story import events as ev
from pysim.story.moment import Phase
from pysim.story.steps import DataStep, Executed
from pysim.views.jsonlines import json_line

cases = pytest.mark.parametrize("case", BEFALLEN.values(), ids=BEFALLEN.keys())
some = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])

FOLLOWS: dict[SegmentKind, set[SegmentKind]] = {
    "bring-up": {"training", "hang", "down", "restart"},
    "training": {"export", "hang", "down", "restart"},
    "hang": {"down", "restart"},
    "down": {"down", "restart", "training"},  # who waits for a decision is down already
    "restart": {"training", "hang", "down", "restart"},
    "export": set(),
}

moments = st.integers(0, LATE_US)
interruptions = st.lists(
    st.builds(
        Interruption,
        at_us=moments,
        hang_us=st.sampled_from([0, 0, 30_000_000]),
        down_us=st.integers(0, 900_000_000),
        restart_us=st.integers(0, 90_000_000),
        incident=st.just(0),
        resume_after=st.one_of(st.none(), st.none(), st.integers(0, 300).map(DataStep)),
        skipped_batches=st.sampled_from([0, 0, 0, 7, 60, 1000]),
        waits_us=st.sampled_from([0, 0, 1, 600_000_000]),
        waits_at_most_us=st.sampled_from([600_000_000, 1_200_000_000]),
    ),
    max_size=6,
)
slowdowns = st.lists(
    st.builds(
        lambda begin, length, permille: Slowdown(begin_us=begin, end_us=begin + length, permille=permille),
        moments,
        st.integers(1, LATE_US),
        st.integers(1, 900),
    ),
    max_size=3,
)
runs = st.builds(lambda cuts, slow: simulate(TINY, cuts, slow), interruptions, slowdowns)


def events(run: Run) -> list[ev.Event]:
    return list(narrate(run))


# What it is made of


@cases
def test_the_stretches_are_those_of_the_case(case: Befallen) -> None:
    stretches = case.run().timeline.stretches
    assert tuple((each.first_data_step, each.last_data_step) for each in stretches) == case.stretches
    assert stretches[-1].last_data_step == TINY.total_steps


@some
@given(run=runs)
def test_exactly_one_segment_holds_at_any_time(run: Run) -> None:
    segments = run.timeline.segments
    assert segments[0].begin_us == 0
    assert segments[-1].end_us == run.end_us
    for before, after in pairwise(segments):
        assert before.end_us == after.begin_us
        assert before.begin_us < before.end_us
        assert after.kind in FOLLOWS[before.kind]
        assert run.timeline.segment_at(after.begin_us) is after
        assert run.timeline.segment_at(after.begin_us - 1) is before
    assert [each.kind for each in segments].count("export") == 1


@some
@given(run=runs)
def test_executed_steps_count_on_and_data_steps_go_back_to_checkpoints_only(run: Run) -> None:
    saved = {event.step for event in events(run) if isinstance(event, ev.CheckpointCompleted)}
    for before, after in pairwise(run.timeline.stretches):
        assert after.completed == before.last_step
        assert after.resumed_after in saved | {0}
        assert after.first_data_step > after.resumed_after
        assert after.resumed_after <= before.last_data_step or before.last_data_step < before.first_data_step


@some
@given(run=runs, time_us=moments)
def test_places_follow_from_the_segments(run: Run, time_us: int) -> None:
    time_us = min(time_us, run.end_us - 1)  # a run that is cut in its start-up may end before the calm one
    place = run.at(time_us)
    assert place.segment is run.timeline.segment_at(time_us)
    assert place.begin_us <= time_us < place.end_us
    assert place.segment.begin_us <= place.begin_us
    now = moment(run, time_us)
    assert 0.0 <= now.activity_fraction <= 1.0
    assert 0 <= now.step <= TINY.total_steps
    assert 0 <= now.step_in_epoch <= TINY.steps_per_epoch
    assert run.completed_step(time_us) == place.completed


@cases
def test_walking_from_place_to_place_passes_every_microsecond_once(case: Befallen) -> None:
    """Also: the time of each load, and so the energy, is what one finds by walking."""
    run, time_us = case.run(), 0
    walked: Counter[Phase] = Counter()
    while time_us < run.end_us:
        place = run.at(time_us)
        assert place.begin_us == time_us
        time_us = min(place.end_us, place.segment.end_us)
        walked[place.phase] += time_us - place.begin_us
    context = walked["bring-up"] + walked["restarting"] + walked["exporting"]
    expected = {"training": walked["training"], "validating": walked["validating"], "saving": walked["saving"]}
    expected |= {"context": context, "hang": walked["hanging"], "down": walked["down"]}
    assert {load: us for load, us in run.fleet._loads.spans_us().items() if us} == {
        load: us for load, us in expected.items() if us
    }


# What it costs


def test_ten_minutes_down_cost_what_idle_accelerators_draw() -> None:
    """And the two minutes of a restart what processes draw that do not compute yet."""
    case = BEFALLEN["after a save"].run()
    down_kwh = TINY.accelerator.idle_watts * TINY.world_size / 1e3 * 10 / 60
    assert 0.1 < down_kwh < 0.3
    context_kwh = case.fleet._mean_watts("context") * TINY.world_size / 1e3 * 2 / 60
    lost_step_seconds = 3 * CALM.figures.step_seconds + CALM.figures.first_step_extra_seconds
    lost_kwh = CALM.figures.step_watts * TINY.world_size / 3.6e6 * lost_step_seconds
    more = case.fleet.energy_kwh() - CALM.fleet.energy_kwh()
    assert down_kwh + context_kwh < more < down_kwh + context_kwh + lost_kwh


@cases
def test_elapsed_time_is_all_that_passed_and_what_is_left_is_what_comes(case: Befallen) -> None:
    run = case.run()
    steps = [event for event in events(run) if isinstance(event, ev.StepCompleted)]
    for event in steps:
        assert event.elapsed_seconds == pytest.approx(event.time_seconds - run.timeline.start_us / 1e6, abs=2e-6)
    last_cut = run.timeline.stretches[-1].begin_us / 1e6
    for event in steps:
        if event.time_seconds > last_cut:
            left = run.timeline.end_us / 1e6 - event.time_seconds
            assert event.eta_seconds == pytest.approx(left, rel=0.12, abs=1.0)
    summary = next(event for event in events(run) if isinstance(event, ev.RunCompleted))
    assert summary.accelerator_hours == pytest.approx(run.end_us / 3.6e9 * TINY.world_size, abs=0.05)


def test_a_slow_stretch_takes_longer_by_what_was_said() -> None:
    slow, calm, clock = BEFALLEN["slow"].run().timeline, CALM.timeline, CALM.timeline._pace.clock
    (befallen,) = BEFALLEN["slow"].slowdowns
    for step in map(Executed, range(2, 301)):
        longer = (slow.end_of_us(step) - slow.start_of_us(step)) - (calm.end_of_us(step) - calm.start_of_us(step))
        # The step in which it begins is as fast as ever, the one in which it ends is slow to its end.
        is_slow = befallen.begin_us <= slow.start_of_us(step) < befallen.end_us
        computing = clock.total_us(step) - clock.total_us(Executed(step - 1))
        assert longer == pytest.approx(0.06 * computing if is_slow else 0.0, abs=1.5)


def test_a_node_that_stays_slow_is_slow_after_a_restart() -> None:
    run = BEFALLEN["slow, then cut"].run()
    first, second = run.timeline.stretches
    assert [each.permille for each in first.slow] == [50, 200]
    assert [(each.first, each.permille) for each in second.slow] == [(second.first_step, 50)]


def test_a_second_stretch_reads_its_shards() -> None:
    """Reading takes time by the data step, in whichever stretch the step is."""
    plan = replace(TINY, epochs=1, tokens=900 * TINY.tokens_per_step, validation_interval=800, checkpoint_interval=400)
    calm = simulate(plan)
    cut = Interruption(at_us=calm.timeline.end_of_us(Executed(450)) + 1, down_us=10**6, restart_us=10**6)
    again = simulate(plan, [cut]).timeline
    shards = calm.timeline.shards
    assert shards.before(DataStep(900)) > shards.before(DataStep(401)) > 0
    reads = {step for step in range(402, 901) if shards.before(DataStep(step)) > shards.before(DataStep(step - 1))}
    stretch = again.stretches[1]
    typical = CALM.figures.step_seconds * 1e6
    first = again.end_of_us(stretch.first_step) - again.start_of_us(stretch.first_step)
    assert first == pytest.approx(typical + stretch.warmup_us, abs=60_000), "what was read before is not read again"
    for step in range(402, 900):
        executed = stretch.executed(DataStep(step))
        took = again.end_of_us(executed) - again.start_of_us(executed)
        own = again._pace.clock.total_us(executed) - again._pace.clock.total_us(executed - 1)
        assert (took > own + 150_000) == (step in reads), step


# What is told


@cases
def test_time_only_goes_on(case: Befallen) -> None:
    told = events(case.run())
    assert [event.time_seconds for event in told] == sorted(event.time_seconds for event in told)


RESTARTING = ev.JobRelaunched | ev.GroupsRejoined | ev.CheckpointLoadStarted | ev.CheckpointLoaded


@cases
def test_nothing_is_told_of_what_never_happened(case: Befallen) -> None:
    """No event of training falls into a hang, a repair or a restart; a save that was cut never completes.

    At a restart the job's processes say that they are there again.
    """
    run = case.run()
    quiet = [segment for segment in run.timeline.segments if segment.kind in ("hang", "down", "restart")]
    for event in events(run):
        for segment in quiet:
            if segment.begin_us < event.time_seconds * 1e6 < segment.end_us:
                restarts = segment.kind == "restart" and isinstance(event, RESTARTING)
                assert restarts or isinstance(event, ev.TrainingInterrupted)


@cases
def test_each_data_step_is_told_as_often_as_it_was_done(case: Befallen) -> None:
    run = case.run()
    told = [event.step for event in events(run) if isinstance(event, ev.StepCompleted)]
    assert told == [step for first, last in case.stretches for step in range(first, last + 1)]
    assert len(told) == run.timeline.last_step


@cases
def test_names_follow_the_data_step(case: Befallen) -> None:
    """A checkpoint never names a step that was not reached."""
    reached = 0
    for event in events(case.run()):
        if isinstance(event, ev.StepCompleted):
            reached = event.step
        if isinstance(event, ev.CheckpointStarted | ev.CheckpointCompleted):
            assert event.step == reached
            assert event.path.endswith(f"step_{reached:06d}")
        if isinstance(event, ev.TrainingResumed) and event.checkpoint:
            assert event.checkpoint.endswith(f"step_{event.step - 1 - event.skipped_batches:06d}")


@cases
def test_what_stops_and_what_goes_on_is_told(case: Befallen) -> None:
    run = case.run()
    stops = [segment for segment in run.timeline.segments if segment.kind == "down"]
    stopped = [event for event in events(run) if isinstance(event, ev.TrainingInterrupted)]
    resumed = [event for event in events(run) if isinstance(event, ev.TrainingResumed)]
    assert [event.time_seconds for event in stopped] == [segment.begin_us / 1e6 for segment in stops]
    again = [s for s in run.timeline.stretches if run.timeline.before(s).kind != "bring-up"]
    assert [event.step for event in resumed] == [stretch.first_data_step for stretch in again]


@some
@given(cuts=interruptions, slow=slowdowns, at_us=moments, length=st.integers(1, 10**9))
def test_nothing_before_it_depends_on_an_interruption(
    cuts: list[Interruption], slow: list[Slowdown], at_us: int, length: int
) -> None:
    """Whatever is added from a moment on, every event before it stays, byte by byte."""
    before = simulate(TINY, cuts, slow)
    more = Interruption(at_us=at_us, down_us=length, restart_us=10**6)
    slower = Slowdown(begin_us=at_us, end_us=at_us + length, permille=70)
    told = [json_line(event) for event in narrate(before, 0, at_us)]
    assert [json_line(event) for event in narrate(simulate(TINY, [*cuts, more], slow), 0, at_us)] == told
    assert [json_line(event) for event in narrate(simulate(TINY, cuts, [*slow, slower]), 0, at_us)] == told


def test_an_epoch_begins_though_its_first_step_is_cut() -> None:
    """When it begins nobody knows that."""
    calm = simulate(TINY)
    first = Executed(TINY.steps_per_epoch + 1)
    at_us = (calm.timeline.start_of_us(first) + calm.timeline.end_of_us(first)) // 2
    cut = simulate(TINY, [Interruption(at_us=at_us, down_us=10**6, restart_us=10**6)])
    told = [event for event in narrate(cut, 0, at_us) if isinstance(event, ev.EpochStarted)]
    assert [event.epoch for event in told] == [1, 2]
    assert [json_line(event) for event in narrate(cut, 0, at_us)] == [json_line(e) for e in narrate(calm, 0, at_us)]


@some
@given(run=runs, cuts=st.lists(moments, max_size=8))
def test_spans_join_to_the_whole(run: Run, cuts: list[int]) -> None:
    borders = [0, *sorted(cuts), run.end_us + 1]
    joined = [event for since, until in pairwise(borders) for event in narrate(run, since, until)]
    assert list(map(json_line, joined)) == list(map(json_line, narrate(run)))


@some
@given(run=runs, time_us=moments)
def test_chapters_next_and_before_are_those_of_the_whole_list(run: Run, time_us: int) -> None:
    chapters = list(run.chapters.some(10_000))
    assert [each.time_us for each in chapters] == sorted(each.time_us for each in chapters)
    later = [each.time_us for each in chapters if each.time_us > time_us]
    earlier = [each.time_us for each in chapters if each.time_us < time_us and each.kind != "end"]
    assert run.chapters.after(time_us).time_us == (later or [run.end_us])[0]
    assert run.chapters.before(time_us).time_us == (earlier or [0])[-1]


@cases
def test_chapters_are_where_things_are_told(case: Befallen) -> None:
    run = case.run()
    told = {
        "validation": [e.time_seconds for e in events(run) if isinstance(e, ev.ValidationStarted)],
        "checkpoint": [e.time_seconds for e in events(run) if isinstance(e, ev.CheckpointStarted)],
        "resumption": [e.time_seconds for e in events(run) if isinstance(e, ev.TrainingResumed)],
    }
    for kind, times in told.items():
        placed = [each.time_us / 1e6 for each in run.chapters.some(10_000) if each.kind == kind]
        if kind == "resumption" and run.timeline.stretches[0] is run.timeline.stretches[-1]:
            continue  # what began anew before its first step is where training starts
        assert placed == times, kind


@some
@given(run=runs)
def test_loads_change_where_segments_do(run: Run) -> None:
    for segment in run.timeline.segments:
        history = run.fleet._loads.history(segment.end_us, 4)
        since = [change[0] for change in history]
        assert since == sorted(since)
        assert since[-1] < segment.end_us
        if not isinstance(segment, Stretch):
            assert history[-1][0] == segment.begin_us
