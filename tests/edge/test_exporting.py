"""`pysim export` from outside: what is written, what is refused, and what is left when it is stopped."""

# ruff: noqa: S603 - a program is what is tested here

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pysim.edge import progress
from pysim.edge.cli import main
from pysim.export.formats import FORMATS
from pysim.options.manual import export_help
from pysim.story.columns import step_columns

PYSIM = [sys.executable, "-m", "pysim"]
SMALL = ("--preset", "gpt2-124m", "--until", "step:30")
FILES = ["jsonl", "csv", "asciicast", "asciicast-v2"]


def refusal_of(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    assert main(["export", *arguments]) == code
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("pysim: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_jsonl_is_what_the_show_writes_as_events(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for more in ((), ("--log-every", "10"), ("--inject", "gpu-off-bus@step:12,node=0", "--until", "step:20")):
        path = tmp_path / f"{len(more)}.jsonl"
        assert main(["export", "--to", "jsonl", str(path), *SMALL, *more]) == 0
        assert main(["--view", "events", "--instant", *SMALL, *more]) == 0
        assert path.read_text(encoding="utf-8") == capfd.readouterr().out


def test_csv_has_the_numbers_of_the_events(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--to", "csv", str(tmp_path / "x.csv"), *SMALL]) == 0
    assert main(["export", "--to", "jsonl", "-", *SMALL]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    steps = [each for each in events if each["event"] == "StepCompleted"]
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [each.name for each in step_columns()]
    assert len(rows) == len(steps) == 30
    for row, step in zip(rows, steps, strict=True):
        for name, value in row.items():
            if name in step:
                assert (json.loads(value) if value else None) == step[name]


def test_an_unknown_format_names_the_nearest(capfd: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'jsonl'?" in refusal_of(capfd, "--to", "json", "x")
    assert all(name in refusal_of(capfd) for name in FORMATS)
    assert "needs a value" in refusal_of(capfd, "--to")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "csv"), "needs a file to write to"),
        (("--to", "csv", "x", "y"), "'y' is one place too many"),
        (("--to", "csv", "x", "--tempo", "3s"), "--tempo: changes nothing in what --to csv writes"),
        (("--to", "csv", "x", "--view", "megatron"), "--view: changes nothing"),
        (("--to", "jsonl", "x", "--view", "megatron"), "it can be events"),
        (("--to", "csv", "x", "--tables", "steps"), "--tables"),
        (("--to", "parquet", "x", "--tables", "steps,weights"), "one or more of run, steps, events, fleet and labels"),
        (("--to", "csv", "x", "--sed", "3"), "did you mean --seed?"),
        (("--to", "csv", "x", "--seed", "a"), "--seed: 'a'"),
        (("--to", "csv", "x", "--progress", "often"), "--progress: 'often'"),
        (("--to", "csv", "x", "--model", "llama3-405b", "--gpus", "1"), "does not work"),
        (("--to", "csv", "x", "--preset", "gpt2-124m", "--from", "step:999999999"), "--from: "),
    ],
)
def test_what_cannot_be_is_one_line(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refusal_of(capfd, *words)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x"
    path.write_text("mine", encoding="utf-8")
    assert "choose another place" in refusal_of(capfd, "--to", "csv", str(path), *SMALL, "--overwrite")
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", FILES)
def test_ours_is_replaced_when_asked_for(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x"
    assert main(["export", "--to", name, str(path), *SMALL]) == 0
    assert "--overwrite replaces it" in refusal_of(capfd, "--to", name, str(path), *SMALL)
    assert main(["export", "--to", name, str(path), *SMALL, "--overwrite"]) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_the_worlds_faults_are_one_line_and_another_code(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "No space left" in refusal_of(capfd, "--to", "csv", "/dev/full", *SMALL, code=1)
    gone = refusal_of(capfd, "--to", "csv", str(tmp_path / "a" / "b"), *SMALL, code=1)
    assert f"cannot export to {tmp_path / 'a'}: No such file or directory" in gone


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever may do everything is refused nothing")
def test_without_permission_nothing_is_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    said = f"cannot export to {tmp_path / 'x'}: Permission denied\n"
    for mode in (0o555, 0o000):
        tmp_path.chmod(mode)
        assert said in refusal_of(capfd, "--to", "csv", str(tmp_path / "x"), *SMALL, code=1)
    tmp_path.chmod(0o755)


@pytest.mark.parametrize(
    ("method", "name"),
    [("open", "csv"), ("mkdir", "trainer"), ("is_symlink", "csv")],  # the last where nobody may look into the folder
)
def test_what_the_system_refuses_is_one_line(
    method: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    usual = getattr(Path, method)

    def refuse(path: Path, *values: object, **named: object) -> object:
        if tmp_path in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path, *values, **named)

    monkeypatch.setattr(Path, method, refuse)
    refused = refusal_of(capfd, "--to", name, str(tmp_path / "x"), *SMALL, code=1)
    assert refused == f"pysim: cannot export to {tmp_path / 'x'}: Permission denied\n"


_STOPPED = """
import os, signal, sys
from pysim.edge.cli import main
from pysim.export import csv_steps
class Stopped(csv_steps.StepsCsv):
    def steps(self, columns):
        super().steps(columns)
        self._file.flush()
        print("half is there:", *os.listdir("."), flush=True)
        os.kill(os.getpid(), signal.{signal})
csv_steps.StepsCsv = Stopped
sys.exit(main(["export", "--to", "csv", "x.csv", "--preset", "gpt2-124m"]))
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_what_is_stopped_leaves_nothing_under_the_name(name: str, tmp_path: Path) -> None:
    words = [sys.executable, "-c", _STOPPED.format(signal=name)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (-signal.Signals[name], 128 + signal.Signals[name])
    assert ".part" in done.stdout
    assert done.stderr == ""
    left = [each.name for each in tmp_path.iterdir()]
    assert "x.csv" not in left
    assert len(left) == (name == "SIGKILL")
    assert main(["export", "--to", "csv", str(tmp_path / "x.csv"), *SMALL]) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["x.csv"]


def test_help_names_every_format(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--help"]) == 0
    assert capfd.readouterr().out == export_help()
    for each in FORMATS.values():
        assert f"  {each.name} " in export_help()
    assert max(map(len, export_help().splitlines())) <= 100


def test_a_closed_pipe_is_no_fault() -> None:
    words = [*PYSIM, "export", "--to", "csv", "-", "--preset", "gpt2-124m"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"executed,")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_missing_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for each in FORMATS.values():
        if each.extra:
            with monkeypatch.context() as patch:
                for name in list(sys.modules):
                    is_its_own = name.startswith("pysim.export.") and each.module in name
                    if is_its_own or _is_foreign(name):  # another test may have imported it
                        patch.delitem(sys.modules, name)
                patch.setattr(sys, "meta_path", [_Without(), *sys.meta_path])
                said = refusal_of(capfd, "--to", each.name, str(tmp_path / "x"), *SMALL)
            assert f"pip install 'pysim-llm[{each.extra}]'" in said


OF_EXTRAS = {"alembic", "crc32c", "mlflow", "pyarrow", "sqlalchemy", "tensorboardX", "wandb"}


class _Without:
    """Finds nothing of what extras bring."""

    def find_spec(self, name: str, *_: object) -> None:
        if _is_foreign(name):
            raise ModuleNotFoundError(name=name)


def _is_foreign(name: str) -> bool:
    top = name.partition(".")[0]
    return top in OF_EXTRAS


def test_progress_says_how_far_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["export", "--to", "csv", str(tmp_path / "x"), *SMALL]
    assert main([*words, "--progress", "always"]) == 0
    assert "100%" in capfd.readouterr().err
    assert main([*words, "--overwrite"]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("share", "count", "seconds", "line"),
    [
        (0.0, 0, 0.0, "csv of x:   0%"),
        (0.25, 1000, 10.0, "csv of x:  25%, 1,000 steps, 100/s, 0:30 left"),
        (0.5, 0, 4000.0, "csv of x:  50%, 1:06:40 left"),
        (1.0, 7, 3.0, "csv of x: 100%, 7 steps, 2/s, 0:03"),
    ],
)
def test_a_line_of_progress(
    share: float, count: int, seconds: float, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_is_unicode", lambda: False)
    assert progress.text("csv of x", "steps", share, count, seconds) == line
