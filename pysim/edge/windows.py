"""A Windows console in the hands of a show. Written from the documentation and tested with fakes; nobody has tried it there yet.

Sources: "Console Virtual Terminal Sequences", `SetConsoleMode` and `SetConsoleOutputCP` in Microsoft's console documentation; the
`msvcrt`, `signal` and `os` chapters of Python's library reference.
"""

import codecs
import ctypes
import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from pysim.edge.output import Output, Vanished
from pysim.edge.signals import NAMES
from pysim.terminal.ansi import END_SYNC, HIDE_CURSOR, RESET, SHOW_CURSOR
from pysim.terminal.keys import Decoder
from pysim.terminal.screen import Screen

CLOSED_PIPE: tuple[int, ...] = (errno.EPIPE, errno.EINVAL)  # the C library says EINVAL
LOOK_SECONDS = 1 / 30  # between two looks for a key: there is nothing that waits for keys and for time
STDOUT = 1
STD_OUTPUT_HANDLE = -11
ENABLE_VIRTUAL_TERMINAL_PROCESSING = 0x0004
CODE_PAGE_UTF_8 = 65_001
_WATCHED = ("SIGINT", "SIGBREAK")
_NEXT_LINE = "\r\n"
_PREFIXES = ("\x00", "\xe0")  # of a key that is no character
_KEYS = {"H": "up", "P": "down", "M": "right", "K": "left", "G": "home", "O": "end"}


class Kernel32(Protocol):
    """What of the system's library is called here; all numbers are C's, and 0 is failure."""

    def GetStdHandle(self, which: int, /) -> Any: ...  # noqa: ANN401, D102, N802 - a handle is opaque; the name is Microsoft's
    def GetConsoleMode(self, handle: Any, mode: Any, /) -> int: ...  # noqa: ANN401, D102, N802
    def SetConsoleMode(self, handle: Any, mode: int, /) -> int: ...  # noqa: ANN401, D102, N802
    def GetConsoleOutputCP(self) -> int: ...  # noqa: D102, N802
    def SetConsoleOutputCP(self, code_page: int, /) -> int: ...  # noqa: D102, N802


class Msvcrt(Protocol):
    """The keyboard of the C library."""

    def kbhit(self) -> bool:
        """Whether a key waits."""

    def getwch(self) -> str:
        """The next character of a key, unseen."""


@contextmanager
def console(library: Kernel32 | None = None) -> Iterator[None]:
    """Escape codes and UTF-8 as far as this console knows them, and everything as before at the end."""
    kernel32 = library or _kernel32()
    handle, before = kernel32.GetStdHandle(STD_OUTPUT_HANDLE), _mode(kernel32)
    if before is None:  # a file or a pipe
        yield
        return
    code_page = kernel32.GetConsoleOutputCP()
    kernel32.SetConsoleMode(handle, before | ENABLE_VIRTUAL_TERMINAL_PROCESSING)
    kernel32.SetConsoleOutputCP(CODE_PAGE_UTF_8)
    try:
        yield
    finally:
        kernel32.SetConsoleOutputCP(code_page)
        kernel32.SetConsoleMode(handle, before)


def encoding() -> str:
    """A console's code page, which Python's own text goes past, but bytes do not; ASCII where Python does not know it."""
    name = os.device_encoding(STDOUT) or (sys.stdout.encoding if sys.stdout else "utf-8")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "ascii"


def moves(library: Kernel32 | None = None) -> bool:
    """Consoles before Windows 10 print escape codes as they are."""
    return bool((_mode(library or _kernel32()) or 0) & ENABLE_VIRTUAL_TERMINAL_PROCESSING)


def terminal(output: Output, look: Callable[[], Screen]) -> "Terminal":
    """The console with its keyboard, if standard input is one."""
    has_keys = sys.stdin is not None and sys.stdin.isatty()
    return Terminal(output, Keyboard(import_module("msvcrt")) if has_keys else None, look)


def _mode(kernel32: Kernel32) -> int | None:
    """None where standard output is no console."""
    mode = ctypes.c_ulong()
    return mode.value if kernel32.GetConsoleMode(kernel32.GetStdHandle(STD_OUTPUT_HANDLE), ctypes.byref(mode)) else None


def _kernel32() -> Kernel32:
    library: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]  # only there
    library.GetStdHandle.restype = ctypes.c_void_p
    library.GetConsoleMode.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    library.SetConsoleMode.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
    kernel32: Kernel32 = library
    return kernel32


class Keyboard:
    """Names of keys, from characters."""

    def __init__(self, msvcrt: Msvcrt) -> None:
        self._msvcrt = msvcrt
        self._keys = Decoder()

    def read(self) -> list[str]:
        """All keys that wait."""
        names: list[str] = []
        while self._msvcrt.kbhit():
            names += self._names(self._msvcrt.getwch())
        return names

    def _names(self, character: str) -> list[str]:
        if character in _PREFIXES and self._msvcrt.kbhit():
            return [_KEYS.get(self._msvcrt.getwch(), "unknown")]
        return self._keys.feed(character.encode("utf-8", "ignore")) + self._keys.flush()


class Terminal:
    """A console in the hands of a show, from `with` to its end."""

    def __init__(self, output: Output, keyboard: Keyboard | None, look: Callable[[], Screen]) -> None:
        self._output = output
        self._keyboard = keyboard
        self.screen = look
        self._last_screen = look()
        self._arrived: list[str] = []
        self._saved_handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number, name in NAMES.items():
            if name in _WATCHED:
                self._saved_handlers[number] = signal.signal(number, self._on_signal)
        self.write(HIDE_CURSOR)
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _traceback: TracebackType | None) -> None:
        try:
            self.write((_NEXT_LINE if kind else "") + END_SYNC + RESET + SHOW_CURSOR)
        except Vanished:
            if kind is None:
                raise
        finally:
            for number, handler in self._saved_handlers.items():
                signal.signal(number, handler)

    def clock(self) -> float:
        """Seconds that only go up."""
        return time.monotonic()

    def write(self, text: str) -> None:
        """Write at once."""
        self._output.write(text)

    def wait(self, seconds: float) -> list[str]:
        """Names of keys and signals that came within this time; another size of the console is one of them."""
        until = self.clock() + seconds
        while not (names := self._names()) and (left := until - self.clock()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
        return names

    def tell_of_mouse(self, *, wanted: bool) -> None:
        """Its C library reads keys and no mouse."""

    def suspend(self) -> None:
        """There is no Ctrl-Z to follow."""

    def resume(self) -> None:
        """Nor a way back."""

    def _names(self) -> list[str]:
        names, self._arrived = self._arrived, []
        before, self._last_screen = self._last_screen, self.screen()
        resized = ["SIGWINCH"] if before != self._last_screen else []
        return names + resized + (self._keyboard.read() if self._keyboard else [])

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Ctrl-C is heard between two frames: the prompt that follows stands below the last bar."""
        self._arrived.append(NAMES[number])
