"""The core is pure: read from the syntax trees of all modules."""

import ast
from typing import Any

import pytest
from source import MODULES, imported, own_imports, within

EDGES = {
    "__main__",
    *(
        f"export.{name}"
        for name in ("metrics.file", "metrics.spool", "parquet", "scratch", "table_file", "target", "trace")
    ),
    *(f"export.{name}" for name in ("accounting", "flight_recorder", "node_logs")),
    *(f"export.trackers.{name}" for name in ("mlflow", "tensorboard", "tracker", "trainer", "wandb")),
    *(
        f"edge.{name}"
        for name in (
            *("beforehand", "browser", "cli", "cluster", "complaints", "corpora", "exporting", "modes", "output"),
            *("posix", "progress", "serving", "signals", "system", "windows"),
        )
    ),
}
EDGES |= {f"export.corpus.{name}" for name in ("finishing", "logs", "making", "place", "rows", "run_files")}
WORLDLY = {
    "time", "os", "sys", "io", "asyncio", "random", "secrets", "uuid", "socket", "ssl", "http", "urllib.request", "subprocess", "multiprocessing",
    "threading", "_thread", "concurrent", "signal", "select", "selectors", "pathlib", "shutil", "tempfile", "glob", "getpass", "platform",
    "locale", "logging", "curses", "termios", "tty", "pty", "fcntl", "readline", "ctypes", "atexit", "gc", "weakref", "js", "pyodide",
    "pyodide_js",
}  # fmt: skip
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}
AMBIENT_CALLS = {"now", "utcnow", "today", "default_rng", "RandomState", "urandom"}  # a clock or chance by another name
READER = "catalog.resources"  # the one module that reads data
ASKED = "export.corpus.specification"  # reads what somebody has written, which is no data of ours
ESCAPES = {"terminal.ansi": "writes them", "terminal.keys": "decodes them"}

CORE = sorted(MODULES.keys() - EDGES)


def test_all_modules_are_read() -> None:
    assert len(MODULES) > 40
    assert MODULES.keys() >= EDGES


@pytest.mark.requirement("TECH-01")
@pytest.mark.parametrize("name", CORE)
def test_only_the_edges_touch_the_world(name: str) -> None:
    assert {full for full in imported(MODULES[name]) if within(full, WORLDLY)} == set()


@pytest.mark.parametrize("name", CORE)
def test_the_core_calls_nothing_ambient(name: str) -> None:
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"{name}, line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in AMBIENT_CALLS, f"{name}, line {node.lineno}"


@pytest.mark.parametrize("name", CORE)
def test_the_core_keeps_no_state_in_modules(name: str) -> None:
    assert not [node for node in ast.walk(MODULES[name]) if isinstance(node, ast.Global)]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_one_module_reads_data(name: str) -> None:
    readers = {
        full for full in imported(MODULES[name]) if full.startswith(("importlib.resources", "pkgutil", "tomllib"))
    }
    assert name in (READER, ASKED) or not readers


@pytest.mark.parametrize("name", sorted(MODULES.keys() - ESCAPES.keys()))
def test_escape_codes_have_one_home(name: str) -> None:
    """In strings as well as in bytes, however they are spelled in the source."""
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            escape: Any = "\x1b" if isinstance(node.value, str) else b"\x1b"
            assert escape not in node.value, f"{name}, line {node.lineno}"
            assert node.value not in (27, "\x9b")


@pytest.mark.parametrize("name", CORE)
def test_nothing_imports_an_edge(name: str) -> None:
    assert own_imports(name) & EDGES == set()
