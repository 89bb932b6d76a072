"""A POSIX terminal in the hands of a show.

A terminal is borrowed: `Terminal` is a context that changes modes and signal handlers on entry and puts everything back on
every way out. Signals become names in `wait`, through a pipe that `select` watches along with the keyboard; none acts by itself,
so a frame is never cut in half - unless it takes longer than `GRACE_SECONDS`, in which case a signal that ends gets its way.

However the program was stopped, there is one way back: SIGCONT arrives, what is written goes nowhere, and `resume` takes the
terminal again, which in the background means to be stopped once more. Even that goes through a handler: a call that the system
stops and repeats by itself would go on with modes of a while ago, and hear no signal before it is done.
"""

import errno
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import FrameType, TracebackType
from typing import Self

from pysim.edge.modes import Modes
from pysim.edge.output import Output, Vanished
from pysim.edge.signals import ENDING, NAMES, Ended
from pysim.terminal.ansi import END_SYNC, HIDE_CURSOR, MOUSE_OFF, MOUSE_ON, RESET, SHOW_CURSOR
from pysim.terminal.keys import Decoder
from pysim.terminal.screen import Screen

CLOSED_PIPE: tuple[int, ...] = (errno.EPIPE,)
GRACE_SECONDS = 0.5  # for a frame that is under way when a signal wants the program to end
ESCAPE_SECONDS = 0.3  # after which a lone Escape is no longer the start of a sequence; slow lines split sequences
_BACKGROUND = {"SIGTTOU", "SIGTTIN"}  # the terminal is another program's; to write and to read
_WATCHED = ENDING | _BACKGROUND | {"SIGTSTP", "SIGCONT", "SIGWINCH"}
_READ_BYTES = 1_024
_NEXT_LINE = "\r\n"


def console() -> AbstractContextManager[None]:
    """Terminals understand escape codes and bytes as they are."""
    return nullcontext()


def encoding() -> str:
    """As the locale or PYTHONIOENCODING say."""
    return sys.stdout.encoding if sys.stdout else "utf-8"


def moves() -> bool:
    """What TERM does not tell, nobody knows."""
    return True


def terminal(output: Output, look: Callable[[], Screen]) -> "Terminal":
    """The terminal, with keys from standard input."""
    return Terminal(output, _keyboard(), look)


class Terminal:
    """A terminal in the hands of a show, from `with` to its end."""

    def __init__(self, output: Output, keyboard: int | None, look: Callable[[], Screen]) -> None:
        self._output = output
        self._keyboard = keyboard  # None: no keys
        self.screen = look
        self._keys = Decoder()
        self._last_byte_seconds = 0.0
        self._modes = Modes(output.descriptor if keyboard is None else keyboard, has_keys=keyboard is not None)
        self._signals = _Signals(self._on_signal)
        self._is_ours = self._tells_of_mouse = False
        self._is_busy = False  # with something that a signal that ends may break off
        self._ending: str | None = None
        self._seen_seconds = time.monotonic()
        self._stopped_seconds = 0.0

    def __enter__(self) -> Self:
        self._signals.take()
        try:
            self.resume()
        except BaseException:
            self._signals.give_back()
            raise
        self._is_busy = True
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _traceback: TracebackType | None) -> None:
        self._is_busy = False
        try:
            self._give_back(_NEXT_LINE if kind or not self._is_ours else "")
        except (Vanished, Ended):
            if kind is None:
                raise
        finally:
            self._signals.give_back()

    def clock(self) -> float:
        """Seconds that only go up, and stand still while the program is stopped."""
        self._seen_seconds = time.monotonic()
        return self._seen_seconds - self._stopped_seconds

    def write(self, text: str) -> None:
        """Write at once, or not at all while the terminal is not ours.

        `Vanished` if the terminal is gone, `Ended` if it is stuck and the program should end.
        """
        if self._is_ours:
            self._write(text)

    def wait(self, seconds: float) -> list[str]:
        """Names of keys and signals that came within this time."""
        if self._keys.waiting:
            seconds = min(seconds, ESCAPE_SECONDS)
        ready, _, _ = select.select(self._sources(), [], [], seconds)
        names = self._arrived() if self._signals.source in ready else []
        if self._keyboard in ready and self._is_ours:
            names += self._read_keys(self._keyboard)
        elif self._keys.waiting and time.monotonic() - self._last_byte_seconds >= ESCAPE_SECONDS:
            names += self._keys.flush()
        return names

    def _sources(self) -> list[int]:
        """What is typed while the terminal is another program's is meant for that, and gone when a read would return."""
        if self._keyboard is None or not self._is_ours:
            return [self._signals.source]
        return [self._signals.source, self._keyboard]

    def suspend(self) -> None:
        """Stop, as Ctrl-Z asks for; `SIGCONT` is the next name."""
        self._give_back("")
        self._is_ours = False
        self._signals.stop(signal.SIGTSTP)
        signal.raise_signal(signal.SIGCONT)  # also where the system passed the stop over, because no shell could end it

    def resume(self) -> None:
        """Take the terminal, whoever had it; returns in the foreground."""
        while not self._modes.take():
            self._end_if_asked()
        self._is_ours = True
        self.write(HIDE_CURSOR + (MOUSE_ON if self._tells_of_mouse else ""))

    def tell_of_mouse(self, *, wanted: bool) -> None:
        """Until told otherwise, after a stop as well; not where nothing can be typed."""
        self._tells_of_mouse = wanted and self._keyboard is not None
        self.write(MOUSE_ON if self._tells_of_mouse else MOUSE_OFF)

    def _end_if_asked(self) -> None:
        if self._ending:
            raise Ended(self._ending)

    def _give_back(self, last_text: str) -> None:
        """Nothing that another program's terminal would notice."""
        if not self._modes.in_foreground():
            return
        try:
            mouse = MOUSE_OFF if self._tells_of_mouse else ""
            self._write(last_text + END_SYNC + RESET + mouse + SHOW_CURSOR)
        finally:
            self._modes.give_back()

    def _write(self, text: str) -> None:
        was_busy, self._is_busy = self._is_busy, True
        try:
            self._output.write(text)
        finally:
            self._is_busy = was_busy

    def _arrived(self) -> list[str]:
        """Each once. An end comes before all else: who goes on in the background only to end must not touch the terminal."""
        names = dict.fromkeys(self._signals.read())
        return [self._ending] if self._ending else [name for name in names if name not in _BACKGROUND]

    def _read_keys(self, keyboard: int) -> list[str]:
        try:
            data = os.read(keyboard, _READ_BYTES)
        except OSError:
            data = b""
        self._last_byte_seconds = time.monotonic()
        return self._keys.feed(data) if data else ["SIGHUP"]  # a keyboard without an end has lost its terminal

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """The name waits in the pipe already; what remains is to note a stop, and to keep nothing from holding the end up."""
        name = NAMES[number]
        if name == "SIGCONT":
            self._is_ours = False
            self._stand_still()
        elif name in _BACKGROUND:
            self._end_if_asked()
            self._signals.stop(number)
            self._end_if_asked()
        elif self._ending is None and name in ENDING:
            self._ending = name
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS, GRACE_SECONDS)
        elif name == "SIGALRM" and self._is_busy:
            self._end_if_asked()

    def _stand_still(self) -> None:
        """Nobody says when the program was stopped; it was after the clock was last read, a frame ago at most."""
        before, self._seen_seconds = self._seen_seconds, time.monotonic()
        self._stopped_seconds += self._seen_seconds - before


class _Signals:
    """The signals that a terminal listens to: their handlers, and the pipe that they are read from."""

    def __init__(self, handler: Callable[[int, FrameType | None], None]) -> None:
        self._handler = handler
        self._saved: dict[int, object] = {}
        self._saved_wakeup = -1
        self.source, self._sink = -1, -1

    def take(self) -> None:
        """Listen from now on."""
        self.source, self._sink = os.pipe()
        for end in (self.source, self._sink):
            os.set_blocking(end, False)
        self._saved_wakeup = signal.set_wakeup_fd(self._sink, warn_on_full_buffer=False)
        for number, name in NAMES.items():
            handler = signal.getsignal(number)
            if name in _WATCHED and handler not in (signal.SIG_IGN, None):  # nohup and the like know what they want
                self._saved[number] = signal.signal(number, self._handler)

    def give_back(self) -> None:
        """Let everything be as before."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._saved.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() returned
        signal.set_wakeup_fd(self._saved_wakeup)
        for end in (self.source, self._sink):
            os.close(end)

    def read(self) -> list[str]:
        """Names of those that came."""
        return [NAMES[number] for number in os.read(self.source, _READ_BYTES)]

    def stop(self, number: int) -> None:
        """Be stopped by this signal as any program is."""
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._handler)


def _keyboard() -> int | None:
    """The descriptor that keys come from: standard input if it is a terminal."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    return sys.stdin.fileno()
