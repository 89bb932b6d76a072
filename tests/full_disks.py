"""What is like a disk that is full, for anybody and without one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def files_no_longer_than(count: int) -> Iterator[None]:
    """Nobody can write more bytes to a file: the system says that it is too large."""
    resource = pytest.importorskip("resource", reason="the system has no such limits")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
