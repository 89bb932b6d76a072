"""Completions: what the shells make of them."""

# ruff: noqa: S603, S607 - programs are what is tested here

import shutil
import subprocess
from pathlib import Path

import pytest

from pysim.edge.cli import main
from pysim.options.commandline import COMMANDS
from pysim.options.completions import completions
from pysim.options.corpora import CORPUS_OPTIONS
from pysim.options.exporting import EXPORT_OPTIONS
from pysim.options.table import OPTIONS

SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_and_its_names_are_there(shell: str) -> None:
    script = completions(shell)
    for option in (*OPTIONS, *EXPORT_OPTIONS, *CORPUS_OPTIONS):
        assert (f"-l {option.name} " if shell == "fish" else f"--{option.name}") in script
    for name in ("llama3-405b", "deepseek-v3", "h100-sxm", "zero3", "console", *COMMANDS):
        assert name in script


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_it(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "completions"
    script.write_text(completions(shell), encoding="utf-8")
    subprocess.run([program, "-n", script], check=True)


def complete(tmp_path: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words."""
    script = tmp_path / "completions"
    script.write_text(completions("bash"), encoding="utf-8")
    quoted = " ".join(f"'{word}'" for word in ("pysim", *words))
    command = (
        f"source '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _pysim; "
        "printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "--norc", "-c", command], check=True, capture_output=True, text=True, cwd=tmp_path)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        (["--speed"], ["--speed-factor"]),
        (["--color", "a"], ["auto", "always"]),
        (["--color", "=", "n"], ["never"]),
        (["--color", "="], ["auto", "always", "never"]),
        (["--model", "llama3-4"], ["llama3-405b"]),
        (["--gpus", ""], []),
        (["--tempo", "r"], ["real"]),
        (["c"], ["corpus"]),
        (["corpus", "--w"], ["--workers"]),
        (["corpus", "--gp"], []),
        (["corpus", "out", "--progress", "n"], ["never"]),
        (["corpus", "--spec", "compl"], ["completions"]),
        (["corpus", "compl"], ["completions"]),
        (["export", "--over"], ["--overwrite"]),
        (["export", "--pairs"], []),
        (["--pairs"], []),
    ],
)
def test_bash_offers(tmp_path: Path, words: list[str], offers: list[str]) -> None:
    assert complete(tmp_path, *words) == offers


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        ("corpus out --wor", {"--workers"}),
        ("corpus out --gp", set()),
        ("corpus --progress n", {"never"}),
        ("corpus --see", {"--seed"}),
        ("export --overw", {"--overwrite"}),
        ("export --gpu", {"--gpus"}),
        ("--gpu", {"--gpus"}),
        ("--overw", set()),
        ("corp", {"corpus"}),
    ],
)
def test_fish_offers(tmp_path: Path, words: str, offers: set[str]) -> None:
    program = shutil.which("fish")
    if program is None:
        pytest.skip("fish is not installed")
    script = tmp_path / "completions"
    script.write_text(completions("fish"), encoding="utf-8")
    command = f"source '{script}'; complete -C 'pysim {words}'"
    done = subprocess.run(
        [program, "--no-config", "-c", command], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == offers


def test_an_option_takes_the_same_words_in_every_command() -> None:
    tables = (OPTIONS, EXPORT_OPTIONS, CORPUS_OPTIONS)
    said: dict[str, set[object]] = {}
    for option in (option for table in tables for option in table):
        said.setdefault(option.name, set()).add((option.short, option.is_flag, option.names))
    assert all(len(each) == 1 for each in said.values())


@pytest.mark.parametrize("shell", SHELLS)
def test_they_are_printed(capfd: pytest.CaptureFixture[str], shell: str) -> None:
    assert main(["--print-completions", shell]) == 0
    assert capfd.readouterr().out == completions(shell)
