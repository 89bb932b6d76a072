"""Numbers of all looks, on the disk meanwhile: they come look by look, and are wanted series by series.

OpenMetrics wants all samples of a series together. A run of days on thousands of accelerators does not fit into memory, so that what
was read lies in a file without a name, which goes with the process however that ends.
"""

import tempfile
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pysim.export.scratch import scratch

Number = TypeVar("Number", bound=np.generic)


class Spool(Generic[Number]):
    """A table of so many columns; rows come one by one."""

    def __init__(self, shape: tuple[int, ...], number: type[Number], beside: BinaryIO) -> None:
        """Its file is in the folder of another one, which has to have room for more; elsewhere where that is a pipe."""
        self._shape = shape
        self._number = number
        folder = _folder_of(beside)
        self._within = nullcontext if folder else scratch
        with self._within():
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the spool
        self._rows = 0

    def __enter__(self) -> "Spool[Number]":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, row: NDArray[Any]) -> None:
        """The next row."""
        with self._within():
            self._file.write(np.ascontiguousarray(row, self._number).tobytes())
        self._rows += 1

    def table(self) -> NDArray[Number]:
        """All rows, shape (rows, *shape), as the disk has them."""
        if not self._rows:
            return np.zeros((0, *self._shape), self._number)
        with self._within():
            self._file.flush()
        return np.memmap(self._file, self._number, "r", shape=(self._rows, *self._shape))

    def close(self) -> None:
        """Nothing is left of it."""
        with self._within():
            self._file.close()


def _folder_of(file: BinaryIO) -> Path | None:
    name = getattr(file, "name", None)
    return Path(name).resolve().parent if isinstance(name, str) and file.seekable() else None
