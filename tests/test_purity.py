"""The core is pure, and imports point one way: read from the syntax trees of all modules."""

import ast
from pathlib import Path
from typing import Any

import pytest

import pysim

PACKAGE = Path(pysim.__file__).parent
EDGES = {
    "__main__",
    *(f"edge.{name}" for name in ("browser", "cli", "modes", "output", "posix", "signals", "system", "windows")),
}
WORLDLY = {
    "time", "os", "sys", "io", "asyncio", "random", "secrets", "uuid", "socket", "ssl", "http", "urllib.request", "subprocess", "multiprocessing",
    "threading", "_thread", "concurrent", "signal", "select", "selectors", "pathlib", "shutil", "tempfile", "glob", "getpass", "platform",
    "locale", "logging", "curses", "termios", "tty", "pty", "fcntl", "readline", "ctypes", "atexit", "gc", "weakref", "js", "pyodide",
    "pyodide_js",
}  # fmt: skip
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}
AMBIENT_CALLS = {"now", "utcnow", "today", "default_rng", "RandomState", "urandom"}  # a clock or chance by another name
READER = "catalog.resources"  # the one module that reads data
ESCAPES = {"terminal.ansi": "writes them", "terminal.keys": "decodes them"}

# What each package may import besides itself and the leaf that all may.
LEAF = "wording"
CORE_LAYERS = {"catalog", "physics", "story"}
RUN = CORE_LAYERS | {"pretraining"}
LAYERS: dict[str, set[str]] = {
    LEAF: set(),
    "terminal": set(),
    "catalog": set(),
    "physics": {"catalog"},
    "story": set(),
    "pretraining": CORE_LAYERS,
    "narrate": {"pretraining"},
    "kinds": RUN,
    "views": {"story", "terminal"},
    "show": {"story", "terminal", "views"},
    "options": RUN | {"kinds", "terminal", "views"},
}


def modules() -> dict[str, ast.Module]:
    """Every module's tree by its name inside the package; the package itself is "__init__"."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return found


MODULES = modules()
CORE = sorted(MODULES.keys() - EDGES)


def imported(tree: ast.Module) -> set[str]:
    """Full names of all that a module imports, wherever in it, `from` names included."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def own_imports(name: str) -> set[str]:
    """Modules of the package that a module imports, by their names inside it."""
    inside = {full.removeprefix("pysim.") for full in imported(MODULES[name]) if full.startswith("pysim.")}
    return {module for module in inside if module in MODULES}


def layer_of(name: str) -> str | None:
    """The entry of the table that speaks of a module, the most particular one."""
    parts = name.split(".")
    candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((candidate for candidate in candidates if candidate in LAYERS), None)


def within(name: str, layers: set[str]) -> bool:
    return any(name == layer or name.startswith(f"{layer}.") for layer in layers)


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
    assert name == READER or not readers


@pytest.mark.parametrize("name", sorted(MODULES.keys() - ESCAPES.keys()))
def test_escape_codes_have_one_home(name: str) -> None:
    """In strings as well as in bytes, however they are spelled in the source."""
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            escape: Any = "\x1b" if isinstance(node.value, str) else b"\x1b"
            assert escape not in node.value, f"{name}, line {node.lineno}"
            assert node.value not in (27, "\x9b")


@pytest.mark.parametrize("name", [name for name in CORE if layer_of(name)])
def test_imports_point_one_way(name: str) -> None:
    layer = layer_of(name)
    assert layer is not None
    strangers = {other for other in own_imports(name) if not within(other, LAYERS[layer] | {layer, LEAF})}
    assert strangers == set()


@pytest.mark.parametrize("name", CORE)
def test_nothing_imports_an_edge(name: str) -> None:
    assert own_imports(name) & EDGES == set()


def test_every_entry_of_the_table_is_a_module() -> None:
    assert {
        layer for layer in LAYERS if not (layer in MODULES or any(within(name, {layer}) for name in MODULES))
    } == set()


def test_imports_have_no_circle() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"{' -> '.join(path)} -> {name}"
        if name not in done:
            for other in own_imports(name):
                visit(other, (*path, name))
            done.add(name)

    for name in MODULES.keys() - {"__init__"}:
        visit(name, ())
