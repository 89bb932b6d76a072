"""Every format once."""

from collections.abc import Mapping
from types import MappingProxyType

from pysim.export.exporter import Format
from pysim.views.names import EVENTS

_ROWS = (
    Format(
        name="jsonl",
        summary="every event as a JSON object a line (JSON Lines), as --view events has it",
        module="jsonl",
        exporter="JsonLinesFile",
        feed="events",
        mark=b'{"event":"Opened"',
        views=(EVENTS,),
        options=("log-every",),
    ),
    Format(
        name="csv",
        summary="every step as a row of comma-separated values, with a header",
        module="csv_steps",
        exporter="StepsCsv",
        mark=b"executed,attempt,time_us,",
    ),
    Format(
        name="parquet",
        summary="tables of steps, events, accelerators and labels in PATH/run=ID/, for DuckDB, pandas, Polars, Spark",
        module="parquet",
        exporter="Parquet",
        shape="folder",
        extra="parquet",
        is_partitioned=True,
    ),
)
FORMATS: Mapping[str, Format] = MappingProxyType({each.name: each for each in _ROWS})
