"""Files that are made in the system's temporary folder first: what is wrong there is not wrong where an export goes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ScratchError(Exception):
    """The temporary folder takes no more, or there is none; the text says which one, and why."""


@contextmanager
def scratch() -> Iterator[None]:
    """What is written within it is written to the temporary folder.

    Raises:
        ScratchError: if that cannot be.
    """
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error  # libraries have words of their own
        folder = tempfile.tempdir  # None where none could be found
        message = f"cannot write to {folder}, where files are made first: {why}; TMPDIR names another folder"
        raise ScratchError(message if folder else str(error.strerror)) from error


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is gone afterwards.

    Raises:
        ScratchError: if there can be none.
    """
    with scratch():
        folder = tempfile.TemporaryDirectory(prefix="pysim-")
    with folder as made:
        yield Path(made)
