"""The parts of a run around training: bring-up before, export after; each a table of stages that share a duration.

How long those of the bring-up last is in `physics/start_up.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Stage:
    """A named part of a phase, in microseconds of run time."""

    name: str
    start_us: int
    end_us: int

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return (self.end_us - self.start_us) / 1e6

    def at_us(self, fraction: float) -> int:
        """The moment at which a fraction of it is done."""
        return self.start_us + round((self.end_us - self.start_us) * fraction)


RESTART = {
    "launching processes": 0.15,
    "connecting process groups": 0.35,
    "loading the checkpoint": 0.35,
    "indexing the dataset": 0.10,
    "warming up": 0.05,
}
RECOVERY = {  # what the parts of a recovery are called while they last; those of a restart as above
    "aborting": "stopping processes",
    "diagnosing": "finding the cause",
    "resetting": "resetting the accelerator",
    "rebooting": "rebooting the node",
    "draining": "draining the node",
    "deciding": "waiting for a decision",
    "waiting": "waiting for a node",
    "replacing": "replacing the node",
    "queueing": "waiting in the queue",
    "maintaining": "maintenance",
    "updating": "changing the code",
    "launching": "launching processes",
    "groups": "connecting process groups",
    "loading": "loading the checkpoint",
}
EXPORT = {"merging shards": 0.34, "converting weights": 0.14, "writing shards": 0.48, "writing metadata": 0.04}


def stages(shares: Mapping[str, float], start_us: int, duration_us: int) -> dict[str, Stage]:
    """Cut a duration into named stages in proportion to their shares; they touch, and the last ends with the duration."""
    total = sum(shares.values())
    ends = [start_us + round(duration_us * share / total) for share in accumulate(shares.values())]
    starts = [start_us, *ends]
    return {name: Stage(name, start, end) for name, start, end in zip(shares, starts, ends, strict=False)}


def stage_at(parts: dict[str, Stage], time_us: int) -> Stage:
    """The stage that is running at a time; the last one after the end."""
    *rest, last = parts.values()
    return next((stage for stage in rest if time_us < stage.end_us), last)
