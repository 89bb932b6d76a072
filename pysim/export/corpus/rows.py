"""Tables of a corpus as Parquet files, written row by row or from columns; never in memory as a whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pysim.export.corpus.tables import schema
from pysim.export.corpus.telling import ToldRun
from pysim.story.columns import StepColumns

_ROWS_AT_ONCE = 16_384  # in memory before they are written
_STEPS_AT_ONCE = 65_536
_COMPRESSION = "zstd"


def _parquet_writer(file: Path, name: str) -> Any:  # noqa: ANN401 - a library that is imported where files are written
    """What writes columns of a table into a file."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    return pq.ParquetWriter(file, schema(name), compression=_COMPRESSION)


def write_table(file: Path, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    """A small table."""
    with Rows(file, name) as writing:
        for row in rows:
            writing.add(row)


class Rows:
    """A table that is written row by row."""

    def __init__(self, file: Path, name: str) -> None:
        self._columns = schema(name)
        self._writer = _parquet_writer(file, name)
        self._waiting: list[tuple[object, ...]] = []

    def add(self, row: tuple[object, ...]) -> None:
        """Another row."""
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - an extra

        arrays = [
            pa.array(values, each.type)
            for values, each in zip(zip(*self._waiting, strict=True), self._columns, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._columns))
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._waiting:
            self._write()
        self._writer.close()


def write_steps(file: Path, run: ToldRun, name: str, split: str) -> int:
    """The table of steps, from columns, without an object for each step; how many there are."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    columns, waiting, count = schema("steps"), [], 0
    with _parquet_writer(file, "steps") as writer:
        for told in run.story.blocks(*run.span, "nothing"):
            if not isinstance(told, StepColumns):
                continue
            constant = [pa.repeat(pa.scalar(text), len(told)) for text in (name, split)]
            arrays = [pa.array(values, from_pandas=True) for values in told.as_arrays().values()]
            waiting.append(pa.Table.from_arrays([*constant, *arrays], schema=columns))
            count += len(told)
            if sum(len(each) for each in waiting) >= _STEPS_AT_ONCE:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())
    return count
