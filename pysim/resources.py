"""Reading `data/`: the one module that does.

The tables lie in `pysim/data` once installed and in `data` beside the package in a checkout. They are found and read through
`importlib.resources` only, so that a wheel, a source tree and the browser's file system all work alike.
"""

import tomllib
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from typing import Any

_LANDMARK = "models.toml"  # a directory called "data" counts as ours only if it holds this table


def read_table(name: str) -> dict[str, Any]:
    """Parse `data/<name>.toml`.

    Raises:
        FileNotFoundError: if there is no data directory, or no such table in it.
    """
    table = _data_directory(files("pysim")) / f"{name}.toml"
    if not table.is_file():
        message = f"the data directory has no table {name!r}"
        raise FileNotFoundError(message)
    return tomllib.loads(table.read_text(encoding="utf-8"))


def _data_directory(package: Traversable) -> Traversable:
    """The directory of the tables that belongs to `package`: inside it when installed, beside it in a checkout."""
    with as_file(package) as path:
        candidates: tuple[Traversable, ...] = (package / "data", path.parent / "data")
    for candidate in candidates:
        if (candidate / _LANDMARK).is_file():
            return candidate
    message = "pysim has no data directory: neither inside the package nor beside it (is the installation complete?)"
    raise FileNotFoundError(message)
