"""Recordings: both versions say the same, asciinema plays them, and what they show is the show."""

# ruff: noqa: S603 - a program is what is tested here

import json
import re
import subprocess
import sys
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyte
import pytest

from pysim.edge.cli import main
from pysim.edge.playlist import stories
from pysim.edge.staging import tempo_of
from pysim.options.commandline import parse
from pysim.show.player import Player
from pysim.story.story import Span
from pysim.terminal.ansi import RESET
from pysim.terminal.screen import Screen
from pysim.views.registry import VIEWS

SMALL = ("--preset", "gpt2-124m", "--size", "80x24", "--tempo", "20s", "--until", "step:400")
TROUBLE = ("--inject", "gpu-off-bus@step:200,node=0", "--from", "step:150", "--until", "step:1000")


def _record(tmp_path: Path, name: str, *words: str) -> Path:
    path = tmp_path / f"{name}.cast"
    assert main(["export", "--to", name, str(path), *words]) == 0
    return path


def _lines(path: Path) -> tuple[dict[str, Any], list[list[Any]]]:
    first, *rest = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return first, rest


def _screen(events: list[list[Any]], columns: int, rows: int) -> list[str]:
    screen = pyte.Screen(columns, rows)
    stream = pyte.Stream(screen)
    for _, kind, text in events:
        if kind == "o":
            stream.feed(text)
    return list(screen.display)


def test_both_versions_say_the_same(tmp_path: Path) -> None:
    first_of_two, two = _lines(_record(tmp_path, "asciicast-v2", *SMALL))
    first_of_three, three = _lines(_record(tmp_path, "asciicast", *SMALL))
    assert (first_of_two["version"], first_of_two["width"], first_of_two["height"]) == (2, 80, 24)
    assert (first_of_three["version"], first_of_three["term"]) == (3, {"cols": 80, "rows": 24})
    assert first_of_two["title"] == first_of_three["title"]
    assert three[-1][1:] == ["x", "0"]
    assert [event[1:] for event in three[:-1]] == [event[1:] for event in two]
    assert list(accumulate(event[0] for event in three[:-1])) == pytest.approx([event[0] for event in two])
    assert two == sorted(two, key=lambda event: float(event[0]))


@pytest.mark.parametrize("view", ["console", "dashboard", "nanogpt"])
def test_its_last_screen_is_that_of_the_show(view: str, tmp_path: Path) -> None:
    _, events = _lines(_record(tmp_path, "asciicast", *SMALL, "--view", view))
    settings = parse(SMALL)
    story = next(stories(settings, 0))
    assert settings.until is not None
    span = Span(0, settings.until.resolve_end(story))
    player = Player(story, Screen(80, 24, timeline=True), view=VIEWS[view], tempo=tempo_of(settings), span=span)
    stream = pyte.Stream(screen := pyte.Screen(80, 24))
    stream.feed(player.advance(0.0) + player.seek(story.end_us) + player.finish())
    assert _screen(events, 80, 24) == list(screen.display)


def test_incidents_are_marks(tmp_path: Path) -> None:
    _, events = _lines(_record(tmp_path, "asciicast-v2", "--preset", "gpt2-124m", *TROUBLE, "--tempo", "30s"))
    marks = [event for event in events if event[1] == "m"]
    assert len(marks) == 1
    assert marks[0][2].startswith("gpu-off-bus at ")
    assert 0 < marks[0][0] < events[-1][0]


def test_asciinema_plays_it(tmp_path: Path) -> None:
    path = _record(tmp_path, "asciicast-v2", *SMALL)
    told = subprocess.run([sys.executable, "-m", "asciinema", "cat", str(path)], capture_output=True, check=True)
    _, events = _lines(path)
    assert told.stdout.decode() == "".join(event[2] for event in events if event[1] == "o")


def test_what_would_never_end_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--preset", "llama3-405b", "--tempo", "real"]
    assert main(["export", "--to", "asciicast", str(tmp_path / "x"), *words]) == 2
    assert "is too long; try --tempo 10m" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_colours_there_are_none(tmp_path: Path) -> None:
    _, events = _lines(_record(tmp_path, "asciicast", *SMALL, "--color", "never", "--speed-factor", "10"))
    codes = {code for event in events for code in re.findall(f"{chr(27)}\\[[0-9;]*m", event[2])}
    assert codes <= {RESET}
