"""Where an export goes: it is whole under its name, or not there at all, and nothing of anybody else's is touched.

A file or a folder is written beside its place, under a name of its own (`.NAME.PROCESS.part`), brought to the disk and then renamed. What
an export leaves behind that was killed meanwhile, the next one to the same place removes. A pipe or a device, which cannot be whole or
not, is written to as it is.
"""

import errno
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pysim.export.format import Format

MARKER = ".pysim-export.json"  # in every folder of ours: what was exported
_HEAD_BYTES = 4096  # among which the mark of a file of ours is
_BUFFER_BYTES = 2**20


class NotOursError(ValueError):
    """There is something that no export may replace; the text says what, and what would help."""


class Target:
    """The place of one export: `facts` say which, for a folder that takes many or is asked for again."""

    def __init__(self, path: str, made_as: Format, facts: Mapping[str, object]) -> None:
        self._format = made_as
        self._facts = {"format": made_as.name, **facts}
        place = Path(path)
        self._root = place.resolve() if place.is_symlink() else place
        self.path = self._root / f"run={facts['run_id']}" if made_as.is_partitioned else self._root

    @property
    def is_done(self) -> bool:
        """Whether the very same export is there already, whole."""
        return self._format.shape == "folder" and _facts_in(self.path) == self._facts

    def check(self, *, may_overwrite: bool) -> None:
        """Whether the export may be there.

        Raises:
            NotOursError: if something is there that it must not replace, or that only `may_overwrite` lets it replace.
            OSError: if nobody can look, or the folder that it should be in is missing.
        """
        if not self._root.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._root.parent))
        if self._format.is_partitioned:
            self._check_root()
        if not os.path.lexists(self.path) or self._is_stream:
            return
        if not self._is_ours:
            message = f"{self.path}: is there already and is no {self._format.name} export; choose another place"
            raise NotOursError(message)
        if not may_overwrite:
            message = f"{self.path}: is there already; --overwrite replaces it"
            raise NotOursError(message)

    def _check_root(self) -> None:
        """That nothing else lies in the folder that takes many runs."""
        if not os.path.lexists(self._root):
            return
        with os.scandir(self._root) as found:  # NotADirectoryError where it is none
            strange = next((each.name for each in found if not _is_run(each.name)), None)
        if strange is not None:
            message = f"{self._root}: is no folder of {self._format.name} exports, there is {strange} in it; choose another place"
            raise NotOursError(message)

    @property
    def _is_stream(self) -> bool:
        """Whether it is a pipe or a device."""
        if self._format.shape == "folder":
            return False
        with suppress(OSError):
            mode = self.path.stat().st_mode
            return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
        return False

    @property
    def _is_ours(self) -> bool:
        if self._format.shape == "folder":
            return (_facts_in(self.path) or {}).get("format") == self._format.name
        if not self.path.is_file():
            return False
        with self.path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        return bool(self._format.mark) and self._format.mark in head

    @contextmanager
    def opened(self) -> Iterator[BinaryIO | Path]:
        """A stream, or an empty folder, to write to; what was written takes its place when the block ends, unless it raises.

        Raises:
            OSError: if it cannot be written.
        """
        if self._is_stream:
            with self.path.open("wb", _BUFFER_BYTES) as stream:
                yield stream
            return
        with ExitStack() as undone:
            if self._format.is_partitioned and not self._root.exists():
                self._root.mkdir()
                undone.callback(_remove_if_empty, self._root)
            self._remove_leftovers()
            part = self.path.with_name(self._own_name("part"))
            undone.callback(_remove, part)
            undone.enter_context(_called(part, self.path))
            if self._format.shape == "file":
                with part.open("xb", _BUFFER_BYTES) as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(self.path)
            else:
                part.mkdir()
                yield part
                (part / MARKER).write_text(json.dumps(self._facts, indent=1) + "\n", encoding="utf-8")
                _sync_all(part)
                self._put(part)
            _sync(self.path.parent)

    def _put(self, part: Path) -> None:
        """A folder in its place; the one that was there goes when the new one is there."""
        if not self.path.exists():
            part.rename(self.path)
            return
        old = self.path.with_name(self._own_name("old"))
        self.path.rename(old)
        try:
            part.rename(self.path)
        except BaseException:
            old.rename(self.path)
            raise
        shutil.rmtree(old)

    def _own_name(self, kind: str) -> str:
        return f".{self.path.name}.{os.getpid()}.{kind}"

    def _remove_leftovers(self) -> None:
        """What killed exports to this place have left; where one was killed while it replaced a folder, that one comes back."""
        for left in self.path.parent.glob(f".{_literal(self.path.name)}.*"):
            process, _, kind = left.name[len(self.path.name) + 2 :].partition(".")
            if kind not in ("part", "old") or not process.isdecimal() or _is_running(int(process)):
                continue
            if kind == "old" and not self.path.exists():
                left.rename(self.path)
            else:
                _remove(left)


@contextmanager
def _called(part: Path, whole: Path) -> Iterator[None]:
    """What is refused to a part is said of the whole, which is what somebody has asked for."""
    try:
        yield
    except OSError as error:
        if error.filename == str(part):
            error.filename = str(whole)
        raise


def _literal(name: str) -> str:
    """A name in which a pattern's own characters stand for themselves."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)


def _is_run(name: str) -> bool:
    """Whether something in a folder of many runs belongs there."""
    return name.startswith(("run=", ".run="))


def _facts_in(folder: Path) -> dict[str, object] | None:
    """What a folder's marker says; None where there is none."""
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _is_running(process: int) -> bool:
    """Whether a process of this machine runs; also where nobody can tell."""
    if os.name != "posix" or process == os.getpid():
        return process != os.getpid()
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _sync_all(folder: Path) -> None:
    """Every file of a folder on the disk, and the folders that name them."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            with (Path(place) / name).open("rb+") as file:
                os.fsync(file.fileno())
        _sync(Path(place))


def _sync(folder: Path) -> None:
    """That the disk knows what a folder contains; not every system can be asked for it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
