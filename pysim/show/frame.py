"""The protocol of frames: a scrolling log above a live region of fixed height.

A frame moves up to the live region, writes new log lines over it, and draws it again below them, wrapped in synchronised
output (DEC mode 2026). Where the log has nothing new, only the rows that changed are written.
"""

from collections.abc import Sequence

from pysim.terminal.ansi import BEGIN_SYNC, CLEAR_LINE_END, CLEAR_SCREEN, END_SYNC, RESET, cursor_up

_LINE_END = "\r\n"


class Frames:
    """Knows the live region as it is on the screen, and nothing of what the rows say."""

    def __init__(self) -> None:
        self._region: Sequence[str] | None = None  # None before the first frame

    @property
    def is_drawn(self) -> bool:
        """Whether there is a frame on the screen."""
        return self._region is not None

    @property
    def rows(self) -> int:
        """How many rows of the screen, at its end, are the live region's and not the log's."""
        return len(self._region or ())

    def clear(self) -> str:
        """Forget what is on the screen; what the next frame begins with."""
        self._region = None
        return CLEAR_SCREEN

    def frame(self, log: Sequence[str], live: Sequence[str], clear: str = "") -> str:
        """New log lines over the old live region, and the live region below them; nothing if nothing changed."""
        old, self._region = self._region, live
        if log or old is None:
            body = "".join(f"{CLEAR_LINE_END}{line}{_LINE_END}" for line in log) + _rows(live)
        elif live == old:
            return ""
        else:
            body = _rows(live, old)
        up = cursor_up(len(old) - 1) if old else ""
        return f"{BEGIN_SYNC}{clear}{up}{body}{END_SYNC}"

    def finish(self) -> str:
        """Leave the terminal tidy: the cursor goes below the live region, colours off."""
        old, self._region = self._region, None
        return f"{RESET}{_LINE_END}" if old else ""


def _rows(lines: Sequence[str], old: Sequence[str] | None = None) -> str:
    """The live region's rows; those that are already on the screen are passed over."""
    known = old or [""] * len(lines)
    return _LINE_END.join(
        "" if line == before else f"{CLEAR_LINE_END}{line}" for line, before in zip(lines, known, strict=True)
    )
