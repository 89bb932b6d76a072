"""What ranks said of themselves and of each other while they joined."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Ranks:
    """Everything that was said of communicators."""

    pointers: dict[str, tuple[Any, ...]] = field(default_factory=dict)  # who a pointer belongs to
    started: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # by communicator id and pointer
    world_ids: set[str] = field(default_factory=set)
    buses: dict[int, str] = field(default_factory=dict)  # by device
    hosts: dict[int, str] = field(default_factory=dict)  # by node
    stages: dict[tuple[str, int], int] = field(default_factory=dict)  # how far a thread is
    processes: dict[tuple[str, int], int] = field(default_factory=dict)  # rank of a process
    speakers: set[tuple[str, int]] = field(default_factory=set)  # processes that say anything
    trees: dict[tuple[int, int], tuple[list[int], int]] = field(default_factory=dict)  # kin by channel and rank
    rings: dict[int, tuple[list[int], bool]] = field(default_factory=dict)  # by channel, and whether whole
    channels: set[int] = field(default_factory=set)
