"""A POSIX terminal from inside, on a pseudo terminal of the test's own."""

import os
import pty
import signal
import termios
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from ptys import PATIENCE_SECONDS

from pysim.edge.output import Output, Vanished
from pysim.edge.posix import Terminal
from pysim.edge.signals import ENDING, NAMES, Ended, exit_code
from pysim.terminal.ansi import HIDE_CURSOR, MOUSE_OFF, MOUSE_ON, SHOW_CURSOR
from pysim.terminal.screen import Screen

NUMBERS = {name: number for number, name in NAMES.items()}
LISTENED_TO = sorted(name for name in ENDING if signal.getsignal(NUMBERS[name]) != signal.SIG_IGN)


class Ends(NamedTuple):
    """Of a pseudo terminal: what the person has, and what the program has."""

    person: int
    program: int


@pytest.fixture
def ends() -> Iterator[Ends]:
    pair = Ends(*pty.openpty())
    yield pair
    for end in pair:
        os.close(end)


def terminal_on(ends: Ends) -> Terminal:
    return Terminal(Output(ends.program, "utf-8"), ends.program, Screen)


def echoes(ends: Ends) -> bool:
    return bool(termios.tcgetattr(ends.program)[3] & termios.ECHO)


def read(ends: Ends) -> str:
    """All that was written so far: a mark is written after it, and read up to."""
    os.write(ends.program, b"|")
    text = ""
    while not text.endswith("|"):
        text += os.read(ends.person, 10_000).decode()
    return text.removesuffix("|")


@pytest.mark.parametrize("name", LISTENED_TO)
def test_every_signal_that_ends_a_program_becomes_a_name(ends: Ends, name: str) -> None:
    with terminal_on(ends) as terminal:
        signal.raise_signal(NUMBERS[name])
        assert terminal.wait(0.0) == [name]
    assert echoes(ends)
    assert exit_code(name) == 128 + NUMBERS[name]


def test_all_that_can_be_caught_and_would_end_the_program_is_listened_to() -> None:
    """By POSIX and signal(7): what is left stops, goes on, is ignored, is a fault, or cannot be caught."""
    rest = {
        *("SIGKILL", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT", "SIGCHLD", "SIGURG", "SIGWINCH"),
        *("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"),
    }
    assert set(NAMES.values()) - ENDING - {"SIGINFO"} == rest


def test_handlers_are_put_back(ends: Ends) -> None:
    before = {number: signal.getsignal(number) for number in NAMES}
    with terminal_on(ends):
        assert signal.getsignal(signal.SIGQUIT) != before[signal.SIGQUIT]
    assert {number: signal.getsignal(number) for number in NAMES} == before


def test_ignored_signals_stay_ignored(ends: Ends) -> None:
    """As `nohup` wants it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminal_on(ends) as terminal:
            signal.raise_signal(signal.SIGHUP)
            assert terminal.wait(0.0) == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_end_comes_before_all_else(ends: Ends) -> None:
    with terminal_on(ends) as terminal:
        os.write(ends.person, b"x")
        for number in (signal.SIGCONT, signal.SIGWINCH, signal.SIGTERM):
            signal.raise_signal(number)
        assert terminal.wait(0.0)[0] == "SIGTERM"


def test_the_clock_stands_still_while_the_program_is_stopped(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    with terminal_on(ends) as terminal:
        before = terminal.clock()
        seconds[0] += 3_600
        signal.raise_signal(signal.SIGCONT)
        assert terminal.clock() == before
        seconds[0] += 1.5
        assert terminal.clock() == before + 1.5


def test_after_a_stop_nothing_is_written_before_the_terminal_is_taken_again(ends: Ends) -> None:
    with terminal_on(ends) as terminal:
        signal.raise_signal(signal.SIGCONT)
        terminal.write("lost")
        assert terminal.wait(0.0) == ["SIGCONT"]
        terminal.resume()
        terminal.write("seen")
        assert read(ends) == f"{HIDE_CURSOR}{HIDE_CURSOR}seen"


def test_the_mouse_is_asked_for_again_after_a_stop_and_given_back_in_the_end(ends: Ends) -> None:
    with terminal_on(ends) as terminal:
        terminal.tell_of_mouse(wanted=True)
        signal.raise_signal(signal.SIGCONT)
        terminal.wait(0.0)
        terminal.resume()
        os.write(ends.person, b"\x1b[<0;12;24M")
        assert terminal.wait(1.0) == ["press 12 24"]
        assert read(ends) == f"{HIDE_CURSOR}{MOUSE_ON}{HIDE_CURSOR}{MOUSE_ON}"
    assert MOUSE_OFF in read(ends)


def test_a_mouse_that_was_handed_back_stays_the_terminals(ends: Ends) -> None:
    with terminal_on(ends) as terminal:
        terminal.tell_of_mouse(wanted=True)
        terminal.tell_of_mouse(wanted=False)
        terminal.resume()
        assert read(ends) == f"{HIDE_CURSOR}{MOUSE_ON}{MOUSE_OFF}{HIDE_CURSOR}"


def test_without_a_keyboard_there_is_no_mouse(ends: Ends) -> None:
    with Terminal(Output(ends.program, "utf-8"), None, Screen) as terminal:
        terminal.tell_of_mouse(wanted=True)
        assert MOUSE_ON not in read(ends)


def test_what_is_typed_for_another_program_is_not_read(ends: Ends) -> None:
    """It would be gone by the time that the show is in the foreground, and the read would wait for more."""
    with terminal_on(ends) as terminal:
        os.write(ends.person, b"x")
        signal.raise_signal(signal.SIGCONT)
        assert terminal.wait(0.0) == ["SIGCONT"]
        terminal.resume()
        assert terminal.wait(PATIENCE_SECONDS) == ["x"]


def test_modes_of_a_shell_meanwhile_are_what_is_given_back(ends: Ends) -> None:
    with terminal_on(ends) as terminal:
        modes = termios.tcgetattr(ends.program)
        modes[0] |= termios.IXOFF
        modes[3] |= termios.ECHO | termios.ICANON
        termios.tcsetattr(ends.program, termios.TCSANOW, modes)
        terminal.resume()
        assert not echoes(ends)
    assert echoes(ends)
    assert termios.tcgetattr(ends.program)[0] & termios.IXOFF


@pytest.mark.parametrize("interruptions", [1, 5])
def test_interrupted_calls_are_made_again(ends: Ends, monkeypatch: pytest.MonkeyPatch, interruptions: int) -> None:
    real, left = termios.tcsetattr, [0]

    def tcsetattr(*arguments: object) -> None:
        if left[0]:
            left[0] -= 1
            raise termios.error(4, "Interrupted system call")
        real(*arguments)  # type: ignore[arg-type]  # whatever came

    monkeypatch.setattr("termios.tcsetattr", tcsetattr)
    left[0] = interruptions
    with terminal_on(ends):
        assert not echoes(ends)
        left[0] = interruptions
    assert echoes(ends)


def test_a_signal_that_ends_breaks_off_the_waiting_for_the_foreground(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill %1` while the show waits in the background: it never gets the terminal, and handlers are put back all the same."""

    def tcsetattr(*_arguments: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        raise termios.error(4, "Interrupted system call")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("termios.tcsetattr", tcsetattr)
    with pytest.raises(Ended, match="SIGTERM"), terminal_on(ends):
        pytest.fail("the show began")
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_terminal_that_cannot_be_taken_is_gone(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    def tcsetattr(*_arguments: object) -> None:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr("termios.tcsetattr", tcsetattr)
    with pytest.raises(Vanished), terminal_on(ends):
        pytest.fail("the show began")


def test_in_the_background_nothing_is_given_back(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modes and the cursor are another program's by then."""
    with terminal_on(ends):
        monkeypatch.setattr("os.tcgetpgrp", lambda _descriptor: os.getpgrp() + 1)
    assert read(ends) == HIDE_CURSOR
    assert not echoes(ends)


def test_an_error_leaves_the_line_of_the_bars(ends: Ends) -> None:
    with pytest.raises(RuntimeError), terminal_on(ends):
        raise RuntimeError
    text = read(ends)
    assert "\r\n" in text
    assert text.endswith(SHOW_CURSOR)
