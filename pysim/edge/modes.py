"""The modes of a POSIX terminal, borrowed from whoever had it before.

A program in the background that touches them gets a signal that stops it, and its call fails with EINTR when it is brought to
the front; Python repeats such calls for files, but not for terminals.
"""

import errno
import os
import termios
from typing import Any

from pysim.edge.output import Vanished

_Attributes = list[Any]  # what termios.tcgetattr returns


class Modes:
    """What a terminal does with what is typed: ours, and what was there before."""

    def __init__(self, descriptor: int, *, has_keys: bool) -> None:
        self._descriptor = descriptor
        self._has_keys = has_keys  # without, the modes are left as they are; only the foreground is waited for
        self._before: _Attributes | None = None
        self._ours: _Attributes | None = None

    def take(self) -> bool:
        """Set ours; False if the program was interrupted instead, perhaps stopped until it is in the foreground.

        The modes before are read each time: in the background they are those of a shell that edits a line. Where they are ours
        already, the program was stopped and nobody put anything back.

        Raises:
            Vanished: if the terminal is gone, or nobody will ever bring the program to the foreground.
        """
        found, ours = self._wanted()
        if not self._set(ours):
            return False
        if found != self._ours:
            self._before = found
        self._ours = ours
        return True

    def give_back(self) -> None:
        """As they were before, unless the terminal is another program's now."""
        if self._before is None or not self.in_foreground():
            return
        while not self._set(self._before):
            pass

    def in_foreground(self) -> bool:
        """Whether the terminal is ours to change; also where it controls no jobs at all."""
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return True

    def _wanted(self) -> tuple[_Attributes, _Attributes]:
        """The modes as they are, and as we want them."""
        try:
            found = termios.tcgetattr(self._descriptor)
        except termios.error as error:
            raise Vanished(*error.args) from error
        return found, _without_echo(found) if self._has_keys else found

    def _set(self, attributes: _Attributes) -> bool:
        """False if the program was interrupted instead."""
        try:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
        except termios.error as error:
            if error.args[0] == errno.EINTR:
                return False
            raise Vanished(*error.args) from error
        return True


def _without_echo(attributes: _Attributes) -> _Attributes:
    """Keys arrive one by one and unseen; Ctrl-S is a key, so that it cannot hold up the output."""
    input_flags, output_flags, control_flags, local_flags, input_speed, output_speed, characters = attributes
    characters = characters.copy()
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    return [
        input_flags & ~termios.IXON,
        output_flags,
        control_flags,
        local_flags & ~(termios.ECHO | termios.ICANON),
        input_speed,
        output_speed,
        characters,
    ]
