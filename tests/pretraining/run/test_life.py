"""How a run lives through what befalls it."""

from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HUGE, TINY

from pysim.catalog.incidents import causes
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.course import Course
from pysim.pretraining.run.life import Life
from pysim.pretraining.run.luck import Incident, lot_of
from pysim.pretraining.run.prospects import Policy
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.story.noise import Stream
from pysim.story.steps import Executed

CALM = simulate(TINY)
MINUTE_US = 60_000_000


def at(step: int) -> int:
    return CALM.timeline.end_of_us(Executed(step)) + 1


def incident(name: str, at_us: int, node: int = 1, address: int = 0) -> Incident:
    return Incident(
        at_us=at_us, cause=causes()[name], node=node, local_rank=2, stream=Stream(1, "test"), address=address
    )


def lived(
    incidents: list[Incident], plan: Plan = TINY, spares: int = 2, earlier_us: tuple[int, ...] = ()
) -> tuple[tuple[Segment, ...], tuple[Befallen, ...]]:
    run = Run(plan)
    policy = Policy(nodes=plan.nodes, spares=spares, watchdog_us=10 * MINUTE_US, step_us=600_000)
    lot = lot_of(incidents)
    lot = replace(lot, earlier_us=np.array(earlier_us)) if earlier_us else lot
    segments, befallen = Life(Course(run._pace(None), run._durations()), policy).live([lot])
    return tuple(segments), tuple(befallen)


def kinds(segments: tuple[Segment, ...]) -> list[str]:
    return [segment.kind for segment in segments]


def test_a_crash_is_noticed_repaired_and_restarted() -> None:
    segments, (befallen,) = lived([incident("gpu-off-bus", at(170))])
    assert kinds(segments) == ["bring-up", "training", "hang", "down", "restart", "training", "export"]
    hang, down, restart = segments[2:5]
    assert [segment.incident for segment in (hang, down, restart)] == [1, 1, 1]
    assert hang.begin_us == befallen.at_us == at(170)
    assert (hang.end_us, restart.end_us) == (befallen.noticed_us, befallen.over_us)
    assert 2_000_000 <= hang.end_us - hang.begin_us <= 60_000_000
    parts = dict(befallen.parts)
    assert list(parts) == ["aborting", "diagnosing", "draining", "replacing", "launching", "groups", "loading"]
    assert down.end_us - down.begin_us == sum(
        parts[name] for name in ("aborting", "diagnosing", "draining", "replacing")
    )
    assert restart.end_us - restart.begin_us == sum(parts[name] for name in ("launching", "groups", "loading"))


def test_a_hang_lasts_until_the_watchdog_speaks() -> None:
    segments, (befallen,) = lived([incident("gsp-timeout", at(170))])
    assert befallen.noticed_us - befallen.at_us == pytest.approx(10 * MINUTE_US, abs=2_000_000)
    assert segments[2].kind == "hang"


def test_a_spare_takes_the_place_and_keeps_it() -> None:
    later = at(170) + 60 * MINUTE_US
    plan = replace(TINY, tokens=20_000 * TINY.tokens_per_step)
    _, befallen = lived([incident("gpu-off-bus", at(170)), incident("gpu-off-bus", later, address=32)], plan)
    assert [(each.host, each.replaced_by) for each in befallen] == [(1, 2), (2, 3)]


def test_what_recurs_comes_with_its_machine() -> None:
    """To whichever node it is by then; where it is none, the failure is another one's."""
    plan = replace(TINY, epochs=1, tokens=3_000_000 * TINY.tokens_per_step)
    first, other = incident("gpu-off-bus", at(170)), incident("gpu-off-bus", at(170) + 60 * MINUTE_US, 0, 32)
    (_, second), recurring = lived([first, other], plan, spares=1)[1], incident("hbm-error", 0, 1, 64)
    assert (second.replaced_by, second.blamed) == (1, 0), "the first machine is back, as another node"
    soon = replace(recurring, at_us=at(170) + 30 * MINUTE_US)
    late = replace(recurring, at_us=second.over_us + 60 * MINUTE_US)
    befallen = lived([first, soon], plan, spares=1, earlier_us=(-1, first.at_us))[1]
    assert (befallen[1].incident.node, befallen[1].host) == (1, 2)
    befallen = lived([first, other, late], plan, spares=1, earlier_us=(-1, -1, first.at_us))[1]
    assert (befallen[2].incident.node, befallen[2].host, befallen[2].blamed) == (0, 1, 0)
    befallen = lived([first, other, late], plan, spares=1)[1]
    assert befallen[2].incident.node == 1


def test_without_a_spare_one_waits_for_a_repair() -> None:
    _, (with_one,) = lived([incident("gpu-off-bus", at(170))], spares=1)
    _, (without,) = lived([incident("gpu-off-bus", at(170))], spares=0)
    assert "waiting" not in dict(with_one.parts)
    assert dict(without.parts)["waiting"] > 10 * MINUTE_US
    assert without.replaced_by == 1, "the same machine comes back"


def test_a_slow_node_slows_until_it_is_found_and_replaced() -> None:
    plan = replace(TINY, epochs=1, tokens=100_000 * TINY.tokens_per_step)
    cases = (lived([incident("straggler", at(170), address=32 * index)], plan) for index in range(20))
    segments, (befallen,) = next(case for case in cases if len(case[1]) == 1 and case[1][0].interrupts)
    assert isinstance(segments[1], Stretch)
    slow = segments[1].slow
    assert [50 <= each.permille <= 60 for each in slow] == [True]
    assert befallen.interrupts
    assert befallen.over_us > befallen.noticed_us > befallen.at_us


def test_a_stall_takes_one_step_longer() -> None:
    segments, (befallen,) = lived([incident("loader-stall", at(170))])
    assert kinds(segments) == ["bring-up", "training", "export"]
    assert not befallen.interrupts
    assert segments[-1].end_us > CALM.end_us


def test_what_survives_is_noted_and_changes_nothing() -> None:
    segments, (befallen,) = lived([incident("row-remap", at(170))])
    assert segments == tuple(CALM.timeline.segments)
    assert (befallen.interrupts, befallen.parts) == (False, ())


def test_planned_work_waits_for_a_checkpoint() -> None:
    segments, (befallen,) = lived([incident("planned-maintenance", at(170))])
    resumed = segments[-2]
    assert isinstance(resumed, Stretch)
    assert resumed.first_data_step == 241
    assert befallen.at_us > at(239)


def test_failures_come_while_planned_work_waits_for_a_checkpoint() -> None:
    """And put it off: nobody stops a job that is down, and what has restarted is stopped behind its next checkpoint."""
    segments, befallen = lived([incident("planned-maintenance", at(130)), incident("gpu-off-bus", at(170), address=32)])
    assert [each.incident.cause.name for each in befallen] == ["gpu-off-bus", "planned-maintenance"]
    resumed = [segment.first_data_step for segment in segments if isinstance(segment, Stretch)]
    assert resumed == [1, 121, 241]


def test_what_is_planned_while_a_stop_waits_is_done_with_it() -> None:
    planned = [incident("planned-maintenance", at(130)), incident("code-update", at(150), address=32)]
    _, befallen = lived([*planned, incident("code-update", at(170), address=64)])
    assert [each.incident.cause.name for each in befallen] == ["planned-maintenance"]


def test_planned_work_waits_longer_where_a_node_is_slow() -> None:
    """It is the checkpoint that counts, not when it was expected."""
    segments, _ = lived([incident("planned-maintenance", at(130)), incident("cpu-contention", at(140), address=32)])
    assert [segment.first_data_step for segment in segments if isinstance(segment, Stretch)] == [1, 241]


def test_what_slows_is_known_even_if_it_is_found_while_the_job_is_down() -> None:
    slow = incident("pcie-degraded", at(170))
    ((alone,),) = lived([slow])[1:]
    failure = incident("host-reboot", alone.noticed_us - MINUTE_US // 2, node=0, address=32)
    segments, befallen = lived([slow, failure], replace(TINY, epochs=1, tokens=100_000 * TINY.tokens_per_step))
    found = next(each for each in befallen if each.incident.cause is slow.cause)
    assert (found.noticed_us, found.interrupts) == (alone.noticed_us, False)
    assert isinstance(segments[1], Stretch)
    assert segments[1].slow
    assert sum(segment.kind == "down" for segment in segments) == 1, "nothing was left to be stopped for it"


def test_what_shakes_the_training_is_rolled_back_when_it_goes_on() -> None:
    plan = replace(TINY, epochs=1, tokens=20_000 * TINY.tokens_per_step)
    ((alone,),) = lived([incident("divergence", at(250))], plan)[1:]
    failure = incident("host-reboot", alone.noticed_us - MINUTE_US, node=0, address=32)
    _, befallen = lived([incident("divergence", at(250)), failure], plan)
    assert [each.incident.cause.name for each in befallen] == ["divergence", "host-reboot"]
    assert befallen[0].rolled_back
    assert befallen[0].noticed_us > befallen[1].over_us


def test_what_is_found_late_has_its_number_and_its_host_from_the_beginning() -> None:
    """Whatever comes between: the node that was hit may be another machine by then."""
    plan = replace(TINY, epochs=1, tokens=20_000 * TINY.tokens_per_step, spares=3)
    alone = lived([incident("silent-corruption", at(250))], plan)[1][0]
    lost = incident("gpu-off-bus", alone.noticed_us - MINUTE_US, node=alone.incident.node, address=32)
    found, between = lived([incident("silent-corruption", at(250)), lost], plan)[1][:2]
    assert (found.number, found.host, found.incident) == (alone.number, alone.host, alone.incident)
    assert (between.number, between.replaced_by) == (2, plan.nodes)
    assert found.noticed_us > alone.noticed_us


@settings(deadline=None, max_examples=60)
@given(
    asked=st.lists(
        st.tuples(st.sampled_from(sorted(causes())), st.integers(0, 7200), st.integers(0, 1)), min_size=1, max_size=8
    )
)
def test_nothing_that_befell_a_run_is_forgotten(asked: list[tuple[str, int, int]]) -> None:
    """Who meets training is told, in its own words and numbers; who met a job that was down is not."""
    plan = replace(TINY, epochs=1, tokens=45_000 * TINY.tokens_per_step)  # longer than the last of them
    incidents = sorted(
        (
            incident(name, at(20) + seconds * 1_000_000, node, 32 * index)
            for index, (name, seconds, node) in enumerate(asked)
        ),
        key=lambda each: each.at_us,
    )
    segments, befallen = lived(incidents, plan)
    told = {each.incident.address for each in befallen}
    assert len(told) == len(befallen)
    for each in incidents:
        met = next(segment for segment in segments if segment.begin_us <= each.at_us < segment.end_us)
        joins_another = each.cause.saves_first and sum(other.cause.saves_first for other in incidents) > 1
        assert (isinstance(met, Stretch) and not joins_another) <= (each.address in told), each.cause.name
    for lived_through in befallen:
        cut = any(segment.incident == lived_through.number for segment in segments)
        assert lived_through.interrupts == cut


def test_what_meets_a_job_that_is_down_passes_unnoticed() -> None:
    one = lived([incident("gpu-off-bus", at(170))])
    two = lived([incident("gpu-off-bus", at(170)), incident("host-reboot", at(170) + MINUTE_US // 2)])
    assert two == one


def test_a_rollback_goes_back_and_leaves_batches_out() -> None:
    plan = replace(TINY, epochs=1, tokens=20_000 * TINY.tokens_per_step)
    segments, (befallen,) = lived([incident("divergence", at(2500))], plan)
    assert befallen.rolled_back
    resumed = segments[-2]
    assert isinstance(resumed, Stretch)
    assert resumed.first_data_step > resumed.resumed_after + 1


@pytest.mark.parametrize("name", causes())
def test_a_run_survives_every_cause(name: str) -> None:
    segments, befallen = lived([incident(name, at(170))])
    assert [each.incident.cause.name for each in befallen] in ([name], [])
    assert segments[-1].kind == "export"
    for each in befallen:
        assert incident(name, at(170)).at_us <= each.at_us <= each.noticed_us
        assert each.interrupts == any(segment.incident == each.number for segment in segments)


def test_the_record_of_llama_3() -> None:
    """419 unexpected interruptions in 54 days, more than nine tenths of the time productive: a few seeds come near it."""
    runs = [
        simulate(replace(HUGE, seed=seed, preset="llama3-405b", incident_factor=1.0, spares=84, checkpoint_interval=50))
        for seed in range(5)
    ]
    unexpected = [
        sum(
            each.interrupts and bool(each.incident.cause.counts) and each.at_us < 54 * 86_400_000_000
            for each in run.befallen
        )
        for run in runs
    ]
    assert fmean(unexpected) == pytest.approx(419, rel=0.08)
    assert 0.88 < fmean(run.goodput.share for run in runs) < 0.97


def test_planned_work_is_done_while_the_job_is_down() -> None:
    """Or it would pile up while one waits for a machine, and stop the job again and again as soon as it is up."""
    wait = incident("gpu-off-bus", at(170))
    _, (waiting,) = lived([wait], spares=0)
    planned = [
        incident("planned-maintenance", waiting.noticed_us + 60_000_000 + minute * MINUTE_US, address=32 * minute)
        for minute in range(1, 9)
    ]
    _, befallen = lived([wait, *planned], spares=0)
    assert [each.incident.cause.name for each in befallen] == ["gpu-off-bus"]
