"""A terminal in memory, with all that ever scrolled off it."""

from typing import Any

import pyte


class Terminal:
    """What a viewer of so many columns and rows would see."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=1_000_000)
        self._stream = pyte.Stream(self._screen)

    def feed(self, text: str) -> "Terminal":
        self._stream.feed(text)
        return self

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)

    @property
    def rows(self) -> list[str]:
        """The screen, top to bottom, without blanks at the end of lines."""
        return [row.rstrip() for row in self._screen.display]

    @property
    def cells(self) -> list[list[Any]]:
        """The screen with the colour of every cell."""
        size = range(self._screen.columns)
        return [[self._screen.buffer[row][column] for column in size] for row in range(self._screen.lines)]

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def scrolled(self) -> list[str]:
        """The lines that have left the screen, oldest first."""
        size = range(self._screen.columns)
        return ["".join(row[column].data for column in size).rstrip() for row in self._screen.history.top]


def shown(text: str, columns: int = 80, rows: int = 24) -> Terminal:
    """A new terminal after `text`."""
    return Terminal(columns, rows).feed(text)
