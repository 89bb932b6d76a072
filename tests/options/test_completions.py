"""Completions: what the shells make of them."""

# ruff: noqa: S603, S607 - programs are what is tested here

import shutil
import subprocess
from pathlib import Path

import pytest

from pysim.edge.cli import main
from pysim.options.completions import completions
from pysim.options.table import OPTIONS

SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_and_its_names_are_there(shell: str) -> None:
    script = completions(shell)
    for option in OPTIONS:
        assert (f"-l {option.name} " if shell == "fish" else f"--{option.name}") in script
    for name in ("llama3-405b", "deepseek-v3", "h100-sxm", "zero3", "console"):
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
    done = subprocess.run(["bash", "--norc", "-c", command], check=True, capture_output=True, text=True)
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
    ],
)
def test_bash_offers(tmp_path: Path, words: list[str], offers: list[str]) -> None:
    assert complete(tmp_path, *words) == offers


@pytest.mark.parametrize("shell", SHELLS)
def test_they_are_printed(capfd: pytest.CaptureFixture[str], shell: str) -> None:
    assert main(["--print-completions", shell]) == 0
    assert capfd.readouterr().out == completions(shell)
