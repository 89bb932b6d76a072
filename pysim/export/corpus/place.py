"""Where a corpus lies: a folder at any address that fsspec knows. A file is there whole, or not at all."""

import contextlib
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

_UNFINISHED = ".part"


class UnreachableError(ValueError):
    """An address that nobody here knows how to reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder, by its address."""

    address: str
    _system: Any
    _root: str
    _folders: set[str]  # that are there: an object store, which has none, is asked for its bucket each time

    @staticmethod
    def at(address: str) -> "Place":
        """The folder at an address.

        Raises:
            UnreachableError: if fsspec, or what it needs for this kind of address, is not there.
        """
        import fsspec  # noqa: PLC0415 - an extra

        try:
            system, root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise UnreachableError(str(error)) from None
        return Place(address=address, _system=system, _root=root.rstrip("/"), _folders=set())

    @property
    def is_of_this_process(self) -> bool:
        """Whether no other process sees it."""
        return "memory" in self._protocols

    @property
    def _protocols(self) -> tuple[str, ...]:
        protocol = self._system.protocol
        return (protocol,) if isinstance(protocol, str) else tuple(protocol)

    @property
    def _is_local(self) -> bool:
        return "file" in self._protocols

    def path(self, name: str) -> str:
        """Of a file, as its file system has it."""
        return f"{self._root}/{name}"

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        with self._reached():
            return bool(self._system.exists(self.path(name)))

    def names(self, folder: str = "") -> Iterator[str]:
        """Files and folders in a folder, in order; none if it is not there."""
        try:
            with self._reached():
                found = self._system.ls(self.path(folder) if folder else self._root, detail=False, refresh=True)
        except (FileNotFoundError, NotADirectoryError):
            return iter(())
        return iter(sorted({posixpath.basename(each.rstrip("/")) for each in found} - {""}))

    def is_file(self) -> bool:
        """Whether the address is a file's."""
        with self._reached():
            return bool(self._system.isfile(self._root))

    def read(self, name: str) -> bytes:
        """All of a file."""
        with self._reached():
            content: bytes = self._system.cat_file(self.path(name))
        return content

    def put(self, source: Path, name: str) -> None:
        """A copy of a local file, under its name once it is whole."""
        path = self._ready(name)
        if not self._is_local:
            with self._reached():
                self._system.put_file(str(source), path)
            return
        with _whole(path) as unfinished:
            self._system.put_file(str(source), str(unfinished))

    def write(self, name: str, content: bytes, begun_in: str = "") -> None:
        """A small file; likewise. Until it is whole it can lie in another folder, which is swept when somebody else writes it."""
        path = self._ready(name)
        if not self._is_local:
            with self._reached():
                self._system.pipe_file(path, content)
            return
        with _whole(path, self.path(begun_in) if begun_in else "") as unfinished:
            unfinished.write_bytes(content)

    def _ready(self, name: str) -> str:
        path = self.path(name)
        folder = posixpath.dirname(path)
        if folder not in self._folders:
            with self._reached():
                self._system.makedirs(folder, exist_ok=True)
            self._folders.add(folder)
        return path

    def sweep(self, folder: str = "") -> None:
        """Without what somebody left unfinished in a folder: only on this machine is a file written under another name."""
        for name in self.names(folder) if self._is_local else ():
            if name.endswith(_UNFINISHED):
                self._system.rm_file(self.path(posixpath.join(folder, name)))

    @staticmethod
    @contextlib.contextmanager
    def _reached() -> Iterator[None]:
        """What a file system is asked. Those of object stores have errors of their own for what is no fault of the program."""
        try:
            yield
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error  # noqa: EM102, TRY003 - the words are theirs


@contextlib.contextmanager
def _whole(path: str, begun_in: str = "") -> Iterator[Path]:
    """A file of this machine to write, which gets its name when it is whole, and goes away if it cannot be."""
    unfinished = Path(begun_in or posixpath.dirname(path)) / f"{posixpath.basename(path)}.{uuid4().hex}{_UNFINISHED}"
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
