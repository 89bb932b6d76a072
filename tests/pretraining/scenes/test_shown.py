"""On call no screen names a cause before the job is over: what shows has to do."""

from befalling import SMALL, incident

from pysim.pretraining.run.decisions import Decision, Orders
from pysim.pretraining.run.luck import Incident
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.marks import Mark, MarkKind
from pysim.story.news import News

HOUR_US = 3_600_000_000
AT_US = 2 * HOUR_US
INCIDENTS: tuple[MarkKind, ...] = ("incident",)
CAUSES = ("gpu-error", "straggler", "silent-corruption", "gsp-timeout")


def night(*befallen: Incident, on_call: bool = True, decisions: tuple[Decision, ...] = ()) -> PretrainingStory:
    return PretrainingStory(simulate(SMALL, incidents=befallen, orders=Orders(on_call=on_call, decisions=decisions)))


def test_incidents_are_called_by_what_shows_and_stand_where_they_were_noticed() -> None:
    known = [incident(cause, AT_US + index * 4 * HOUR_US) for index, cause in enumerate(CAUSES)]
    story = night(*known)
    run = story.run
    titles = {each.cause.title for each in known}
    told: list[News | Mark] = [*story.news(0, story.end_us), *story.marks().some(50, INCIDENTS)]
    assert told
    assert not titles & {each.title for each in told}
    assert {(each.cause, each.place) for each in told} == {("", "")}
    shown = {call.title for call in run.record.calls}
    assert shown & {each.title for each in told}
    marks = list(story.marks().some(50, INCIDENTS))
    assert [mark.time_us for mark in marks] == sorted(
        each.noticed_us for each in run.befallen if each.noticed_us <= run.end_us
    )


def test_without_somebody_on_call_they_are_what_they_are() -> None:
    hit = incident("gpu-error", AT_US)
    story = night(hit, on_call=False)
    assert {each.title for each in story.news(0, story.end_us)} == {hit.cause.title}
    assert next(iter(story.marks().some(50, INCIDENTS))).time_us == AT_US


def test_what_was_decided_is_called_by_its_name() -> None:
    drains = Decision(action="drain", at_us=AT_US, node=1)
    story = night(decisions=(drains,))
    assert [each.title for each in story.news(0, story.end_us)][:1] == ["node drained by hand"]


def test_costs_by_cause_are_told_when_the_job_is_over() -> None:
    story = night(incident("gpu-error", AT_US))
    during, after = story.moment(story.run.timeline.end_us - 1), story.moment(story.end_us)
    assert during.accounted is not None
    assert after.accounted is not None
    assert during.accounted.costs == ()
    assert [cost.cause for cost in after.accounted.costs] == ["gpu-error"]
