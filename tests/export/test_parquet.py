"""Parquet, read back by DuckDB, Polars and pandas' own reader: what the events say is what they find."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from befalling import SMALL
from event_schema import kinds

from pysim.edge.cli import main
from pysim.export import parquet
from pysim.export.arrow import FLEET, LABELS, RUN, STEPS, Table, event_table, unit_of
from pysim.export.feeding import feed
from pysim.export.format import Asked
from pysim.export.parquet import Parquet
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.columns import step_columns
from pysim.story.events import FleetSampled, StepCompleted
from pysim.story.story import Label, Span

_HOUR_US = 3_600_000_000
ASKED = [Injection(cause="gpu-off-bus", at_us=2 * _HOUR_US, target="node", number=1)]


@pytest.fixture(scope="module")
def story() -> PretrainingStory:
    """Half of the run is done, one node breaks, and what was not saved is done again."""
    return PretrainingStory(simulate(SMALL, incidents=incidents(SMALL, ASKED)))


@pytest.fixture(scope="module")
def exported(story: PretrainingStory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("parquet")
    folder = top / f"run={story.header.run_id}"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "ROW_GROUP", 1000)  # so that borders fall into the run
        patch.setattr(parquet, "_EVENTS_HELD", 7)
        fed = list(feed(Parquet(folder, Asked()), "blocks", story, Span(), Asked()))
    assert fed[-1].steps == story.run.timeline.last_step
    return top


def _sql(question: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        found: list[tuple[Any, ...]] = database.execute(question).fetchall()
    return found


def test_duckdb_finds_the_steps_that_the_events_tell(story: PretrainingStory, exported: Path) -> None:
    names = ", ".join(field.name for field in fields(StepCompleted))
    found = _sql(f"select {names} from read_parquet('{exported}/*/steps.parquet') order by executed")  # noqa: S608
    told = (each for each in story.narrate() if isinstance(each, StepCompleted))
    assert found == [tuple(getattr(each, field.name) for field in fields(each)) for each in told]
    run, attempts, again = _sql(
        "select first(run), max(attempt), count(*) - count(distinct step) "  # noqa: S608
        f"from read_parquet('{exported}/*/steps.parquet', hive_partitioning = true)"
    )[0]
    assert run == story.header.run_id
    assert attempts == 2
    assert again > 0


def test_duckdb_finds_every_event_in_the_table_of_its_kind(story: PretrainingStory, exported: Path) -> None:
    told = [each for each in story.narrate() if not isinstance(each, StepCompleted | FleetSampled)]
    counts = Counter(type(each).__name__ for each in told)
    there = {path.stem for path in exported.glob("*/events/*.parquet")}
    assert there == set(counts)
    for name, count in counts.items():
        assert _sql(f"select count(*) from read_parquet('{exported}/*/events/{name}.parquet')") == [(count,)]  # noqa: S608
    paths = [each.path for each in told if type(each).__name__ == "CheckpointCompleted"]  # type: ignore[attr-defined]
    found = _sql(f"select path from read_parquet('{exported}/*/events/CheckpointCompleted.parquet') order by time")  # noqa: S608
    assert [path for (path,) in found] == paths


def test_polars_finds_every_accelerator_at_every_look(story: PretrainingStory, exported: Path) -> None:
    looks = [each for each in story.narrate() if isinstance(each, FleetSampled)]
    fleet = pl.scan_parquet(f"{exported}/*/fleet.parquet", hive_partitioning=True).collect()
    assert fleet.height == len(looks) * SMALL.world_size
    assert fleet["run"].unique().to_list() == [story.header.run_id]
    watts = fleet.sort("time", "rank")["power_watts"].to_list()
    assert watts == [value for each in looks for value in each.power_watts.tolist()]
    assert set(fleet["node"].unique()) == {0, 1}
    assert "working" in fleet["condition"].cast(pl.String).unique()


def test_pandas_finds_the_labels_with_every_field(story: PretrainingStory, exported: Path) -> None:
    labels = pd.read_parquet(next(exported.glob("*/labels.parquet")))
    truth = list(story.labels())
    assert len(labels) == len(truth) > 0
    for number, label in enumerate(truth):
        for field in fields(Label):
            found, meant = labels[field.name].iloc[number], getattr(label, field.name)
            if isinstance(meant, tuple):
                assert tuple(found) == meant
            else:
                assert (None if found != found else found) == meant  # noqa: PLR0124 - NaN
    assert labels["time"].iloc[0].tz is not None


def test_the_run_is_one_row(story: PretrainingStory, exported: Path) -> None:
    (row,) = pl.read_parquet(f"{exported}/*/run.parquet").to_dicts()
    assert row["seed"] == story.header.seed
    assert row["model_title"] == story.header.model_title
    assert row["total_steps"] == story.header.total_steps
    assert row["launched"].timestamp() == story.header.start_time


def test_the_schema_says_what_each_column_is(exported: Path) -> None:
    for path in exported.rglob("*.parquet"):
        schema = pq.read_schema(path)
        assert schema.metadata[b"description"]
        assert schema.metadata[b"pysim_version"]
        for name in schema.names:
            if unit_of(name):
                assert schema.field(name).metadata[b"unit"], (path.name, name)
    steps = pq.read_schema(next(exported.glob("*/steps.parquet")))
    assert steps.names == ["time", *(each.name for each in step_columns())]
    assert all(steps.field(name).metadata[b"description"] for name in steps.names)
    assert steps.field("step_seconds").metadata[b"unit"] == b"s"


def test_row_groups_are_of_one_size(exported: Path) -> None:
    found = pq.ParquetFile(next(exported.glob("*/steps.parquet"))).metadata
    sizes = [found.row_group(index).num_rows for index in range(found.num_row_groups)]
    assert sum(sizes) == found.num_rows
    assert len(sizes) > 2


def test_each_column_of_steps_is_kept_as_suits_it(exported: Path) -> None:
    found = pq.ParquetFile(next(exported.glob("*/steps.parquet"))).metadata.row_group(0)
    columns = {each["path_in_schema"]: each for each in (found.column(n).to_dict() for n in range(found.num_columns))}
    bits = {name: 8 * each["total_compressed_size"] / found.num_rows for name, each in columns.items()}
    assert {name for name, each in columns.items() if each["has_dictionary_page"]} == {
        *("loss", "perplexity", "grad_norm", "samples_per_second", "mfu"),
        *("attempt", "epoch", "memory_bytes", "loss_scale", "global_batch_size"),
    }
    assert all(bits[name] < 2 for name in ("executed", "step", "tokens", "attempt", "epoch", "memory_bytes"))
    without = {name for name, each in columns.items() if not each["is_stats_set"]}
    assert without == {"step_seconds", "tokens_per_second", "samples_per_second", "mfu"}


def _tables() -> Iterator[Table]:
    yield from (STEPS, FLEET, LABELS, RUN)
    yield from map(event_table, kinds())


@pytest.mark.parametrize("table", list(_tables()), ids=lambda table: table.name)
def test_every_kind_of_event_has_a_form(table: Table) -> None:
    assert table.schema.names
    assert table.rows


def test_two_runs_share_a_folder_and_the_same_one_is_made_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["export", "--to", "parquet", str(tmp_path / "x"), "--preset", "gpt2-124m", "--until", "step:20"]
    for seed in ("1", "2", "2"):
        assert main([*words, "--seed", seed]) == 0
    assert "is there already, as it would be made" in capfd.readouterr().err
    found = _sql(f"select run, count(*) from read_parquet('{tmp_path}/x/*/steps.parquet') group by run")  # noqa: S608
    assert [count for _, count in found] == [20, 20]
    assert main([*words, "--seed", "2", "--inject", "gpu-off-bus@step:10,node=0"]) == 2
    assert "--overwrite replaces it" in capfd.readouterr().err
    marker = json.loads(next((tmp_path / "x").glob("*/.pysim-export.json")).read_text(encoding="utf-8"))
    assert marker["format"] == "parquet"


@pytest.mark.parametrize("tables", ["steps,labels", "fleet", "run", "events"])
def test_only_some_tables_are_written(tables: str, tmp_path: Path) -> None:
    words = ["export", "--to", "parquet", str(tmp_path), "--preset", "gpt2-124m", "--until", "step:200"]
    assert main([*words, "--tables", tables]) == 0
    there = {path.stem if path.parent.name != "events" else "events" for path in tmp_path.rglob("*.parquet")}
    assert there == set(tables.split(","))
    assert main([*words, "--tables", "steps"]) == 2  # which is another export of the same run


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        main(["export", "--to", "parquet", str(tmp_path / name), "--preset", "gpt2-124m", "--until", "step:20"])
    first, second = (sorted((tmp_path / name).rglob("*.parquet")) for name in ("a", "b"))
    assert [each.read_bytes() for each in first] == [each.read_bytes() for each in second]
