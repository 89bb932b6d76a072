"""Where text goes."""

import io

from pysim.terminal.sink import Memory, Sink


def test_memory_keeps_what_was_written_in_order() -> None:
    sink = Memory()
    assert sink.text == ""
    for part in ("a", "\x1b[1mb\x1b[0m", "\r\n"):
        sink.write(part)
    assert sink.text == "a\x1b[1mb\x1b[0m\r\n"


def test_anything_that_takes_text_is_a_sink() -> None:
    sinks: list[Sink] = [Memory(), io.StringIO()]
    for sink in sinks:
        sink.write("text")
