"""A rectangle of cells, each a sign and its colour, and how values are drawn into it: dots of braille, or levels of ASCII."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pysim.terminal.ansi import Palette

Floats = NDArray[np.float64]
LEVELS = 4  # that a cell's height is divided into, dots or others
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # left and right column of a cell, top to bottom
_COLUMNS = tuple(
    {
        (low, high): sum(dots[LEVELS - 1 - level] for level in range(low, high + 1))
        for low in range(LEVELS)
        for high in range(low, LEVELS)
    }
    for dots in _DOTS
)
"""The dots of a cell's column from one level to another, from the bottom."""
_ASCII_LEVELS = "'-._"  # top to bottom
_ASCII_SPAN = ":"


class Canvas:
    """So many columns and rows of cells."""

    def __init__(self, columns: int, rows: int, palette: Palette) -> None:
        self.columns = columns
        self.rows = rows
        self._palette = palette
        self._signs = [[" "] * columns for _ in range(rows)]
        self._colors = [[""] * columns for _ in range(rows)]

    def put(self, row: int, column: int, sign: str, color: str = "") -> None:
        """One cell; outside nothing is drawn."""
        if 0 <= row < self.rows and 0 <= column < self.columns:
            self._signs[row][column] = sign
            self._colors[row][column] = color

    def write(self, row: int, column: int, words: str, color: str = "") -> None:
        """A word from a cell on."""
        for offset, sign in enumerate(words):
            self.put(row, column + offset, sign, color)

    def is_free(self, row: int, column: int) -> bool:
        """Whether nothing is drawn there."""
        return self._signs[row][column] == " "

    def lines(self) -> list[str]:
        """The rows, with their colours."""
        return [self._line(signs, colors) for signs, colors in zip(self._signs, self._colors, strict=True)]

    def _line(self, signs: list[str], colors: list[str]) -> str:
        runs = groupby(zip(signs, colors, strict=True), key=lambda cell: cell[1])
        parts = []
        for color, cells in runs:
            words = "".join(sign for sign, _ in cells)
            parts.append(f"{color}{words}{self._palette.reset}" if color else words)
        return "".join(parts).rstrip()

    # Curves

    def draw(self, low: Sequence[int], high: Sequence[int], color: str, *, braille: bool) -> None:
        """A band from the lowest to the highest level of each dot column, -1 where there is none; levels count from the bottom.

        Braille has two dot columns a cell. Neighbours are joined, so that a cliff is seen as one.
        """
        sign_of = _braille_signs if braille else _ascii_signs
        for (row, column), sign in sign_of(_joined(low, high)).items():
            self.put(self.rows - 1 - row, column, sign, color)

    def stress(self, middle: Sequence[int], color: str, *, braille: bool) -> None:
        """Another colour for the cells that a line through the dot columns passes."""
        per_cell = dots_per_cell(braille=braille)
        for at, (low, high) in enumerate(_joined(middle, middle)):
            for row in range(self.rows - 1 - high // LEVELS, self.rows - low // LEVELS) if low >= 0 else ():
                self._colors[row][at // per_cell] = color


def levels(values: Floats, bottom: float, top: float, rows: int) -> list[int]:
    """Values as levels of so many rows, those beyond an edge at it; -1 for what is none."""
    most = rows * LEVELS - 1
    span = top - bottom
    shares = (values - bottom) / span if span > 0 else np.zeros_like(values)
    known = np.where(np.isnan(shares), 0.0, shares)
    found = np.floor(np.minimum(np.maximum(known, 0.0), 1.0) * most + 0.5).astype(np.int64)
    result: list[int] = np.where(np.isnan(shares), -1, found).tolist()
    return result


def _joined(low: Sequence[int], high: Sequence[int]) -> list[tuple[int, int]]:
    """The span of each dot column, drawn out to where its left neighbour is."""
    spans: list[tuple[int, int]] = []
    before = (-1, -1)
    for one, other in zip(low, high, strict=True):
        span = (one, other)
        if one >= 0 and before[0] >= 0:
            if before[0] > other + 1:
                span = (one, before[0] - 1)
            elif before[1] < one - 1:
                span = (before[1] + 1, other)
        spans.append(span)
        before = (one, other) if one >= 0 else (-1, -1)
    return spans


def _braille_signs(spans: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The cells with dots, by row from the bottom and column."""
    codes: dict[tuple[int, int], int] = {}
    for at, (low, high) in enumerate(spans):
        for row in range(low // LEVELS, high // LEVELS + 1) if low >= 0 else ():
            base = row * LEVELS
            cell = row, at // len(_DOTS)
            dots = _COLUMNS[at % len(_DOTS)][max(low - base, 0), min(high - base, LEVELS - 1)]
            codes[cell] = codes.get(cell, _BRAILLE) | dots
    return {cell: chr(code) for cell, code in codes.items()}


def _ascii_signs(spans: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The same with a sign for each level, and one for more than one."""
    signs: dict[tuple[int, int], str] = {}
    for column, (low, high) in enumerate(spans):
        for row in range(low // LEVELS, high // LEVELS + 1) if low >= 0 else ():
            first, last = max(low - row * LEVELS, 0), min(high - row * LEVELS, LEVELS - 1)
            signs[row, column] = _ASCII_LEVELS[LEVELS - 1 - last] if first == last else _ASCII_SPAN
    return signs


def dots_per_cell(*, braille: bool) -> int:
    """Dot columns in a cell."""
    return len(_DOTS) if braille else 1
