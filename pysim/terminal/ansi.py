"""Escape codes: the only file that contains one.

Colours are the terminal's own sixteen, so that themes decide what they look like, but for one scale whose order must not depend on
a theme: that is of the 256 of xterm. A `Palette` holds the codes, or empty
strings where colour is off; a view writes `f"{p.dim}{text}{p.reset}"` either way and never asks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
BEGIN_SYNC, END_SYNC = (
    "\x1b[?2026h",
    "\x1b[?2026l",
)  # DEC private mode 2026: the terminal paints what is between at once
MOUSE_ON = "\x1b[?1002h\x1b[?1006h"  # tell of presses and drags, in digits (xterm's ctlseqs, "Mouse Tracking")
MOUSE_OFF = "\x1b[?1006l\x1b[?1002l"
ASK_CURSOR = "\x1b[6n"  # the answer comes from the keyboard
CLEAR_SCREEN = "\x1b[H\x1b[2J"
CLEAR_LINE_END = "\x1b[K"
RESET = "\x1b[0m"

_REVERSED, _NOT_REVERSED = "\x1b[7m", "\x1b[27m"
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PIECES = re.compile(r"\x1b\[[0-9;]*m|[^\x1b]+")


@dataclass(frozen=True, slots=True)
class Palette:
    """Codes by meaning. `accent` is the head of a bar; green, yellow, red are health and level."""

    reset: str = ""
    bold: str = ""
    dim: str = ""
    red: str = ""
    green: str = ""
    yellow: str = ""
    accent: str = ""
    heat: tuple[str, ...] = ("", "", "", "", "")  # five levels from cool to hot
    scale: tuple[str, ...] = ("",) * 10  # ten levels from dark to light, which colour-blind eyes can tell apart
    scale_under: tuple[str, ...] = ("",) * 10  # the same behind a sign


# As near to viridis as xterm's 256 colours come (S. van der Walt and N. Smith, bids.github.io/colormap), each lighter than the one before.
_VIRIDIS = (53, 54, 60, 24, 30, 36, 35, 77, 148, 226)

_PLAIN = Palette()
_COLORED = Palette(
    reset=RESET,
    bold="\x1b[1m",
    dim="\x1b[2m",
    red="\x1b[31m",
    green="\x1b[32m",
    yellow="\x1b[33m",
    accent="\x1b[36m",
    heat=("\x1b[34m", "\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[31m"),
    scale=tuple(f"\x1b[38;5;{number}m" for number in _VIRIDIS),
    scale_under=tuple(f"\x1b[48;5;{number}m" for number in _VIRIDIS),
)


def palette(*, color: bool) -> Palette:
    """The palette for a screen that shows colours, or one of empty codes."""
    return _COLORED if color else _PLAIN


def sgr(*numbers: int) -> str:
    """A colour or another look by its numbers (ECMA-48, SGR), for who speaks as a program that chose them."""
    return f"\x1b[{';'.join(map(str, numbers))}m"


def cursor_up(rows: int) -> str:
    """Move the cursor to the first column, `rows` lines up."""
    return f"\x1b[{rows}F" if rows else "\r"


def strip(text: str) -> str:
    """`text` without escape codes."""
    return _ESCAPE.sub("", text)


def visible_width(text: str) -> int:
    """Columns that `text` takes; everything a view prints is one column wide."""
    return len(_ESCAPE.sub("", text)) if "\x1b" in text else len(text)


def colored(signs: Iterable[str], colors: Iterable[str], reset: str) -> str:
    """One sign after another, each in its colour; a code for each run of one colour, and none where there is none."""
    runs = groupby(zip(signs, colors, strict=True), key=lambda each: each[1])
    words = ((color, "".join(sign for sign, _ in run)) for color, run in runs)
    return "".join(f"{color}{word}{reset}" if color else word for color, word in words)


def highlighted(text: str, column: int, columns: int) -> str:
    """`text` with some of its columns in reverse, which is no colour; a text that is too short is made longer."""
    text += " " * (column + columns - visible_width(text))
    made: list[str] = []
    at = 0
    for piece in _PIECES.findall(text):
        if piece.startswith("\x1b"):
            made.append(piece + (_REVERSED if column <= at < column + columns else ""))
            continue
        before, within = max(column - at, 0), max(column + columns - at, 0)
        inside = piece[before:within]
        made += (piece[:before], f"{_REVERSED}{inside}{_NOT_REVERSED}" if inside else "", piece[max(before, within) :])
        at += len(piece)
    return "".join(made)


def clip(text: str, columns: int) -> str:
    """`text` cut to at most `columns` visible columns; colours that are open at the cut are closed."""
    if len(text) <= columns or visible_width(text) <= columns:
        return text
    kept: list[str] = []
    room, position, colored = columns, 0, False
    for code in _SGR.finditer(text):
        piece = text[position : code.start()][:room]
        kept += (piece, code.group())
        room -= len(piece)
        position, colored = code.end(), code.group() != RESET
        if room == 0:
            break
    kept.append(text[position:][:room])
    return "".join(kept) + (RESET if colored else "")


def wrapped(text: str, columns: int) -> list[str]:
    """`text` in rows of at most `columns` visible columns, cut where a terminal would; a colour goes on in the next row."""
    if len(text) <= columns:
        return [text]
    rows, row, room, position = [], "", columns, 0
    for code in (*_SGR.finditer(text), None):
        end = code.start() if code else len(text)
        while position < end:
            if room == 0:
                rows.append(row)
                row, room = "", columns
            piece = text[position : min(end, position + room)]
            row += piece
            room -= len(piece)
            position += len(piece)
        if code:
            row += code.group()
            position = code.end()
    return [*rows, row]
