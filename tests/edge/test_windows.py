"""A terminal without POSIX."""

import os

import pytest

from pysim.edge.output import Output
from pysim.edge.windows import KeylessTerminal
from pysim.terminal.ansi import HIDE_CURSOR, SHOW_CURSOR
from pysim.terminal.screen import Screen


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
