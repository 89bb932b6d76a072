"""A run as Parquet files, one a table: `run=ID/steps.parquet`, `fleet`, `labels`, `run`, and `events/KIND.parquet`.

Whoever reads `*/steps.parquet` with Hive partitioning has the runs of a folder in one table, told apart by the column `run`. Rows are
collected to row groups of a size that readers like, and memory stays small however long the run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pysim.export.arrow import (
    FLEET,
    LABELS,
    RUN,
    STEPS,
    Table,
    event_rows,
    event_table,
    fleet_rows,
    label_rows,
    run_row,
    step_rows,
)
from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.story.columns import StepColumns
from pysim.story.events import Event, FleetSampled
from pysim.story.story import Span, Story

ROW_GROUP = 131_072
_EVENTS_HELD = 4096  # of a kind
EVENTS = "events"  # the folder of their tables
_FEW_VALUES = {  # columns that say the same again and again: in this table a dictionary is worth its time there alone
    "steps": ("attempt", "epoch", "memory_bytes", "loss_scale", "global_batch_size"),
}


class Parquet(Quiet):
    """Writes the tables of one run into a folder."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._tables = asked.tables
        if "fleet" not in self._tables:
            self.between = "no looks" if "events" in self._tables else "nothing"
        self._files: dict[str, _TableFile] = {}
        self._blocks: list[StepColumns] = []
        self._events: dict[type[Event], list[Event]] = {}

    def begin(self, story: Story, span: Span, /) -> None:
        """What is known beforehand."""
        self._story = story
        self._start_time = story.header.start_time
        if "run" in self._tables:
            self._file(RUN).write(run_row(story.header, span, story.end_us))
        for table in (STEPS, FLEET):
            if table.name in self._tables:  # also where there is nothing to say
                self._file(table)

    def event(self, event: Event, /) -> None:
        """Held until there are more of its kind."""
        if isinstance(event, FleetSampled):
            if "fleet" in self._tables:
                self._file(FLEET).write(fleet_rows(event, self._story.header))
            return
        if "events" not in self._tables:
            return
        held = self._events.setdefault(type(event), [])
        held.append(event)
        if len(held) == _EVENTS_HELD:
            self._write_events(type(event))

    def steps(self, columns: StepColumns, /) -> None:
        """Held until they make a row group."""
        if "steps" not in self._tables:
            return
        self._blocks.append(columns)
        if sum(map(len, self._blocks)) >= ROW_GROUP:
            self._write_steps()

    def end(self) -> None:
        """The rest, and the labels."""
        self._write_steps()
        for kind in list(self._events):
            self._write_events(kind)
        if "labels" in self._tables:
            self._file(LABELS).write(label_rows(self._story.labels(), self._start_time))
        for file in self._files.values():
            file.close()

    def _write_steps(self) -> None:
        if self._blocks:
            self._file(STEPS).write(step_rows(self._blocks, self._start_time))
            self._blocks.clear()

    def _write_events(self, kind: type[Event]) -> None:
        held = self._events[kind]
        if held:
            self._file(event_table(kind), EVENTS).write(event_rows(held, self._start_time))
            held.clear()

    def _file(self, table: Table, inside: str = "") -> "_TableFile":
        if table.name not in self._files:
            (self._folder / inside).mkdir(exist_ok=True)
            self._files[table.name] = _TableFile(self._folder / inside / f"{table.name}.parquet", table)
        return self._files[table.name]


class _TableFile:
    """A file that grows by whole row groups."""

    def __init__(self, path: Path, table: Table) -> None:
        self._writer = pq.ParquetWriter(path, table.schema, **settings_of(table.name))
        self._held: list[Any] = []
        self._rows = 0

    def write(self, rows: Any) -> None:  # noqa: ANN401 - pyarrow's
        """Add rows."""
        self._held.append(rows)
        self._rows += rows.num_rows
        if self._rows >= ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """No more come."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.concat_tables(self._held), row_group_size=ROW_GROUP)
            self._held, self._rows = [], 0


def settings_of(table: str) -> Mapping[str, Any]:
    """How a table is written: quickly, and so that every reader of the last years can read it."""
    few: Sequence[str] | bool = _FEW_VALUES.get(table, True)
    return {"compression": "snappy", "use_dictionary": few, "version": "2.6", "store_schema": True}
