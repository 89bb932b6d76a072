"""What cannot be done, in one line on standard error: how it is said, and the errors that become such a line."""

import contextlib
import sys
from collections.abc import Iterator

from pysim.options.commandline import UsageError


class FaultError(Exception):
    """The world does not allow what was asked for; the text says what, and where."""


def complain(message: str, code: int = 0) -> int:
    """Say it, and give back the exit code that goes with it."""
    with contextlib.suppress(OSError, AttributeError):  # standard error may be closed as well
        sys.stderr.write(f"pysim: {message}\n")
        sys.stderr.flush()
    return code


@contextlib.contextmanager
def plan_errors() -> Iterator[None]:
    """A plan that cannot be, or a place that is not in the run, is a mistake on the command line."""
    from pysim.edge.staging import explain  # noqa: PLC0415 - takes time to import, and the first word may be misspelt

    try:
        yield
    except ValueError as error:
        message = explain(error)
        if message is None:
            raise
        raise UsageError(message) from None
