"""The real program on a real (pseudo) terminal, for tests that sit in front of it."""

import os
import sys
import termios
from collections.abc import Callable

import pexpect
import pyte
import pytest

from pysim.terminal.ansi import HIDE_CURSOR, MOUSE_OFF, MOUSE_ON, SHOW_CURSOR

PYSIM = [sys.executable, "-m", "pysim", "--preset", "classic", "--color", "never"]
PATIENCE_SECONDS = 60  # before a test gives up
COLUMNS, ROWS = 100, 30
PROMPT = "prompt> "

Condition = Callable[[str], bool]


class Screen:
    """The program in a terminal, and what a person in front of it would see."""

    def __init__(self, *arguments: str, command: list[str] | None = None) -> None:
        program, *rest = [*(command or PYSIM), *arguments]
        environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
        self.child = pexpect.spawn(
            program,
            rest,
            dimensions=(ROWS, COLUMNS),
            env=environment | {"TERM": "xterm-256color", "PS1": PROMPT},
            timeout=PATIENCE_SECONDS,
        )
        self.child.delaybeforesend = None
        self.cells = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.cells)
        self.bytes = b""

    @property
    def text(self) -> str:
        return "\n".join(self.cells.display)

    def send(self, keys: str) -> None:
        self.child.send(keys)

    def see(self, condition: Condition | str) -> str:
        """Read on until the screen is as it should be."""
        holds = (lambda text: condition in text) if isinstance(condition, str) else condition
        while not holds(self.text):
            try:
                self._take(self.child.read_nonblocking(65_536, timeout=PATIENCE_SECONDS))
            except (pexpect.EOF, pexpect.TIMEOUT):
                pytest.fail(f"never seen: {condition}; last seen:\n{self.text}")
        return self.text

    def end(self) -> int:
        """Read to the end; the exit code, negative for a signal that killed."""
        try:
            while True:
                self._take(self.child.read_nonblocking(65_536, timeout=PATIENCE_SECONDS))
        except pexpect.EOF:
            pass
        self.child.wait()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    def _take(self, data: bytes) -> None:
        self.bytes += data
        self.stream.feed(data)

    @property
    def echoes(self) -> bool:
        """Whether the terminal is back in the mode that a shell wants."""
        local_flags = termios.tcgetattr(self.child.child_fd)[3]
        return bool(local_flags & termios.ECHO and local_flags & termios.ICANON)

    def is_restored(self) -> bool:
        return self.echoes and self.shows_cursor() and self.has_mouse()

    def has_mouse(self) -> bool:
        """Whether the mouse is the terminal's own."""
        return self.bytes.rfind(MOUSE_OFF.encode()) >= self.bytes.rfind(MOUSE_ON.encode())

    def shows_cursor(self) -> bool:
        """Nothing is hidden or held back any more."""
        return self.bytes.rfind(SHOW_CURSOR.encode()) > self.bytes.rfind(HIDE_CURSOR.encode()) and self.bytes.count(
            b"\x1b[?2026h"
        ) <= self.bytes.count(b"\x1b[?2026l")


def live_region(text: str) -> str:
    return "\n".join(text.splitlines()[-3:])
