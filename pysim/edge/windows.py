"""A terminal on a system without POSIX terminals."""

import time
from collections.abc import Callable
from typing import Self

from pysim.edge.output import Output
from pysim.terminal.ansi import END_SYNC, HIDE_CURSOR, RESET, SHOW_CURSOR
from pysim.terminal.screen import Screen


class KeylessTerminal:
    """A terminal on a system without POSIX terminals: it is written to, and Ctrl-C ends it as it ends any program."""

    def __init__(self, output: Output, look: Callable[[], Screen]) -> None:
        self._output = output
        self.screen = look
        self._last_screen = look()

    def __enter__(self) -> Self:
        self.write(HIDE_CURSOR)
        return self

    def __exit__(self, *_error: object) -> None:
        self.write(END_SYNC + RESET + SHOW_CURSOR)

    def clock(self) -> float:
        """Seconds that only go up."""
        return time.monotonic()

    def write(self, text: str) -> None:
        """Write at once."""
        self._output.write(text)

    def wait(self, seconds: float) -> list[str]:
        """Sleep; the only thing to notice is another size."""
        time.sleep(seconds)
        before, self._last_screen = self._last_screen, self.screen()
        return ["SIGWINCH"] if before != self._last_screen else []

    def suspend(self) -> None:
        """There is no Ctrl-Z to follow."""

    def resume(self) -> None:
        """Nor a way back."""
