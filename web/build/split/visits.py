"""Visits to the page, for the list of functions and data that they need before the cold half of the engine is there.

Every preset's show in every size of a terminal, with the commands that wait for nothing. What else visitors may do waits for the cold
half (web/src/engine/unforeseen.ts), so it needs no place here: queries of their own, other views, questions, errors.

Runs under Pyodide; what is called here is in the hot halves (record.mjs).
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pysim.edge import browser
from pysim.pretraining.planning.presets import presets
from pysim.show.work import done

Commands = tuple[tuple[str, str], ...]
Tell = Callable[[str], Any]

SIZES = ((120, 32), (80, 24), (48, 20), (160, 40))
FRAMES, FRAME_SECONDS = 6, 1.0
NOW = 1_790_000_000
CURVE_POINTS = 240
# Arguments of each command, what means nothing among them.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "pause": ("",),
    "resume": ("",),
    "loop": ("1", "0"),
    "speed": ("10000", "nan", "x", "1"),
    "resize": ("80x24", "none", "120x32"),
    "seek-fraction": ("0.5", "0.02", "x"),
    "seek": ("3600", "x"),
    "skip": ("5", "-5"),
    "chapter": ("1", "-1"),
    "restart": ("",),
}
DIFFERENT = ("", "?preset=gpt2-124m", "?preset=llama3-405b", "?preset=night-shift")


def read_some(foreseen: Iterable[str], tell: Tell) -> None:
    """Shows that differ much; `foreseen` are the commands that wait for nothing, `tell` is told what is done."""
    asked = commands(foreseen)
    for place, query in enumerate(DIFFERENT):
        visit(query, *SIZES[place], asked)
        tell(query)


def play_all(foreseen: Iterable[str], tell: Tell) -> None:
    """Every show with every command, then in every size."""
    asked = commands(foreseen)
    for place, query in enumerate(shows()):
        visit(query, *SIZES[place % len(SIZES)], asked)
    tell("commands")
    for query in shows():
        for size in SIZES:
            visit(query, *size)
    tell("sizes")


def shows() -> Iterator[str]:
    """What the page offers before anybody chooses: the default show, and every preset."""
    yield from ("", *(f"?preset={name}" for name in presets()))


def commands(names: Iterable[str]) -> Commands:
    """These with all their arguments."""
    return tuple((name, argument) for name in names for argument in ARGUMENTS[name])


def visit(query: str, columns: int, rows: int, asked: Commands = ()) -> None:
    """The first seconds of a show, with these commands."""
    session = browser.open_show(query, columns, rows, NOW)
    json.loads(session.problems)
    play(session, FRAMES)
    session.story(CURVE_POINTS)
    done(session.telling_story(CURVE_POINTS))
    for name, argument in asked:
        session.command(name, argument)
        json.dumps(session.refusal)
        play(session, 1)


def play(session: browser.Session, frames: int) -> None:
    """Some frames of it, as the worker and as the page's own thread ask for them, then what the page asks after each."""
    for _ in range(frames):
        session.frame(FRAME_SECONDS)
    done(session.framing(FRAME_SECONDS))
    session.state()
    session.news()
