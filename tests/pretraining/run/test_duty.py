"""Somebody decides: what waits for it, what it changes, and that it never changes what came before."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from befalling import SMALL, incident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import CLASSIC
from thorough import examples

from pysim.catalog.oncall import on_call
from pysim.pretraining.calls import open_calls, stop_after
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.decisions import Decision, Orders
from pysim.pretraining.run.life import Life
from pysim.pretraining.run.luck import Incident
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.watching import acts
from pysim.story import events as ev
from pysim.story.choices import ACTIONS
from pysim.story.steps import DataStep
from pysim.views.jsonlines import json_line

HOUR_US, MINUTE_US = 3_600_000_000, 60_000_000
AT_US = 2 * HOUR_US
ESCALATION_US = round(on_call().escalation_seconds["down"] * 1e6)
LUCKLESS = replace(CLASSIC, name="hard-luck-9", incident_factor=300.0, spares=2, checkpoint_interval=50)
REHEARSED = replace(CLASSIC, name="cold-bell-3", incident_factor=1.0, is_drill=True, spares=32, checkpoint_interval=50)
some = settings(deadline=None, max_examples=examples(5), suppress_health_check=[HealthCheck.too_slow])


def decided(*decisions: Decision, waits: bool = True) -> Orders:
    return Orders(on_call=waits, decisions=decisions)


def run(*befallen: Incident, orders: Orders | None = None, plan: Plan = SMALL) -> Run:
    return simulate(plan, incidents=befallen, orders=orders)


def reasons(of: Run) -> list[str]:
    return [each.why for each in of.record.unfit]


def told(of: Run, until_us: int) -> list[str]:
    """All of it by means, and the last minutes step by step."""
    lately_us = max(until_us - 20 * MINUTE_US, 0)
    return [json_line(event) for event in (*narrate(of, 0, until_us, 100), *narrate(of, lately_us, until_us))]


decisions = st.lists(
    st.builds(
        Decision,
        action=st.sampled_from(ACTIONS),
        at_us=st.integers(0, 30 * HOUR_US),
        node=st.one_of(st.none(), st.integers(0, 8)),
        checkpoint=st.one_of(st.none(), st.none(), st.integers(0, 60).map(lambda index: index * 50)),
        batches=st.one_of(st.none(), st.integers(0, 300)),
        factor=st.one_of(st.none(), st.sampled_from([0.3, 0.5, 0.9])),
        count=st.one_of(st.none(), st.integers(1, 3)),
    ),
    max_size=8,
).map(lambda some: sorted(some, key=lambda each: each.at_us))


@some
@given(decisions, st.booleans(), st.sampled_from([LUCKLESS, REHEARSED]))
def test_a_decision_changes_nothing_before_itself(made: list[Decision], waits: bool, plan: Plan) -> None:  # noqa: FBT001 - drawn
    runs = [simulate(plan, orders=decided(*made[:count], waits=waits)) for count in range(len(made) + 1)]
    for number, (before, after) in enumerate(pairwise(runs)):
        until_us = made[number].at_us
        assert told(before, until_us) == told(after, until_us)
        moments = (until_us - 1, until_us // 2)
        assert all(before.at(time_us).phase == after.at(time_us).phase for time_us in moments)


@some
@given(decisions, st.sampled_from([LUCKLESS, REHEARSED]))
def test_whatever_is_decided_is_carried_out_or_refused_and_the_run_comes_to_its_end(
    made: list[Decision], plan: Plan
) -> None:
    of = simulate(plan, orders=decided(*made))
    assert {*of.record.carried_out, *(each.place for each in of.record.unfit)} == set(range(len(made)))
    segments = list(of.timeline.segments)
    assert all(before.end_us == after.begin_us for before, after in pairwise(segments))
    assert segments[-1].kind == "export"
    account = of.goodput
    assert account.productive_us >= 0
    assert account.interruptions == sum(each.interrupts for each in of.befallen)


def test_nobody_asks_where_nobody_is_on_call() -> None:
    """The policy unchanged: the same class, the same rows."""
    plain, empty = run(incident("gpu-off-bus", AT_US)), run(incident("gpu-off-bus", AT_US), orders=Orders())
    assert told(plain, plain.end_us) == told(empty, empty.end_us)
    assert Life.__name__ == "Life"
    assert not empty.record.calls


def test_a_job_that_is_down_waits_until_somebody_else_follows_the_policy() -> None:
    of, policy = (run(incident("gpu-off-bus", AT_US), orders=orders) for orders in (decided(), None))
    (call,) = of.record.calls
    assert (call.kind, call.until_us - call.since_us, call.escalates_us) == ("down", ESCALATION_US, call.until_us)
    assert of.befallen[0].over_us - policy.befallen[0].over_us == ESCALATION_US
    assert of.befallen[0].replaced_by == policy.befallen[0].replaced_by
    assert of.goodput.interruptions == policy.goodput.interruptions == 1
    assert [each.number for each in open_calls(of, call.since_us)] == [1]
    assert open_calls(of, call.until_us) == ()


def test_a_minute_of_waiting_takes_a_second_to_watch_whenever_it_ends() -> None:
    broken = incident("hbm-error", AT_US)
    waiting = run(broken, orders=decided())
    since_us = waiting.record.calls[0].since_us
    answered = run(broken, orders=decided(Decision(action="restart", at_us=since_us + 10 * MINUTE_US)))
    for of, minutes in ((waiting, ESCALATION_US // MINUTE_US), (answered, 10)):
        (act,) = [each for each in acts(of) if each.begin_us == since_us]
        assert act.show_seconds == minutes


def test_a_drained_node_takes_what_ails_it_along() -> None:
    drain = Decision(action="drain", at_us=AT_US + 10 * MINUTE_US, node=1)
    of = run(incident("hbm-error", AT_US), orders=decided(drain))
    assert [each.incident.cause.name for each in of.befallen] == ["hbm-error"]
    assert of.befallen[0].replaced_by is not None
    assert of.befallen[0].acted_us == drain.at_us
    assert of.record.carried_out == {0: 0}


@pytest.mark.parametrize("action", ["restart", "drain"])
def test_what_is_not_taken_out_strikes_again(action: str) -> None:
    wrong = Decision(action=action, at_us=AT_US + 10 * MINUTE_US, node=0 if action == "drain" else None)  # type: ignore[arg-type]
    of = run(incident("hbm-error", AT_US), orders=decided(wrong))
    first, again, *_ = of.befallen
    assert again.incident.cause.name == "hbm-error"
    assert again.returns == first.number
    assert (first.blamed != 1) == (action == "drain")
    assert of.record.calls[0].suspect == first.named


def test_software_needs_no_other_node() -> None:
    of = run(incident("software-bug", AT_US), orders=decided(Decision(action="restart", at_us=AT_US + MINUTE_US)))
    assert len(of.befallen) == 1
    assert of.befallen[0].over_us < AT_US + 10 * MINUTE_US


def test_who_looks_can_end_a_hang_before_the_watchdog_does() -> None:
    policy = run(incident("collective-hang", AT_US))
    at_us = (AT_US + policy.befallen[0].noticed_us) // 2
    of = run(incident("collective-hang", AT_US), orders=decided(Decision(action="restart", at_us=at_us)))
    assert of.befallen[0].noticed_us == at_us < policy.befallen[0].noticed_us
    assert of.at(at_us - 1).phase == "hanging"


def test_an_older_checkpoint_is_gone_on_from() -> None:
    interval = SMALL.checkpoint_interval
    calm = run()
    at_us = calm.timeline.end_of_us(calm.timeline.step_at(AT_US * 2)) + 1
    older = Decision(action="restart", at_us=at_us, checkpoint=interval)
    of = run(orders=decided(older, waits=False))
    stretch = of.timeline.stretches[1]
    assert isinstance(stretch, Stretch)
    assert stretch.resumed_after == interval
    assert of.befallen[0].incident.cause.title == "restarted by hand"


def test_batches_are_left_out() -> None:
    of = run(orders=decided(Decision(action="skip", at_us=AT_US, batches=33), waits=False))
    stretch = of.timeline.stretches[1]
    assert stretch.first_data_step == stretch.resumed_after + 34


def test_a_lower_rate_is_lower_from_the_checkpoint_on_and_teaches_less() -> None:
    at_us = AT_US * 2
    of, calm = (run(orders=orders) for orders in (decided(Decision(action="rate", at_us=at_us, factor=0.5)), None))
    stretch = of.timeline.stretches[1]
    first, last = stretch.first_step, stretch.last_step
    rates = of.steps.columns(last, last).learning_rate / calm.steps.learning_rates(
        np.array([stretch.last_data_step], np.int64)
    )
    assert rates[0] == pytest.approx(0.5, rel=1e-4)
    assert of.steps.columns(first, first).learning_rate[0] < calm.steps.learning_rates(
        np.array([stretch.first_data_step], np.int64)
    )
    middle = stretch.executed(DataStep((stretch.first_data_step + stretch.last_data_step) // 2))
    assert of.steps.columns(middle, middle).loss[0] != calm.steps.losses(*[stretch.data_step(middle)] * 2)[0]
    history = of.histories.at(of.end_us, DataStep(1), stretch.last_data_step, 10)
    assert history.learning_rate[-1] == pytest.approx(float(of.steps.columns(last, last).learning_rate[0]))


def test_a_divergence_comes_again_unless_its_batches_are_left_out_or_the_rate_is_lower() -> None:
    astray = incident("divergence", AT_US)
    waiting = run(astray, orders=decided())
    (call,) = waiting.record.calls
    assert call.kind == "loss"
    at_us = call.since_us + MINUTE_US
    first = waiting.timeline.data_step(waiting.timeline.step_at(AT_US))
    before = first // SMALL.checkpoint_interval * SMALL.checkpoint_interval
    again = run(astray, orders=decided(Decision(action="restart", at_us=at_us, checkpoint=before)))
    assert len(again.record.calls) == 2
    skipped = Decision(action="skip", at_us=at_us, checkpoint=before, batches=first - before + 5)
    lower = Decision(action="rate", at_us=at_us, checkpoint=before, factor=0.5)
    hardly_lower = Decision(action="rate", at_us=at_us, checkpoint=before, factor=0.95)
    assert len(run(astray, orders=decided(skipped)).record.calls) == 1
    assert len(run(astray, orders=decided(lower)).record.calls) == 1
    assert len(run(astray, orders=decided(hardly_lower)).record.calls) == 2


def test_corruption_needs_the_right_node_and_an_old_checkpoint() -> None:
    wrong = incident("silent-corruption", AT_US)
    waiting = run(wrong, orders=decided())
    since_us = waiting.record.calls[0].since_us
    assert waiting.at(since_us).phase == "down"
    first = waiting.timeline.data_step(waiting.timeline.step_at(AT_US))
    before = first // SMALL.checkpoint_interval * SMALL.checkpoint_interval
    cured = run(wrong, orders=decided(Decision(action="drain", at_us=since_us + 1, node=1, checkpoint=before)))
    kept = run(wrong, orders=decided(Decision(action="drain", at_us=since_us + 1, node=1)))
    assert len(cured.record.calls) == 1
    assert len(kept.record.calls) > 1
    assert [each.incident.cause.name for each in cured.befallen] == ["silent-corruption"]


def test_a_slow_node_is_slow_until_it_is_drained_or_somebody_else_does_it() -> None:
    slow = incident("straggler", AT_US)
    of, waiting = (
        run(slow, orders=orders)
        for orders in (decided(Decision(action="drain", at_us=AT_US + HOUR_US, node=1)), decided())
    )
    assert [(each.incident.cause.title, each.interrupts) for each in of.befallen] == [
        ("slow node", False),
        ("node drained by hand", True),
    ]
    assert of.befallen[0].over_us == AT_US + HOUR_US
    assert all(not each.slow for each in list(of.timeline.stretches)[1:])
    assert waiting.befallen[0].over_us > of.befallen[0].over_us


def test_who_drains_another_node_finds_it_as_slow_as_before() -> None:
    slow = incident("gpu-overheats", AT_US)
    of = run(slow, orders=decided(Decision(action="drain", at_us=AT_US + HOUR_US, node=0)))
    assert [each.kind for each in of.record.calls] == ["slow", "slow"]
    assert of.timeline.stretches[1].slow


def test_diagnoses_find_as_often_as_is_published_and_nobody_can_ask_again_at_another_time() -> None:
    slow = incident("straggler", AT_US)
    asked = [Decision(action="diagnose", at_us=AT_US + minutes * MINUTE_US, node=1) for minutes in range(1, 201)]
    of = run(slow, orders=decided(*asked))
    found = [each.is_named for each in of.record.diagnosed]
    assert len(found) == 200
    assert sum(found) / 200 == pytest.approx(on_call().inspection.finds["slows"], abs=0.12)
    later = [replace(each, at_us=each.at_us + 7) for each in asked]
    assert [each.is_named for each in run(slow, orders=decided(*later)).record.diagnosed] == found
    healthy = run(slow, orders=decided(*(replace(each, node=0) for each in asked)))
    assert sum(each.is_named for each in healthy.record.diagnosed) <= 10
    assert {each.is_ill for each in healthy.record.diagnosed} == {False}


def test_spares_come_after_a_while_and_are_taken() -> None:
    none = replace(SMALL, spares=0)
    long_away = (incident("power-supply", AT_US, address=index * 32) for index in range(50))
    broken = next(each for each in long_away if run(each, plan=none).befallen[0].over_us > AT_US + 2 * HOUR_US)
    spares = Decision(action="spares", at_us=AT_US + MINUTE_US, count=1)
    drain = Decision(action="drain", at_us=AT_US + 2 * MINUTE_US, node=1)
    of = run(broken, orders=decided(spares, drain), plan=none)
    assert of.befallen[0].replaced_by == SMALL.nodes
    assert of.befallen[0].over_us < AT_US + HOUR_US
    assert of.record.spares_at(AT_US) == 0
    assert of.record.spares_at(spares.at_us + round(on_call().spares.seconds * 1e6)) in (0, 1)


def test_announced_maintenance_redoes_no_step_and_can_take_a_node_along() -> None:
    of = run(
        incident("straggler", AT_US), orders=decided(Decision(action="maintenance", at_us=AT_US + HOUR_US, node=1))
    )
    assert of.goodput.steps_redone == 0
    assert of.befallen[-1].replaced_by is not None
    assert not of.timeline.stretches[1].slow
    plain = run(
        orders=decided(Decision(action="maintenance", at_us=AT_US), Decision(action="maintenance", at_us=AT_US + 1))
    )
    assert plain.befallen[0].replaced_by is None
    assert reasons(plain) == ["a stop is announced already"]


def test_storage_that_is_out_is_out_for_everybody() -> None:
    lost = incident("storage-lost", AT_US)
    at_once = run(lost, orders=decided(Decision(action="restart", at_us=AT_US + 5 * MINUTE_US)))
    assert len(at_once.befallen) > 1
    later = run(lost, orders=decided(Decision(action="restart", at_us=AT_US + 119 * MINUTE_US)))
    assert len(later.befallen) == 1


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (Decision(action="drain", at_us=AT_US), "which node? add ,node=N"),
        (Decision(action="drain", at_us=AT_US, node=99), "there is no node 99; the last one is 1"),
        (Decision(action="diagnose", at_us=AT_US, node=2), "there is no node 2; the last one is 1"),
        (Decision(action="skip", at_us=AT_US), "how many? add ,batches=N"),
        (Decision(action="rate", at_us=AT_US), "how much lower? add ,factor=F between 0 and 1"),
        (Decision(action="restart", at_us=AT_US, checkpoint=7), "there is no checkpoint of step 7: "),
        (Decision(action="restart", at_us=300 * HOUR_US), "the job is over"),
        (Decision(action="wait", at_us=300 * HOUR_US), "the job is over"),
    ],
)
def test_what_does_not_fit_is_not_done_and_says_why(decision: Decision, why: str) -> None:
    (reason,) = reasons(run(orders=decided(decision)))
    assert reason.startswith(why)


def test_who_is_being_repaired_cannot_be_stopped() -> None:
    broken = incident("hbm-error", AT_US)
    policy = run(broken)
    at_us = policy.befallen[0].noticed_us + 1
    assert reasons(run(broken, orders=decided(Decision(action="restart", at_us=at_us), waits=False))) == [
        "the job is being repaired"
    ]
    noticed_us = run(broken, orders=decided()).record.calls[0].since_us
    assert reasons(run(broken, orders=decided(Decision(action="maintenance", at_us=noticed_us + 1)))) == [
        "the job is down already"
    ]


def test_a_show_stops_for_a_call_until_somebody_has_decided_and_again_when_a_diagnosis_is_done() -> None:
    broken = incident("hbm-error", AT_US)
    waiting = run(broken, orders=decided())
    since_us = waiting.record.calls[0].since_us
    assert stop_after(waiting, 0) == (since_us + MINUTE_US, 1)
    assert stop_after(waiting, since_us + MINUTE_US) is None
    looking = run(broken, orders=decided(Decision(action="diagnose", at_us=since_us + 2 * MINUTE_US, node=1)))
    assert stop_after(looking, since_us) == (looking.record.diagnosed[0].end_us + 1, 1)
    left = run(broken, orders=decided(Decision(action="wait", at_us=since_us + 2 * MINUTE_US)))
    assert stop_after(left, 0) is None


def test_a_show_stops_again_when_a_machine_that_was_asked_for_is_there() -> None:
    broken, plan = incident("power-supply", AT_US), replace(SMALL, spares=0)
    since_us = run(broken, orders=decided(), plan=plan).record.calls[0].since_us
    asked = Decision(action="spares", at_us=since_us + 2 * MINUTE_US, count=2)
    there_us = asked.at_us + round(on_call().spares.seconds * 1e6)
    asking = run(broken, orders=decided(asked), plan=plan)
    assert stop_after(asking, since_us) == (there_us + 1, 1)
    arrived = [event for event in narrate(asking) if isinstance(event, ev.SparesArrived)]
    assert [(event.time_us, event.decision, event.machines, event.standing_by) for event in arrived] == [
        (there_us, 1, 2, 2)
    ]
    drains = Decision(action="drain", at_us=there_us + MINUTE_US, node=1)
    assert stop_after(run(broken, orders=decided(asked, drains), plan=plan), since_us) is None
    early = replace(asked, at_us=since_us - MINUTE_US)
    assert stop_after(run(broken, orders=decided(early), plan=plan), since_us + MINUTE_US) == (
        there_us - 3 * MINUTE_US + 1,
        1,
    )


def test_decisions_and_findings_are_told() -> None:
    broken = incident("hbm-error", AT_US)
    since_us = run(broken, orders=decided()).record.calls[0].since_us
    looks = Decision(action="diagnose", at_us=since_us + 1, node=1)
    drains = Decision(action="drain", at_us=since_us + 20 * MINUTE_US, node=1, checkpoint=0)
    unfit = Decision(action="drain", at_us=drains.at_us + HOUR_US)
    of = run(broken, orders=decided(looks, drains, unfit))
    found = [event for event in narrate(of) if isinstance(event, ev.Decided | ev.Diagnosed)]
    assert [(type(event).__name__, event.decision) for event in found] == [
        ("Decided", 1),
        ("Diagnosed", 1),
        ("Decided", 2),
    ]
    assert found[2].words == "node 1, checkpoint 0"  # type: ignore[union-attr]
