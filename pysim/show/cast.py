"""Recordings: what a player wrote, and when; as data for the page's prologue, or as an asciicast file.

The format is asciicast, one JSON value a line. Version 2 (docs.asciinema.org/manual/asciicast/v2) says of each event how long after the
beginning it came, version 3 (docs.asciinema.org/manual/asciicast/v3) how long after the one before.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, Protocol

from pysim.terminal.screen import Screen

Version = Literal[2, 3]
Kind = Literal["o", "m", "x"]
"""What an event is: output, a mark on the player's timeline, or the status with which the program ended (version 3)."""


class Frame(NamedTuple):
    """Text, and the seconds of show after which it was written."""

    seconds: float
    text: str
    kind: Kind = "o"


class Playing(Protocol):
    """What can be recorded: a `Player` or a `Show`."""

    def advance(self, wall_seconds: float, /) -> str:
        """Let wall time pass; return what it brings to the screen."""


def record(player: Playing, seconds: float, frames_per_second: int) -> Iterator[Frame]:
    """Play `seconds` from where the player is; frames without text are left out."""
    for index in range(int(seconds * frames_per_second) + 1):
        text = player.advance(1 / frames_per_second if index else 0.0)
        if text:
            yield Frame(round(index / frames_per_second, 3), text)


def asciicast(frames: Iterable[Frame], screen: Screen, title: str, start_time: int) -> str:
    """The frames as the text of a `.cast` file of version 2; `start_time` is Unix seconds."""
    return "".join([first_line(2, screen, title, start_time), *event_lines(2, frames)])


def first_line(version: Version, screen: Screen, title: str, start_time: int) -> str:
    """What a file begins with."""
    columns, rows = screen.columns, screen.rows
    size = {"width": columns, "height": rows} if version == 2 else {"term": {"cols": columns, "rows": rows}}  # noqa: PLR2004
    return _line({"version": version, **size, "timestamp": start_time, "title": title})


def event_lines(version: Version, frames: Iterable[Frame], before: float = 0.0) -> Iterator[str]:
    """A line for each event; the one before came `before` seconds after the beginning."""
    for seconds, text, kind in frames:
        since = 0.0 if version == 2 else before  # noqa: PLR2004
        yield _line([round(seconds - since, 3), kind, text])
        before = seconds


def _line(value: object) -> str:
    return f"{json.dumps(value, ensure_ascii=False)}\n"
