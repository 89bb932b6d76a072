"""Packs the page's Python: bytecode instead of sources, and only what the page imports.

Runs under Pyodide itself, so that the bytecode is that of the interpreter which will load it. Nothing here looks at a
clock: every archive member carries the same date, members are sorted, and pycs name the hash of their source instead
of its time of change (unchecked: nothing compares them again). The same input therefore gives the same bytes.
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import ast
import base64
import hashlib
import importlib.util
import inspect
import io
import json
import marshal
import re
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

from dataclass_methods import Library, MethodWriter

PACKAGE = "pysim"  # what is imported; the project may be installed as something else
ARCHIVE_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state
SUBSTITUTES = {
    "numpy/random/__init__.py": b"from numpy.random._philox import Philox\n",  # pysim draws from no other generator
    "numpy/linalg/_umath_linalg.py": b"",  # NumPy imports it at its start, pysim solves no equations
    "numpy/_core/_add_newdocs.py": b"",  # docstrings of what is written in C
    "numpy/_core/_add_newdocs_scalars.py": b"",
}
LARGEST_ENTRY, NO_PLACE = 8, 15  # of such a table: code units in an entry, and a kind of entry
Files = Mapping[str, bytes]


class Leaner(ast.NodeTransformer):
    """Drops what functions say of their types: bytecode would carry a function for each of them.

    A decorated class says what it is: `dataclasses` would write that itself, in most of the time that it takes for a class.
    """

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """A class and what is inside."""
        if node.decorator_list:
            node.body.insert(0, ast.copy_location(ast.parse(f"__doc__ = {node.name!r}").body[0], node.body[0]))
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """A function and those inside it."""
        unannotate(node)
        self.generic_visit(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """The same for a coroutine."""
        unannotate(node)
        self.generic_visit(node)
        return node


def unannotate(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Leaves a decorated function alone: its decorator may read the annotations, as that of single dispatch does."""
    if function.decorator_list:
        return
    spec = function.args
    for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
        if argument is not None:
            argument.annotation = None
    function.returns = None


def bare(code: CodeType, places: bytes) -> CodeType:
    """Drops what only a debugger asks for: where instructions come from, what locals are called, whose a function is."""
    constants = (bare(value, places) if isinstance(value, CodeType) else value for value in code.co_consts)
    return code.replace(
        co_linetable=places, co_varnames=nameless(code), co_qualname=code.co_name, co_consts=tuple(constants)
    )


def nowhere(code: CodeType) -> bytes:
    """A table of places that has none, long enough for a module and all of its functions, which share it: an error is somewhere in its function."""
    return bytes([0x80 | NO_PLACE << 3 | LARGEST_ENTRY - 1]) * (largest(code) // LARGEST_ENTRY + 1)


def largest(code: CodeType) -> int:
    """The code units of a module, or of the largest function in it."""
    inside = (largest(value) for value in code.co_consts if isinstance(value, CodeType))
    return max(len(code.co_code) // 2, *inside, 0)


def nameless(code: CodeType) -> tuple[str, ...]:
    """The names of a function's arguments, and of what functions inside it share; those of its other locals are made one."""
    if not code.co_flags & inspect.CO_OPTIMIZED:
        return code.co_varnames
    starred = sum(bool(code.co_flags & flag) for flag in (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS))
    arguments = code.co_argcount + code.co_kwonlyargcount + starred
    return tuple(
        name if place < arguments or name in code.co_cellvars else "_" for place, name in enumerate(code.co_varnames)
    )


def bytecode(source: bytes, name: str, library: Library) -> bytes:
    """A pyc without assertions, docstrings, functions' annotations, line numbers and names of locals; ``name`` is what tracebacks show."""
    tree = ast.parse(source, name)
    module = name.removesuffix(".py").replace("/", ".")
    for rewriting in (MethodWriter(module, library), Leaner()):
        tree = rewriting.visit(tree)
    ast.fix_missing_locations(tree)
    code = compile(tree, name, "exec", dont_inherit=True, optimize=2)
    flags = 0b01.to_bytes(4, "little")  # PEP 552: named by the source's hash, and never compared with it
    header = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source)
    return header + marshal.dumps(bare(code, nowhere(code)))


def compiled(files: Files) -> dict[str, bytes]:
    """Replaces every module by its bytecode, beside where its source was: Python imports it without a source."""
    result = {}
    library: Library = {}  # a module whose dataclasses others inherit from sorts before them
    for name, content in sorted(files.items()):
        if name.endswith(".py"):
            result[f"{name}c"] = bytecode(content, name, library)
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


def only(files: Files, modules: Iterable[str]) -> dict[str, bytes]:
    """Drops the modules that are not listed; everything that is no module stays."""
    listed = frozenset(modules)
    return {
        name: content
        for name, content in files.items()
        if not name.endswith((".py", ".so")) or module_name(name) in listed
    }


def standard_library(archive: bytes, modules: Iterable[str], *, deflate: bool) -> bytes:
    """The trimmed and compiled standard library as the zip that Pyodide puts on ``sys.path``."""
    sources = {name: content for name, content in unzip(archive).items() if name.endswith(".py")}
    return zipped(compiled(only(sources, modules)), deflate=deflate)


def archive_without(archive: bytes, modules: Iterable[str], *, deflate: bool) -> bytes:
    """The same archive of modules but for those listed."""
    left_out = frozenset(modules)
    return zipped(
        {n: content for n, content in unzip(archive).items() if module_name(n) not in left_out}, deflate=deflate
    )


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


def compiled_wheel(archive: bytes, modules: Iterable[str], later: Iterable[str] = (), *, deflate: bool) -> bytes:
    """The same wheel with bytecode for sources, without the modules that are not listed, and without files for later."""
    files = unzip(archive)
    return wheel(compiled_part(files, modules, later, is_later=False), about(files), deflate=deflate)


def compiled_later(archive: bytes, modules: Iterable[str], later: Iterable[str], *, deflate: bool) -> bytes:
    """What such a wheel lacks, to be laid out where it was."""
    return zipped(compiled_part(unzip(archive), modules, later, is_later=True), deflate=deflate)


def compiled_part(files: Files, modules: Iterable[str], later: Iterable[str], *, is_later: bool) -> dict[str, bytes]:
    """One of the two parts; compiled with the other, since dataclasses inherit across."""
    kept = only(files, modules)
    apart = {f"{name}c" if name.endswith(".py") else name for name in later}
    return {name: content for name, content in compiled(kept).items() if (name in apart) == is_later}


def about(files: Files) -> str:
    """The name of a wheel's ``.dist-info``."""
    return next(name.partition("/")[0] for name in files if ".dist-info/" in name)


def page_numpy(archive: bytes) -> bytes:
    """The wheel of NumPy without what ``SUBSTITUTES`` stands in for: a sixth of all that the page would load."""
    replaced = {module_name(name) for name in SUBSTITUTES}
    files = {name: content for name, content in unzip(archive).items() if module_name(name) not in replaced}
    return wheel({**files, **SUBSTITUTES}, about(files), deflate=False)


def project_wheel(folder: str, tag: str) -> bytes:
    """A wheel of this project's sources from a folder with its package, ``pyproject.toml`` and ``LICENSE``."""
    files = folder_files(folder)
    project = tomllib.loads(files.pop("pyproject.toml").decode())["project"]
    license_text = files.pop("LICENSE")
    version = stated_version(files[f"{PACKAGE}/__init__.py"].decode())
    described = f"{project['name'].replace('-', '_')}-{version}.dist-info"
    notes = {
        f"{described}/METADATA": core_metadata(project, version).encode(),
        f"{described}/WHEEL": f"Wheel-Version: 1.0\nGenerator: {PACKAGE}\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        f"{described}/licenses/LICENSE": license_text,
        f"{described}/top_level.txt": f"{PACKAGE}\n".encode(),
    }
    return wheel({**with_json(files), **notes}, described, deflate=False)


def with_json(files: Files) -> dict[str, bytes]:
    """Tables as JSON instead of TOML: the same content, read in a tenth of the time."""
    return {
        name.replace(".toml", ".json"): json.dumps(tomllib.loads(content.decode()), separators=(",", ":")).encode()
        if name.endswith(".toml")
        else content
        for name, content in files.items()
    }


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
