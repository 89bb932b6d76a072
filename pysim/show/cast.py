"""Recordings: what a player wrote, and when; as data for the page's prologue, or as an asciicast file.

The format is asciicast version 2, one JSON value a line (docs.asciinema.org/manual/asciicast/v2).
"""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from pysim.terminal.screen import Screen


class Frame(NamedTuple):
    """Text, and the seconds of show after which it was written."""

    seconds: float
    text: str


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
    """The frames as the text of a `.cast` file; `start_time` is Unix seconds."""
    header = {"version": 2, "width": screen.columns, "height": screen.rows, "timestamp": start_time, "title": title}
    events = [json.dumps([seconds, "o", text], ensure_ascii=False) for seconds, text in frames]
    return "\n".join([json.dumps(header), *events, ""])
