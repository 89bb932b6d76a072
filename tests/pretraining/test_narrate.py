"""A run told from any moment to any other."""

from collections import Counter
from dataclasses import replace
from inspect import isclass
from itertools import pairwise
from types import ModuleType

import pytest
from befalling import misdiagnosed, one
from hypothesis import given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN
from plans import CLASSIC, HALF, HUGE, MIXTURE, PLANS, RAMPED, TINY
from random_plans import random_plan
from thorough import sampled

import pysim
from pysim.catalog import accelerators
from pysim.physics.exchanges import exchange_seconds, replica_exchanges
from pysim.physics.workload import Parallelism
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.decisions import Decision, Orders
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.scenes.bring_up import LISTED_NODES, bring_up
from pysim.pretraining.scenes.closing import closing
from pysim.pretraining.scenes.training import CHUNK_STEPS, COLLECTIVE_SHARE, steps
from pysim.pretraining.story import PretrainingStory, tell
from pysim.story import events as ev
from pysim.story.reports import EVEN
from pysim.story.steps import DataStep, Executed
from pysim.views.jsonlines import json_line

RUN = simulate(TINY)
WHOLE = [json_line(event) for event in narrate(RUN)]
TIMELINE = RUN.timeline


def test_an_epoch_that_was_cut_in_its_first_step_has_begun() -> None:
    begins_us = TIMELINE.start_of_us(Executed(101)) + 1
    cut = Interruption(at_us=begins_us + 1000, down_us=10**6, restart_us=10**6)
    told = [
        event for event in narrate(simulate(TINY, (cut,))) if isinstance(event, ev.EpochStarted) and event.epoch == 2
    ]
    assert told[0].time_seconds == begins_us / 1e6
    assert [event.step for event in told] == [101, 101]


def test_the_training_loss_beside_a_validation_goes_back_to_the_last_one_that_came() -> None:
    """The one of step 150 was left out with its batch."""
    cut = Interruption(
        at_us=TIMELINE.start_of_us(Executed(130)) + 1000, down_us=10**6, restart_us=10**6, skipped_batches=40
    )
    told = list(narrate(simulate(TINY, (cut,))))
    losses = {event.step: event.loss or 0.0 for event in told if isinstance(event, ev.StepCompleted)}
    validation = next(event for event in told if isinstance(event, ev.ValidationCompleted) and event.step == 200)
    seen = [losses[step] for step in (*range(101, 121), *range(161, 201))]
    assert validation.train_loss == pytest.approx(sum(seen) / len(seen), abs=1e-4)


SEAMS = sorted(
    {
        round(event.time_seconds * 1e6) + offset
        for event in narrate(RUN)
        if not isinstance(event, ev.StepCompleted) or event.step % 40 < 2
        for offset in (0, 1)
    }
)
moments = st.one_of(st.integers(0, RUN.end_us + 1), st.sampled_from(SEAMS))


def told(run: Run, since_us: int = 0, until_us: int | None = None) -> list[str]:
    return [json_line(event) for event in narrate(run, since_us, until_us)]


def of_kind(run: Run, kind: type[ev.Event]) -> list[ev.Event]:
    return [event for event in narrate(run) if type(event) is kind]


@settings(deadline=None, max_examples=60)
@given(cuts=st.lists(moments, min_size=1, max_size=3))
def test_cutting_a_story_loses_and_repeats_nothing(cuts: list[int]) -> None:
    borders = [0, *sorted(cuts), RUN.end_us + 1]
    assert [line for since, until in pairwise(borders) for line in told(RUN, since, until)] == WHOLE


@pytest.mark.parametrize("plan", [TINY, replace(TINY, epochs=20), replace(HALF, tokens=TINY.tokens * 20)])
def test_time_only_goes_on(plan: Plan) -> None:
    times = [event.time_seconds for event in narrate(simulate(plan))]
    assert times == sorted(times)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_opening_in_the_middle_is_arriving_there(plan: Plan) -> None:
    run = simulate(plan)
    middle_us, hour_us = (
        2 * run.end_us // 3,
        min(1_800_000_000, run.end_us // 10),
    )  # small runs start for half of their time
    arrived = told(run, middle_us - hour_us, middle_us + hour_us)
    opened = told(run, middle_us, middle_us + hour_us)
    assert opened == arrived[-len(opened) :]
    assert opened


def test_a_story_has_a_beginning_and_an_end() -> None:
    events = list(narrate(RUN))
    assert type(events[0]) is ev.JobLaunched
    assert type(events[-1]) is ev.RunCompleted
    assert events[-1].time_seconds == RUN.end_us / 1e6


def test_before_and_after_nothing_is_told() -> None:
    assert told(RUN, RUN.end_us + 1, RUN.end_us + 10**9) == []
    assert told(RUN, 0, 0) == []
    assert told(RUN, 5, 4) == []


def looked_at() -> PretrainingStory:
    """A node is looked at and a machine asked for by somebody who is on call."""
    looks = Decision(action="diagnose", at_us=3_600_000_000, node=1)
    asks = Decision(action="spares", at_us=3_700_000_000, count=1)
    return tell(CLASSIC, orders=Orders(decisions=(looks, asks)))


def test_every_kind_of_event_is_told_by_some_run() -> None:
    kinds = {kind for kind in vars(ev).values() if isclass(kind) and issubclass(kind, ev.Event)} - {
        ev.Event,
        ev.LibraryLogged,
        ev.GroundTruth,
        ev.Opened,
    }
    overflowing = simulate(replace(HALF, tokens=1200 * HALF.tokens_per_step))
    interrupted = BEFALLEN["in a step"].run()
    huge = simulate(HUGE)
    shift = huge.timeline.level_shifts[0]
    slowed = [huge.timeline.start_of_us(Executed(step)) for step in (shift.first, shift.last)]
    replaced, wrongly = one("gpu-off-bus"), misdiagnosed("gpu-error")
    told_of = {type(event) for run in (RUN, overflowing, interrupted, replaced) for event in narrate(run)}
    told_of |= {type(event) for event in narrate(wrongly, wrongly.befallen[0].at_us, wrongly.befallen[0].over_us)}
    told_of |= {type(event) for at_us in slowed for event in narrate(huge, at_us, at_us + 60_000_000)}
    told_of |= {type(event) for event in narrate(RUN, every=100)}
    told_of |= {type(event) for event in narrate(simulate(RAMPED), 0, 3_600_000_000)}
    told_of |= {type(event) for event in narrate(RUN, RUN.end_us - 3_600_000_000, every=10, reports=EVEN)}
    told_of |= {type(event) for event in looked_at().narrate(every=100)}
    assert told_of == kinds


def test_each_thing_happens_as_often_as_it_should() -> None:
    count = Counter(type(event) for event in narrate(RUN))
    assert count[ev.StepCompleted] == 300
    assert count[ev.EpochStarted] == count[ev.EpochCompleted] == 3
    assert count[ev.ValidationStarted] == count[ev.ValidationCompleted] == 6
    assert count[ev.CheckpointStarted] == count[ev.CheckpointCompleted] == 3
    assert count[ev.CheckpointProgressed] == 9
    assert count[ev.FleetSampled] == 30
    assert count[ev.ExportFileWritten] == 5


def test_the_packages_names_are_what_they_are_called() -> None:
    """A name that is also a module's would be the module, once that is loaded."""
    for name in pysim.__all__:
        assert not isinstance(getattr(pysim, name), ModuleType), name
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = pysim.nonsense


# Bring-up


def test_the_first_nodes_are_named_one_by_one() -> None:
    detected = [event for event in bring_up(simulate(CLASSIC)) if isinstance(event, ev.AcceleratorDetected)]
    assert sorted(event.rank for event in detected) == list(range(LISTED_NODES * 8))
    assert all(event.rank == 8 * event.node + event.local_rank for event in detected)
    assert len({event.host for event in detected}) == LISTED_NODES


def test_a_single_accelerator_needs_no_fabric() -> None:
    run = simulate(replace(TINY, world_size=1))
    kinds = [type(event) for event in narrate(run)]
    assert ev.CollectiveTimed not in kinds
    assert kinds.count(ev.AcceleratorDetected) == 1


@pytest.mark.parametrize(
    ("plan", "shards"),
    [(CLASSIC, 64), (HUGE, 128), (MIXTURE, 4), (TINY, 1), (replace(HUGE, parallel=Parallelism(8, 9)), 72)],
)
def test_weights_come_up_shard_by_shard(plan: Plan, shards: int) -> None:
    loading = [event for event in bring_up(simulate(plan)) if isinstance(event, ev.ModelLoading)]
    assert {event.shards for event in loading} == {shards}
    assert loading[-1].shard == shards
    assert len(loading) <= 9


def test_experts_are_announced() -> None:
    (ready,) = (event for event in bring_up(simulate(MIXTURE)) if isinstance(event, ev.ModelReady))
    assert (ready.experts, ready.experts_per_token) == (8, 2)
    assert ready.active_parameters < ready.parameters
    (ready,) = (event for event in bring_up(RUN) if isinstance(event, ev.ModelReady))
    assert (ready.experts, ready.experts_per_token) == (0, 0)


@pytest.mark.parametrize(
    ("name", "backend"), [("h100-sxm", "nccl"), ("mi300x", "rccl"), ("tpu-v5p", "jax"), ("gaudi3", "hccl")]
)
def test_every_vendor_has_its_own_library(name: str, backend: str) -> None:
    run = simulate(replace(CLASSIC, accelerator=accelerators()[name]))
    (ready,) = (event for event in bring_up(run) if isinstance(event, ev.DistributedInitialised))
    assert ready.backend == backend


# Training


def test_steps_are_told_the_same_in_any_pieces() -> None:
    whole = [json_line(event) for event in ev.singly(steps(RUN, Executed(1), Executed(300)))]
    assert whole == [
        json_line(event)
        for first in range(1, 301, 7)
        for event in ev.singly(steps(RUN, Executed(first), Executed(min(first + 6, 300))))
    ]


def test_long_spans_are_told_in_chunks() -> None:
    run = simulate(CLASSIC)
    since, until = run.timeline.end_of_us(Executed(2)), run.timeline.end_of_us(Executed(2 * CHUNK_STEPS + 500))
    numbers = [event.step for event in narrate(run, since, until) if isinstance(event, ev.StepCompleted)]
    assert numbers == list(range(2, 2 * CHUNK_STEPS + 500))


def test_an_epoch_of_one_step() -> None:
    run = simulate(replace(TINY, epochs=300))
    started = of_kind(run, ev.EpochStarted)
    assert [event.epoch for event in started if isinstance(event, ev.EpochStarted)] == list(range(1, 301))


def test_some_steps_time_a_collective() -> None:
    """TRAIN-06: about two per cent of steps."""
    run = simulate(CLASSIC)
    timed = [e for e in narrate(run) if isinstance(e, ev.CollectiveTimed) and e.step]
    assert len(timed) / CLASSIC.total_steps == pytest.approx(COLLECTIVE_SHARE, rel=0.15)
    for exchange in replica_exchanges(CLASSIC):
        seconds = [event.seconds for event in timed if event.operation == exchange.operation]
        fastest = exchange_seconds(CLASSIC, exchange)
        assert len(seconds) > len(timed) / 4
        assert all(0.999999 * fastest <= each < 1.2 * fastest for each in seconds)
    sizes = {(event.operation, event.message_bytes, event.ranks) for event in timed}
    assert sizes == {(each.operation, each.message_bytes, each.ranks) for each in replica_exchanges(CLASSIC)}


def test_a_lone_replica_reduces_nothing() -> None:
    run = simulate(replace(TINY, world_size=1))
    assert not of_kind(run, ev.CollectiveTimed)


def test_the_validation_stands_beside_the_steps_since_the_last_one() -> None:
    completed = [event for event in narrate(RUN) if isinstance(event, ev.ValidationCompleted)]
    losses = RUN.steps.losses(DataStep(1), DataStep(300))
    for event, since in zip(completed, (0, 50, 100, 150, 200, 250), strict=True):
        assert event.step == since + 50
        assert event.train_loss == pytest.approx(losses[since : since + 50].mean(), abs=5.1e-5)


def test_a_checkpoint_is_written_at_a_speed() -> None:
    events = [event for event in narrate(RUN) if isinstance(event, ev.CheckpointCompleted)]
    for event in events:
        assert event.checkpoint_bytes / event.seconds / 1e9 == pytest.approx(event.gb_per_second, abs=6e-4)
        assert event.time_seconds - event.seconds == pytest.approx(
            TIMELINE.checkpoint_start_us(Executed(event.step)) / 1e6
        )


# Closing


@pytest.mark.parametrize("plan", [TINY, CLASSIC, HUGE], ids=lambda plan: plan.name)
def test_files_are_exported_in_time(plan: Plan) -> None:
    run = simulate(plan)
    written = [event for event in closing(run) if isinstance(event, ev.ExportFileWritten)]
    assert [event.index for event in written] == list(range(1, len(written) + 1))
    assert {event.files for event in written} == {len(written)}
    assert all(run.timeline.end_us / 1e6 < event.time_seconds < run.end_us / 1e6 for event in written)
    (completed,) = (event for event in closing(run) if isinstance(event, ev.ExportCompleted))
    assert completed.export_bytes == sum(event.file_bytes for event in written)
    assert completed.export_bytes == pytest.approx(2 * run.figures.parameters, rel=0.04)


@pytest.mark.parametrize("seed", sampled(range(40), 4))
def test_no_rate_is_rounded_away(seed: int) -> None:
    """The first step takes its time: of a small model on a large cluster, next to nothing of the peak is left."""
    plan = replace(random_plan(seed), tokens=0)
    plan = replace(plan, epochs=1, tokens=3 * plan.tokens_per_step)
    run = simulate(plan)
    for event in narrate(run, run.timeline.start_us):
        if isinstance(event, ev.StepCompleted) and (event.step < 100 or event.step % 97 == 0):
            batch = plan.batches.size(event.step)
            tokens = batch * plan.sequence_length
            exact = run.figures.flops_per_token * tokens / event.step_seconds
            assert event.mfu * run.figures.peak_flops_per_second * plan.world_size == pytest.approx(exact, rel=1e-3)
            assert event.tokens_per_second * event.step_seconds == pytest.approx(tokens, rel=1e-3)
            assert event.samples_per_second * event.step_seconds == pytest.approx(batch, rel=1e-3)
        if isinstance(event, ev.RunCompleted):
            assert min(event.mean_mfu, event.accelerator_hours, event.energy_kwh, event.usd) > 0
