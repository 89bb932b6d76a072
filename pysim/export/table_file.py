"""A Parquet file that grows, however long a table is: rows are held until they make a row group."""

from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq


class TableFile:
    """A file of whole row groups of one size; only the last can be smaller."""

    def __init__(self, path: Path, schema: Any, row_group: int, **settings: Any) -> None:  # noqa: ANN401 - pyarrow's
        self._writer = _Writer(path, schema, **settings)
        self._row_group = row_group
        self._held: list[Any] = []
        self._rows = 0

    def write(self, rows: Any) -> None:  # noqa: ANN401 - likewise
        """Add rows."""
        self._held.append(rows)
        self._rows += rows.num_rows
        if self._rows >= self._row_group:
            self._flush(self._rows - self._rows % self._row_group)

    def close(self) -> None:
        """No more come."""
        if self._rows:
            self._flush(self._rows)
        self._writer.close()

    def _flush(self, count: int) -> None:
        """Write so many rows; the rest waits for others."""
        held = pa.concat_tables(self._held)
        self._writer.write_table(held.slice(0, count), row_group_size=self._row_group)
        self._held, self._rows = [held.slice(count)], self._rows - count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Writer(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow has no types of its own
    """One that does not try again to end a file when it is thrown away because that could not be written."""

    def __del__(self) -> None:
        pass
