"""Tables of a corpus as Parquet files, written row by row or from columns; never in memory as a whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pysim.export.corpus.tables import schema
from pysim.export.corpus.telling import ToldRun
from pysim.story.columns import StepColumns

_ROW_GROUP = 65_536  # rows that are held before they are written
_ROWS_AT_ONCE = 4_096  # that wait to become columns


def _opened(file: Path, name: str) -> Any:  # noqa: ANN401 - needs an extra, which is imported where files are written
    from pysim.export.table_file import TableFile  # noqa: PLC0415 - likewise

    return TableFile(file, schema(name), _ROW_GROUP, compression="zstd")


def write_table(file: Path, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    """A small table."""
    with Rows(file, name) as writing:
        for row in rows:
            writing.add(row)


class Rows:
    """A table that is written row by row."""

    def __init__(self, file: Path, name: str) -> None:
        self._columns = schema(name)
        self._file = _opened(file, name)
        self._waiting: list[tuple[object, ...]] = []

    def add(self, row: tuple[object, ...]) -> None:
        """Another row."""
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - an extra

        columns = zip(zip(*self._waiting, strict=True), self._columns, strict=True)
        arrays = [pa.array(values, each.type) for values, each in columns]
        self._file.write(pa.Table.from_arrays(arrays, schema=self._columns))
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._waiting:
            self._write()
        self._file.close()


def write_steps(file: Path, run: ToldRun, name: str, split: str) -> int:
    """The table of steps, from columns, without an object for each step; how many there are."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    columns, count = schema("steps"), 0
    with _opened(file, "steps") as writing:
        for told in run.story.blocks(*run.span, "nothing"):
            if isinstance(told, StepColumns):
                constant = [pa.repeat(pa.scalar(text), len(told)) for text in (name, split)]
                arrays = [pa.array(values, from_pandas=True) for values in told.as_arrays().values()]
                writing.write(pa.Table.from_arrays([*constant, *arrays], schema=columns))
                count += len(told)
    return count
