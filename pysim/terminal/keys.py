"""Bytes from a keyboard become key names, wherever the bytes happen to be cut.

`Decoder.feed` returns the names of the keys that are complete; the start of an escape sequence is kept until the rest arrives.
A lone Escape looks just like such a start: call `flush` when nothing followed for a while.

Names: printable characters are their own name, except `space`; others are in `NAMES`; an unknown sequence is `unknown`.
What comes of the mouse is one of `POINTED` with column and row behind it, from 1, as in `press 12 24`: `press`, `drag` and
`release` of the first button, `button` for the press of another one, `wheel`; and `cursor` where the cursor was asked for.
"""

import codecs
import re

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
POINTED = ("press", "drag", "release", "button", "wheel", "cursor")
_MOUSE = re.compile(
    rb"\x1b\[<(\d+);(\d+);(\d+)([Mm])"
)  # mode 1006 of xterm: button and modifiers, column, row; m: let go
_CURSOR = re.compile(rb"\x1b\[(\d+);(\d+)R")  # row, column
_MODIFIERS, _MOVED, _WHEEL = 0b11100, 0b100000, 0b1000000
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
        if mouse := _MOUSE.fullmatch(sequence):
            return [_pointed(int(mouse[1]), f"{int(mouse[2])} {int(mouse[3])}", is_down=mouse[4] == b"M")]
        if cursor := _CURSOR.fullmatch(sequence):
            return [f"cursor {int(cursor[2])} {int(cursor[1])}"]
        is_cursor_key = sequence[1:2] == b"O" or not sequence[2:-1].strip(b"0123456789;")
        return [CURSOR_KEYS.get(sequence[-1], "unknown") if is_cursor_key else "unknown"]


def _pointed(code: int, place: str, *, is_down: bool) -> str:
    """The name of what the mouse did; of the other buttons only that they were pressed."""
    button = code & ~_MODIFIERS
    if button >= _WHEEL:
        return f"wheel {place}"
    if not is_down:
        return f"release {place}" if button == 0 else "unknown"
    names = {0: "press", _MOVED: "drag"}
    return f"{names[button]} {place}" if button in names else "unknown" if button & _MOVED else f"button {place}"
