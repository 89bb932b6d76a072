"""How the console's lines are made: short parts, packed into as few lines as the screen allows, never cut or wrapped.

A file allows every line.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pysim.story.events import Event
from pysim.terminal.ansi import palette, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.prefix import Prefix
from pysim.views.glyphs import glyphs

_GAP = re.compile(r" (?![^\[]*\])")  # between words; the blanks inside a bar are none

Lines = Iterable[str]
Writers = Mapping[type[Event], Callable[[Any], Lines]]


def untold(_event: Event) -> Lines:
    """What a trainer's log says nothing of."""
    return ()


class Pen:
    """Makes the log lines of one run, which was launched at `start_time` (Unix seconds), for one screen."""

    def __init__(self, start_time: int, screen: Screen) -> None:
        self.columns = screen.columns
        self.picture_columns, self.picture_rows = screen.picture_columns, screen.rows
        self.palette = palette(color=screen.color)
        self.glyphs = glyphs(unicode=screen.unicode)
        self.prefix = Prefix(start_time, screen.columns, self.palette)

    def dim(self, words: str) -> str:
        """Words that matter less."""
        return f"{self.palette.dim}{words}{self.palette.reset}"

    def say(self, event: Event, head: str, parts: Iterable[str], *, warning: bool = False) -> Lines:
        """Log lines with `head` and as many parts as fit, separated; the rest goes on further lines."""
        bar_sign = f" {self.dim('|')} "
        indent = self.prefix.line(event.time_seconds, "  ", warning=warning)
        *before, line = self._folded(self.prefix.line(event.time_seconds, "", warning=warning), indent, head)
        yield from before
        for part in parts:
            if visible_width(line) + 3 + len(part) <= self.columns:
                line += bar_sign + part
            else:
                yield line
                *before, line = self._folded(indent, indent, part)
                yield from before
        yield line

    def one_line(self, event: Event, head: str, parts: Sequence[str]) -> str:
        """A log line with `head` and as many parts as fit."""
        start = self.prefix.line(event.time_seconds, head)
        return self.joined([start, *parts], f" {self.dim('|')} ")

    def _folded(self, start: str, indent: str, head: str) -> list[str]:
        """`start` and `head` as one line if it fits, else as several, broken between words."""
        if visible_width(start) + visible_width(head) <= self.columns:
            return [start + head]
        first, *words = _GAP.split(head)
        lines = [start + first]
        for word in words:
            if visible_width(lines[-1]) + 1 + visible_width(word) <= self.columns:
                lines[-1] += f" {word}"
            else:
                lines.append(indent + word)
        return lines

    def with_path(self, event: Event, head: str, path: str) -> str:
        """`head` and a path; of a path that is too long, the end, which tells it from others."""
        room = self.columns - visible_width(self.prefix.line(event.time_seconds, f"{head} "))
        return f"{head} {self.end_of(path, room)}"

    def end_of(self, path: str, room: int) -> str:
        """A path, or as much of its end as there is room for."""
        mark = self.glyphs.ellipsis
        return path if len(path) <= room else mark + path[len(path) - max(room - len(mark), 0) :]

    def wrapped(self, head: str, words: Iterable[str]) -> Lines:
        """Words of a command line over as many lines as it takes, with the shell's continuation sign."""
        line = head
        for word in words:
            if visible_width(line) + len(word) + 3 > self.columns and line.strip():
                yield f"{line}\\"
                line = "    "
            line += f"{word} "
        yield line.rstrip()

    def joined(self, parts: Sequence[str], separator: str) -> str:
        """As many of the parts as fit on one line, from the left."""
        line = parts[0]
        for part in parts[1:]:
            if visible_width(line + separator + part) > self.columns:
                break
            line += separator + part
        return line
