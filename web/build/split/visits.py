"""Visits to the page, for the list of functions and data that they need.

Every preset with what the page does without waiting for the cold half; then every command and question of the
border (protocol.py), every view and dialect, every choice of every option, what cannot be used, and random queries.

Runs under Pyodide with all that the page may load. What is called here is in the hot halves (record.mjs); what is not is
fetched when it is called.
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import contextlib
import json
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pysim.edge import browser
from pysim.kinds import modules
from pysim.options.option import Option
from pysim.options.table import OPTIONS
from pysim.options.values import LARGEST_SEED
from pysim.pretraining.planning.presets import presets
from pysim.show.work import done
from pysim.views.names import WATCHED

Controls = tuple[tuple[str, str], ...]

SIZES = ((120, 32), (80, 24), (48, 20), (160, 40))
FRAMES, FRAME_SECONDS = 6, 1.0
NOW = 1_790_000_000
CURVE_POINTS = 240
# Arguments of each command of the border, in an order in which each finds something to do.
COMMANDS: dict[str, tuple[str, ...]] = {
    "pause": ("",),
    "resume": ("",),
    "loop": ("1", "0"),
    "speed": ("10000", "nan", "1"),
    "seek-fraction": ("0.5", "0.02"),
    "seek": ("3600", "x"),
    "skip": ("5", "-5"),
    "chapter": ("1", "-1"),
    "incident": ("1", "-1"),
    "resize": ("80x24", "none"),
    "goto": ("50%", "3d4h", "step 10", "nowhere"),
    "play-until": ("60%", "nowhere"),
    "inject": ("gpu-error,node=0", "nothing-known"),
    "decide": ("restart", "wait", "nothing-known"),
    "zoom": ("", ""),
    "view": ("dashboard", "next", "next", "nothing"),
    "restart": ("",),
    "seed": ("7", "x"),
}
# Arguments with which each question of a session is asked.
QUESTIONS: dict[str, tuple[str, ...] | None] = {
    "possible": ("gpu", "", "zzz"),
    "meaning": ("gpu-error,node=0", "node=3", "zzz"),
    "reading": ("3 5", "0 0", "nonsense"),
    "curve": ("[20, null, null]", "[]", "{}"),
    "events": ("[null, null]", "[]", "{}"),
    "places": ('["50%", "nowhere"]', "[]", "{}"),
    "explain": ("", "row 3 5", "row 0 0", "at 100", "place 2%", "nonsense"),
    "weighing": None,
    "offers": None,
    "score": None,
    "asciicast": None,
    "log": None,
    "state": None,
    "news": None,
}
WRONG = (
    "?preset=none-such&seed=x&start=now",
    "?preset=gpt2-124m&gpus=0&model=none",
    "?preset=llama3-405b&gpus=3&parallel=tp=7",
    "?from=nowhere&inject=nothing@50%25&%ff=%00",
    "?seed=99999999999999999999&tempo=-1&show=nothing&view=nothing",
)
VALUES = (
    "8",
    "64",
    "1024",
    "3",
    "0",
    "-1",
    "1.5",
    "32K",
    "4M",
    "15.6T",
    "30m",
    "50%25",
    "auto",
    "off",
    "on",
    "tp=8,pp=4",
    "x",
    "",
)
MOST_OPTIONS = 4  # of a random query


def commands(names: Iterable[str]) -> Controls:
    """These with all their arguments."""
    return tuple((name, argument) for name in names for argument in COMMANDS[name])


def visit(query: str, columns: int, rows: int, controls: Controls = ()) -> None:
    """The first seconds of a show, with these controls."""
    session = browser.open_show(query, columns, rows, NOW)
    json.loads(session.problems)
    play(session)
    session.story(CURVE_POINTS)
    done(session.telling_story(CURVE_POINTS))
    for name, argument in controls:
        session.command(name, argument)
        json.dumps(session.refusal)
        play(session, 1)


def ask_everything(query: str) -> None:
    """Everything that can be asked of a show."""
    session = browser.open_show(query, *SIZES[0], NOW)
    play(session)
    session.command("goto", "2%")
    for question, arguments in QUESTIONS.items():
        for given in ((),) if arguments is None else ((argument,) for argument in arguments):
            with contextlib.suppress(Exception):  # what it says of a question that it does not understand
                getattr(session, question)(*given)


def play(session: browser.Session, frames: int = FRAMES) -> None:
    """Some frames of it, as the worker and as the page's own thread ask for them, then what the page asks after each."""
    for _ in range(frames):
        session.frame(FRAME_SECONDS)
    done(session.framing(FRAME_SECONDS))
    session.state()
    session.news()


def shows() -> Iterator[str]:
    """What the page offers before anybody chooses: the default show, and every preset."""
    yield from ("", *(f"?preset={name}" for name in presets()))


def views() -> Iterator[str]:
    """Every view of a short run in which something goes wrong, every kind of run, and both ways to be on call."""
    for name in WATCHED:
        yield f"?preset=gpt2-124m&view={name}&from=50%25&inject=gpu-off-bus@51%25"
    yield from (f"?modules={name}" for name in modules())
    yield from ("?preset=night-shift&on-call=on", "?preset=gpt2-124m&compare=spares=0&view=compare")
    yield from ("?preset=llama3-8b&start=now", "?show=curve", "?show=log&log-every=10", "?tempo=4m", "?tempo=real")


def choices() -> Iterator[str]:
    """Every choice of every option of the page."""
    for option in on_page():
        yield from (f"?{option.name}={name}" for name in option.page_choices or option.names)


def on_page() -> list[Option]:
    """The options that an address may have."""
    return [option for option in OPTIONS if option.on_page]


def random_queries(count: int) -> Iterator[str]:
    """Queries of a few options each, most of them with values that can be."""
    chance = random.Random("visits")  # noqa: S311  # queries, not secrets
    options = on_page()
    for _ in range(count):
        chosen = chance.sample(options, chance.randint(1, MOST_OPTIONS))
        yield "?" + "&".join(f"{option.name}={value(option, chance)}" for option in chosen)


def value(option: Option, chance: random.Random) -> str:
    """One of its choices, or something of the form that it may want."""
    if names := option.page_choices or option.names:
        return chance.choice(names)
    return chance.choice((*VALUES, str(chance.randint(0, LARGEST_SEED))))


def read_some(foreseen: Iterable[str], tell: Callable[[str], Any] = lambda _done: None) -> None:
    """Shows that differ much, each with the commands that wait for nothing."""
    for place, query in enumerate(("", "?preset=gpt2-124m", "?preset=llama3-405b", "?preset=night-shift")):
        visit(query, *SIZES[place], commands(foreseen))
        tell(query)


def play_shows(foreseen: Iterable[str], tell: Callable[[str], Any] = lambda _done: None) -> None:
    """What the page offers before anybody chooses, in all sizes; `foreseen` are the commands that wait for nothing."""
    unasked = commands(foreseen)
    for place, query in enumerate(shows()):
        visit(query, *SIZES[place % len(SIZES)], unasked)
    for size in SIZES:
        visit("", *size)
    tell("shows")


def play_all(foreseen: Iterable[str], random_count: int, tell: Callable[[str], Any] = lambda _done: None) -> None:
    """All of it; `tell` is told what is done."""
    play_shows(foreseen, tell)
    for query in ("", "?preset=gpt2-124m", "?preset=night-shift&on-call=on"):
        visit(query, *SIZES[0], commands(COMMANDS))
        ask_everything(query)
    tell("commands and questions")
    for place, query in enumerate((*views(), *WRONG)):
        visit(query, *SIZES[place % len(SIZES)])
    tell("views and errors")
    every = commands(COMMANDS)
    for place, query in enumerate((*choices(), *random_queries(random_count))):
        with contextlib.suppress(Exception):  # found by others
            visit(query, *SIZES[place % len(SIZES)], (every[place % len(every)],))
    tell("choices and random queries")
