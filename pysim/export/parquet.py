"""A run as Parquet files, one a table: `run=ID/steps.parquet`, `fleet`, `labels`, `run`, and `events/KIND.parquet`.

Whoever reads `*/steps.parquet` with Hive partitioning has the runs of a folder in one table, told apart by the column `run`. Rows are
collected to row groups of a size that readers like, and memory stays small however long the run.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from pysim.export.arrow import (
    FLEET,
    LABELS,
    RUN,
    STEPS,
    Table,
    event_rows,
    event_table,
    event_values,
    fleet_rows,
    label_rows,
    run_row,
    step_rows,
)
from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.export.table_file import TableFile
from pysim.story.columns import StepColumns
from pysim.story.events import Event, FleetSampled
from pysim.story.story import Span, Story

ROW_GROUP = 131_072
_EVENTS_HELD = 4096  # of a kind
EVENTS = "events"  # the folder of their tables
# Of steps: what is printed with few digits, and what stays the same for long or is one of a few.
_FEW_DIGITS = ("loss", "perplexity", "grad_norm", "samples_per_second", "mfu")
_FEW_VALUES = ("attempt", "epoch", "memory_bytes", "loss_scale", "global_batch_size")
# What jitters from step to step, so that the least and the most of a hundred thousand exclude nothing.
_SCATTERED = ("step_seconds", "tokens_per_second", "samples_per_second", "mfu")


class _Held(NamedTuple):
    """Events of a kind that are not written yet."""

    values: Callable[[Event], tuple[Any, ...]]
    rows: list[tuple[Any, ...]]


class Parquet(Quiet):
    """Writes the tables of one run into a folder."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._tables = asked.tables
        if "fleet" not in self._tables:
            self.between = "no looks" if "events" in self._tables else "nothing"
        self._files: dict[str, TableFile] = {}
        self._events: dict[type[Event], _Held] = {}

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
        """Its values are held until there are more of its kind: an event that is held is one more for the collector of garbage to look at."""
        if isinstance(event, FleetSampled):
            if "fleet" in self._tables:
                self._file(FLEET).write(fleet_rows(event, self._story.header))
            return
        if "events" not in self._tables:
            return
        kind = type(event)
        if kind not in self._events:
            self._events[kind] = _Held(event_values(kind), [])
        values, rows = self._events[kind]
        rows.append(values(event))
        if len(rows) == _EVENTS_HELD:
            self._write_events(kind)

    def steps(self, columns: StepColumns, /) -> None:
        """As they come."""
        if "steps" in self._tables:
            self._file(STEPS).write(step_rows(columns, self._start_time))

    def end(self) -> None:
        """The rest, and the labels."""
        for kind in list(self._events):
            self._write_events(kind)
        if "labels" in self._tables:
            self._file(LABELS).write(label_rows(self._story.labels(), self._start_time))
        for file in self._files.values():
            file.close()

    def _write_events(self, kind: type[Event]) -> None:
        rows = self._events[kind].rows
        if rows:
            self._file(event_table(kind), EVENTS).write(event_rows(kind, rows, self._start_time))
            rows.clear()

    def _file(self, table: Table, inside: str = "") -> TableFile:
        if table.name not in self._files:
            (self._folder / inside).mkdir(exist_ok=True)
            self._files[table.name] = _opened(self._folder / inside / f"{table.name}.parquet", table)
        return self._files[table.name]


def _opened(path: Path, table: Table) -> TableFile:
    return TableFile(path, table.schema, ROW_GROUP, **_settings(table))


def _settings(table: Table) -> Mapping[str, Any]:
    """How a table is written: so that every reader of the last years can read it, and quickly.

    Steps are many, and what is known of their columns makes them a quarter smaller than Snappy does, in less time: whole numbers
    that grow are kept as their differences; of few values each is said often, so they come from a dictionary; other measurements are
    as they are, for no two are alike. Statistics tell a reader which row groups it can pass over, where they can tell.
    """
    known = {"version": "2.6", "store_schema": True}
    if table is not STEPS:
        return {"compression": "snappy", **known}
    names, few = table.schema.names, (*_FEW_DIGITS, *_FEW_VALUES)
    growing = [name for name in names if pa.types.is_integer(table.schema.field(name).type) and name not in few]
    return {
        "compression": {name: "snappy" if name == "learning_rate" else "none" for name in names},
        "use_dictionary": few,
        "column_encoding": dict.fromkeys(("time", *growing), "DELTA_BINARY_PACKED"),
        "write_statistics": [name for name in names if name not in _SCATTERED],
        **known,
    }
