"""What is marked on a timeline, against what is told, labelled and jumped to."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN
from plans import TINY
from random_failures import failing_run

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.events import IncidentBegan, IncidentNoticed
from pysim.story.marks import Mark, MarkKind, Passage
from pysim.story.steps import DataStep

ALL = 10_000
WORK: tuple[MarkKind, ...] = ("checkpoint", "validation")
INCIDENTS: tuple[MarkKind, ...] = ("incident",)
NIGHT = PretrainingStory(simulate(choose_plan(Request(preset="night-shift"))))
SHORT = [PretrainingStory(failing_run(seed)) for seed in (1, 2, 3, 5, 6, 7)]
STORIES = [PretrainingStory(simulate(TINY)), NIGHT, *SHORT]
MARKS = NIGHT.marks()


def incidents(story: PretrainingStory) -> list[Mark]:
    return list(story.marks().some(ALL, INCIDENTS))


# Moments


@pytest.mark.parametrize("story", STORIES)
def test_work_is_marked_where_its_chapter_is(story: PretrainingStory) -> None:
    work = [(mark.time_us, mark.title) for mark in story.marks().some(ALL, WORK)]
    chapters = story.chapters().some(ALL)
    assert work == [(each.time_us, each.title) for each in chapters if each.kind in WORK]


@pytest.mark.parametrize("story", STORIES)
def test_incidents_are_marked_as_they_are_labelled(story: PretrainingStory) -> None:
    labels = [label for label in story.labels() if label.number]
    assert [(each.number, each.time_us, each.cause, each.place, each.noticed_us) for each in incidents(story)] == [
        (each.number, each.begin_us, each.cause, each.place, each.noticed_us) for each in labels
    ]
    over = [min(label.end_us, story.end_us) for label in labels]
    assert [mark.over_us for mark in incidents(story)] == over


@pytest.mark.parametrize("story", SHORT)
def test_incidents_are_marked_as_they_are_told(story: PretrainingStory) -> None:
    told = list(story.narrate())
    began = [
        (round(each.time_seconds * 1e6), each.number, each.title) for each in told if isinstance(each, IncidentBegan)
    ]
    noticed = {each.number: round(each.time_seconds * 1e6) for each in told if isinstance(each, IncidentNoticed)}
    assert [(mark.time_us, mark.number, mark.title) for mark in incidents(story)] == began
    assert {mark.number: mark.noticed_us for mark in incidents(story) if mark.noticed_us is not None} == noticed


@pytest.mark.parametrize("story", STORIES)
def test_next_and_previous_visit_each_moment_with_an_incident_once_and_in_order(story: PretrainingStory) -> None:
    marks, moments = story.marks(), sorted({mark.time_us for mark in incidents(story)})
    forth, time_us = [], -1
    while found := marks.incident_after(time_us):
        time_us = found.time_us
        forth.append(time_us)
    assert forth == moments
    back, time_us = [], story.end_us + 1
    while found := marks.incident_before(time_us):
        time_us = found.time_us
        back.append(time_us)
    assert back == moments[::-1]


@given(time_us=st.integers(0, NIGHT.end_us))
def test_from_anywhere_they_are_the_nearest_ones(time_us: int) -> None:
    listed = incidents(NIGHT)
    after = [mark.time_us for mark in listed if mark.time_us > time_us]
    before = [mark.time_us for mark in listed if mark.time_us < time_us]
    following, preceding = MARKS.incident_after(time_us), MARKS.incident_before(time_us)
    assert [following.time_us] if following else after[:1] == []
    assert [preceding.time_us] if preceding else before[-1:] == []


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("limit", [1, 7, 40])
def test_some_are_few_of_each_kind_and_in_order(story: PretrainingStory, limit: int) -> None:
    some, whole = list(story.marks().some(limit)), list(story.marks().some(ALL))
    assert [mark for mark in whole if mark in some] == some
    assert all(count <= limit for count in Counter(mark.kind for mark in some).values())
    assert {mark.kind for mark in some} <= {mark.kind for mark in whole}
    assert [mark.time_us for mark in some] == sorted(mark.time_us for mark in some)


def test_of_many_incidents_those_are_marked_that_stopped_the_run_longest_where_they_are() -> None:
    limit = 9
    lost = {
        befallen.number: (befallen.over_us - befallen.at_us) * befallen.interrupts for befallen in NIGHT.run.befallen
    }
    costliest: dict[int, int] = {}
    for mark in incidents(NIGHT):
        piece = mark.time_us * limit // NIGHT.end_us
        costliest[piece] = max(costliest.get(piece, 0), lost[mark.number])
    some = list(MARKS.some(limit, INCIDENTS))
    assert {mark.time_us * limit // NIGHT.end_us: lost[mark.number] for mark in some} == costliest


# Passages


@pytest.mark.parametrize("story", STORIES)
def test_the_passages_are_the_segments_that_are_not_training_and_what_is_done_again(story: PretrainingStory) -> None:
    passages = story.marks().passages(ALL)
    others = [segment for segment in story.run.timeline.segments if segment.kind != "training"]
    stopped = [(each.begin_us, each.end_us, each.kind) for each in passages if each.kind != "redone"]
    assert stopped == [(each.begin_us, each.end_us, each.kind) for each in others if each.begin_us < each.end_us]


@pytest.mark.parametrize("case", BEFALLEN)
def test_steps_are_done_again_until_the_first_new_one(case: str) -> None:
    story = PretrainingStory(BEFALLEN[case].run())
    timeline, reached, again = story.run.timeline, 0, []
    for stretch in timeline.stretches:
        if stretch.first_data_step <= reached:
            is_new = stretch.last_data_step >= reached
            end_us = timeline.end_of_us(stretch.executed(DataStep(reached))) if is_new else stretch.end_us
            again.append((stretch.begin_us, end_us))
        reached = max(reached, stretch.last_data_step)
    redone = [each for each in story.marks().passages(ALL) if each.kind == "redone"]
    assert [(each.begin_us, each.end_us) for each in redone] == again


@pytest.mark.parametrize("limit", [1, 5, 30])
def test_many_passages_are_gathered_and_last_as_long(limit: int) -> None:
    exact, gathered = MARKS.passages(ALL), MARKS.passages(limit)
    assert all(count <= limit for count in Counter(each.kind for each in gathered).values())
    assert all(earlier.end_us <= later.begin_us for earlier, later in pairwise(gathered))
    for kind in ("bring-up", "hang", "down", "restart", "export"):
        assert lasted_us(gathered, kind) == lasted_us(exact, kind)
    assert lasted_us(gathered, "redone") == pytest.approx(lasted_us(exact, "redone"), rel=0.05)


def lasted_us(passages: Sequence[Passage], kind: str) -> int:
    return sum(each.end_us - each.begin_us for each in passages if each.kind == kind)


@settings(deadline=None)
@given(since=st.floats(0, 1), length=st.floats(0, 1), limit=st.integers(1, 35))
def test_gathered_passages_lie_within_a_piece_of_where_they_are(since: float, length: float, limit: int) -> None:
    """In any part of the run as much is stopped as there truly is, but for a piece on either side."""
    timeline = NIGHT.run.timeline
    piece_us = (timeline.end_us - timeline.start_us) // limit + 1
    begin_us = round(since * NIGHT.end_us)
    end_us = min(begin_us + round(length * NIGHT.end_us), NIGHT.end_us)
    seen = stopped_us(MARKS.passages(limit), begin_us, end_us)
    assert stopped_us(MARKS.passages(ALL), begin_us + piece_us, end_us - piece_us) <= seen
    assert seen <= stopped_us(MARKS.passages(ALL), begin_us - piece_us, end_us + piece_us)


def stopped_us(passages: Sequence[Passage], begin_us: int, end_us: int) -> int:
    stopped = (each for each in passages if each.kind in ("hang", "down", "restart"))
    return sum(max(min(each.end_us, end_us) - max(each.begin_us, begin_us), 0) for each in stopped)


# The curve


@pytest.mark.parametrize("story", [NIGHT, *SHORT])
def test_the_curve_stands_still_while_no_step_is_done(story: PretrainingStory) -> None:
    curve = story.curve(400)
    for segment in story.run.timeline.segments:
        if segment.kind != "training":
            inside = [loss for place, loss in curve if segment.begin_us < place * story.end_us < segment.end_us]
            assert len(set(inside)) <= 1
