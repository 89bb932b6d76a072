"""Where text goes. Everything that a run shows passes through one method."""

from typing import Protocol


class Sink(Protocol):
    """Anything that takes text: standard output, a buffer, a recorder, a worker's message port."""

    def write(self, text: str, /) -> object:
        """Take `text`, ANSI escapes and all."""
