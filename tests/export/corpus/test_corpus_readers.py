"""What other programs make of a corpus. All but DuckDB are too many packages for every day: `make corpus-readers` installs them."""

import json
from pathlib import Path

import duckdb
import pytest
from small_corpora import SPECIFICATION

from pysim.edge.corpora import corpus
from pysim.export.corpus.tables import TABLES

EXAMPLES = Path(__file__).parents[3] / "examples" / "corpus"
OTHERS = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read")
    (folder / "spec.toml").write_text(SPECIFICATION, encoding="utf-8")
    assert corpus([str(folder / "out"), "--spec", str(folder / "spec.toml"), "--runs", "14", "--workers", "1"]) == 0
    return folder / "out"


def asked(question: str) -> list[tuple[object, ...]]:
    relation = duckdb.sql(question)
    assert relation is not None
    return list(relation.fetchall())


def test_duckdb_joins_lines_with_their_incidents(made: Path) -> None:
    found = asked(
        f"""
        select i.cause, l.role, count(*) as lines
        from '{made}/runs/*/*/*/*.lines.parquet' l join '{made}/runs/*/*/*/incidents.parquet' i using (run, incident)
        where l.dialect = 'merged' and i.effect = 'crash' group by all
        """  # noqa: S608 - a folder of ours
    )
    assert {role for _, role, _ in found} >= {"cause", "consequence", "recovery"}


def test_duckdb_fills_templates_in_again(made: Path) -> None:
    """In SQL: the pieces of a template and its parameters, one after the other."""
    wrong = asked(
        f"""
        select count(*) from (
            select l.text as line, string_split(t.text, '<*>') as pieces, l.parameters as filled
            from '{made}/runs/*/*/*/*.lines.parquet' l join '{made}/templates.parquet' t using (template)
        ) where line <> array_to_string([pieces[i + 1] || coalesce(filled[i + 1], '') for i in range(len(pieces))], '')
        """  # noqa: S608 - a folder of ours
    )
    assert wrong == [(0,)]


@OTHERS
@pytest.mark.thorough
def test_datasets_loads_every_table(made: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    for name, columns in TABLES.items():
        loaded = datasets.load_dataset(str(made), name, cache_dir=str(tmp_path))
        assert {"train"} <= set(loaded)
        assert all(split.column_names == [column.name for column in columns] for split in loaded.values())
    lines = datasets.load_dataset(str(made), cache_dir=str(tmp_path))
    card = (made / "README.md").read_text(encoding="utf-8")
    assert f"| lines | {sum(len(split) for split in lines.values()):,} |" in card


@OTHERS
@pytest.mark.thorough
def test_mlcroissant_reads_every_record_set(made: Path) -> None:
    croissant = pytest.importorskip("mlcroissant")
    dataset = croissant.Dataset(jsonld=str(made / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    for name, columns in TABLES.items():
        record = next(iter(dataset.records(name)))
        assert {column.name for column in columns} == {key.rpartition("/")[2] for key in record}


@OTHERS
@pytest.mark.thorough
def test_the_notebooks_score_two_baselines(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("nbclient", "ipykernel", "drain3"):
        pytest.importorskip(library)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    for name in ("CORPUS", "PLOTS", "MPLBACKEND"):
        monkeypatch.setenv(name, "")
    from execute import execute  # type: ignore[import-not-found]  # noqa: PLC0415 - an example, which needs what is asked for above

    detected, parsed = execute(made, tmp_path)
    assert "average precision" in detected
    assert "accuracy" in parsed
    assert {file.name for file in tmp_path.glob("*.svg")} == {"detecting.svg", "parsing.svg"}


def test_notebooks_are_committed_without_what_they_printed() -> None:
    for file in EXAMPLES.glob("*.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells), file
