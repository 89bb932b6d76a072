"""Standard output as a descriptor: bytes, the clock they go by, and what happens when nobody takes them."""

import codecs
import os
import select
import time


class Vanished(OSError):  # noqa: N818 - it reads as what happened
    """The output takes no more text: a closed pipe, a full disk, a terminal that is gone."""


class Output:
    """Standard output by its file descriptor: nothing stays in a buffer that the interpreter would flush at its end."""

    def __init__(self, descriptor: int, encoding: str, held_bytes: int = 0) -> None:
        self.descriptor = descriptor
        self._encoder = codecs.getincrementalencoder(encoding)(
            "replace"
        )  # one for all: some begin with a byte-order mark
        self._held_bytes = held_bytes  # how much may be held back; 0 writes every text at once
        self._held = bytearray()

    def write(self, text: str) -> None:
        """Write, or hold until there is more."""
        self._held += self._encoder.encode(text)
        if len(self._held) > self._held_bytes:
            self.flush()

    def flush(self) -> None:
        """Write all that is held."""
        data, self._held = memoryview(bytes(self._held)), bytearray()
        while data:
            try:
                data = data[os.write(self.descriptor, data) :]
            except BlockingIOError:  # someone who shares the descriptor made it non-blocking
                select.select([], [self.descriptor], [])
            except OSError as error:
                raise Vanished(*error.args) from error

    def clock(self) -> float:
        """Seconds that only go up."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def terminal_size(descriptor: int) -> tuple[int, int]:
    """Columns and rows; zeros where nobody knows."""
    try:
        size = os.get_terminal_size(descriptor)
    except OSError:
        return 0, 0
    return size.columns, size.lines
