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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "utf-7", "iso2022_jp", "utf-8"])
def test_all_texts_are_one_stream_of_characters(encoding: str) -> None:
    """Some encodings begin with a mark, or remember which alphabet they are in."""
    reader, writer = os.pipe()
    output = Output(writer, encoding)
    for text in ("one\n", "zwei\n", "三\n"):
        output.write(text)
    assert os.read(reader, 100) == "one\nzwei\n三\n".encode(encoding)
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
