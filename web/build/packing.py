"""Packs the page's Python: bytecode instead of sources, and only what the page imports.

Runs under Pyodide itself, so that the bytecode is that of the interpreter which will load it. Nothing here looks at a
clock: every archive member carries the same date, members are sorted, and pycs name the hash of their source instead
of its time of change (unchecked: nothing compares them again). The same input therefore gives the same bytes.
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import base64
import hashlib
import io
import py_compile
import re
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ARCHIVE_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state
WORK_FOLDER = Path("/tmp/pack")  # noqa: S108 - inside Pyodide's own file system in memory
Files = Mapping[str, bytes]


def bytecode(source: bytes, name: str) -> bytes:
    """Compiles a module without assertions and docstrings; ``name`` is what tracebacks show."""
    WORK_FOLDER.mkdir(exist_ok=True)
    source_file, compiled_file = WORK_FOLDER / "module.py", WORK_FOLDER / "module.pyc"
    source_file.write_bytes(source)
    py_compile.compile(
        str(source_file),
        cfile=str(compiled_file),
        dfile=name,
        doraise=True,
        optimize=2,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    return compiled_file.read_bytes()


def compiled(files: Files) -> dict[str, bytes]:
    """Replaces every module by its bytecode, beside where its source was: Python imports it without a source."""
    result = {}
    for name, content in sorted(files.items()):
        if name.endswith(".py"):
            result[f"{name}c"] = bytecode(content, name)
        else:
            result[name] = content
    return result


def unzip(archive: bytes) -> dict[str, bytes]:
    """The files of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist() if not entry.is_dir()}


def folder_files(folder: str) -> dict[str, bytes]:
    """The files below a folder by their path in it."""
    top = Path(folder)
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def zipped(files: Files, *, deflate: bool) -> bytes:
    """An archive that depends on nothing but the files' names and contents."""
    packed = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(packed, "w", method, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, ARCHIVE_DATE)
            entry.compress_type = method
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def module_name(file_name: str) -> str:
    """``json/__init__.py`` is the module ``json``; an extension's platform tag is no part of its name."""
    stem = file_name.rpartition("/")[2].partition(".")[0]
    folder = file_name.rpartition("/")[0]
    parts = [*folder.split("/"), stem] if folder else [stem]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def wanted(modules: Iterable[str], packages: Iterable[str]) -> Callable[[str], bool]:
    """Says of a module's name whether it is listed, or lies in a package that is kept whole."""
    listed, whole = frozenset(modules), tuple(packages)
    return lambda name: name in listed or any(name == top or name.startswith(f"{top}.") for top in whole)


def only(files: Files, keep: Callable[[str], bool]) -> dict[str, bytes]:
    """Drops the modules that are not wanted; everything that is no module stays."""
    return {
        name: content for name, content in files.items() if not name.endswith((".py", ".so")) or keep(module_name(name))
    }


def standard_library(archive: bytes, modules: Iterable[str], packages: Iterable[str], *, deflate: bool) -> bytes:
    """The trimmed and compiled standard library as the zip that Pyodide puts on ``sys.path``."""
    sources = {name: content for name, content in unzip(archive).items() if name.endswith(".py")}
    return zipped(compiled(only(sources, wanted(modules, packages))), deflate=deflate)


def record(files: Files, folder: str) -> bytes:
    """A wheel's list of its own files with their hashes."""
    lines = []
    for name, content in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{folder}/RECORD,,\n"]).encode()


def wheel(files: Files, folder: str, *, deflate: bool) -> bytes:
    """A valid wheel of the files; ``folder`` is its ``.dist-info``."""
    without_record = {name: content for name, content in files.items() if name != f"{folder}/RECORD"}
    return zipped({**without_record, f"{folder}/RECORD": record(without_record, folder)}, deflate=deflate)


def compiled_wheel(archive: bytes, modules: Iterable[str], packages: Iterable[str], *, deflate: bool) -> bytes:
    """The same wheel with bytecode for sources, without the modules that are not wanted."""
    files = unzip(archive)
    folder = next(name.partition("/")[0] for name in files if ".dist-info/" in name)
    return wheel(compiled(only(files, wanted(modules, packages))), folder, deflate=deflate)


def project_wheel(folder: str, tag: str) -> bytes:
    """A wheel of this project's sources from a folder with its package, ``pyproject.toml`` and ``LICENSE``."""
    files = folder_files(folder)
    project = tomllib.loads(files.pop("pyproject.toml").decode())["project"]
    license_text = files.pop("LICENSE")
    name, version = project["name"], stated_version(files[f"{project['name']}/__init__.py"].decode())
    described = f"{name}-{version}.dist-info"
    notes = {
        f"{described}/METADATA": core_metadata(project, version).encode(),
        f"{described}/WHEEL": f"Wheel-Version: 1.0\nGenerator: {name}\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        f"{described}/licenses/LICENSE": license_text,
        f"{described}/top_level.txt": f"{name}\n".encode(),
    }
    return wheel({**files, **notes}, described, deflate=False)


def stated_version(source: str) -> str:
    """The version that the package states of itself."""
    found = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    if found is None:
        message = "pysim/__init__.py states no __version__"
        raise ValueError(message)
    return found[1]


def core_metadata(project: Mapping[str, Any], version: str) -> str:
    """The few fields that an installer reads."""
    required = "".join(f"Requires-Dist: {requirement}\n" for requirement in project["dependencies"])
    return (
        "Metadata-Version: 2.4\n"
        f"Name: {project['name']}\n"
        f"Version: {version}\n"
        f"License-Expression: {project['license']}\n"
        "License-File: LICENSE\n"
        f"Requires-Python: {project['requires-python']}\n"
        f"{required}"
    )
