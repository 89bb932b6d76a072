"""The timeline in one line: what stands where, and what can be pointed at."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import HUGE, TINY

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.marks import Passage
from pysim.story.story import Story
from pysim.terminal.ansi import palette, strip, visible_width
from pysim.terminal.screen import MIN_COLUMNS, TIMELINE_COLUMNS, TIMELINE_ROWS, Screen
from pysim.views.console.console import TIMELINE_ROWS_UP, Console
from pysim.views.timeline import Timeline, Track
from pysim.views.view import Glance

GOLDEN = Path(__file__).parent.parent / "golden"
PRESETS = ("classic", "llama3-405b", "night-shift")
WIDTHS = (50, 80, 160)
SHARES = (0, 2, 40, 100)  # per cent of the run


@cache
def preset(name: str) -> PretrainingStory:
    return PretrainingStory(simulate(choose_plan(Request(preset=name))))


NIGHT = preset("night-shift")


def screen(columns: int, *, color: bool = False, unicode: bool = True) -> Screen:
    return Screen(columns, 24, color=color, unicode=unicode, timeline=True)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_timeline_looks_as_it_did(columns: int, *, update_golden: bool) -> None:
    file, lines = GOLDEN / f"timeline-{columns}.txt", []
    for name in PRESETS:
        for unicode in (True, False):
            timeline = Timeline(screen(columns, unicode=unicode))
            lines += [timeline.line(preset(name), preset(name).end_us * share // 100) for share in SHARES]
    if update_golden:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    assert lines == file.read_text(encoding="utf-8").splitlines()


@given(
    name=st.sampled_from(PRESETS),
    columns=st.integers(TIMELINE_COLUMNS, 400),
    share=st.fractions(0, 1),
    color=st.booleans(),
    unicode=st.booleans(),
)
def test_it_is_as_wide_as_the_screen_and_its_cells_do_not_move(
    name: str, columns: int, share: float, *, color: bool, unicode: bool
) -> None:
    timeline, story = Timeline(screen(columns, color=color, unicode=unicode)), preset(name)
    first, later = timeline.line(story, 0), timeline.line(story, int(share * story.end_us))
    assert visible_width(first) == visible_width(later) == columns
    left = next(column for column in range(columns) if timeline.time_us(story, column) is not None)
    others = [
        pair
        for pair in zip(strip(first)[left:], strip(later)[left:], strict=True)
        if "┃" not in pair and "|" not in pair
    ]
    assert all(before == after for before, after in others)
    assert unicode or strip(later).isascii()


@given(end_us=st.integers(1, 10**15), cells=st.integers(2, 400), share=st.fractions(0, 1))
def test_a_cell_is_where_its_moment_is(end_us: int, cells: int, share: float) -> None:
    track, end_us = Track(end_us * cells, cells), end_us * cells
    cell = track.cell(int(share * end_us))
    assert track.cell(track.time_us(cell)) == cell
    assert abs(track.time_us(cell) - share * end_us) <= end_us / (cells - 1) / 2 + 1
    assert (track.time_us(-5), track.time_us(cells + 5)) == (0, end_us)
    assert (track.cell(-5), track.cell(2 * end_us)) == (0, cells - 1)


def test_the_moment_on_show_is_where_it_was_pointed_at() -> None:
    timeline = Timeline(screen(80))
    left = len("Time    0:00:00/22:41:42  ")
    assert [timeline.time_us(NIGHT, column) for column in (0, left - 1)] == [None, None]
    for column in range(left, 80):
        time_us = timeline.time_us(NIGHT, column, exact=True)
        assert time_us is not None
        assert timeline.line(NIGHT, time_us)[column] == "┃"


def test_who_points_at_a_mark_means_its_moment() -> None:
    timeline, line = Timeline(screen(160)), Timeline(screen(160)).line(NIGHT, 0)
    moments = {mark.time_us for mark in NIGHT.marks().some(10_000)}
    marked = [timeline.time_us(NIGHT, column) for column, sign in enumerate(line) if sign in "▲◆✕"]
    assert len(marked) > 20
    assert moments.issuperset(marked)


def test_a_cell_of_downtime_tells_of_it_by_shape_and_one_with_a_little_by_colour() -> None:
    track = Track(100, 11)  # cells of 10, the first from -5 to 5
    passages = [
        Passage(begin_us=0, end_us=40, kind="bring-up"),
        Passage(begin_us=12, end_us=14, kind="down"),
        Passage(begin_us=14, end_us=29, kind="restart"),
        Passage(begin_us=29, end_us=47, kind="redone"),
    ]
    shares = track.shares(passages)
    assert [round(each.get("stopped", 0.0), 6) for each in shares[:6]] == [0.0, 0.3, 1.0, 0.4, 0.0, 0.0]
    assert [round(each.get("redone", 0.0), 6) for each in shares[:6]] == [0.0, 0.0, 0.0, 0.6, 1.0, 0.2]


def test_the_past_is_filled_and_the_future_faint() -> None:
    p, story = palette(color=True), PretrainingStory(simulate(TINY))
    line = Timeline(screen(50, color=True)).line(story, story.end_us // 2)
    assert f"{p.dim}·" not in line.split("┃")[0]
    assert line.split("┃")[0].count(p.accent) >= 1
    assert p.accent not in line.split("┃")[1]
    assert p.dim in line.split("┃")[1]


@pytest.mark.parametrize("story", [PretrainingStory(simulate(HUGE)), PretrainingStory(simulate(TINY))])
def test_a_run_in_which_nothing_goes_wrong_has_no_such_mark(story: Story) -> None:
    line = Timeline(screen(120)).line(story, 0)
    assert not set("✕░▒") & set(line)
    assert "▲" in line


@pytest.mark.parametrize(
    ("size", "is_wanted", "rows"),
    [
        ((TIMELINE_COLUMNS, TIMELINE_ROWS), True, 4),
        ((TIMELINE_COLUMNS, TIMELINE_ROWS), False, 3),
        ((TIMELINE_COLUMNS - 1, 40), True, 3),
        ((200, TIMELINE_ROWS - 1), True, 3),
        ((MIN_COLUMNS, 6), True, 3),
    ],
)
def test_a_small_screen_has_none(size: tuple[int, int], is_wanted: bool, rows: int) -> None:  # noqa: FBT001
    console = Console(NIGHT.header, Screen(*size, timeline=is_wanted))
    glance = Glance(NIGHT, NIGHT.moment(NIGHT.end_us // 2))
    assert len(console.live(glance)) == console.live_rows == rows
    pointed = console.time_at(glance, TIMELINE_ROWS_UP, size[0] - 1, is_dragged=True)
    assert pointed == (NIGHT.end_us if rows == 4 else None)
    assert console.time_at(glance, TIMELINE_ROWS_UP + 1, 30, is_dragged=False) is None


def test_the_bars_are_the_same_with_a_timeline() -> None:
    glance = Glance(NIGHT, NIGHT.moment(NIGHT.end_us // 3), "2x")
    rule, timeline, *bars = Console(NIGHT.header, screen(80)).live(glance)
    assert [rule, *bars] == Console(NIGHT.header, Screen(80, 24, color=False)).live(glance)
    assert timeline == Timeline(screen(80)).line(NIGHT, NIGHT.end_us // 3)
