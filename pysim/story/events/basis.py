"""What all events have, and how a stream of them begins."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ranks = Annotated[Ints, "rank"]  # one value for each
Channels = Annotated[Ints, "channel"]
ChildrenOfChannels = Annotated[Ints, "channel", "child"]

SCHEMA_VERSION = 1  # goes up whenever a field changes its meaning or goes away


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact at a moment."""

    time_seconds: float

    @property
    def time_us(self) -> int:
        """When, in whole microseconds."""
        return round(self.time_seconds * 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruth(Event):
    """Why the run is as it is: what its trainer cannot know, so no trainer's log has it. Never told itself; the kinds below are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """A stream of events begins: which run it tells, and which part. No fact of the run; each stream has it first, cut or not."""

    schema_version: int
    pysim_version: str
    kind: str  # of run
    run_id: str  # the same for the same plan
    run_name: str
    preset: str | None  # that the plan began with; None if it was drawn
    seed: int
    command: str
    launched_at: str  # in UTC, as the next two
    begins_at: str
    ends_at: str | None  # None: with the run
    until_seconds: float | None


Kind = TypeVar("Kind", bound=Event)


def from_columns(kind: type[Kind], columns: Mapping[str, Sequence[Any]]) -> list[Kind]:
    """Events of one kind, each field from the column of its name.

    Steps are by far the most frequent events; this writes the slots themselves, field by field, in a sixth of the constructor's time.

    Raises:
        ValueError: if columns are missing, too many, or of different lengths.
    """
    names = [field.name for field in fields(kind)]
    if columns.keys() != set(names):
        message = f"columns {sorted(columns.keys() ^ set(names))} are missing or not of a {kind.__name__}"
        raise ValueError(message)
    counts = {len(column) for column in columns.values()}
    if len(counts) > 1:
        message = f"columns of a {kind.__name__} are of different lengths: {sorted(counts)}"
        raise ValueError(message)
    events = [object.__new__(kind) for _ in range(counts.pop())]
    for name in names:
        deque(map(getattr(kind, name).__set__, events, columns[name]), maxlen=0)
    return events
