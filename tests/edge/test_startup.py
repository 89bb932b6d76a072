"""The first moments: what can be wrong before anything is shown."""

# ruff: noqa: S603 - programs are what is tested here

import ast
import os
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest
from ptys import PATIENCE_SECONDS, Screen

import pysim

PACKAGE = Path(pysim.__file__).parent
SMALL = ("--preset", "classic", "--until", "step:3")
OLDEST_THAT_READS = (3, 6)

# Ctrl-C when the first module of that name is looked for, whoever looks.
INTERRUPTED = """
import os, runpy, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv[:] = ["pysim", "--preset", "classic", "--from", "50%"]
runpy.run_module("pysim", run_name="__main__")
"""
MOMENTS = ("pysim.edge.cli", "pysim.options.table", "numpy", "numpy._core.multiarray", "pysim.edge.staging")


def interrupted(module: str) -> list[str]:
    return [sys.executable, "-c", INTERRUPTED.format(module=module)]


@pytest.mark.parametrize("module", MOMENTS)
def test_ctrl_c_comes_first_and_nobody_complains(module: str) -> None:
    done = subprocess.run(interrupted(module), capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("module", MOMENTS)
def test_ctrl_c_is_a_way_to_stop_a_show_that_has_not_begun(module: str) -> None:
    shown = Screen(command=interrupted(module))
    assert shown.end() == 0
    assert shown.text.strip() == ""
    assert shown.echoes


@pytest.mark.parametrize("module", ["__init__.py", "__main__.py"])
def test_old_pythons_can_read_what_tells_them_so(module: str) -> None:
    ast.parse((PACKAGE / module).read_text(encoding="utf-8"), feature_version=OLDEST_THAT_READS)


def test_an_old_python_is_told_in_one_sentence() -> None:
    script = (
        "import runpy, sys\n"
        "sys.version_info = (3, 10, 13, 'final', 0)\n"
        "try: runpy.run_module('pysim', run_name='__main__')\n"
        "finally: assert not [name for name in sys.modules if name.startswith('pysim.edge')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pysim: needs Python 3.11 or newer; this is Python 3.10\n"


@pytest.mark.parametrize("arguments", [("--instant", *SMALL), ("--list-modules",), ("--describe",), ()])
@pytest.mark.parametrize(
    "numpy", ["raise ModuleNotFoundError(\"No module named 'numpy'\", name='numpy')", "import numpy._no_such_part"]
)
def test_without_numpy_one_sentence_says_so(tmp_path: Path, numpy: str, arguments: tuple[str, ...]) -> None:
    """Not there at all, or built for another Python."""
    (tmp_path / "numpy.py").write_text(numpy, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pysim", *arguments],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{PACKAGE.parent}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("pysim: needs NumPy, which cannot be imported (No module named 'numpy")
    assert done.stderr.endswith("; try pip install numpy\n")


@pytest.mark.parametrize("data", ["data", "pysim/data"])
def test_a_zip_file_is_a_program(tmp_path: Path, data: str) -> None:
    """As `python -m zipapp` makes it, with the tables where a checkout or a wheel has them."""
    source, archive = tmp_path / "source", tmp_path / "pysim.pyz"
    shutil.copytree(PACKAGE, source / "pysim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE.parent / "data", source / data)
    zipapp.create_archive(source, archive, main="pysim.__main__:main")
    done = subprocess.run(
        [sys.executable, str(archive), "--instant", *SMALL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "step" in done.stdout
