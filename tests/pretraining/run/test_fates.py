"""Which saves and restarts fail."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from befalling import SMALL, calm, in_step, one
from plans import CLASSIC, HUGE
from thorough import sampled

from pysim.catalog.incidents import causes
from pysim.pretraining.injection import Injection
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.fates import Fates
from pysim.pretraining.run.luck import Lot, Luck
from pysim.pretraining.run.periodic import Lengths, Periodic
from pysim.pretraining.run.prospects import Candidate, Foresight, Policy, candidates
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import tell
from pysim.story import events as ev
from pysim.story.noise import Stream
from pysim.story.steps import DataStep, Executed

LARGE = replace(HUGE, incident_factor=1.0)


def fates(plan: Plan = LARGE, interval: int = 1, total_steps: int = 40_000) -> Fates:
    return Fates(Luck(plan), Periodic(interval, total_steps, Lengths(1, 0, Stream(0, "test"))))


def admit(lot: Lot) -> Iterator[Candidate]:
    foresight = Foresight(Policy(nodes=LARGE.nodes, spares=0, watchdog_us=1, step_us=1))
    return candidates(foresight.prospects(lot), 0)


def failing(of: Fates) -> list[int]:
    """Data steps of all saves that something strikes."""
    found: list[int] = []
    while struck := of.next_save(DataStep(found[-1] + 1 if found else 1), admit):
        found.append(struck[0])
    return found


def restarts(of: Fates, up_to: int = 20_000) -> dict[str, int]:
    names = [candidate.cause.name for number in range(1, up_to + 1) for candidate in of.restart(number, admit)]
    return {name: names.count(name) for name in sorted(set(names))}


def test_saves_and_restarts_fail_as_often_as_is_known() -> None:
    assert len(failing(fates())) == pytest.approx(400, rel=0.15), "one save of a hundred"
    found = restarts(fates())
    assert found["torn-checkpoint"] == pytest.approx(200, rel=0.25)
    assert found["cuda-out-of-memory"] == pytest.approx(60, rel=0.4)


def test_who_exaggerates_comes_up_again() -> None:
    wild = fates(replace(LARGE, incident_factor=1e6))
    assert max(restarts(wild, 2000).values()) < 0.35 * 2000


def test_who_saves_at_the_same_step_meets_the_same() -> None:
    often, seldom = failing(fates(interval=50)), failing(fates(interval=100))
    assert [step for step in often if step % 100 == 0] == seldom
    assert failing(fates(replace(LARGE, spares=3, watchdog_seconds=60), interval=100)) == seldom
    assert failing(fates(replace(LARGE, seed=1), interval=100)) != seldom


def test_a_save_that_failed_does_not_fail_again() -> None:
    of = fates()
    first = of.next_save(DataStep(1), admit)
    assert first is not None
    of.has_failed(first)
    again = of.next_save(DataStep(1), admit)
    assert again is not None
    assert again[0] > first[0]


def test_the_last_save_counts_too() -> None:
    seeds = (seed for seed in count() if failing(fates(replace(LARGE, seed=seed), 700, 1000)) == [1000])
    assert next(seeds) >= 0


# What becomes of them


def saved(run: Run, step: int) -> ev.CheckpointCompleted:
    end_us = run.timeline.next_start_us(Executed(step))
    (completed,) = (event for event in narrate(run, end_us, end_us + 1) if isinstance(event, ev.CheckpointCompleted))
    return completed


def test_a_slow_file_system_makes_a_save_slow_and_no_step() -> None:
    run = one("storage-slow")
    (befallen,) = run.befallen
    due, timeline = Executed(360), run.timeline
    assert befallen.at_us == run.incidents.began_us(befallen) == timeline.checkpoint_start_us(due)
    assert run.incidents.over_us(befallen) == timeline.next_start_us(due)
    slow, usual = saved(run, 360), saved(calm(SMALL), 360)
    assert 20 <= slow.seconds - usual.seconds <= 900
    assert slow.gb_per_second < usual.gb_per_second
    steps, before = (each.steps.columns(Executed(361), Executed(500)) for each in (run, calm(SMALL)))
    assert (steps.duration_us == before.duration_us).all()
    assert set((steps.end_us - before.end_us).tolist()) == {round((slow.seconds - usual.seconds) * 1e6)}


def test_without_space_a_save_is_not_completed() -> None:
    run = one("disk-full")
    (befallen,) = run.befallen
    before, after = run.timeline.stretches
    start_us = run.timeline.checkpoint_start_us(before.last_step)
    assert before.last_data_step == 360
    assert start_us < befallen.at_us < run.timeline.next_start_us(before.last_step)
    assert after.resumed_after == 240


def test_what_waits_for_a_save_waits_through_a_restart() -> None:
    at_us = in_step(calm(SMALL), 250)
    asked = [
        Injection(cause="storage-slow", at_us=at_us),
        Injection(cause="software-bug", at_us=at_us + 60_000_000),
    ]
    run = tell(SMALL, asked).run
    bug, slow = run.befallen
    assert slow.incident.cause.name == "storage-slow"
    assert slow.at_us > bug.over_us
    after = run.timeline.stretches[1]
    assert slow.at_us == run.timeline.checkpoint_start_us(after.executed(DataStep(360)))


def test_they_come_by_themselves_and_the_run_ends() -> None:
    """On sixteen accelerators that fail far too often."""
    names = {"storage-slow", "torn-checkpoint", "cuda-out-of-memory"}
    runs = [
        simulate(replace(CLASSIC, incident_factor=500.0, spares=2, checkpoint_interval=50, seed=seed))
        for seed in range(3)
    ]
    found = [each for run in runs for each in run.befallen if each.incident.cause.name in names]
    assert {each.incident.cause.name for each in found} == names
    for run in runs:
        assert run.timeline.stretches[-1].last_data_step == run.plan.total_steps
        _of_their_occasion(run)


@pytest.mark.parametrize("seed", sampled([1, 7], 2))
def test_no_save_that_is_to_fail_is_missed(seed: int) -> None:
    """Whatever restarts the job, goes back, or leaves batches out on the way to it."""
    run = simulate(choose_plan(Request(preset="bloom-176b", incidents=100.0, seed=seed)))
    timeline = run.timeline
    struck = (run.incidents.began_us(each) for each in run.befallen if each.incident.cause.disturbs_saves)
    times_us = sorted(struck)
    for step in failing(Fates(Luck(run.plan), timeline.checkpoint)):
        for done in timeline.executions(DataStep(step)):
            begin_us, end_us = timeline.checkpoint_start_us(done), timeline.stretch_of(done).end_us
            if begin_us < end_us:  # else something else came before it
                assert any(begin_us <= time_us <= timeline.next_start_us(done) for time_us in times_us)
                break


def _of_their_occasion(run: Run) -> None:
    for each in run.befallen:
        occasion = causes()[each.incident.cause.name].rate
        segment = run.timeline.segment_at(each.at_us - 1)
        if occasion and occasion.per == "restart":
            assert segment.kind == "restart"
            assert segment.is_cut
        if occasion and occasion.per == "save":
            assert run.at(each.at_us - each.interrupts).phase == "saving"
