"""Parts of a dashboard, each of which can be all that is wanted."""

from functools import cache
from itertools import combinations

import pytest
from plans import CLASSIC
from screens import Terminal

from pysim.options.settings import Settings, settle
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.story.steps import DataStep
from pysim.story.story import WHOLE, Span
from pysim.terminal.ansi import strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.names import PARTS
from pysim.views.registry import VIEWS
from pysim.views.view import Glance

SOME = [parts for count in range(1, len(PARTS) + 1) for parts in combinations(PARTS, count)]
SIGNS = {"curve": "all steps", "fleet": "hottest", "numbers": "MFU", "log": "INFO"}


@cache
def story() -> PretrainingStory:
    return PretrainingStory(simulate(CLASSIC))


def settings(*parts: str, **others: str) -> Settings:
    found, problems = settle([("show", ",".join(parts)), *others.items()])
    assert not problems
    return found


def seen(
    parts: tuple[str, ...], columns: int = 80, rows: int = 40, *, span: Span | None = None, timeline: bool = False
) -> list[str]:
    screen = Screen(columns, rows, parts=parts, timeline=timeline)
    at = Span(story().end_us // 3) if span is None else span
    player = Player(story(), screen, view=VIEWS[settings(*parts).view], span=at)
    return Terminal(columns, rows).feed(player.advance(0.0)).rows


@pytest.mark.parametrize("parts", SOME, ids=",".join)
def test_what_is_wanted_is_there_and_nothing_else(parts: tuple[str, ...]) -> None:
    text = "\n".join(seen(parts))
    assert {part for part, sign in SIGNS.items() if sign in text} == set(parts) & set(SIGNS)


@pytest.mark.parametrize("parts", SOME, ids=",".join)
@pytest.mark.parametrize("size", [(20, 6), (75, 8), (120, 30), (300, 100)], ids=str)
def test_any_parts_fit_any_screen(parts: tuple[str, ...], size: tuple[int, int]) -> None:
    screen = Screen(*size, parts=parts)
    view = VIEWS[settings(*parts).view](story().header, screen)
    lines = view.live(Glance(story(), story().moment(story().end_us // 2), "paused"))
    assert len(lines) == view.live_rows
    assert all(visible_width(line) <= size[0] for line in lines)
    if view.live_rows == screen.rows and "timeline" not in parts[:1]:
        assert any("paused" in line for line in lines)


def test_the_log_alone_scrolls_and_has_no_bars() -> None:
    view = VIEWS[settings("log").view](story().header, Screen(80, 24, parts=("log",)))
    assert view.live_rows == 0
    rows = seen(("log",))
    assert sum("INFO" in line for line in rows) > 10
    assert not any("Epoch" in line for line in rows)


def test_the_log_with_a_timeline_has_that_below_its_rule() -> None:
    screen = Screen(80, 24, parts=("log", "timeline"), timeline=True)
    view = VIEWS["console"](story().header, screen)
    assert view.live_rows == 2
    rule, line = view.live(Glance(story(), story().moment(story().end_us // 2), "paused"))
    assert "paused" in rule
    assert "▲" in strip(line) or "◆" in strip(line)
    assert view.time_at(Glance(story(), story().moment(0)), 0, 40, is_dragged=False) is not None  # type: ignore[attr-defined]


def test_a_timeline_stands_below_panels_on_a_terminal() -> None:
    assert seen(("curve", "timeline"), timeline=True)[:-1] != seen(("curve",))[:-1]
    assert set(seen(("timeline",))) == {""}
    assert seen(("timeline",), timeline=True)[-1] != ""


def test_without_parts_all_is_as_ever() -> None:
    whole = Screen(120, 40)
    player = Player(story(), whole, view=VIEWS["dashboard"], span=Span(story().end_us // 3))
    text = "\n".join(Terminal(120, 40).feed(player.advance(0.0)).rows)
    assert all(sign in text for sign in SIGNS.values())


# Which steps


def test_of_a_show_that_is_cut_out_the_curve_has_its_steps() -> None:
    run = story().run.timeline
    span = Span(run.first_start_us(DataStep(100)), run.first_start_us(DataStep(301)))
    rows = seen(("curve",), 90, 10, span=span)
    assert "steps 100 to 300" in rows[0]
    assert "all steps" in seen(("curve",), 90, 10)[0]
    assert "all steps" in seen(("curve",), 90, 10, span=WHOLE)[0]


def test_a_show_of_no_steps_has_all_of_them() -> None:
    assert "all steps" in seen(("curve",), 90, 10, span=Span(0, 5))[0]


# The option


def test_parts_ask_for_the_view_that_has_them() -> None:
    assert settings("log").view == "console"
    assert settings("log", "timeline").view == "console"
    assert settings("timeline").view == "dashboard"
    assert settings("log", "curve").view == "dashboard"
    assert settings("log", view="dashboard").view == "dashboard"
    assert settings("timeline", "curve").show == ("curve", "timeline")


def test_lines_have_no_parts() -> None:
    found, problems = settle([("show", "curve"), ("view", "events")])
    assert (found.show, found.view) == ((), "events")
    assert str(problems[0]).startswith("--show: 'curve' cannot be combined with --view events")
