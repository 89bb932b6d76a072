"""A rectangle of cells, each a sign and its colour, and how values are drawn into it: dots of braille, or levels of ASCII."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pysim.terminal.ansi import Palette, colored
from pysim.views.chart import LEVELS, dots_per_cell, joined, signs

Floats = NDArray[np.float64]


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
        return [colored(*row, self._palette.reset).rstrip() for row in zip(self._signs, self._colors, strict=True)]

    # Curves

    def draw(self, low: Sequence[int], high: Sequence[int], color: str, *, braille: bool) -> None:
        """A band from the lowest to the highest level of each dot column, -1 where there is none; levels count from the bottom.

        Braille has two dot columns a cell. Neighbours are joined, so that a cliff is seen as one.
        """
        spans = joined(list(zip(low, high, strict=True)))
        for (row, column), sign in signs(spans, braille=braille).items():
            self.put(self.rows - 1 - row, column, sign, color)

    def stress(self, middle: Sequence[int], color: str, *, braille: bool) -> None:
        """Another colour for the cells that a line through the dot columns passes."""
        per_cell = dots_per_cell(braille=braille)
        for at, (low, high) in enumerate(joined(list(zip(middle, middle, strict=True)))):
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
