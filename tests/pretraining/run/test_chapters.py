"""Places to jump to."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN
from plans import CLASSIC, HUGE, TINY

from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.run import Run, simulate
from pysim.story.chapters import Chapter
from pysim.story.steps import Executed

RUN = simulate(TINY)
ALL = tuple(RUN.chapters.some(10_000))


def test_the_story_in_chapters() -> None:
    assert [(chapter.kind, chapter.title) for chapter in ALL] == [
        ("bring-up", "bring-up"),
        ("training", "training starts"),
        ("validation", "validation at step 50"),
        ("validation", "validation at step 100"),
        ("checkpoint", "checkpoint at step 120"),
        ("validation", "validation at step 150"),
        ("validation", "validation at step 200"),
        ("checkpoint", "checkpoint at step 240"),
        ("validation", "validation at step 250"),
        ("validation", "validation at step 300"),
        ("checkpoint", "checkpoint at step 300"),
        ("export", "export"),
        ("end", "end of the run"),
    ]


@pytest.mark.parametrize(
    ("case", "cuts"),
    [
        ("in bring-up", ["interrupted"]),
        ("between steps", ["interrupted after step 170", "training resumes at step 121"]),
        ("with a hang", ["interrupted after step 170", "training resumes at step 121"]),
        ("twice in a row", 2 * ["interrupted after step 170", "training resumes at step 121"]),
        ("in the first step", ["interrupted", "training resumes at step 1"]),
    ],
)
def test_what_stops_a_run_and_starts_it_again_is_a_chapter(case: str, cuts: list[str]) -> None:
    chapters = list(BEFALLEN[case].run().chapters.some(10_000))
    assert [each.title for each in chapters if each.kind in ("interruption", "resumption")] == cuts
    assert [each.kind for each in chapters].count("training") == 1


def test_what_was_due_when_the_run_was_cut_is_no_chapter() -> None:
    """All processes die while step 150 is validated, and its checkpoint would have been next."""
    plan = replace(TINY, checkpoint_interval=TINY.validation_interval)
    validation_us = simulate(plan).timeline.end_of_us(Executed(150))
    cut = Interruption(at_us=validation_us + 2, down_us=60_000_000, restart_us=60_000_000)
    titles = [chapter.title for chapter in simulate(plan, (cut,)).chapters.some(10_000)]
    assert titles.count("validation at step 150") == 2
    assert titles.count("checkpoint at step 150") == 1
    assert titles.index("interrupted after step 150") < titles.index("checkpoint at step 150")


@settings(deadline=None)
@given(time_us=st.integers(0, RUN.end_us))
def test_next_and_previous_are_those_of_the_whole_list(time_us: int) -> None:
    later = [chapter for chapter in ALL if chapter.time_us > time_us]
    earlier = [chapter for chapter in ALL if chapter.time_us < time_us and chapter.kind != "end"]
    assert RUN.chapters.after(time_us) == (later or ALL[-1:])[0]
    assert RUN.chapters.before(time_us) == (earlier or ALL[:1])[-1]


@pytest.mark.parametrize("chapter", ALL, ids=lambda chapter: chapter.title)
def test_at_a_chapter_the_next_and_the_previous_are_others(chapter: Chapter) -> None:
    index = ALL.index(chapter)
    time_us = ALL[index].time_us
    assert RUN.chapters.after(time_us) == ALL[min(index + 1, len(ALL) - 1)]
    assert RUN.chapters.before(time_us) == ALL[max(index - 1, 0)]


@pytest.mark.parametrize("run", [simulate(CLASSIC), simulate(HUGE)], ids=["classic", "huge"])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_some_are_few_and_in_order(run: Run, limit: int) -> None:
    some = list(run.chapters.some(limit))
    assert 4 <= len(some) <= limit + 4
    assert [chapter.time_us for chapter in some] == sorted(chapter.time_us for chapter in some)


def test_moments_are_those_of_the_timeline() -> None:
    by_title = {chapter.title: chapter.time_us for chapter in ALL}
    assert by_title["validation at step 300"] == RUN.timeline.end_of_us(Executed(300))
    assert by_title["checkpoint at step 300"] == RUN.timeline.checkpoint_start_us(Executed(300))
    assert by_title["export"] == RUN.timeline.end_us
