"""What a listener outside hears of incidents: when somebody has noticed, and when the job is up again."""

import pytest
from befalling import one, plan_for

from pysim.catalog.incidents import causes
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.incidents import incidents
from pysim.pretraining.scenes.news import news
from pysim.story.events import IncidentNoticed, Recovered

NAMES = list(causes())


def everything(run: Run) -> list[tuple[str, float]]:
    """As far as the run goes: some would be noticed after its end."""
    told = (event for event in incidents(run, 0, run.end_us + 1) if event.time_seconds <= run.end_us / 1e6)
    kinds = {IncidentNoticed: "incident", Recovered: "recovered"}
    return [(kinds[type(event)], event.time_seconds) for event in told if type(event) in kinds]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_what_the_events_say(name: str) -> None:
    run = one(name, plan_for(name))
    told = news(run, 0, run.end_us + 1)
    assert [(each.kind, each.time_us / 1e6) for each in told] == everything(run)
    assert {each.cause for each in told} <= {name}
    assert {each.title for each in told} <= {causes()[name].title}
    for each in told:
        known = each.kind == "recovered"
        assert (each.lost_seconds > 0) == known
        assert known or each.steps_redone == 0


def test_it_is_told_in_its_own_moment_and_never_before() -> None:
    run = one("gpu-off-bus")
    noticed, recovered = news(run, 0, run.end_us)
    for each in (noticed, recovered):
        assert news(run, each.time_us, each.time_us + 1) == [each]
        assert news(run, each.time_us - 10**6, each.time_us) == []
    assert noticed.place == recovered.place
    assert noticed.place.endswith("rank 11")
    assert recovered.step == noticed.step - recovered.steps_redone + 1
