"""The help and the manual page."""

# ruff: noqa: S607 - programs are what is tested here

import re
import shutil
import subprocess

import pytest

from pysim.edge.cli import main
from pysim.edge.controls import ACTIONS
from pysim.options.commandline import parse
from pysim.options.manual import KEYS, examples, help_text, manpage
from pysim.options.table import OPTIONS


def test_help_has_every_option_and_fits_a_terminal() -> None:
    text = help_text()
    assert max(map(len, text.splitlines())) <= 100
    for option in OPTIONS:
        assert f"--{option.name}" in text


def test_examples_are_command_lines_that_work() -> None:
    for example in examples():
        command = example.partition(" > ")[0].partition(" | ")[0]
        parse(command.split())


def test_the_manual_page_has_every_option() -> None:
    page = manpage()
    for option in OPTIONS:
        assert option.name.replace("-", "\\-") in page


def test_every_key_is_explained() -> None:
    explained = " ".join(keys for keys, _ in KEYS).replace("0-9", " ".join("0123456789"))
    assert all(key in explained.split() for key in ACTIONS if key not in "=_")


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_roff_has_nothing_to_complain_about() -> None:
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", "-P-c"], input=manpage(), text=True, capture_output=True, check=True
    )
    assert done.stderr == ""
    assert "--speed-factor" in re.sub(".\b", "", done.stdout)  # bold is printed twice


def test_it_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--print-manpage"]) == 0
    assert capfd.readouterr().out == manpage()
