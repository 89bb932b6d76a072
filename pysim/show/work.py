"""Work that can be done bit by bit: a generator that yields between the bits and returns the result.

Where a thread is shared with a page that must stay quick, the caller takes a few bits at a time; everybody else calls `done`.
"""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")
Work = Generator[None, None, Result]


def done(work: Work[Result]) -> Result:
    """Do all of it at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
