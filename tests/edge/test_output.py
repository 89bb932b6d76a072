"""Standard output as a descriptor."""

import os

import pytest

from pysim.edge.output import Output, Vanished, terminal_size


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


def test_a_pipe_has_no_size() -> None:
    reader, writer = os.pipe()
    assert terminal_size(writer) == (0, 0)
    os.close(writer)
    os.close(reader)
