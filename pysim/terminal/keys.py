"""Bytes from a keyboard become key names, wherever the bytes happen to be cut.

`Decoder.feed` returns the names of the keys that are complete; the start of an escape sequence is kept until the rest arrives.
A lone Escape looks just like such a start: call `flush` when nothing followed for a while.

Names: printable characters are their own name, except `space`; others are in `NAMES`; an unknown sequence is `unknown`.
"""

import codecs

ESCAPE = 0x1B
NAMES = {
    b"\x03": "ctrl-c",
    b"\x04": "ctrl-d",
    b"\x0c": "ctrl-l",
    b"\x1a": "ctrl-z",
    b"\r": "enter",
    b"\n": "enter",
    b"\t": "tab",
    b"\x7f": "backspace",
    b"\x08": "backspace",
    b" ": "space",
}
CURSOR_KEYS = {ord("A"): "up", ord("B"): "down", ord("C"): "right", ord("D"): "left", ord("H"): "home", ord("F"): "end"}
ALT_LENGTH = 2  # Escape and one more byte
LONGEST_SEQUENCE = 32  # bytes; what is longer is no key
_FINAL_BYTES = range(0x40, 0x7F)  # ECMA-48: a control sequence ends with one of these
_INTRODUCERS = b"[O"  # CSI (normal cursor keys) and SS3 (application cursor keys)


class Decoder:
    """A keyboard's byte stream, pushed in by any pieces."""

    def __init__(self) -> None:
        self._sequence = b""
        self._characters = codecs.getincrementaldecoder("utf-8")("ignore")

    @property
    def waiting(self) -> bool:
        """Whether the start of an escape sequence is held back."""
        return bool(self._sequence)

    def feed(self, data: bytes) -> list[str]:
        """Names of the keys that these bytes complete, in order."""
        return [name for byte in data for name in self._byte(byte)]

    def flush(self) -> list[str]:
        """Whatever is held back will not be completed: a lone Escape, or a broken sequence."""
        held, self._sequence = self._sequence, b""
        if not held:
            return []
        return ["escape"] if len(held) == 1 else ["unknown"]

    def _byte(self, byte: int) -> list[str]:
        if byte == ESCAPE:  # a new sequence, whatever came of the last one
            before = self.flush()
            self._sequence = bytes((byte,))
            return before
        if not self._sequence:
            return self._plain(byte)
        self._sequence += bytes((byte,))
        return self._close() if self._is_complete() else []

    def _plain(self, byte: int) -> list[str]:
        name = NAMES.get(bytes((byte,)))
        if name:
            return [name]
        return [
            character if character.isprintable() else "unknown" for character in self._characters.decode(bytes((byte,)))
        ]

    def _is_complete(self) -> bool:
        sequence = self._sequence
        if len(sequence) == ALT_LENGTH:  # an introducer opens a longer sequence
            return sequence[1] not in _INTRODUCERS
        return sequence[-1] in _FINAL_BYTES or len(sequence) >= LONGEST_SEQUENCE

    def _close(self) -> list[str]:
        sequence, self._sequence = self._sequence, b""
        if len(sequence) == ALT_LENGTH:  # Alt and a character
            return ["unknown"]
        is_cursor_key = sequence[1:2] == b"O" or not sequence[2:-1].strip(b"0123456789;")
        return [CURSOR_KEYS.get(sequence[-1], "unknown") if is_cursor_key else "unknown"]
