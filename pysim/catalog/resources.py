"""Reading `data/`: the one module that does.

Tables are TOML; the page carries them as JSON with the same content, which WASM reads in a tenth of the time. They lie in
`pysim/data` once installed and in `data` beside the package in a checkout, and are found and read through `importlib.resources`
only, so that a wheel, a source tree, a zip file and the browser's file system all work alike.
"""

import json
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

_PARSERS: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".json": json.loads}
_LANDMARK = "models"  # a directory called "data" counts as ours only if it holds this table


def read_table(name: str) -> dict[str, Any]:
    """Parse `data/<name>.toml`, or `.json`.

    Raises:
        FileNotFoundError: if there is no data directory, or no such table in it.
    """
    directory = _found_directory()
    for ending, parse in _PARSERS.items():
        table = directory / f"{name}{ending}"
        if table.is_file():
            parsed: dict[str, Any] = parse(table.read_text(encoding="utf-8"))
            return parsed
    message = f"the data directory has no table {name!r}"
    raise FileNotFoundError(message)


@cache
def _found_directory() -> Traversable:
    """Looked for once: the page lays tables out in it later, and has read the landmark before."""
    return _data_directory(files("pysim"))


def _data_directory(package: Traversable) -> Traversable:
    """The directory of the tables that belongs to `package`: inside it when installed, beside it in a checkout."""
    beside = getattr(package, "parent", None)  # paths have one, in a directory as well as in a zip file
    candidates: tuple[Traversable, ...] = (package / "data", *([beside / "data"] if beside else []))
    for candidate in candidates:
        if any((candidate / f"{_LANDMARK}{ending}").is_file() for ending in _PARSERS):
            return candidate
    message = "pysim has no data directory: neither inside the package nor beside it (is the installation complete?)"
    raise FileNotFoundError(message)
