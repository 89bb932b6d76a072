"""Signals: their names, which of them end a program, and what becomes of them where there is no terminal to restore."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

NAMES: Mapping[int, str] = {int(number): getattr(number, "name", f"SIG{number}") for number in signal.valid_signals()}
_NUMBERS = {name: number for number, name in NAMES.items()}
_UNCATCHABLE = {"SIGKILL", "SIGSTOP"}
_FAULTS = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"}  # a handler that returns from one meets it again, for ever
_IGNORED = {"SIGCHLD", "SIGCLD", "SIGURG", "SIGINFO", "SIGWINCH"}  # unless someone asks for them
_JOB_CONTROL = {"SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT"}
ENDING = frozenset(_NUMBERS) - _UNCATCHABLE - _FAULTS - _IGNORED - _JOB_CONTROL
ENDING_PLAIN_TEXT = ("SIGINT", "SIGTERM", "SIGHUP")


class Ended(BaseException):
    """A signal has to end the program now; not an Exception, so that nobody takes it for an error."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def exit_code(name: str) -> int:
    """What a shell reports of a program that this signal ended."""
    return 128 + _NUMBERS[name]


@contextmanager
def unheard_signals() -> Iterator[None]:
    """Threads that are started here never hear a signal, and what arrives meanwhile is heard at the end.

    NumPy's linear algebra starts some. Where one of them takes a signal, the main thread is not woken by it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def raising_signals() -> Iterator[None]:
    """Where there is no terminal to restore: a signal that asks for the end becomes `Ended`, wherever the program is."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Ended(NAMES[number])

    numbers = [_NUMBERS[name] for name in ENDING_PLAIN_TEXT if name in _NUMBERS]
    saved = {number: signal.signal(number, end) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in saved.items():
            signal.signal(number, handler)
