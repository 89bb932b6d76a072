"""Corpora from end to end, with the real program: made, stopped, gone on with, refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import fsspec
import psutil
import pyarrow.parquet as pq
import pytest
from full_disks import files_no_longer_than
from small_corpora import SPECIFICATION, digests

from pysim import __version__
from pysim.edge.cli import main
from pysim.edge.corpora import corpus
from pysim.export.corpus import finishing, run_files
from pysim.export.corpus.naming import folder_of, marker_of
from pysim.export.corpus.place import Place
from pysim.export.corpus.tables import TABLES, schema
from pysim.export.scratch import ScratchError, scratch_folder
from pysim.options.commandline import UsageError

ROOT = Path(__file__).parents[3]
SEED, RUNS = 11, 6


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("spec") / "small.toml"
    file.write_text(SPECIFICATION, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def made(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by one worker in this process."""
    out = tmp_path_factory.mktemp("corpora") / "out"
    assert corpus([str(out), "--spec", str(spec), "--workers", "1"]) == 0
    return out


def rows(made: Path, table: str) -> list[dict[str, object]]:
    patterns = {
        "lines": "runs/*/*/*/*.lines.parquet",
        "runs": "tables/runs/*.parquet",
        "templates": "templates.parquet",
    }
    files = sorted(made.glob(patterns.get(table, f"runs/*/*/*/{table}.parquet")))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def program(*arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(  # noqa: S603 - the program itself
        [sys.executable, "-m", "pysim", "corpus", *arguments],
        env=environment, text=True, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


# What is in it


def test_every_line_of_a_log_has_a_row_with_its_truth(made: Path) -> None:
    logs = sorted(made.glob("runs/*/*/*/*.log"))
    assert len(logs) >= RUNS
    for log in logs:
        table = pq.read_table(log.with_name(f"{log.stem}.lines.parquet")).to_pylist()
        text = log.read_bytes().decode()
        assert "".join(f"{row['text']}\n" for row in table) == text
        assert [row["line"] for row in table] == list(range(1, len(table) + 1))


def test_templates_are_those_of_the_lines(made: Path) -> None:
    templates = {row["template"]: row for row in rows(made, "templates")}
    counts: dict[object, int] = {}
    for row in rows(made, "lines"):
        counts[row["template"]] = counts.get(row["template"], 0) + 1
        template = templates[row["template"]]
        assert len(row["parameters"]) == len(template["names"])  # type: ignore[arg-type]  # lists both
    assert {name: row["lines"] for name, row in templates.items()} == counts


def test_incidents_of_lines_are_there(made: Path) -> None:
    known = {(row["run"], row["incident"]) for row in rows(made, "incidents")}
    of_lines = {(row["run"], row["incident"]) for row in rows(made, "lines") if row["incident"] is not None}
    assert of_lines
    assert of_lines <= known
    assert any(row["is_asked"] for row in rows(made, "incidents"))


def test_steps_are_those_of_the_run(made: Path) -> None:
    counts = {row["run"]: row["steps"] for row in rows(made, "runs")}
    found: dict[object, int] = {}
    for row in rows(made, "steps"):
        found[row["run"]] = found.get(row["run"], 0) + 1
    assert found == counts


def test_tables_say_what_their_columns_mean(made: Path) -> None:
    file = next(iter(made.glob("runs/*/*/*/steps.parquet")))
    read = pq.read_schema(file)
    assert read.names == [column.name for column in TABLES["steps"]]
    assert read.field("loss").metadata[b"unit"] == b"nat"
    assert all(schema(name).names == [column.name for column in columns] for name, columns in TABLES.items())


def test_the_card_counts_what_is_there(made: Path) -> None:
    card = (made / "README.md").read_text(encoding="utf-8")
    assert f"| lines | {len(rows(made, 'lines')):,} |" in card
    assert "| runs | " in card
    assert "license: cc0-1.0" in card
    assert __version__ in card
    description = json.loads((made / "croissant.json").read_text(encoding="utf-8"))
    assert {each["name"] for each in description["recordSet"]} == TABLES.keys()
    assert (made / "specification.toml").read_text(encoding="utf-8") == SPECIFICATION


def test_questions_are_answered_by_the_tables(made: Path) -> None:
    incidents = {(row["run"], row["incident"]): row for row in rows(made, "incidents")}
    asked = [
        json.loads(line)
        for file in made.glob("questions/*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert {"cause", "since"} <= {each["kind"] for each in asked}
    for each in asked:
        row = incidents[each["run"], each["incident"]]
        if each["kind"] == "cause":
            assert each["answer"] == row["cause"]
            assert each["answer"] in each["choices"]
        if each["kind"] == "node":
            assert str(row["place"]).startswith(each["answer"])
        if each["kind"] == "downtime":
            assert each["answer"] == pytest.approx(row["lost_seconds"], abs=0.06)


def test_a_run_is_what_pysim_shows_with_its_options(made: Path) -> None:
    row = next(row for row in rows(made, "runs") if row["population"] == "larger")
    words = str(row["options"]).split()
    shown = subprocess.run(  # noqa: S603 - the program itself
        [sys.executable, "-m", "pysim", *words, "--instant"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True,
    )  # fmt: skip
    log = next(made.glob(f"runs/*/*/{row['run']}/{words[words.index('--view') + 1]}.log"))
    assert shown.stdout == log.read_bytes()


# Stopped, killed, gone on with


def test_two_workers_of_which_one_is_killed_make_the_same_bytes(made: Path, spec: Path, tmp_path: Path) -> None:
    running = program(str(tmp_path / "out"), "--spec", str(spec), "--workers", "2")
    while running.poll() is None and not list(tmp_path.glob("out/runs/*/*/*")):
        pass
    for worker in workers_of(running)[:1]:
        os.kill(worker, signal.SIGKILL)
    _, said = running.communicate(timeout=900)
    assert running.returncode == 0, said
    assert digests(tmp_path / "out") == digests(made)


def workers_of(running: "subprocess.Popen[str]") -> list[int]:
    """Processes of this machine that work for it."""
    children = psutil.Process(running.pid).children(recursive=True)
    return [each.pid for each in children if "spawn_main" in " ".join(each.cmdline())]


def test_what_was_killed_goes_on_and_makes_only_what_is_missing(made: Path, spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    running = program(str(out), "--spec", str(spec), "--workers", "1")
    while running.poll() is None and not list(out.glob("runs/*/*/*.json")):
        pass
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=900)
    there = {each: each.stat().st_mtime_ns for each in out.glob("runs/*/*/*.json")}
    assert there
    assert corpus([str(out), "--spec", str(spec), "--workers", "1"]) == 0
    assert {each: each.stat().st_mtime_ns for each in there} == there
    assert digests(out) == digests(made)


def test_what_died_while_it_wrote_leaves_nothing(made: Path, spec: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made, tmp_path / "out")
    marker = out / marker_of(SEED, 0)
    marker.unlink()
    folder = out / folder_of(SEED, 0)
    for begun in (folder / f"{marker.name}.0.part", folder / "steps.parquet.1.part", out / "README.md.2.part"):
        begun.write_text("half of", encoding="utf-8")
    assert corpus([str(out), "--spec", str(spec), "--workers", "1"]) == 0
    assert digests(out) == digests(made)


def test_a_marker_is_begun_where_its_run_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []

    def write_bytes(file: Path, _: bytes) -> None:
        begun.append(file)
        file.touch()

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    (tmp_path / "run").mkdir()
    Place.at(str(tmp_path)).write("run.json", b"", begun_in="run")
    assert begun[0].parent == tmp_path / "run"
    assert sorted(each.name for each in tmp_path.rglob("*.*")) == ["run.json"]


def test_more_runs_can_be_asked_for_later(made: Path, spec: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert corpus([out, "--spec", str(spec), "--runs", "2", "--workers", "1"]) == 0
    assert corpus([out, "--spec", str(spec), "--workers", "1"]) == 0
    assert digests(tmp_path / "out") == digests(made)


def test_a_corpus_in_memory_is_the_same(made: Path, spec: Path) -> None:
    assert corpus(["memory://corpus-of-a-test", "--spec", str(spec), "--runs", "2", "--workers", "1"]) == 0
    system = fsspec.filesystem("memory")
    folder = folder_of(SEED, 1)
    for name in ("steps.parquet", "questions.jsonl"):
        assert system.cat(f"/corpus-of-a-test/{folder}/{name}") == (made / folder / name).read_bytes()


def test_what_was_left_unfinished_is_swept(made: Path, spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    left = out / folder_of(SEED, 0) / "steps.parquet.0123.part"
    assert corpus([str(out), "--spec", str(spec), "--runs", "1", "--workers", "1"]) == 0
    (out / marker_of(SEED, 0)).unlink()
    left.write_bytes(b"half")
    assert corpus([str(out), "--spec", str(spec), "--runs", "1", "--workers", "1"]) == 0
    assert not left.exists()
    assert (out / marker_of(SEED, 0)).read_bytes() == (made / marker_of(SEED, 0)).read_bytes()


def test_pairs_differ_in_one_cause_and_share_their_luck(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert corpus([str(out), "--spec", str(spec), "--runs", "1", "--pairs", "--workers", "1"]) == 0
    asked = {
        variant: [
            row["cause"] for row in rows(out, "incidents") if row["is_asked"] and str(row["run"]).endswith(variant)
        ]
        for variant in ("-with", "-without")
    }
    assert asked["-with"][1:] == asked["-without"]
    losses = {name: [row["loss"] for row in rows(out, "steps") if str(row["run"]).endswith(name)] for name in asked}
    assert losses["-with"][:3] == losses["-without"][:3]


# Refused


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs a folder"),
        (["out", "other"], "'other' is one place too many"),
        (["out", "--rums", "3"], "did you mean --runs?"),
        (["out", "--runs", "0"], "--runs: '0' is not a whole number"),
        (["out", "--spec", "there-is-none.toml"], "cannot read there-is-none.toml: No such file"),
        (["memory://x"], "--workers 1 works in it"),
        (["nowhere://x", "--workers", "1"], "nowhere"),
        (["out", "--workers", "2", "--scheduler", "tcp://x:1"], "cannot be combined with --scheduler"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refused:
        corpus(arguments)
    assert words in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_all_faults_of_a_specification_are_said(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("rums = 3\n[sample]\npreset = 'clasic'\n", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        corpus([str(tmp_path / "out"), "--spec", str(wrong)])
    assert str(refused.value).count("wrong.toml, line ") == 2
    wrong.write_text("[sample]\npreset = 'classic'\ngpus = 3\nview = 'nanogpt'\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 1: population 1 has no run that can be"):
        corpus([str(tmp_path / "out"), "--spec", str(wrong)])
    impossible = "[[population]]\n[population.sample]\npreset = 'classic'\ngpus = 3\nview = 'nanogpt'\n"
    wrong.write_text(f"rums = 3\n[[population]]\n[population.sample]\nview = 'hff'\n{impossible}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"(?s)line 1: rums .*line 4: population 1.*line 5: population 2 has no run"):
        corpus([str(tmp_path / "out"), "--spec", str(wrong)])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("theirs", ["no JSON", "[1]", '{"what": "a body of texts"}'])
def test_a_file_that_is_called_like_ours_makes_no_corpus(theirs: str, spec: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus.json").write_text(theirs, encoding="utf-8")
    with pytest.raises(UsageError, match=r"is no corpus, there is corpus\.json in it"):
        corpus([str(tmp_path), "--spec", str(spec), "--workers", "1"])
    assert digests(tmp_path).keys() == {"corpus.json"}


def test_what_is_not_ours_is_left_alone(spec: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("x", encoding="utf-8")
    for place, words in ((mine, "there is thesis.tex in it"), (mine / "thesis.tex", "is a file")):
        with pytest.raises(UsageError, match=words):
            corpus([str(place), "--spec", str(spec), "--workers", "1"])
    assert digests(tmp_path).keys() == {"mine/thesis.tex"}


def test_another_corpus_is_left_alone(made: Path, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests(made)
    with pytest.raises(UsageError, match="is a corpus with another seed"):
        corpus([str(made), "--spec", str(spec), "--seed", "12", "--workers", "1"])
    with pytest.raises(UsageError, match="is a corpus with another specification"):
        corpus([str(made), "--workers", "1"])
    monkeypatch.setattr(finishing, "__version__", "9.9.9")
    with pytest.raises(UsageError, match=r"and this is 9\.9\.9"):
        corpus([str(made), "--spec", str(spec), "--workers", "1"])
    assert digests(made) == before


def test_a_part_of_another_version_is_refused(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = str(tmp_path / "out")
    with monkeypatch.context() as older:
        older.setattr(run_files, "__version__", "0.0.1")
        with pytest.raises(UsageError, match=r"00000000 was made by pysim 0\.0\.1"):
            corpus([out, "--spec", str(spec), "--runs", "1", "--workers", "1"])


def test_the_faults_of_the_world_are_one_line(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["corpus", str(tmp_path / "file" / "out"), "--spec", str(spec), "--workers", "1"]) == 1
    monkeypatch.setattr("pysim.edge.cluster._ANSWER_SECONDS", 1)
    assert main(["corpus", str(tmp_path / "out"), "--spec", str(spec), "--scheduler", "tcp://127.0.0.1:9"]) == 1
    assert not (tmp_path / "out").exists()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "cannot make a corpus" in said[0]
    assert "tcp://127.0.0.1:9 does not answer" in said[1]


def test_a_full_temporary_folder_is_named(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with files_no_longer_than(4096):
        assert main(["corpus", str(tmp_path / "out"), "--spec", str(spec), "--runs", "1", "--workers", "1"]) == 1
    assert f"cannot write to {tmp_path}, where files are made first: File too large" in capsys.readouterr().err
    assert list(tmp_path.glob("pysim-*")) == []


def test_without_a_temporary_folder_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "nowhere")])
    with (
        pytest.raises(ScratchError, match=r"^No usable temporary directory found in \['.*nowhere'\]$"),
        scratch_folder(),
    ):
        pass


def test_help_and_the_usual_specification_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert corpus(["--help"]) == corpus(["--print-spec"]) == 0
    printed = capsys.readouterr().out
    assert "--scheduler ADDRESS" in printed
    assert "[[population]]" in printed
