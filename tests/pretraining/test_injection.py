"""Incidents that a person asks for."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import CLASSIC, TINY

from pysim.catalog import UnknownName
from pysim.catalog.incidents import causes
from pysim.pretraining.hazard import Failures
from pysim.pretraining.injection import MOST_INJECTIONS, Injection, Target, incidents
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import tell
from pysim.views.jsonlines import json_line

CALM = tell(TINY)
POSSIBLE = [name for name, cause in causes().items() if cause.can_hit(Failures(TINY).has)]
few = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
injections = st.lists(
    st.builds(
        Injection,
        cause=st.sampled_from(POSSIBLE),
        at_us=st.integers(0, CALM.end_us),
        target=st.sampled_from([None, "gpu", "node"]),
        number=st.integers(0, 1),
    ),
    max_size=4,
)


@pytest.mark.requirement("ADV-03")
def test_what_is_asked_for_happens_there_and_then() -> None:
    at_us = CALM.run.timeline.end_us // 2
    story = tell(replace(TINY, spares=1), [Injection(cause="gpu-off-bus", at_us=at_us, target="gpu", number=11)])
    (befallen,) = story.run.befallen
    assert (befallen.incident.cause.name, befallen.at_us) == ("gpu-off-bus", at_us)
    assert (befallen.incident.node, befallen.incident.local_rank) == (1, 3)
    assert befallen.replaced_by == 2


@pytest.mark.parametrize(
    ("target", "number", "node"), [("gpu", 15, 1), ("node", 1, 1), ("rack", 0, 0), (None, 0, None)]
)
def test_a_place_is_an_accelerator_a_node_or_a_rack(target: Target | None, number: int, node: int | None) -> None:
    (incident,) = incidents(TINY, [Injection(cause="gpu-error", at_us=5, target=target, number=number)])
    assert incident.node in ((0, 1) if node is None else (node,))
    assert 0 <= incident.local_rank < 8


@pytest.mark.parametrize(
    ("cause", "target", "number", "message"),
    [
        ("cable-down", None, 0, "cannot hit this cluster"),
        ("gpu-error", "gpu", 8, "gpu=8 does not exist in this run; try gpu=7 at most"),
        ("gpu-error", "node", 1, "node=1 does not exist"),
    ],
)
def test_what_cannot_happen_is_refused(cause: str, target: Target | None, number: int, message: str) -> None:
    one = replace(TINY, world_size=8)
    with pytest.raises(PlanError) as refusal:
        tell(one, [Injection(cause=cause, at_us=5, target=target, number=number)])
    error = refusal.value
    assert message in f"{error.value} {error.problem}; {error.hint}"


def test_an_unknown_cause_and_too_many_are_refused() -> None:
    with pytest.raises(UnknownName, match="gpu-off-bus"):
        tell(TINY, [Injection(cause="gpu-of-bus", at_us=5)])
    with pytest.raises(PlanError, match="too many"):
        tell(TINY, [Injection(cause="gpu-error", at_us=5)] * (MOST_INJECTIONS + 1))


@few
@given(asked=injections, at_us=st.integers(0, CALM.end_us), cause=st.sampled_from(POSSIBLE))
def test_an_intervention_changes_nothing_before_its_time(asked: list[Injection], at_us: int, cause: str) -> None:
    before = tell(TINY, asked)
    after = tell(TINY, [*asked, Injection(cause=cause, at_us=at_us)])
    assert list(map(json_line, after.narrate(0, at_us))) == list(map(json_line, before.narrate(0, at_us)))


@few
@given(asked=injections)
def test_whatever_is_asked_for_the_run_ends_and_its_time_adds_up(asked: list[Injection]) -> None:
    run = tell(TINY, asked).run
    assert run.timeline.stretches[-1].last_data_step == TINY.total_steps
    found = run.goodput
    assert found.productive_us + found.starting_us + found.lost_us == run.timeline.end_us
    assert sum(cost.lost_us for cost in run.account.by_cause(run.end_us)) == found.lost_us


def test_luck_and_what_is_asked_for_come_together() -> None:
    plan = replace(CLASSIC, incident_factor=300.0, spares=4)
    longest = max(simulate(plan).timeline.stretches, key=lambda stretch: stretch.steps)
    asked = Injection(cause="host-reboot", at_us=(longest.begin_us + longest.end_us) // 2)
    numbers = [each.incident.cause.name for each in tell(plan, [asked]).run.befallen]
    assert "host-reboot" in numbers
    assert len(numbers) > 3
