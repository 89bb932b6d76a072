"""Brings Python into the state that the page starts from: all imported, the first show's run known, nothing kept that it cannot use.

Runs under Pyodide. Two runs must leave the same memory: no time, no random state, no list of the files that were there.
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import contextlib
import functools
import gc
import importlib
import inspect
import linecache
import operator
import random
import re
import sys
import typing
import zipimport
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import NoReturn

# Packages, modules, classes and functions that Pyodide or NumPy import at their start, and that a simulator never calls which
# opens no socket, starts no process, writes no archive, stores no objects, and draws its numbers from one generator. Nothing that
# comes later imports them either.
UNCALLED = (
    "_pyodide.docs_argspec",
    "_pyodide.docstring",
    "_pyodide.jsbind",
    "asyncio",
    "bz2",
    "compression",
    "concurrent",
    "ctypes",
    "dis",
    "hmac",
    "inspect.BlockFinder",
    "inspect.BoundArguments",
    "inspect.Parameter",
    "inspect.Signature",
    "inspect._main",
    "inspect._signature_from_callable",
    "inspect._signature_from_function",
    "inspect._signature_fromstr",
    "inspect._signature_get_partial",
    "inspect.formatargvalues",
    "inspect.getargvalues",
    "ipaddress",
    "locale",
    "logging",
    "lzma",
    "numpy._core._dtype_ctypes",
    "numpy._core._string_helpers",
    "numpy._core.arrayprint",
    "numpy._core.einsumfunc",
    "numpy._core.function_base",
    "numpy._core.getlimits",
    "numpy._core.memmap",
    "numpy._core.records",
    "numpy._core.shape_base",
    "numpy._pytesttester",
    "numpy._typing",
    "numpy._utils._inspect",
    "numpy.lib._array_utils_impl",
    "numpy.lib._arraypad_impl",
    "numpy.lib._arraysetops_impl",
    "numpy.lib._arrayterator_impl",
    "numpy.lib._datasource",
    "numpy.lib._format_impl",
    "numpy.lib._function_base_impl",
    "numpy.lib._histograms_impl",
    "numpy.lib._index_tricks_impl",
    "numpy.lib._iotools",
    "numpy.lib._nanfunctions_impl",
    "numpy.lib._npyio_impl",
    "numpy.lib._polynomial_impl",
    "numpy.lib._scimath_impl",
    "numpy.lib._shape_base_impl",
    "numpy.lib._stride_tricks_impl",
    "numpy.lib._twodim_base_impl",
    "numpy.lib._ufunclike_impl",
    "numpy.lib._utils_impl",
    "numpy.lib.introspect",
    "numpy.lib.mixins",
    "numpy.linalg",
    "numpy.matrixlib",
    "pickle",
    "platform",
    "pyodide.webloop",
    "selectors",
    "shutil._copytree",
    "shutil._make_tarball",
    "shutil._make_zipfile",
    "shutil._unpack_tarfile",
    "shutil.chown",
    "shutil.copytree",
    "shutil.make_archive",
    "shutil.move",
    "shutil.which",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "tarfile",
    "zipfile.PyZipFile",
    "zipfile.ZipFile._write_end_record",
    "zipfile.ZipFile.write",
    "zipfile.ZipFile.writestr",
    "zipfile._ZipWriteFile",
    "zipfile._path",
    "zipfile.main",
)
CALLED = {"_interp_dispatcher", "interp"}  # in spite of that
IMPORTED = {"tarfile"}  # in spite of that, by Pyodide where it installs a wheel


PACKAGE = "pysim"
ENTRY = f"{PACKAGE}.edge.browser"
CACHED = functools._lru_cache_wrapper  # noqa: SLF001 - the type has no other name


def warm_up(modules: Iterable[str], tables: Iterable[str], evaluated: Iterable[str]) -> None:
    """Imports the modules, reads the tables and compiles what is evaluated, then forgets what is not needed and what differs between two runs."""
    importlib.invalidate_caches()  # the files are newer than the last look, but the clock stands still
    for name in modules:
        importlib.import_module(name)
    read_tables(tables)
    if ENTRY in sys.modules:
        sys.modules[ENTRY].open_beforehand()
    compile_beforehand(evaluated)
    random.seed(0)
    leave_out()
    forget_documentation()
    re.purge()
    for forget in typing._cleanups:  # noqa: SLF001 - its caches
        forget()
    linecache.clearcache()
    zipimport._zip_directory_cache.clear()  # noqa: SLF001 - the page has another archive in the same place
    sys.path_importer_cache.clear()
    del sys.modules[__name__]
    gc.collect()


def read_tables(tables: Iterable[str]) -> None:
    """Has every table read by whoever keeps it: the page has no file of it."""
    with noted_reads() as names:
        for keep in keepers():
            with contextlib.suppress(FileNotFoundError):  # of a table that comes later; errors are not kept
                keep()
    unread = sorted(set(tables) - names)
    if unread:
        message = (
            f"{', '.join(unread)}: the page starts without these tables, since no function that is cached and takes no "
            "arguments reads them; write one, or list them in later.mjs"
        )
        raise AssertionError(message)


def compile_beforehand(sources: Iterable[str]) -> None:
    """Has what Pyodide evaluates at every start compiled: nothing else in a start needs Python's compiler."""
    base = sys.modules["_pyodide._base"]
    evaluate = base.eval_code
    compiled = {source: base.CodeRunner(source).compile() for source in sources}
    for runner in compiled.values():
        runner.ast = None

    def eval_code(source: str, *spaces: dict[str, object], **options: object) -> object:
        runner = None if options else compiled.get(source)
        return runner.run(*spaces) if runner else evaluate(source, *spaces, **options)

    base.eval_code = eval_code


@contextlib.contextmanager
def noted_reads() -> Iterator[set[str]]:
    """The names of the files that are read as text meanwhile."""
    names: set[str] = set()
    read_text = Path.read_text

    def noting(path: Path, *args: str, **options: str) -> str:
        names.add(path.name)
        return read_text(path, *args, **options)

    Path.read_text = noting  # type: ignore[assignment, method-assign]  # put back below
    try:
        yield names
    finally:
        Path.read_text = read_text  # type: ignore[method-assign]


def keepers() -> Iterator[Callable[[], object]]:
    """The simulator's cached functions without arguments."""
    for name in sorted(sys.modules):
        if name == PACKAGE or name.startswith(f"{PACKAGE}."):
            for value in list(vars(sys.modules[name]).values()):
                if isinstance(value, CACHED) and value.__module__ == name and takes_nothing(value):
                    yield value


def takes_nothing(function: Callable[..., object]) -> bool:
    """Whether it can be called without arguments, and no other way."""
    code = inspect.unwrap(function).__code__
    return not (
        code.co_argcount or code.co_kwonlyargcount or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    )


def leave_out() -> None:
    """Lets go of what is never called wherever it has a name, and takes the bodies out of what somebody holds all the same."""
    left = unwanted()
    ids = {id(thing) for thing in left}
    for module in own_modules():
        if module.__name__ not in IMPORTED:
            for name, value in list(vars(module).items()):
                if id(value) in ids or id(getattr(value, "__wrapped__", None)) in ids:
                    del vars(module)[name]
    for name in [name for name in sys.modules if is_listed(name)]:
        if name not in IMPORTED:
            del sys.modules[name]
    for function in left:
        if type(function) is FunctionType and not function.__code__.co_freevars:
            function.__code__ = EMPTY[kind(function.__code__)]


def own_modules() -> list[ModuleType]:
    """Python's: those of JavaScript have no namespace."""
    return [module for module in sys.modules.values() if isinstance(module, ModuleType)]


def unwanted() -> list[object]:
    """Modules, classes and functions that are listed, and what is in them."""
    found: list[object] = [module for module in own_modules() if is_listed(module.__name__)]
    found += [thing for thing in gc.get_objects() if is_listed(home(thing))]
    for path in UNCALLED:
        if path not in sys.modules:
            found += with_methods(at(path))
    return [thing for thing in found if getattr(thing, "__name__", None) not in CALLED]


def home(thing: object) -> object:
    """The module of a function or a class; None of anything else."""
    if type(thing) is FunctionType:
        return thing.__globals__.get("__name__")
    return thing.__module__ if isinstance(thing, type) else None


def is_listed(module: object) -> bool:
    """Whether a module or a package that it is in is."""
    return isinstance(module, str) and any(module == top or module.startswith(f"{top}.") for top in UNCALLED)


def at(path: str) -> object:
    """A class or a function by its place; what is not there any more fails the build."""
    parts = path.split(".")
    module = next(name for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) in sys.modules)
    return operator.attrgetter(path.removeprefix(f"{module}."))(sys.modules[module])


def with_methods(thing: object) -> list[object]:
    """A function; a class and the functions in it."""
    inside = [getattr(each, "__func__", each) for each in vars(thing).values()] if isinstance(thing, type) else ()
    return [thing, *(each for each in inside if type(each) is FunctionType)]


def forget_documentation() -> None:
    """Takes away what modules and classes say of themselves: nobody asks them on the page."""
    for module in own_modules():
        module.__doc__ = None
    for thing in gc.get_objects():
        if isinstance(thing, type):
            with contextlib.suppress(AttributeError, TypeError):  # of one that is built in, or that makes its own
                thing.__doc__ = None


def kind(code: CodeType) -> int:
    """Function, generator, coroutine or asynchronous generator: a body can only stand in for one of its kind."""
    return code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR)


def left_out(*_args: object, **_options: object) -> NoReturn:
    """What such a function says if it is called after all."""
    raise NotImplementedError


def left_out_generator(*_args: object, **_options: object) -> Iterator[NoReturn]:
    """The same, when it is first asked."""
    yield left_out()


async def left_out_coroutine(*_args: object, **_options: object) -> NoReturn:
    """The same, when it is awaited."""
    left_out()


async def left_out_async_generator(*_args: object, **_options: object) -> AsyncIterator[NoReturn]:
    """The same, when it is first asked."""
    yield left_out()


EMPTY = {
    kind(function.__code__): function.__code__
    for function in (left_out, left_out_generator, left_out_coroutine, left_out_async_generator)
}
