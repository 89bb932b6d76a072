"""The mouse on the timeline: press and drag. Whatever else is done with it belongs to the terminal.

A terminal that tells of its mouse keeps neither its own scrolling nor its own selection. So the mouse is asked for only while there
is a timeline, and handed back with the first turn of the wheel or press beside it; the next key takes it again.

Where the live region stands is known to the terminal alone, as long as the log has not filled the screen: at a press it is asked
where its cursor is, which rests in the region's last row.
"""

from typing import Protocol

from pysim.terminal.ansi import ASK_CURSOR
from pysim.terminal.keys import POINTED


class Pointed(Protocol):
    """A show that can be pointed at."""

    def seek(self, time_us: int, /) -> str:
        """Jump to a time of the run."""

    def pointed_us(self, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The moment that a cell above the last row stands for; None where it is not on the timeline."""


class Terminal(Protocol):
    """What a mouse needs of a terminal."""

    def write(self, text: str, /) -> None:
        """Write at once."""

    def tell_of_mouse(self, *, wanted: bool) -> None:
        """Give names to what the mouse does, or leave it to the terminal."""


class Mouse:
    """What was pressed, and what is dragged."""

    def __init__(self, show: Pointed, terminal: Terminal) -> None:
        self._show = show
        self._terminal = terminal
        self._is_wanted = self._is_ours = self._is_dragging = False
        self._pressed: tuple[int, int] | None = None  # column and row, until it is known what is there
        self._dragged: int | None = None  # the last column, until it is followed

    def keep(self, *, wanted: bool) -> None:
        """Ask for the mouse when there comes to be something to point at, and hand it back when there is no more."""
        if self._is_wanted != wanted:
            self._is_wanted = wanted
            self._set(ours=wanted)

    def take_again(self) -> None:
        """After it was handed back for something else."""
        self._set(ours=self._is_wanted)

    def hears(self, name: str) -> bool:
        """Whether that is something that the mouse did, or the answer to where the cursor is."""
        what, *numbers = name.split()
        if what not in POINTED or not numbers:
            return False
        column, row = map(int, numbers)
        if what == "press":
            self._pressed, self._is_dragging = (column, row), False
            self._terminal.write(ASK_CURSOR)
        elif what == "cursor":
            self._find(row)
        elif what == "drag":
            self._dragged = column
        elif what == "release":
            self.follow()
            self._is_dragging = False
        else:
            self._set(ours=False)
        return True

    def follow(self) -> None:
        """Go where it was dragged last."""
        column, self._dragged = self._dragged, None
        if column is not None and self._is_dragging:
            self._seek(self._show.pointed_us(0, column - 1, is_dragged=True))

    def _find(self, cursor_row: int) -> None:
        """What was pressed, now that the last row is known."""
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return
        column, row = pressed
        time_us = self._show.pointed_us(cursor_row - row, column - 1, is_dragged=False)
        self._is_dragging = time_us is not None
        if time_us is None:
            self._set(ours=False)
        self._seek(time_us)

    def _seek(self, time_us: int | None) -> None:
        if time_us is not None:
            self._terminal.write(self._show.seek(time_us))

    def _set(self, *, ours: bool) -> None:
        if self._is_ours != ours:
            self._is_ours = ours
            self._terminal.tell_of_mouse(wanted=ours)
