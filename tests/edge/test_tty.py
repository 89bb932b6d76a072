"""The edge's own parts, where a pseudo terminal would be too much."""

import os
import signal

import pytest

from pysim.edge.tty import Ended, KeylessTerminal, Output, Vanished, raising_signals, terminal_size
from pysim.terminal.ansi import HIDE_CURSOR, SHOW_CURSOR
from pysim.terminal.screen import Screen


def test_text_may_be_held_and_is_let_go() -> None:
    reader, writer = os.pipe()
    output = Output(writer, "utf-8", held_bytes=8)
    output.write("four")
    output.write("five")
    os.set_blocking(reader, False)
    with pytest.raises(BlockingIOError):
        os.read(reader, 100)
    output.write("six")
    assert os.read(reader, 100) == b"fourfivesix"
    os.close(writer)
    os.close(reader)


def test_what_an_encoding_lacks_becomes_a_question_mark() -> None:
    reader, writer = os.pipe()
    Output(writer, "ascii").write("a·b")
    assert os.read(reader, 100) == b"a?b"
    os.close(writer)
    os.close(reader)


def test_an_output_that_someone_made_non_blocking_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    taken = bytearray()
    monkeypatch.setattr("select.select", lambda *_sources: taken.extend(os.read(reader, 1_000_000)))
    Output(writer, "ascii").write("x" * 1_000_000)
    os.close(writer)
    while data := os.read(reader, 65_536):
        taken.extend(data)
    os.close(reader)
    assert len(taken) == 1_000_000


def test_a_closed_output_has_vanished() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(Vanished):
        Output(writer, "utf-8").write("x")
    os.close(writer)


def test_without_keys_the_show_runs_and_notices_another_size(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    screens = iter([Screen(columns=80), Screen(columns=80), Screen(columns=81)])
    with KeylessTerminal(Output(writer, "utf-8"), lambda: next(screens)) as terminal:
        assert terminal.clock() <= terminal.clock()
        assert terminal.wait(0.5) == []
        assert terminal.wait(0.5) == ["SIGWINCH"]
        terminal.suspend()
    assert slept == [0.5, 0.5]
    assert os.read(reader, 100).decode().startswith(HIDE_CURSOR)
    os.close(writer)
    os.close(reader)


def test_restored_text_ends_with_the_cursor() -> None:
    reader, writer = os.pipe()
    with KeylessTerminal(Output(writer, "utf-8"), Screen):
        pass
    assert os.read(reader, 100).decode().endswith(SHOW_CURSOR)
    os.close(writer)
    os.close(reader)


def test_signals_raise_only_inside() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Ended, match="SIGTERM"), raising_signals():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_pipe_has_no_size() -> None:
    reader, writer = os.pipe()
    assert terminal_size(writer) == (0, 0)
    os.close(writer)
    os.close(reader)
