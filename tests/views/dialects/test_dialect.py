"""What all dialects share: whole lines in a file, wrapped on a terminal, the timeline below, and the same log wherever one begins."""

import pytest
from lives import life, log_of, spoken_of

from pysim.show.player import Player
from pysim.show.show import Show
from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.story.reports import Cadence, Reports
from pysim.story.story import Span
from pysim.terminal.ansi import strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.registry import VIEWS, cadence, why_not
from pysim.views.view import Glance, Pointable

NAMES = [name for name in spoken_of() if not why_not(VIEWS[name], life().header)]
OTHERWISE = ("olmo",)  # which breaks its lines itself on a terminal, and has other ones in a file
NARROW = Screen(72, 24, timeline=True)


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_wrapped_on_a_terminal_and_whole_in_a_file(name: str) -> None:
    story, make = life(), VIEWS[name]
    whole, folded = make(story.header, Screen(2**31 - 1, color=False, live=False)), make(story.header, NARROW)
    for event in story.narrate(0, story.item_begin(3), *cadence(make, 1)):
        rows = folded.lines(event)
        assert all(visible_width(row) <= NARROW.columns for row in rows)
        if folded.live_rows == 1 and name not in OTHERWISE:  # a program with a bar says less beside it
            assert strip("".join(rows)) == strip("".join(whole.lines(event)))


@pytest.mark.parametrize("name", NAMES)
def test_below_the_log_are_the_program_s_bar_and_the_timeline_or_a_word(name: str) -> None:
    story = life()
    view = VIEWS[name](story.header, NARROW)
    moment = story.moment(story.item_begin(100))
    calm, spoken = (view.live(Glance(story, moment, note)) for note in ("", "paused"))
    assert len(calm) == len(spoken) == view.live_rows
    assert spoken[-1] == "paused"
    assert "Time" in calm[-1]
    assert isinstance(view, Pointable)
    assert view.time_at(Glance(story, moment), 0, 60, is_dragged=False) is not None
    assert view.time_at(Glance(story, moment), 1, 60, is_dragged=False) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_log_is_the_same_told_from_any_place_on(name: str) -> None:
    story, screen = life(), Screen(2**31 - 1, color=False, live=False)
    cut_us = story.item_begin(171)
    parts = ((0, cut_us), (cut_us, None))
    told = [text for part in parts for _, text in timed_transcript(story, screen, *part, view=VIEWS[name])]
    assert tuple(text.removesuffix("\n") for text in told) == log_of(name)


def test_a_later_run_that_a_view_cannot_tell_is_on_the_console() -> None:
    story = life()
    player = Player(story, NARROW, view=VIEWS["megatron"], log_every=20, span=Span(story.item_begin(100)))
    player.advance(0.1)
    assert player.log_every == 20
    refusing = life("half")
    refusing.header = refusing.header.__class__(
        **{**{name: getattr(refusing.header, name) for name in refusing.header.__slots__}, "vendor": "google"}
    )
    show = Show(iter([story, refusing]), NARROW, view=VIEWS["megatron"], span=Span(story.end_us - 1))
    show.advance(0.1)
    show.next()
    assert show.view is Console
    life.cache_clear()


@pytest.mark.parametrize("reports", [Reports(), Reports(offset=1), Reports(first=True), Reports(preview=True)])
@pytest.mark.parametrize("every", [1, 7, 20])
def test_each_step_is_in_one_interval(reports: Reports, every: int) -> None:
    story = life()
    told = [e for e in story.narrate(0, None, every, reports) if isinstance(e, ev.StepsReported)]
    single = [e.step for e in story.narrate() if isinstance(e, ev.StepCompleted)]
    assert [step for e in told if not e.is_preview for step in range(e.first, e.last + 1)] == single
    assert sum(map(ev.items_of, told)) == len(single) == story.items_before(story.end_us, every, reports)
    assert all(e.is_due == reports.ends(e.last, every, e.started_with) for e in told if not e.is_preview)
    cut_us = story.item_begin(130)
    parts = (*story.narrate(0, cut_us, every, reports), *story.narrate(cut_us, None, every, reports))
    assert [type(e) for e in parts] == [type(e) for e in story.narrate(0, None, every, reports)]
    before = sum(map(ev.items_of, story.narrate(0, cut_us, every, reports)))
    assert before == story.items_before(cut_us, every, reports)


def test_a_cadence_says_what_is_told_beside_steps() -> None:
    assert Cadence().is_single
    assert not Cadence(10).is_single
    assert not Cadence(1, Reports()).is_single
    looks = [e for e in life().narrate(0, None, *Cadence(10, Reports())) if isinstance(e, ev.FleetSampled)]
    assert not looks
    assert Cadence().has_steps
    assert not Cadence(10, Reports(steps=False)).has_steps
    assert Cadence().speakers is None
    assert Cadence(10, Reports(speakers=())).speakers == ()
