"""Escape codes, measured and cut."""

import re
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.terminal.ansi import (
    BEGIN_SYNC,
    CLEAR_LINE_END,
    END_SYNC,
    HIDE_CURSOR,
    RESET,
    SHOW_CURSOR,
    clip,
    cursor_up,
    highlighted,
    palette,
    strip,
    visible_width,
    wrapped,
)

RED = "\x1b[31m"
PIECES = st.sampled_from(["a", "bc", " ", "x" * 5, RED, "\x1b[1m", "\x1b[1;36m"])
COLORED = st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces) + RESET)


def test_a_palette_without_colour_is_empty() -> None:
    plain, colored = palette(color=False), palette(color=True)
    assert not any("".join(getattr(plain, field.name)) for field in fields(plain))
    assert all("".join(getattr(colored, field.name)) for field in fields(colored))
    assert len(plain.heat) == len(colored.heat) == 5


@pytest.mark.parametrize(("rows", "code"), [(0, "\r"), (1, "\x1b[1F"), (12, "\x1b[12F")])
def test_cursor_up(rows: int, code: str) -> None:
    assert cursor_up(rows) == code


def test_strip_takes_all_codes_away() -> None:
    text = f"{HIDE_CURSOR}{BEGIN_SYNC}{cursor_up(2)}{CLEAR_LINE_END}{RED}text{RESET}{END_SYNC}{SHOW_CURSOR}"
    assert strip(text) == "text"
    assert visible_width(text) == 4
    assert visible_width("text") == 4


@pytest.mark.parametrize(
    ("text", "columns", "clipped"),
    [
        ("plain", 9, "plain"),
        ("plain", 5, "plain"),
        ("plain", 3, "pla"),
        (f"{RED}red{RESET}", 3, f"{RED}red{RESET}"),
        (f"{RED}red{RESET}", 2, f"{RED}re{RESET}"),
        (f"{RED}red{RESET} and on", 5, f"{RED}red{RESET} a"),
        (f"plain {RED}red", 3, "pla" + RED + RESET),
        (f"ab{RED}cd{RESET}ef", 4, f"ab{RED}cd{RESET}"),
        (f"{RED}red{RESET}", 0, f"{RED}{RESET}"),
    ],
)
def test_clip(text: str, columns: int, clipped: str) -> None:
    assert clip(text, columns) == clipped


@given(text=COLORED, columns=st.integers(0, 40))
def test_a_clipped_line_is_a_beginning_and_closes_its_colours(text: str, columns: int) -> None:
    clipped = clip(text, columns)
    assert strip(clipped) == strip(text)[:columns]
    if "\x1b" in clipped:
        assert clipped.endswith(RESET) or clipped.rfind(RESET) > max(clipped.rfind(RED), clipped.rfind("\x1b[1"))


@given(text=COLORED, column=st.integers(0, 30), columns=st.integers(0, 30))
def test_a_highlighted_line_says_the_same_with_some_columns_in_reverse(text: str, column: int, columns: int) -> None:
    made = highlighted(text, column, columns)
    assert strip(made) == strip(text) + " " * (column + columns - visible_width(text))
    assert reversed_columns(made) == list(range(column, column + columns))


def reversed_columns(text: str) -> list[int]:
    """As a terminal sees them; a reset ends it, too."""
    found, at, is_reversed = [], 0, False
    for piece in re.findall(r"\x1b\[[0-9;]*m|.", text):
        if piece.startswith("\x1b"):
            is_reversed = piece == "\x1b[7m" or (is_reversed and piece not in ("\x1b[27m", RESET))
            continue
        if is_reversed:
            found.append(at)
        at += 1
    return found


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [""]),
        ("abcd", ["abcd"]),
        ("abcdefghi", ["abcd", "efgh", "i"]),
        ("\x1b[1mab\x1b[0m", ["\x1b[1mab\x1b[0m"]),
        ("\x1b[1mabcdef\x1b[0mgh", ["\x1b[1mabcd", "ef\x1b[0mgh"]),
    ],
)
def test_a_terminal_wraps_where_its_columns_end(text: str, rows: list[str]) -> None:
    assert wrapped(text, 4) == rows
    assert all(visible_width(row) <= 4 for row in rows)
