"""A comparison as it is seen, and that what it says is what the runs say of themselves.

One file for each size; after an intended change: `pytest tests/views/compare --update-golden`, then look.
"""

import json
from functools import cache
from math import isnan
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from screens import Terminal

from pysim.edge.playlist import stories
from pysim.options.commandline import parse
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.story import events as ev
from pysim.story.story import Span
from pysim.terminal.ansi import palette, strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.compare.charts import time_ticks
from pysim.views.compare.compare import Comparison
from pysim.views.compare.quantities import AT_THE_END, SO_FAR, cells
from pysim.views.compare.table import Table, as_data, form, table_json, table_text
from pysim.views.console.console import Console
from pysim.views.dashboard.style import Style
from pysim.views.names import COMPARE
from pysim.views.registry import VIEWS
from pysim.views.view import ZOOMS, Zoom

GOLDEN = Path(__file__).parent.parent.parent / "golden"
SIZES = ((40, 15), (80, 24), (160, 50))
SAVED_OFTEN = ("--preset", "night-shift", "--compare", "checkpoint-every=20")
SEVERAL = (*SAVED_OFTEN, "--compare", "incidents=off", "--compare", "spares=0")
ITSELF = ("--preset", "night-shift", "--compare", "spares=64")
few = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])


@cache
def told(*arguments: str) -> PretrainingStory:
    return next(stories(parse(arguments), 0))


def player(story: PretrainingStory, screen: Screen, time_us: int, zoom: Zoom = "all") -> Player:
    shown = Player(story, screen, view=VIEWS[COMPARE], span=Span(time_us))
    shown.set_zoom(zoom)
    return shown


def rows(story: PretrainingStory, screen: Screen, time_us: int, zoom: Zoom = "all") -> list[str]:
    terminal = Terminal(screen.columns, screen.rows)
    return terminal.feed(player(story, screen, time_us, zoom).advance(0.0)).rows


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_comparison_looks_as_it_did(size: tuple[int, int], *, update_golden: bool) -> None:
    file = GOLDEN / f"compare-{size[0]}x{size[1]}.txt"
    pictures = []
    for name, arguments in {"one": SAVED_OFTEN, "three": SEVERAL}.items():
        story = told(*arguments)
        seen = rows(story, Screen(*size), story.end_us * 3 // 4)
        pictures.append("\n".join([f"== {name} ".ljust(size[0], "="), *seen]))
    text = "\n".join(pictures) + "\n"
    if update_golden:
        file.write_text(text, "utf-8", newline="\n")
    assert file.read_text("utf-8") == text


@few
@given(
    columns=st.integers(40, 300),
    height=st.integers(15, 100),
    share=st.floats(0, 1),
    zoom=st.sampled_from(ZOOMS),
    arguments=st.sampled_from([SAVED_OFTEN, SEVERAL]),
    color=st.booleans(),
    unicode=st.booleans(),
)
def test_every_screen_is_full_and_no_row_is_too_long(  # all that a screen can be
    *, columns: int, height: int, share: float, zoom: Zoom, arguments: tuple[str, ...], color: bool, unicode: bool
) -> None:
    story, screen = told(*arguments), Screen(columns, height, color=color, unicode=unicode)
    shown = player(story, screen, int(story.end_us * share), zoom)
    drawn = shown._view.live(shown._glance())
    assert len(drawn) == height
    assert max(map(visible_width, drawn)) <= columns
    assert color or not any("\x1b" in line for line in drawn)
    assert unicode or "".join(drawn).isascii()
    seen = strip("\n".join(drawn))
    assert "loss" in seen
    assert "end" in seen


@few
@given(share=st.floats(0.01, 0.99), more=st.floats(0, 60), zoom=st.sampled_from(ZOOMS))
def test_to_seek_is_to_play(share: float, more: float, zoom: Zoom) -> None:
    story, screen = told(*SAVED_OFTEN), Screen(100, 30)
    playing = player(story, screen, int(story.end_us * share), zoom)
    terminal = Terminal(100, 30)
    terminal.feed(playing.advance(0.0))
    for _ in range(5):
        terminal.feed(playing.advance(more / 5))
    assert terminal.rows == rows(story, screen, playing.time_us, zoom)


def test_a_run_beside_itself_differs_in_nothing() -> None:
    story = told(*ITSELF)
    (other,) = story.beside
    assert story.is_like(other.story)  # type: ignore[arg-type]  # of one kind
    for time_us in (0, story.end_us // 3, story.end_us):
        tallies = [story.tally(time_us), other.story.tally(time_us)]
        assert {cells(each, tallies, brief=False)[1].difference for each in (*SO_FAR, *AT_THE_END)} <= {"=", "-"}
    runs = as_data(story, story.end_us // 3)["runs"]
    assert isinstance(runs, list)
    differences = [number["difference"] for block in ("so_far", "at_the_end") for number in runs[1][block].values()]
    assert set(differences) <= {0, None}
    seen = "\n".join(rows(story, Screen(80, 24), story.end_us // 2))
    assert "B as far" in seen


@pytest.mark.parametrize("arguments", [SAVED_OFTEN, SEVERAL], ids=["one", "three"])
def test_at_the_end_each_run_is_what_it_says_of_itself(arguments: tuple[str, ...]) -> None:
    story = told(*arguments)
    for run in (story, *(each.story for each in story.beside)):
        events = list(run.narrate(run.end_us))
        (closed,) = (event for event in events if isinstance(event, ev.RunCompleted))
        tally = run.tally(run.end_us)
        assert tally.is_over
        assert (tally.usd, tally.energy_kwh) == (closed.usd, closed.energy_kwh)
        assert (tally.train_loss, tally.validation_loss) == (closed.final_train_loss, closed.final_validation_loss)
        for account in (event for event in events if isinstance(event, ev.TimeAccounted)):
            said = account.goodput, account.interruptions, account.steps_redone
            assert (tally.goodput, tally.stops, tally.steps_redone) == said


@pytest.mark.parametrize("brief", [True, False])
def test_a_difference_is_that_of_the_values_as_they_are_shown(*, brief: bool) -> None:
    story = told(*(SAVED_OFTEN if brief else SEVERAL))
    runs = (story, *(each.story for each in story.beside))
    for quantity in AT_THE_END:
        first, *others = cells(quantity, [run.tally(run.end_us) for run in runs], brief=brief)
        for other in others:
            difference = shown_value(other.value) - shown_value(first.value)
            assert shown_value(other.difference) == pytest.approx(difference, abs=1e-6)
            assert bool(other.better) == (other.difference != "=")


def shown_value(words: str) -> float:
    """What a reader takes it for: a number in its unit, seconds of a duration."""
    sign, plain = -1.0 if words.startswith("-") else 1.0, words.lstrip("+-$").replace(",", "").replace("$", "")
    if words == "=":
        return 0.0
    if not plain.endswith("Wh") and (plain.endswith("h") or ":" in plain):
        days, _, rest = plain.rpartition("d ") if "d " in plain else ("0", "", plain)
        if rest.endswith("h") and ":" not in rest:
            return sign * (int(days) * 24 + int(rest.removesuffix("h"))) * 3600.0
        hours, minutes, seconds = rest.split(":")
        return sign * (int(days) * 86400.0 + int(hours) * 3600 + int(minutes) * 60 + int(seconds))
    return sign * float(plain.split(" ")[0].rstrip("kM"))


def test_what_is_better_is_green() -> None:
    story, style = told("--preset", "night-shift", "--compare", "incidents=off"), Style.of(Screen(80, 24))
    lines = Table(style, 80, 1).at_the_end([story.tally(story.end_us), story.beside[0].story.tally(10**12)], 9)
    goodput = next(line for line in lines if "goodput" in line)
    assert f"{palette(color=True).green}" in goodput
    assert f"{palette(color=True).red}" not in goodput


def test_a_narrow_table_keeps_the_differences() -> None:
    assert form(80, 1).has_values
    assert not form(80, 1).brief
    assert form(40, 1).brief
    assert not form(40, 2).has_values
    assert not form(40, 3).has_first


def test_a_small_screen_has_the_console_and_says_why() -> None:
    story = told(*SAVED_OFTEN)
    view = VIEWS[COMPARE](story.header, Screen(38, 20))
    assert isinstance(view, Console)
    assert isinstance(VIEWS[COMPARE](story.header, Screen(40, 15)), Comparison)
    assert "compare needs 40x15" in strip(player(story, Screen(60, 12), story.end_us // 2).advance(0.0))


def test_a_run_that_is_compared_with_none_says_so() -> None:
    story = told("--preset", "classic")
    assert "only the first run of a show is compared" in "\n".join(rows(story, Screen(80, 24), 0))


def test_a_run_that_is_over_is_said_to_be() -> None:
    story = told(*SEVERAL)
    seen = "\n".join(rows(story, Screen(120, 40), story.end_us * 3 // 4))
    assert "C incidents=off (over)" in seen
    assert "B checkpoint-every=20 (over)" not in seen


def test_a_table_says_all_of_it_as_text_and_as_json() -> None:
    story = told(*SAVED_OFTEN)
    text = table_text(story, story.end_us // 2)
    assert "so far, 11:20:51 after the launch" in text
    for quantity in (*SO_FAR, *AT_THE_END):
        assert quantity.name in text
    assert "so far" not in table_text(story, None)
    data = json.loads(table_json(story, None))
    assert [run["change"] for run in data["runs"]] == ["", "checkpoint-every=20"]
    assert data["runs"][1]["so_far"] is None
    first, other = (run["at_the_end"]["seconds"] for run in data["runs"])
    assert other["value"] - first["value"] == pytest.approx(other["difference"])


def test_what_is_no_number_is_none_in_json() -> None:
    """The loss of night-shift is not a number for hours."""
    story = told(*SAVED_OFTEN)
    broken_us = next(hour for hour in range(3, 12) if isnan(story.tally(hour * HOUR_US).train_loss or 0.0))
    data = json.loads(table_json(story, broken_us * HOUR_US))
    assert data["runs"][0]["so_far"]["train_loss"] == {"value": None}
    assert "nan" in table_text(story, broken_us * HOUR_US)


HOUR_US = 3_600_000_000


@pytest.mark.parametrize(
    ("begin_us", "end_us", "words"),
    [
        (0, 10 * 24 * HOUR_US, ["0", "5d", "10d"]),
        (0, 20 * HOUR_US, ["0", "10h", "20h"]),
        (0, HOUR_US, ["0", "50m"]),
        (0, 60_000_000, ["0", "50s"]),
        (10 * HOUR_US, 11 * HOUR_US, ["10:00:00", "10:50:00"]),
    ],
)
def test_times_on_the_axis_are_round(begin_us: int, end_us: int, words: list[str]) -> None:
    assert [word for _, word in time_ticks(begin_us, end_us, 2)] == words
