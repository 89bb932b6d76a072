"""Finds out which modules the page needs: plays runs, then reads ``sys.modules`` and the import statements.

Runs under Pyodide with the whole standard library. The margin is imported as well, so that whatever its modules import
is kept with them.
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import ast
import contextlib
import importlib
import itertools
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

PACKAGE = "pysim"
ROOTS = (
    "edge.browser",
    "edge.beforehand",
    "show.transcript",
    "views",
    "narrate",
)  # what the page, the tests of the text and the downloads start from
SIZES = ((120, 40), (40, 12))  # columns, rows
FRAMES = 2  # between two commands
FRAME_SECONDS = 0.5
COMMANDS = (
    ("pause", ""),
    ("resume", ""),
    ("speed", "10000"),
    ("seek-fraction", "0.5"),
    ("speed", "1"),
    ("skip", "5"),
    ("chapter", "1"),
    ("resize", "80x24"),
    ("inject", "gpu-error,node=0"),
    ("inject", "gpu-of-error"),
    ("seek-fraction", "0.99"),
    ("restart", ""),
    ("seed", "7"),
)
BAD_QUERY = "?preset=none-such&seed=x&start=now"
# No preset imports what these do not, and engine.test.mjs plays all of them on what is packed by this list.
TYPICAL = ("", BAD_QUERY)
MARGIN = [
    "bisect",
    "copy",
    "datetime",
    "decimal",
    "difflib",
    "functools",
    "hashlib",
    "heapq",
    "inspect",
    "io",
    "itertools",
    "json",
    "linecache",
    "locale",
    "math",
    "random",
    "re",
    "shutil",
    "string",
    "struct",
    "tarfile",
    "textwrap",
    "tokenize",
    "tomllib",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "urllib.parse",
    "warnings",
    "zipfile",
    "encodings.ascii",
    "encodings.cp437",
    "encodings.latin_1",
    "encodings.utf_8",
]


def play(browser: ModuleType, query: str, columns: int, rows: int) -> None:
    """One show with every command and everything that can be asked of it."""
    session = browser.open_show(query, columns, rows)
    for name, argument in COMMANDS:
        for _ in range(FRAMES):
            session.frame(FRAME_SECONDS)
        session.command(name, argument)
    for answer in (session.state(), session.story(100), session.problems, session.possible("gpu"), session.news()):
        json.loads(answer)


def play_everything() -> None:
    """Each preset, the default show, and a query that is wrong."""
    presets = importlib.import_module(f"{PACKAGE}.pretraining.planning.presets").presets()
    play_all([*TYPICAL, *(f"?preset={name}" for name in presets)])


def play_all(queries: Iterable[str]) -> None:
    """One after the other, in all sizes by turns."""
    browser = importlib.import_module(f"{PACKAGE}.edge.browser")
    for query, (columns, rows) in zip(queries, itertools.cycle(SIZES), strict=False):
        play(browser, query, columns, rows)


def save_everything() -> None:
    """What the page's build and its downloads ask for."""
    browser = importlib.import_module(f"{PACKAGE}.edge.browser")
    browser.open_show(BAD_QUERY, 80, 24).asciicast()
    beforehand = importlib.import_module(f"{PACKAGE}.edge.beforehand")
    beforehand.options_schema()
    beforehand.prologue("", 80, 24, 2.0, 10)


def sources() -> dict[str, str]:
    """The package's modules by name."""
    top = Path(importlib.import_module(PACKAGE).__path__[0])
    names = {".".join([PACKAGE, *path.relative_to(top).with_suffix("").parts]): path for path in top.rglob("*.py")}
    return {name.removesuffix(".__init__"): path.read_text() for name, path in names.items()}


def named_imports(source: str) -> set[str]:
    """What a module's import statements name, inside functions too: modules, and what may be modules."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return found


def with_parents(name: str) -> set[str]:
    """A module and the packages that it lies in."""
    parts = name.split(".")
    return {".".join(parts[: end + 1]) for end in range(len(parts))}


def reached(modules: dict[str, str]) -> tuple[set[str], set[str]]:
    """The package's modules that the roots need, and the other modules that those name."""
    tops = tuple(f"{PACKAGE}.{root}" for root in ROOTS)
    waiting = [name for name in modules if name.startswith(tops)]
    ours, others = set(waiting), set()
    while waiting:
        for name in set().union(*map(with_parents, named_imports(modules[waiting.pop()]))):
            if name in modules and name not in ours:
                ours.add(name)
                waiting.append(name)
            elif not name.startswith(PACKAGE):
                others.add(name)
    return ours | {PACKAGE}, others


def import_margin(named: set[str]) -> None:
    """What might be imported where no play came by: a list, and what an import statement names anywhere."""
    for name in MARGIN:
        importlib.import_module(name)
    for name in sorted(named):
        with contextlib.suppress(ImportError):  # a name inside a module is no module
            importlib.import_module(name)


def modules_of_archive() -> list[str]:
    """The imported modules that came from the standard library's zip."""
    return sorted(name for name, module in list(sys.modules.items()) if ".zip/" in origin(module))


def modules_of_package(name: str) -> list[str]:
    """The imported modules of a package, itself included."""
    return sorted(module for module in sys.modules if module == name or module.startswith(f"{name}."))


def origin(module: object) -> str:
    """The file that a module was loaded from, or nothing."""
    return getattr(getattr(module, "__spec__", None), "origin", None) or ""


def record() -> str:
    """The modules to keep, as JSON; ``played`` are those of ``library`` that any run imports."""
    play_all(TYPICAL)
    save_everything()
    needed = modules_of_archive()
    ours, others = reached(sources())
    import_margin(ours | others)
    played = set(modules_of_package(PACKAGE))
    if not played <= ours:
        message = f"played, but not found by reading the imports: {sorted(played - ours)}"
        raise AssertionError(message)
    return json.dumps(
        {
            "library": modules_of_archive(),
            "played": needed,
            "numpy": modules_of_package("numpy"),
            "pysim": sorted(ours),
        }
    )
