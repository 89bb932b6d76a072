"""Where text goes. Everything that a run shows passes through one method."""

from typing import Protocol


class Sink(Protocol):
    """Anything that takes text: standard output, a buffer, a recorder, a worker's message port."""

    def write(self, text: str, /) -> object:
        """Take `text`, ANSI escapes and all."""


class Memory:
    """A sink that keeps what it was given."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str, /) -> None:
        """Keep `text`."""
        self._parts.append(text)

    @property
    def text(self) -> str:
        """All that was written, in order."""
        return "".join(self._parts)
