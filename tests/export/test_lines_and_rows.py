"""JSON Lines and CSV, read back by DuckDB, which finds out by itself what types their columns have."""

from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import pytest
import tracked

from pysim.export.csv_steps import StepsCsv
from pysim.export.feeding import feed
from pysim.export.format import Asked, Feed
from pysim.export.jsonl import JsonLinesFile
from pysim.story.columns import step_columns
from pysim.story.events import StepCompleted, ValidationCompleted
from pysim.story.story import WHOLE

TYPES = {"int64": "BIGINT", "float64": "DOUBLE", "bool": "BOOLEAN"}


def _written(path: Path, exporter: type[JsonLinesFile | StepsCsv], takes: Feed) -> str:
    with path.open("wb") as file:
        list(feed(exporter(file, Asked()), takes, tracked.story(), WHOLE, Asked()))
    return str(path)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _written(tmp_path_factory.mktemp("lines") / "run.jsonl", JsonLinesFile, "events")


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _written(tmp_path_factory.mktemp("rows") / "run.csv", StepsCsv, "blocks")


LINES = (
    "read_json(?, field_appearance_threshold = 0)"  # few events have a field; without this such lines are one column
)


def _sql(question: str, path: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        found: list[tuple[Any, ...]] = database.execute(question, [path]).fetchall()
    return found


def test_duckdb_counts_the_events_of_each_kind(events: str) -> None:
    found = _sql(f"select event, count(*) from {LINES} group by event", events)  # noqa: S608 - text of our own
    told = (type(each).__name__ for each in tracked.story().narrate())
    assert dict(found) == Counter(["Opened", *told])


def test_duckdb_finds_what_an_event_says(events: str) -> None:
    question = f"select step, loss from {LINES} where event = 'ValidationCompleted' order by time_seconds"  # noqa: S608 - the same
    told = (each for each in tracked.story().narrate() if isinstance(each, ValidationCompleted))
    assert _sql(question, events) == [(each.step, each.loss) for each in told]


def test_duckdb_finds_the_type_of_every_column_of_steps(steps: str) -> None:
    found = {name: kind for name, kind, *_ in _sql("describe select * from read_csv(?)", steps)}
    assert found == {each.name: TYPES[each.type] for each in step_columns()}


def test_duckdb_finds_the_steps_that_were_told(steps: str) -> None:
    names = [field.name for field in fields(StepCompleted)]
    found = _sql(f"select {', '.join(names)} from read_csv(?) order by executed", steps)  # noqa: S608 - the same
    told = (each for each in tracked.story().narrate() if isinstance(each, StepCompleted))
    assert found == [tuple(getattr(each, name) for name in names) for each in told]
