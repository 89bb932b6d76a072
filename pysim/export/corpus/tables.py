"""The tables of a corpus: their columns, each with what it means. Documentation and files are made from these rows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pysim.story.columns import Column, step_columns


def _column(name: str, kind: str, meaning: str, unit: str = "") -> Column:
    return Column(name=name, type=kind, unit=unit, meaning=meaning)


_RUN = _column("run", "string", "name of the run, as its folder")
_SPLIT = _column("split", "string", "train, validation or test, by run: all of a run, and both of a pair, are in one")

LINES = (
    _RUN,
    _column("dialect", "string", "program whose log it is, as --view takes it"),
    _SPLIT,
    _column("period", "string", "train or test, by time: the last fifth of what is told of each run is for tests"),
    _column("line", "int64", "number in the log, from 1; lines end with a line feed, and a carriage return is no end"),
    _column("text", "string", "the line, without its end"),
    _column("time_seconds", "float64", "when it happened that the line tells of, since the launch of the job", "s"),
    _column("event", "string", "kind of event that the line tells of, as in the table of events"),
    _column("template", "string", "number of the template that the line is made by; the same in every corpus"),
    _column("parameters", "list", "what was filled into the template, in order"),
    _column("step", "int64", "training step that the event names; none if it names none"),
    _column("rank", "int64", "rank that speaks or is spoken of; none if it is none"),
    _column("incident", "int64", "number of the incident that the line is of, in its run; none for ordinary lines"),
    _column("role", "string", "cause, symptom, consequence, recovery or noise; none for ordinary lines"),
)
TEMPLATES = (
    _column("template", "string", "its number, made from its text"),
    _column("text", "string", "as it is written, with <*> in the place of what is filled in"),
    _column("names", "list", "what each <*> stands for, in the words of the program's source"),
    _column("dialects", "list", "logs in which it is found"),
    _column("lines", "int64", "lines of the corpus that are made by it"),
    _column("example", "string", "one of them"),
)
INCIDENTS = (
    _RUN,
    _SPLIT,
    _column("incident", "int64", "its number in the run; below zero for slowness that no event tells of"),
    _column("cause", "string", "why, as --inject takes it; slow node and next file are no incidents"),
    _column("title", "string", "the same in words"),
    _column("effect", "string", "on steps: crash, hang, slow, stall, loss, survives"),
    _column("target", "string", "what was hit: accelerator, node, rack, switch, storage, job, data"),
    _column(
        "place", "string", "host that was hit, and the rank where it was one; job, data or storage where it was none"
    ),
    _column("is_asked", "bool", "whether the specification let it happen; otherwise it came by itself"),
    _column("begin_seconds", "float64", "when it truly began, since the launch of the job", "s"),
    _column("noticed_seconds", "float64", "when somebody or something noticed; none for never", "s"),
    _column("end_seconds", "float64", "when it was over", "s"),
    _column("evidence", "string", "what can be seen of it even where nobody says a word"),
    _column("lost_seconds", "float64", "since steps stopped until they went on", "s"),
    _column("lost_accelerator_hours", "float64", "the same times the accelerators of the job", "h"),
    _column("lost_usd", "float64", "the same at their price", "USD"),
    _column("blamed", "string", "host that the diagnosis named where it was a wrong one; empty otherwise"),
    _column("returns", "int64", "number of the incident that it is the return of; none if of none"),
)
RUNS = (
    _RUN,
    _column("number", "int64", "its number in the corpus; both of a pair have the same"),
    _column("variant", "string", "with or without the cause in which a pair differs; empty where there are no pairs"),
    _SPLIT,
    _column("population", "string", "population of the specification that it is drawn from"),
    _column("attempt", "int64", "how many draws before this one could not be a run"),
    _column("seed", "int64", "seed of all its noise and luck"),
    _column("options", "string", "what was drawn, as a command line of pysim"),
    _column("run_name", "string", "name of the run in its own logs"),
    _column("preset", "string", "preset that the plan began with; none if it was drawn"),
    _column("model", "string", "what is trained"),
    _column("accelerator", "string", "on what"),
    _column("accelerators", "int64", "on how many"),
    _column("nodes", "int64", "in how many machines"),
    _column("total_steps", "int64", "steps of the whole run"),
    _column("start_time", "int64", "launch of the job, in Unix seconds (UTC)", "s"),
    _column("begin_seconds", "float64", "where what is told begins, since the launch of the job", "s"),
    _column("end_seconds", "float64", "where it ends", "s"),
    _column("dialects", "list", "logs of the run"),
    _column("lines", "int64", "lines in all of them"),
    _column("anomalous_lines", "int64", "those that are cause, symptom or consequence"),
    _column("steps", "int64", "rows of the table of steps"),
    _column("incidents", "int64", "rows of the table of incidents"),
    _column("bytes", "int64", "size of all files of the run", "B"),
)
STEPS = (_RUN, _SPLIT, *step_columns())

TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {"lines": LINES, "steps": STEPS, "incidents": INCIDENTS, "runs": RUNS, "templates": TEMPLATES}
)
"""By name."""


def schema(name: str) -> Any:  # noqa: ANN401 - a library that is imported where files are written
    """The columns of a table for Arrow, with unit and meaning in the metadata of each."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    kinds = {
        "string": pa.string(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "list": pa.list_(pa.string()),
    }
    return pa.schema(
        pa.field(each.name, kinds[each.type], metadata={"description": each.meaning, "unit": each.unit})
        for each in TABLES[name]
    )
