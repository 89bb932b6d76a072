"""A POSIX terminal in the hands of a show.

A terminal is borrowed: `Terminal` is a context that changes modes and signal handlers on entry and puts everything back on
every way out. Signals become names in `wait`, through a pipe that `select` watches along with the keyboard; none acts by itself,
so a frame is never cut in half - unless writing it is stuck, in which case the signal gets its way after `GRACE_SECONDS`.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from pysim.edge.output import Output, Vanished
from pysim.edge.signals import Ended
from pysim.terminal.ansi import END_SYNC, HIDE_CURSOR, RESET, SHOW_CURSOR
from pysim.terminal.keys import Decoder
from pysim.terminal.screen import Screen

try:
    import termios
except ImportError:  # Windows: the show runs, but without keys
    termios = None  # type: ignore[assignment]

HAS_KEYS = termios is not None
GRACE_SECONDS = 0.5  # for a write that is under way when a signal wants the program to end
ESCAPE_SECONDS = 0.3  # after which a lone Escape is no longer the start of a sequence; slow lines split sequences
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_WATCHED = (*_ENDING, "SIGTSTP", "SIGCONT", "SIGWINCH")
_READ_BYTES = 1_024

Modes = list[Any]  # what termios.tcgetattr returns


class Terminal:
    """A terminal in the hands of a show, from `with` to its end."""

    def __init__(self, output: Output, keyboard: int | None, look: Callable[[], Screen]) -> None:
        self._output = output
        self._keyboard = keyboard  # None: no keys
        self.screen = look
        self._keys = Decoder()
        self._last_byte_seconds = 0.0
        self._saved_modes: Modes | None = None
        self._saved_handlers: dict[signal.Signals, object] = {}
        self._pipe = (-1, -1)
        self._old_wakeup = -1
        self._is_writing = False
        self._ending: str | None = None

    def __enter__(self) -> Self:
        self._pipe = os.pipe()
        for end in self._pipe:
            os.set_blocking(end, False)
        self._old_wakeup = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for name in _WATCHED:
            number = signal.Signals[name]
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup and the like know what they want
                self._saved_handlers[number] = signal.signal(number, self._on_signal)
        self._saved_handlers[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
        self._take()
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _traceback: TracebackType | None) -> None:
        try:
            self._give_back()
        except (Vanished, Ended):
            if kind is None:
                raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in self._saved_handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() returned
            signal.set_wakeup_fd(self._old_wakeup)
            for end in self._pipe:
                os.close(end)

    def clock(self) -> float:
        """Seconds that only go up."""
        return time.monotonic()

    def write(self, text: str) -> None:
        """Write at once. `Vanished` if the terminal is gone, `Ended` if it is stuck and the program should end."""
        self._is_writing = True
        try:
            self._output.write(text)
        finally:
            self._is_writing = False

    def wait(self, seconds: float) -> list[str]:
        """Names of keys and signals that came within this time."""
        sources = [self._pipe[0]] if self._keyboard is None else [self._pipe[0], self._keyboard]
        if self._keys.waiting:
            seconds = min(seconds, ESCAPE_SECONDS)
        ready, _, _ = select.select(sources, [], [], seconds)
        names = self._signals() if self._pipe[0] in ready else []
        if self._keyboard in ready:
            names += self._read_keys(self._keyboard)
        elif self._keys.waiting and self.clock() - self._last_byte_seconds >= ESCAPE_SECONDS:
            names += self._keys.flush()
        return names

    def suspend(self) -> None:
        """Stop, as Ctrl-Z asks for, and go on when the shell says so."""
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._on_signal)
        self._take()

    def _take(self) -> None:
        if self._keyboard is not None:
            self._saved_modes = termios.tcgetattr(self._keyboard)
            termios.tcsetattr(self._keyboard, termios.TCSANOW, _without_echo(self._keyboard))
        self.write(HIDE_CURSOR)

    def _give_back(self) -> None:
        try:
            self.write(END_SYNC + RESET + SHOW_CURSOR)
        finally:
            if self._keyboard is not None and self._saved_modes is not None:
                with suppress(termios.error):  # the terminal is gone, and its modes with it
                    termios.tcsetattr(self._keyboard, termios.TCSANOW, self._saved_modes)
                self._saved_modes = None

    def _signals(self) -> list[str]:
        return [
            signal.Signals(number).name for number in os.read(self._pipe[0], _READ_BYTES) if number != signal.SIGALRM
        ]

    def _read_keys(self, keyboard: int) -> list[str]:
        try:
            data = os.read(keyboard, _READ_BYTES)
        except OSError:
            data = b""
        self._last_byte_seconds = self.clock()
        return self._keys.feed(data) if data else ["SIGHUP"]  # a keyboard without an end has lost its terminal

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Python wrote the number to the pipe already; all there is to do is to keep a stuck write from holding the end up."""
        name = signal.Signals(number).name
        if name in _ENDING and self._ending is None:
            self._ending = name
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS, GRACE_SECONDS)

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_writing and self._ending:
            raise Ended(self._ending)


def _without_echo(keyboard: int) -> Modes:
    """Modes in which keys arrive one by one and unseen; Ctrl-S is a key, so that it cannot hold up the output."""
    modes: Modes = termios.tcgetattr(keyboard)
    input_flags, output_flags, control_flags, local_flags, input_speed, output_speed, characters = modes
    input_flags &= ~termios.IXON
    local_flags &= ~(termios.ECHO | termios.ICANON)
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    return [input_flags, output_flags, control_flags, local_flags, input_speed, output_speed, characters]


def keyboard() -> int | None:
    """The descriptor that keys come from: standard input if it is a terminal that can send them."""
    if not HAS_KEYS or sys.stdin is None or not sys.stdin.isatty():
        return None
    return sys.stdin.fileno()
