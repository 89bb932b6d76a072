"""What other programs make of a corpus. All but DuckDB are too many packages for every day: `make corpus-readers` installs them."""

import json
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import duckdb
import fsspec
import pytest
from small_corpora import SPECIFICATION, digests

from pysim.edge.cli import main
from pysim.edge.corpora import corpus
from pysim.export.corpus.tables import TABLES

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "corpus"
PYTHON = ROOT / ".cache" / "examples" / "bin" / "python"  # an environment that has what they need
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


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of one, in a server of this process that answers as S3 does."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    pytest.importorskip("s3fs")
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.get_host_and_port()[1]}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir("bucket")
    yield "s3://bucket/logs"
    server.stop()


@OTHERS
@pytest.mark.thorough
def test_an_object_store_gets_the_same_bytes(
    made: Path, bucket: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for = ["corpus", bucket, "--spec", str(made.parent / "spec.toml"), "--runs", "14", "--workers", "1"]
    assert main(asked_for) == 0
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    root = bucket.removeprefix("s3://")
    found = {path.removeprefix(f"{root}/"): sha256(store.cat_file(path)).hexdigest() for path in store.find(root)}
    assert found == digests(made)
    store.rm_file(f"{root}/{next(path for path in found if path.endswith('00000003.json'))}")
    assert main(asked_for) == 0
    assert capsys.readouterr().err.splitlines()[1] == f"pysim: {bucket}: 14 runs, 1 of them made now"
    assert main(["corpus", bucket, "--workers", "1"]) == 2
    capsys.readouterr()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    type(store).clear_instance_cache()
    assert main(asked_for) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"pysim: cannot make a corpus in {bucket}: NoCredentialsError: ")
    assert said.count("\n") == 1


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


@pytest.mark.thorough
def test_the_notebooks_score_two_baselines(made: Path, tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.skip("the notebooks' environment is not there: make corpus-readers")
    command = [str(PYTHON), str(EXAMPLES / "execute.py"), str(made), str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own
    assert "average precision" in printed
    assert "accuracy" in printed
    assert {file.name for file in tmp_path.glob("*.svg")} == {"detecting.svg", "parsing.svg"}


def test_notebooks_are_committed_without_what_they_printed() -> None:
    for file in EXAMPLES.glob("*.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells), file
