"""The dashboard as it is seen: of several sizes in several states, with and without colour and Unicode.

One file for each size; after an intended change: `pytest tests/views/dashboard --update-golden`, then look.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN
from plans import CLASSIC, TINY
from screens import Terminal

from pysim.pretraining.injection import Injection
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.run import simulate
from pysim.pretraining.run.segments import Slowdown
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.player import Player
from pysim.story.events import FleetSampled
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.ansi import palette, strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.dashboard.account import LastNews, Panels
from pysim.views.dashboard.dashboard import LEAST_COLUMNS, LEAST_ROWS, Cramped, Dashboard, dashboard
from pysim.views.dashboard.style import Style
from pysim.views.text import duration
from pysim.views.view import ZOOMS, Glance, Zoom

GOLDEN = Path(__file__).parent.parent.parent / "golden"
SIZES = ((40, 15), (80, 24), (120, 40), (160, 50), (300, 100))
few = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


@cache
def story() -> PretrainingStory:
    """Slow for a while, then cut, and well at last."""
    calm = simulate(CLASSIC).timeline
    slow = Slowdown(begin_us=calm.start_of_us(Executed(6000)), end_us=calm.start_of_us(Executed(7000)), permille=120)
    cut = Interruption(
        at_us=calm.end_of_us(Executed(9300)), hang_us=600_000_000, down_us=900_000_000, restart_us=200_000_000
    )
    return PretrainingStory(simulate(CLASSIC, [cut], [slow]))


def moments() -> dict[str, int]:
    timeline = story().run.timeline
    return {
        "healthy": timeline.end_of_us(Executed(5000)) + 1,
        "degraded": timeline.end_of_us(Executed(6500)) + 1,
        "recovering": timeline.end_of_us(Executed(timeline.stretches[1].first_step + 30)) + 1,
    }


def player(told: PretrainingStory, screen: Screen, time_us: int = 0, zoom: Zoom = "all") -> Player:
    shown = Player(told, screen, view=dashboard, span=Span(time_us))
    shown.set_zoom(zoom)
    return shown


def rows(told: PretrainingStory, screen: Screen, time_us: int, zoom: Zoom = "all") -> list[str]:
    terminal = Terminal(screen.columns, screen.rows)
    return terminal.feed(player(told, screen, time_us, zoom).advance(0.0)).rows


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_dashboard_looks_as_it_did(size: tuple[int, int], *, update_golden: bool) -> None:
    file = GOLDEN / f"dashboard-{size[0]}x{size[1]}.txt"
    pictures = []
    for name, time_us in moments().items():
        seen = rows(story(), Screen(*size), time_us)
        assert name in "".join(seen[:3])
        pictures.append("\n".join([f"== {name} ".ljust(size[0], "="), *seen]))
    text = "\n".join(pictures) + "\n"
    if update_golden:
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()


@few
@given(
    columns=st.integers(LEAST_COLUMNS, 300),
    height=st.integers(LEAST_ROWS, 100),
    share=st.floats(0.0, 1.0),
    zoom=st.sampled_from(ZOOMS),
    color=st.booleans(),
    unicode=st.booleans(),
)
def test_every_row_fits_whatever_the_screen(
    columns: int, height: int, share: float, zoom: Zoom, *, color: bool, unicode: bool
) -> None:
    told = PretrainingStory(BEFALLEN["with a hang"].run())
    screen = Screen(columns, height, color=color, unicode=unicode)
    shown = dashboard(told.header, screen)
    lines = shown.live(Glance(told, told.moment(round(told.end_us * share)), "paused", zoom))
    assert len(lines) == height == shown.live_rows
    assert all(visible_width(line) <= columns for line in lines)
    if not color:
        assert all("\x1b" not in line for line in lines)
    if not unicode:
        assert all(strip(line).isascii() for line in lines)


@few
@given(wall=st.integers(1, 512).map(lambda ticks: ticks / 256), frames=st.integers(1, 25), zoom=st.sampled_from(ZOOMS))
@pytest.mark.parametrize("name", ["with a hang", "rolled back", "slow, then cut"])
def test_playing_seeking_and_painting_anew_show_the_same(name: str, wall: float, frames: int, zoom: Zoom) -> None:
    told, screen = PretrainingStory(BEFALLEN[name].run()), Screen(100, 30)
    played, seen = player(told, screen, zoom=zoom), Terminal(100, 30)
    for _ in range(frames + 1):
        seen.feed(played.advance(wall))
    sought = Terminal(100, 30)
    seeker = player(told, screen, told.end_us // 2, zoom)
    sought.feed(seeker.advance(0.0)).feed(seeker.seek(played.time_us))
    assert sought.rows == seen.rows == rows(told, screen, played.time_us, zoom)
    assert seen.feed(played.resize(screen)).rows == sought.rows


@pytest.mark.parametrize("size", [(100, 30), (120, 40), (160, 50), (300, 100)])
@pytest.mark.parametrize("color", [True, False])
def test_figures_end_at_the_right_edge_of_the_screen(size: tuple[int, int], *, color: bool) -> None:
    seen = rows(story(), Screen(*size, color=color), moments()["healthy"])
    figure = next(row for row in seen if "train loss" in row)
    assert len(figure) == size[0]
    assert figure.endswith(" 2.4760")


@cache
def read(screen: Screen, time_us: int, zoom: Zoom = "all", rows: range | None = None) -> dict[tuple[int, int], str]:
    """What is read at each cell that says something, its row counted from the last one."""
    shown = player(story(), screen, time_us, zoom)
    shown.advance(0.0)
    cells = ((up, column) for up in rows or range(screen.rows) for column in range(screen.columns))
    return {cell: words for cell in cells if (words := shown.reading_at(*cell))}


@pytest.mark.parametrize("screen", [Screen(40, 15), Screen(80, 24), Screen(120, 40, unicode=False)])
def test_a_chart_is_read_at_a_place(screen: Screen) -> None:
    time_us = moments()["healthy"]
    found = read(screen, time_us)
    by_word = {"loss", "learning rate", "grad_norm", "tok/s"} if screen.rows > LEAST_ROWS else {"loss"}
    assert all(any(word in words for words in found.values()) for word in by_word)
    losses = [words for words in found.values() if ", loss " in words]
    steps = [_step(words) for words in losses]
    assert max(steps) == 5000
    newest = losses[steps.index(5000)]
    assert newest.startswith("step 5,000, loss 2.4760")
    assert newest.endswith(f"{duration(story().item_begin(5000) / 1e6)} into the run")
    validated = next(words for words in losses if "validation" in words)
    assert re.fullmatch(r"step [\d,]+, loss \d\.\d{4}, validation \d\.\d{4}, \d+:\d\d:\d\d into the run", validated)


def _step(words: str) -> int:
    return int(re.findall(r"step ([\d,]+), ", words)[0].replace(",", ""))


def test_a_chart_says_nothing_of_what_is_to_come_or_beside_it() -> None:
    screen = Screen(120, 40, unicode=False)
    found = read(screen, moments()["healthy"])
    assert {column for _, column in found} < set(range(8, 60))
    row = min(up for up, _ in found)
    assert read(screen, 0, rows=range(row, row + 6)) == {}
    last = read(screen, moments()["healthy"], "hundred", range(row, row + 6))
    assert {_step(words) for words in last.values()} <= set(range(4901, 5001))
    console = Player(story(), screen, span=Span(moments()["healthy"]))
    console.advance(0.0)
    assert console.reading_at(5, 20) == ""
    assert console.reading_at(900, 20) == ""


def test_nothing_scrolls() -> None:
    told, screen = PretrainingStory(simulate(TINY)), Screen(80, 24)
    shown, terminal = player(told, screen), Terminal(80, 24)
    for _ in range(60):
        terminal.feed(shown.advance(2.0))
    assert terminal.scrolled == []
    assert terminal.cursor == (terminal.cursor[0], 23)


def test_what_comes_is_not_known_before() -> None:
    """The same bytes up to the moment in which something is let happen."""
    plan = replace(CLASSIC, tokens=600 * CLASSIC.tokens_per_step, epochs=1)
    calm = tell(plan)
    at_us = calm.end_us // 2
    other = tell(plan, [Injection(at_us=at_us, cause="gpu-off-bus")])
    assert other.end_us != calm.end_us
    for screen in (Screen(40, 15), Screen(120, 40)):
        for time_us in (at_us // 3, at_us - 1):
            for zoom in ZOOMS:
                assert rows(calm, screen, time_us, zoom) == rows(other, screen, time_us, zoom)
    assert rows(calm, Screen(120, 40), at_us * 3 // 2) != rows(other, Screen(120, 40), at_us * 3 // 2)


# What is left out, and what is said instead


@pytest.mark.parametrize("size", [(39, 15), (40, 14), (20, 6)])
def test_a_screen_that_is_too_small_has_the_console_and_a_line_that_says_so(size: tuple[int, int]) -> None:
    told, screen = story(), Screen(*size)
    view = dashboard(told.header, screen)
    assert isinstance(view, Cramped)
    assert view.live_rows == Console(told.header, screen).live_rows
    needs = f"dashboard needs {LEAST_COLUMNS}x{LEAST_ROWS}"
    assert needs[: size[0] - 4] in strip(view.live(Glance(told, told.moment(0)))[0])
    assert f"3x  {needs}"[: size[0] - 4] in strip(view.live(Glance(told, told.moment(0), "3x"))[0])


def test_a_file_has_no_dashboard() -> None:
    assert isinstance(dashboard(story().header, Screen(live=False)), Cramped)


def test_smaller_screens_lose_the_log_first_and_never_the_curve() -> None:
    time_us = moments()["healthy"]
    seen = {height: "\n".join(rows(story(), Screen(80, height), time_us)) for height in range(LEAST_ROWS, 50)}
    wanted = {"log": "INFO", "incidents": "incidents", "small charts": "tok/s ", "lost time": "lost ", "fleet": "fleet"}
    least = {name: min(height for height, text in seen.items() if word in text) for name, word in wanted.items()}
    assert sorted(least.values(), reverse=True) == list(least.values())
    assert all(text.count("loss") for text in seen.values())
    assert all("◆" in text for text in seen.values())


# What happened


@cache
def troubled() -> PretrainingStory:
    """A dozen incidents in a few hours."""
    plan = replace(CLASSIC, tokens=2400 * CLASSIC.tokens_per_step, epochs=1)
    hour_us = 3_600_000_000
    causes = ("gpu-off-bus", "row-remap", "cable-down", "software-bug")
    return tell(plan, [Injection(at_us=hour_us // 2 * (at + 1), cause=causes[at % len(causes)]) for at in range(10)])


@few
@given(shares=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6), step_us=st.integers(0, 900_000_000))
def test_the_last_incidents_are_the_same_however_one_comes_there(shares: list[float], step_us: int) -> None:
    told, kept, time_us = troubled(), LastNews(), 0
    for share in shares:
        time_us = round(told.end_us * share)
        kept.at(told, time_us, 3)
    time_us = min(time_us + step_us, told.end_us)
    panels = Panels(told.header, Style.of(Screen()), 80)
    here, fresh = (
        panels.incidents(news.at(told, time_us, 3), told.moment(time_us), 4, is_stopped=True)
        for news in (kept, LastNews())
    )
    assert here == fresh


def test_an_incident_is_named_when_it_is_noticed_and_dimmed_when_it_is_over() -> None:
    told = troubled()
    first, *_ = told.news(0, told.end_us)
    over = next(each for each in told.news(0, told.end_us) if each.kind == "recovered" and each.number == first.number)
    screen = Screen(160, 50)
    assert first.title not in "\n".join(rows(told, screen, first.time_us - 1))
    text = "\n".join(rows(told, screen, first.time_us))
    assert first.title[:24] in text
    stopped = dashboard(told.header, screen).live(Glance(told, told.moment(first.time_us)))
    assert any(f"{palette(color=True).red}✕" in line for line in stopped)
    assert duration(over.lost_seconds) in "\n".join(rows(told, screen, over.time_us + 1))


# Its numbers


def test_the_lost_parts_make_up_what_is_lost() -> None:
    text = "\n".join(rows(story(), Screen(160, 50), moments()["recovering"]))
    seconds = [
        sum(int(part) * 60**power for power, part in enumerate(reversed(clock.split(":"))))
        for clock in re.findall(r"(?:lost|starting|noticing|repairing|restarting|redoing) +(\d+:\d\d:\d\d)", text)
    ]
    assert len(seconds) == 6
    assert seconds[0] == sum(seconds[1:])


def test_the_numbers_are_those_of_the_last_step() -> None:
    time_us = moments()["healthy"]
    last = story().moment(time_us).last
    assert last is not None
    text = "\n".join(rows(story(), Screen(160, 50), time_us))
    for words in (f"{last.loss:.4f}", f"{last.grad_norm:.3f}", f"{last.tokens_per_second:,.0f} tok/s", "5,000/14,304"):
        assert words in text


@pytest.mark.parametrize("height", [15, 18, 24, 40, 70])
def test_a_chart_has_two_values_at_its_edge_at_least(height: int) -> None:
    for time_us in moments().values():
        seen = rows(story(), Screen(80, height), time_us)
        assert sum(bool(re.match(r" {3,4}\d\.\d\d+ ", row)) for row in seen) >= 2


def test_a_zoom_says_how_many_steps_it_shows() -> None:
    time_us = moments()["healthy"]
    shown = {zoom: "\n".join(rows(story(), Screen(120, 40), time_us, zoom)) for zoom in ZOOMS}
    assert "all steps" in shown["all"]
    assert "100 steps" in shown["hundred"]
    assert re.search(r"loss \d\.\d{4}  (5\d\d|6\d\d) steps", shown["tenth"])


def test_the_dead_and_the_drained_have_signs_of_their_own() -> None:
    from befalling import MANY_NODES, befallen_by, in_step, incident  # noqa: PLC0415 - a large run

    run = befallen_by(MANY_NODES, [incident("gpu-off-bus", in_step(simulate(MANY_NODES), 50))])
    told, each = PretrainingStory(run), run.befallen[0]
    for screen in (Screen(120, 40), Screen(120, 40, color=False), Screen(120, 40, unicode=False), Screen(300, 100)):
        fleet = "\n".join(rows(told, screen, each.noticed_us + 90_000_000))
        assert "draining" in fleet or "dead" in fleet


def test_the_view_writes_the_console_s_lines_but_no_grid() -> None:
    told, screen = story(), Screen(120, 40)
    view, console = Dashboard(told.header, screen), Console(told.header, screen)
    events = list(told.narrate(moments()["healthy"] - 400_000_000, moments()["healthy"]))
    looks = [event for event in events if isinstance(event, FleetSampled)]
    assert looks
    assert not any(view.lines(event) for event in looks)
    others = [event for event in events if not isinstance(event, FleetSampled)]
    assert [view.lines(event) for event in others] == [console.lines(event) for event in others]
