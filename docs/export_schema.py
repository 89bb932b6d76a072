"""What `pysim export` writes, in words: formats from their table, columns from the schemas that are written into the files."""

from collections.abc import Iterator
from typing import Any

from event_schema import kinds

from pysim.export.arrow import FLEET, LABELS, RUN, STEPS, Table, event_table
from pysim.export.format import Format
from pysim.export.formats import FORMATS
from pysim.story.events import FleetSampled, StepCompleted

_INTRODUCTION = """# Exports

    python -m pysim export --to FORMAT PATH [OPTION]...

writes a run as data: the same run that `python -m pysim` shows with the same options. `--from` and `--until` choose a part, `--inject`,
`--on-call`, `--decide` and `--scenario` mean what they mean in the show. `python -m pysim export --help` lists everything.

- **Whole or not there.** An export is written beside its place (`.NAME.PROCESS.part`), brought to the disk and renamed. One that is killed
  leaves nothing under the final name, and the next export to the same place removes what it left. Ctrl-C leaves nothing at all.
- **Nothing of yours is overwritten.** What is there already is replaced only with `--overwrite`, and only if an export of the same format
  made it: a file is told by its first bytes, a folder by its `.pysim-export.json`, which says which run and which options.
- **Resumable where that is of use.** A folder of many runs (`parquet`) keeps those that are there: asked again for a run that is there as it
  would be made, an export says so and ends. A single file is not resumed: a run is computed, not collected, and begins again as quickly.
- **Exit codes**: 0 when it is there; 2 for what cannot be asked for, 1 for what the system does not allow, 128 + n for signal n.
- `-` as PATH writes a format that is text to standard output; a pipe or a device is written to as it is.
- **No number is made for an export.** Columns have the values of the [events](events.md); what is not a number is empty or null.
"""

_PARQUET = """## Parquet

A folder takes many runs, each in `run=ID/` with these tables:

    import duckdb
    duckdb.sql("select run, max(step), min(loss) from read_parquet('runs/*/steps.parquet', hive_partitioning = true) group by run")

    import polars as pl
    pl.scan_parquet("runs/*/steps.parquet", hive_partitioning=True)

The columns' units and meanings are in the files, as metadata of the fields (`unit`, `description`). A run whose incidents or decisions were
asked for otherwise has the same ID: give it a folder of its own.

Row groups have 131,072 rows. `steps` holds whole numbers that grow as their differences (`DELTA_BINARY_PACKED`, which Spark reads from 3.3 on),
what is printed with few digits or has few values by a dictionary, and other measurements as they are; statistics are those of columns by
which a row group can be passed over. `--tables steps` leaves out all else, and what it takes to tell it.
"""

_TRACKERS = """## Experiment trackers

`tensorboard`, `wandb`, `mlflow` and `trainer` have what a framework logs, under its names: [docs/trackers.md](trackers.md).
"""

_TRACE = """## Traces

`ranks/rankN.pt.trace.json` is a file of PyTorch's profiler (Kineto) for each of some processes - the first of each stage of the pipeline, or
the first of each of two nodes - and `trace.json` has them all, for [Perfetto](https://ui.perfetto.dev) or `chrome://tracing`.
[HolisticTraceAnalysis](https://github.com/facebookresearch/HolisticTraceAnalysis) reads the folder `ranks`. Without `--from` three steps are told, from
the eleventh on; with it the next three, with `--until` at most twenty.

Each piece is as long as the laws of the run's step say: kernels by the roofline, collectives by their messages and links, the order of passes as one
forward, one backward, interleaved where a stage has several chunks. Together they are the step that the run took: its noise, and a slow node for
which all wait, stretch all pieces alike. A kernel here stands for all of its kind in a layer. Waits of the pipeline are receives that spin,
as a profiler shows them; the row `waits` says why.
"""

_RECORDING = """## Recordings

`asciicast` (version 3) and `asciicast-v2` record the show as a terminal would have it, ten frames a second: `--view`, `--size`, `--tempo`, `--speed-factor`,
`--show`, `--color` and `--log-every` as on a terminal of 120x40. Incidents are marks. `asciinema play` and asciinema-player play them.
"""


_MONITORS = """## Metrics, dumps and logs of a cluster

[metrics.md](metrics.md) tells of `openmetrics` and its live exporter, `nccl-flight-recorder`, `dmesg` and `slurm`: which names are whose, and what reads them.
"""


def exports() -> str:
    """All formats, and the columns of tables."""
    tables = [_section(each) for each in (STEPS, FLEET, LABELS, RUN)]
    texts = (_LINES, _TRACKERS, _TRACE, _RECORDING, _MONITORS)
    return "\n".join([_INTRODUCTION, *_formats(), "", _PARQUET, *tables, *_events(), "", *texts])


_LINES = """## JSON Lines and CSV

`jsonl` has an [event](events.md) a line. `csv` has the columns of `steps` without `time`, one header, one row a step; what is not a number is
empty, a flag is `true` or `false`. DuckDB finds out the types of both:

    import duckdb
    duckdb.sql("select event, count(*) from read_json('run.jsonl', field_appearance_threshold = 0) group by event")
    duckdb.sql("select max(step), min(loss) from read_csv('steps.csv')")

Few events have any one field; without that threshold DuckDB may take each line for a value of one column.
"""


def _formats() -> Iterator[str]:
    yield from ("## Formats", "", "| `--to` | what | needs | options of its own |", "|---|---|---|---|")
    for each in FORMATS.values():
        yield f"| `{each.name}` | {each.summary}; {_shape(each)} | {_extra(each)} | {_options(each)} |"


def _shape(each: Format) -> str:
    if each.is_partitioned:
        return "a folder for many runs"
    return "a file" if each.shape == "file" else "a folder"


def _extra(each: Format) -> str:
    return f"`pip install 'pysim-llm[{each.extra}]'`" if each.extra else ""


def _options(each: Format) -> str:
    return ", ".join(f"`--{name}`" for name in dict.fromkeys((*each.options, *each.own_options)))


def _section(table: Table) -> str:
    rows = [_row(table.schema.field(name)) for name in table.schema.names]
    return "\n".join(
        [
            f"### {table.name}",
            "",
            f"Each row is {table.rows}.",
            "",
            "| column | type | unit | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(field: Any) -> str:  # noqa: ANN401 - pyarrow has no types of its own
    told = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    kind = f"{field.type}, or null" if field.nullable else str(field.type)
    return f"| `{field.name}` | {kind} | {told.get('unit', '')} | {told.get('description', '')} |"


def _events() -> Iterator[str]:
    """Tables that have the columns of their events."""
    yield "### events/KIND"
    yield ""
    yield "A table for each kind of event but `StepCompleted` and `FleetSampled`, which are `steps` and `fleet`, with `time` and its [fields](events.md):"
    names = (f"`{event_table(kind).name}`" for kind in kinds() if kind not in (StepCompleted, FleetSampled))
    yield f"{', '.join(names)}."
