"""What an operating system has to offer to a show: one contract, one module for each kind of system."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from pysim.edge.output import Output
from pysim.edge.watch import Terminal
from pysim.terminal.screen import Screen


class System(Protocol):
    """`posix` and `windows` are two of them."""

    CLOSED_PIPE: tuple[int, ...]  # error numbers of writing to a pipe that nobody reads any more

    def console(self) -> AbstractContextManager[None]:
        """Let standard output understand what will be written, until the end."""

    def encoding(self) -> str:
        """What the bytes of standard output mean."""

    def moves(self) -> bool:
        """Whether standard output, if it is a terminal, understands escape codes."""

    def terminal(self, output: Output, look: Callable[[], Screen]) -> AbstractContextManager[Terminal]:
        """The terminal in the hands of a show, with its keys if it has any."""


def system() -> System:
    """The one that this is."""
    if os.name == "nt":
        from pysim.edge import windows  # noqa: PLC0415 - only one of the two is of use

        return windows
    from pysim.edge import posix  # noqa: PLC0415

    return posix
