"""Steps as comma-separated values (RFC 4180, with line feeds): a header, then a row a step. What is not a number is empty."""

from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.story.columns import StepColumns, step_columns
from pysim.story.story import Span, Story


class StepsCsv(Quiet):
    """Writes block by block."""

    between = "nothing"

    def __init__(self, file: BinaryIO, _asked: Asked) -> None:
        self._file = file

    def begin(self, _story: Story, _span: Span, /) -> None:
        """The names of the columns."""
        self._write([[each.name for each in step_columns()]])

    def steps(self, columns: StepColumns, /) -> None:
        """A row each."""
        self._write(zip(*map(_texts, columns.as_arrays().values()), strict=True))

    def _write(self, rows: Iterable[Iterable[str]]) -> None:
        self._file.write("".join(f"{','.join(row)}\n" for row in rows).encode())


def _texts(values: NDArray[Any]) -> list[str]:
    """Each as the shortest text that is read as the same again; no such text needs quotes."""
    texts = list(map(repr, values.tolist()))
    if values.dtype == np.bool_:
        return [text.lower() for text in texts]
    if values.dtype == np.float64:
        for row in np.flatnonzero(np.isnan(values)).tolist():
            texts[row] = ""
    return texts
