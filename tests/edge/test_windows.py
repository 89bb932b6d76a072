"""The Windows console, with fakes of what the system offers: nothing here has run on one."""

import errno
import os
import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pysim.edge import cli, windows
from pysim.edge.output import Output
from pysim.edge.system import System
from pysim.edge.windows import CODE_PAGE_UTF_8, ENABLE_VIRTUAL_TERMINAL_PROCESSING, Keyboard, Terminal
from pysim.terminal.ansi import HIDE_CURSOR, SHOW_CURSOR
from pysim.terminal.screen import Screen

PROCESSED_AND_WRAPPED = 0x0003
HANDLE = object()
ESCAPE = chr(27)


class Library:
    """Stands for kernel32, as documented: calls return 0 where they fail."""

    def __init__(self, *, mode: int | None, knows_escapes: bool = True, code_page: int = 850) -> None:
        self.mode = mode  # None: no console
        self.knows_escapes = knows_escapes
        self.code_page = code_page

    def GetStdHandle(self, which: int, /) -> object:  # noqa: N802 - the name is Microsoft's
        assert which == -11
        return HANDLE

    def GetConsoleMode(self, handle: object, pointer: Any, /) -> int:  # noqa: N802
        assert handle is HANDLE
        if self.mode is None:
            return 0
        pointer._obj.value = self.mode
        return 1

    def SetConsoleMode(self, handle: object, mode: int, /) -> int:  # noqa: N802
        assert handle is HANDLE
        if mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING and not self.knows_escapes:
            return 0
        self.mode = mode
        return 1

    def GetConsoleOutputCP(self) -> int:  # noqa: N802
        return self.code_page

    def SetConsoleOutputCP(self, code_page: int, /) -> int:  # noqa: N802
        self.code_page = code_page
        return 1


class Keys:
    """Stands for msvcrt: characters that wait."""

    def __init__(self, characters: str = "") -> None:
        self.characters = characters

    def kbhit(self) -> bool:
        return bool(self.characters)

    def getwch(self) -> str:
        character, self.characters = self.characters[0], self.characters[1:]
        return character


class Clock:
    """Time that passes only by waiting; `meanwhile` happens during the first wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        monkeypatch.setattr("time.sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(writer)
    os.close(reader)


def test_it_offers_what_a_system_has_to_offer() -> None:
    offered: System = windows
    assert offered.CLOSED_PIPE


def test_a_console_is_told_to_obey_escape_codes_and_to_read_utf_8_for_a_while() -> None:
    library = Library(mode=PROCESSED_AND_WRAPPED)
    assert not windows.moves(library)
    with windows.console(library):
        assert library.mode == PROCESSED_AND_WRAPPED | ENABLE_VIRTUAL_TERMINAL_PROCESSING
        assert library.code_page == CODE_PAGE_UTF_8
        assert windows.moves(library)
    assert (library.mode, library.code_page) == (PROCESSED_AND_WRAPPED, 850)


def test_a_console_is_as_before_after_an_error_too() -> None:
    library = Library(mode=PROCESSED_AND_WRAPPED)
    with pytest.raises(RuntimeError), windows.console(library):
        raise RuntimeError
    assert (library.mode, library.code_page) == (PROCESSED_AND_WRAPPED, 850)


def test_an_old_console_gets_no_escape_codes() -> None:
    library = Library(mode=PROCESSED_AND_WRAPPED, knows_escapes=False)
    with windows.console(library):
        assert not windows.moves(library)


def test_a_file_or_a_pipe_is_left_alone() -> None:
    library = Library(mode=None)
    with windows.console(library):
        assert library.code_page == 850
        assert not windows.moves(library)


@pytest.mark.parametrize(
    ("page", "encoding"), [("cp65001", "utf-8"), ("cp850", "cp850"), ("cp709", "ascii"), (None, "cp1252")]
)
def test_bytes_mean_what_the_code_page_says(monkeypatch: pytest.MonkeyPatch, page: str | None, encoding: str) -> None:
    """The stream's own encoding is UTF-8 on every console, because text goes past the code page; a file has no code page."""
    monkeypatch.setattr("os.device_encoding", lambda _descriptor: page)
    monkeypatch.setattr("sys.stdout", SimpleNamespace(encoding="cp1252" if page is None else "utf-8"))
    assert windows.encoding() == encoding


@pytest.mark.parametrize(
    ("characters", "names"),
    [
        ("q", ["q"]),
        (" ", ["space"]),
        ("\xe0K\xe0M\x00H", ["left", "right", "up"]),
        ("\xe0S", ["unknown"]),
        ("\xe0", ["\xe0"]),  # the letter, where no code follows
        ("\x03", ["ctrl-c"]),
        (f"{ESCAPE}+", ["escape", "+"]),
        ("", []),
    ],
)
def test_keys_have_the_names_that_they_have_elsewhere(characters: str, names: list[str]) -> None:
    assert Keyboard(Keys(characters)).read() == names


def test_keys_are_looked_for_while_time_passes(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    clock, keys = Clock(monkeypatch), Keys()
    with Terminal(Output(pipe[1], "utf-8"), Keyboard(keys), Screen) as terminal:
        assert terminal.wait(0.5) == []
        assert clock.now == pytest.approx(0.5)
        assert max(clock.waits) <= windows.LOOK_SECONDS
        keys.characters = "+-"
        assert terminal.wait(0.5) == ["+", "-"]
        assert clock.now == pytest.approx(0.5)


def test_another_size_is_noticed_with_or_without_keys(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    screens = iter([Screen(columns=80), Screen(columns=80), Screen(columns=81)])
    with Terminal(Output(pipe[1], "utf-8"), None, lambda: next(screens)) as terminal:
        assert terminal.wait(0.0) == []
        assert terminal.wait(0.0) == ["SIGWINCH"]
        terminal.suspend()
        terminal.resume()


def test_ctrl_c_is_heard_between_two_frames(pipe: tuple[int, int]) -> None:
    """So that the show can end its last line before the prompt comes."""
    before = signal.getsignal(signal.SIGINT)
    with Terminal(Output(pipe[1], "utf-8"), None, Screen) as terminal:
        signal.raise_signal(signal.SIGINT)
        terminal.write("frame")
        assert terminal.wait(0.0) == ["SIGINT"]
    assert signal.getsignal(signal.SIGINT) == before
    assert os.read(pipe[0], 100).decode().startswith(f"{HIDE_CURSOR}frame")


def test_an_error_leaves_the_line_of_the_bars(pipe: tuple[int, int]) -> None:
    with pytest.raises(RuntimeError), Terminal(Output(pipe[1], "utf-8"), None, Screen):
        raise RuntimeError
    text = os.read(pipe[0], 100).decode()
    assert "\r\n" in text
    assert text.endswith(SHOW_CURSOR)


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EINVAL])
def test_a_pipe_that_nobody_reads_ends_quietly(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The C library says EINVAL there."""

    def write(_descriptor: int, _data: bytes) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(cli, "system", lambda: windows)
    monkeypatch.setattr(windows, "_kernel32", lambda: Library(mode=None))
    monkeypatch.setattr("os.write", write)
    assert cli.main(["--version"]) == 0
    assert capfd.readouterr().err == ""


def test_an_old_console_gets_plain_lines(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(mode=PROCESSED_AND_WRAPPED, knows_escapes=False)
    monkeypatch.setattr(cli, "system", lambda: windows)
    monkeypatch.setattr(windows, "_kernel32", lambda: library)
    monkeypatch.setattr("os.device_encoding", lambda _descriptor: f"cp{library.code_page}")
    monkeypatch.setattr("os.isatty", lambda _descriptor: True)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    assert cli.main(["--preset", "classic", "--until", "step:2"]) == 0
    text = capfd.readouterr().out
    assert "step" in text
    assert ESCAPE not in text
    assert (library.mode, library.code_page) == (PROCESSED_AND_WRAPPED, 850)
