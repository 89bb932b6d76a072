"""The keyboard's bytes, whole and cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.terminal.keys import LONGEST_SEQUENCE, Decoder

ESC = b"\x1b"
KEYS = [
    (b" ", ["space"]),
    (b"q", ["q"]),
    (b"+-?[]09", list("+-?[]09")),
    (b"\x03", ["ctrl-c"]),
    (b"\x1a", ["ctrl-z"]),
    (b"\r\n\t\x7f", ["enter", "enter", "tab", "backspace"]),
    (ESC + b"[C", ["right"]),
    (ESC + b"[D", ["left"]),
    (ESC + b"OC", ["right"]),
    (ESC + b"OD", ["left"]),
    (ESC + b"[1;5C", ["right"]),
    (ESC + b"[A" + ESC + b"[B", ["up", "down"]),
    (ESC + b"[H" + ESC + b"OF", ["home", "end"]),
    (ESC + b"[15~", ["unknown"]),
    (ESC + b"[<0;12;24M", ["press 12 24"]),
    (ESC + b"[<16;12;24M" + ESC + b"[<32;13;24M", ["press 12 24", "drag 13 24"]),
    (ESC + b"[<0;14;24m" + ESC + b"[<2;14;24m", ["release 14 24", "unknown"]),
    (ESC + b"[<1;7;8M" + ESC + b"[<34;7;8M", ["button 7 8", "unknown"]),
    (ESC + b"[<64;7;8M" + ESC + b"[<65;7;8M", ["wheel 7 8", "wheel 7 8"]),
    (ESC + b"[<0;12M", ["unknown"]),
    (ESC + b"[30;2R", ["cursor 2 30"]),
    (ESC + b"[?1;2C", ["unknown"]),
    (ESC + b"q", ["unknown"]),
    (ESC + ESC + b"[C", ["escape", "right"]),
    ("é".encode(), ["é"]),
    (b"\x00", ["unknown"]),
    (b"\xffq", ["q"]),
]


@pytest.mark.parametrize(("data", "names"), KEYS)
def test_bytes_become_names(data: bytes, names: list[str]) -> None:
    assert Decoder().feed(data) == names


@pytest.mark.parametrize(("data", "names"), KEYS)
def test_one_byte_at_a_time_makes_the_same_keys(data: bytes, names: list[str]) -> None:
    decoder = Decoder()
    assert [name for byte in data for name in decoder.feed(bytes((byte,)))] == names


@given(st.binary(max_size=60), st.integers(0, 60))
def test_any_bytes_cut_anywhere_make_the_same_keys(data: bytes, cut: int) -> None:
    whole, pieces = Decoder(), Decoder()
    assert whole.feed(data) + whole.flush() == pieces.feed(data[:cut]) + pieces.feed(data[cut:]) + pieces.flush()


def test_a_lone_escape_waits_until_it_is_flushed() -> None:
    decoder = Decoder()
    assert decoder.feed(ESC) == []
    assert decoder.waiting
    assert decoder.flush() == ["escape"]
    assert decoder.flush() == []


def test_nothing_waits_when_all_keys_are_complete() -> None:
    decoder = Decoder()
    decoder.feed(ESC + b"[C")
    assert not decoder.waiting


def test_an_unfinished_sequence_is_no_key() -> None:
    decoder = Decoder()
    decoder.feed(ESC + b"[1;")
    assert decoder.flush() == ["unknown"]
    assert decoder.feed(b"q") == ["q"]


def test_an_endless_sequence_comes_to_an_end() -> None:
    assert Decoder().feed(ESC + b"[" + b"1" * (LONGEST_SEQUENCE - 2) + b"q") == ["unknown", "q"]
