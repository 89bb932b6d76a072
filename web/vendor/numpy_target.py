"""Puts the headers of the target's Python where its own settings say they are.

    numpy_target.py <sysconfigdata file> <headers of the same Python for this machine>

The headers are the same on every platform but for ``pyconfig.h``, which says what the platform has. It is written from
the names that the machine's own file knows and the values that the target's settings give them.
"""

# ruff: noqa: INP001 - a script

import re
import runpy
import shutil
import sys
from pathlib import Path

NAME = re.compile(r"^(?:/\*\s*)?#\s*(?:define|undef)\s+([A-Za-z_]\w*)", re.MULTILINE)
UNSET = ("", 0, "0", None)
ALWAYS = ("_GNU_SOURCE",)  # Python's own sources rely on it, the settings do not list it


def known_names(headers: Path) -> list[str]:
    """Every name that some ``pyconfig.h`` of this Python may define."""
    texts = (path.read_text() for path in headers.parent.rglob(f"{headers.name}/pyconfig.h"))
    return sorted({name for text in texts for name in NAME.findall(text)})


def definitions(names: list[str], values: dict[str, object]) -> list[str]:
    """The lines of ``pyconfig.h`` for the names that the target has."""
    chosen = {name: values[name] for name in names if values.get(name) not in UNSET}
    return [f"#define {name} {value}" for name, value in {**chosen, **dict.fromkeys(ALWAYS, 1)}.items()]


def main(settings_file: str, headers_folder: str) -> None:
    """Copies the headers and writes the target's ``pyconfig.h`` over the machine's."""
    values = runpy.run_path(settings_file)["build_time_vars"]
    headers, target = Path(headers_folder), Path(values["INCLUDEPY"])
    shutil.copytree(headers, target, dirs_exist_ok=True)
    lines = ["#ifndef Py_PYCONFIG_H", "#define Py_PYCONFIG_H", *definitions(known_names(headers), values), "#endif"]
    (target / "pyconfig.h").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main(*sys.argv[1:])
