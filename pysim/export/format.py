"""What is known of a format before anything that writes it is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pysim.export.exporter import Exporter

Names = tuple[str, ...]
TABLES = ("run", "steps", "events", "fleet", "labels")  # of a run as tables
Feed = Literal["events", "blocks", "nothing"]
"""What an exporter is given: every event, steps told one by one or as a log with an interval tells them (`--view`, `--log-every`);
the events between steps, and steps in blocks of columns; or nothing, because it looks at the story by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options say beside the run itself."""

    view: str = ""  # in whose words, or under whose names; empty where the format has no choice
    log_every: int | None = None  # steps that are told as one; None: as is usual for the view
    sample_every: int | None = (
        None  # seconds between two looks, where a format looks at the run by itself; None: as is usual
    )
    entries: int | None = None  # of a recorder of events; None: as is usual
    tables: Names = TABLES  # of those only these
    settings: Any = None  # all options, for a format that has some of its own


class MissingExtraError(ValueError):
    """A library that a format is written with is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format: what it is, and which class of which module of this package writes it."""

    name: str
    summary: str  # a line of the help
    module: str
    exporter: str
    shape: Literal["file", "folder"] = "file"
    feed: Feed = "blocks"
    extra: str = ""  # that pip installs the libraries with
    mark: bytes = b""  # that a file of ours has among its first bytes
    views: Names = ()  # that it can be written in, the usual one first
    options: Names = ()  # of a show that matter to it beside those of the run
    own_options: Names = ()  # of an export, beside those of every one
    is_partitioned: bool = False  # the folder takes many runs, each in a folder of its own
    is_text: bool = True  # so that it can go to a terminal or a pipe

    def load(self) -> "Callable[[Any, Asked], Exporter]":
        """What makes an exporter that writes to a stream (BinaryIO), or into an empty folder (Path).

        Raises:
            MissingExtraError: if a library is missing.
        """
        try:
            module = import_module(f"pysim.export.{self.module}")
        except ModuleNotFoundError as error:
            if not self.extra or (error.name or "").partition(".")[0] == "pysim":
                raise
            message = f"--to {self.name}: needs an extra package: pip install 'pysim-llm[{self.extra}]'"
            raise MissingExtraError(message) from None
        make: Callable[[Any, Asked], Exporter] = getattr(module, self.exporter)
        return make
