"""Visits to the page, for the list of functions and data that they need: every preset, view, control, error, and random queries.

Runs under Pyodide with all that the page may load. What is called here is in the hot halves (recording.mjs); what is not is
fetched when it is called, so this need not be complete, but what visitors do first belongs here.
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from pysim.edge import browser
from pysim.kinds import modules
from pysim.options.option import Option
from pysim.options.table import OPTIONS
from pysim.options.values import LARGEST_SEED
from pysim.pretraining.planning.presets import presets
from pysim.views.names import WATCHED

SIZES = ((120, 32), (80, 24), (48, 20), (160, 40))
FRAMES, FRAME_SECONDS = 12, 0.5
NOW = 1_790_000_000
CONTROLS = (
    ("pause", ""),
    ("resume", ""),
    ("loop", "1"),
    ("speed", "10000"),
    ("speed", "nan"),
    ("seek-fraction", "0.5"),
    ("seek", "3600"),
    ("speed", "1"),
    ("skip", "5"),
    ("skip", "-5"),
    ("chapter", "1"),
    ("chapter", "-1"),
    ("incident", "1"),
    ("incident", "-1"),
    ("resize", "80x24"),
    ("resize", "none"),
    ("goto", "50%"),
    ("goto", "3d4h"),
    ("goto", "nowhere"),
    ("play-until", "60%"),
    ("inject", "gpu-error,node=0"),
    ("inject", "nothing-known"),
    ("decide", "restart"),
    ("decide", "nothing-known"),
    ("zoom", ""),
    ("view", ""),
    ("view", "next"),
    ("seek-fraction", "0.99"),
    ("restart", ""),
    ("seed", "7"),
)
OF_TIME = tuple(
    control for control in CONTROLS if control[0] in ("speed", "seek-fraction", "skip", "chapter", "resize")
)
QUESTIONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("state", ()),
    ("story", (240,)),
    ("news", ()),
    ("offers", ()),
    ("score", ()),
    ("possible", ("gpu",)),
    ("explain", ("",)),
    ("explain", ("row 3 5",)),
    ("explain", ("at 100",)),
    ("explain", ("nonsense",)),
    ("weighing", ()),
    ("asciicast", ()),
    ("log", ()),
    ("curve", ("{}",)),
    ("events", ("{}",)),
    ("places", ("[]",)),
)
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


def visit(query: str, columns: int, rows: int, controls: tuple[tuple[str, str], ...] = ()) -> None:
    """The first seconds of a show, with these controls."""
    session = browser.open_show(query, columns, rows, NOW)
    json.loads(session.problems)
    play(session)
    session.story(240)
    for name, argument in controls:
        session.command(name, argument)
        play(session, 1)


def ask_everything(query: str) -> None:
    """Everything that can be asked of a show."""
    session = browser.open_show(query, 120, 32, NOW)
    play(session)
    session.command("goto", "2%")
    for question, arguments in QUESTIONS:
        with contextlib.suppress(Exception):  # what it says of a question that it does not understand
            getattr(session, question)(*arguments)


def play(session: browser.Session, frames: int = FRAMES) -> None:
    """Some frames of it, then what the page asks after each."""
    for _ in range(frames):
        session.frame(FRAME_SECONDS)
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


def random_queries(count: int) -> Iterator[str]:
    """Queries of a few options each, most of them with values that can be."""
    chance = random.Random("visits")  # noqa: S311  # queries, not secrets
    on_page = [option for option in OPTIONS if option.on_page]
    for _ in range(count):
        chosen = chance.sample(on_page, chance.randint(1, MOST_OPTIONS))
        yield "?" + "&".join(f"{option.name}={value(option, chance)}" for option in chosen)


def value(option: Option, chance: random.Random) -> str:
    """One of its choices, or something of the form that it may want."""
    if names := option.page_choices or option.names:
        return chance.choice(names)
    return chance.choice((*VALUES, str(chance.randint(0, LARGEST_SEED))))


def play_all(random_count: int, tell: Callable[[str], Any] = lambda _done: None) -> None:
    """All of it; `tell` is told what is done."""
    for columns, rows in SIZES:
        for query in shows():
            visit(query, columns, rows, OF_TIME)
    tell("presets")
    visit("", *SIZES[0], CONTROLS)
    visit("?preset=gpt2-124m", *SIZES[1], CONTROLS)
    ask_everything("?preset=gpt2-124m")
    tell("controls and questions")
    for place, query in enumerate((*views(), *WRONG)):
        visit(query, *SIZES[place % len(SIZES)])
    tell("views and errors")
    for place, query in enumerate(random_queries(random_count)):
        with contextlib.suppress(Exception):  # found by others
            visit(query, *SIZES[place % len(SIZES)], CONTROLS[place % len(CONTROLS) :][:1])
    tell("random queries")
