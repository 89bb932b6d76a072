"""Ranks on their way into a communicator: who they are, when they arrive, when all are there.

A rank arrives when its process is ready, which is its own time, and waits for the slowest; then all go on together.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import TypedDict

from pysim.physics import durations
from pysim.pretraining.names import bus_id, process_id, short_host
from pysim.pretraining.run.phases import Stage
from pysim.pretraining.run.run import Run
from pysim.story.noise import Stream
from pysim.story.rounding import significant

_SPREAD_SECONDS = 4.0  # between the arrivals on one node; grows with the root of the nodes [M]
_LONGEST_SPREAD = 0.35  # of the stage
_LONGEST_SHARE = 0.45  # of the stage, for what follows the last arrival
_READY = 0.98  # of the stage
_THREADS_APART = 97  # thread ids between one communicator's thread and the next one's, in a process
_POINTER_BASE, _POINTER_SPAN = 0x5500_0000_0000, 0x0200_0000_0000  # the heap of a position-independent executable


class Speaker(TypedDict):
    """Who says something: the first fields of `LibraryLogged`, by name."""

    rank: int
    host: str
    process_id: int
    thread_id: int
    device: int


@dataclass(frozen=True, slots=True)
class Communicator:
    """One communicator of the job, seen from rank 0, which belongs to the first one of every kind."""

    kind: str
    index: int  # among the kinds of this run
    ranks: int
    count: int  # communicators of the kind

    def identity(self, run: Run) -> str:
        """Its id: the same on all its ranks."""
        word = Stream(run.plan.noise_seed, "communicator-id").words(self.index, 1)[0]
        return f"0x{int(word):x}"

    def pointer(self, run: Run, rank: int) -> str:
        """Where a rank's process keeps it."""
        share = Stream(run.plan.noise_seed, f"communicator-pointer-{self.kind}").uniform(rank)
        return f"0x{_POINTER_BASE + int(_POINTER_SPAN * share) // 16 * 16:x}"


@dataclass(frozen=True)
class Joining:
    """One rank on its way into a communicator. Times in microseconds; `gathered_us` is the last rank's arrival."""

    run: Run
    communicator: Communicator
    rank: int
    started_us: int
    gathered_us: int
    ready_us: int
    kernels_us: int
    alloc_us: int

    @cached_property
    def who(self) -> Speaker:
        """The rank, its host, process, thread and device."""
        plan = self.run.plan
        node, local_rank = divmod(self.rank, plan.accelerator.per_node)
        process = process_id(plan, self.rank)
        thread = process + _THREADS_APART * (self.communicator.index + 1) + local_rank
        return Speaker(
            rank=self.rank, host=short_host(plan, node), process_id=process, thread_id=thread, device=local_rank
        )

    @property
    def main_thread(self) -> Speaker:
        """The same, but the process's first thread."""
        return Speaker(**{**self.who, "thread_id": self.who["process_id"]})

    @cached_property
    def pointer(self) -> str:
        """Where this rank's process keeps the communicator."""
        return self.communicator.pointer(self.run, self.rank)

    @property
    def bus(self) -> str:
        """As the library prints it: the bus and twelve more bits, hexadecimal."""
        return f"{int(bus_id(self.run.plan, self.rank)[:2], 16) << 12:x}"

    def at(self, share: float) -> float:
        """A moment after the last arrival, in seconds; ranks are a little apart."""
        own = Stream(self.run.plan.noise_seed, f"joining-{self.communicator.kind}").uniform(
            1000 * self.rank + int(100 * share)
        )
        span = self.ready_us - self.gathered_us
        return (self.gathered_us + round(span * (share - 0.02 * own))) / 1e6


def join(run: Run, communicator: Communicator, rank: int, stage: Stage) -> Joining:
    """A rank's way into a communicator within a stage."""
    own, kernels, alloc = Stream(run.plan.noise_seed, f"arrival-{communicator.kind}").uniforms(3 * rank, 3).tolist()
    longest = round(significant(durations.communicator_init_seconds(communicator.ranks)) * 1e6)
    ready_us = stage.at_us(_READY)
    gathered_us = max(ready_us - longest, stage.at_us(_READY - _LONGEST_SHARE))
    spread = min(
        _SPREAD_SECONDS * sqrt(-(-communicator.ranks // run.plan.accelerator.per_node)), _LONGEST_SPREAD * stage.seconds
    )
    started_us = gathered_us - round(spread * own * 1e6)
    before_us = min(1_000_000, (started_us - stage.start_us) // 3)
    return Joining(
        run,
        communicator,
        rank,
        started_us,
        gathered_us,
        ready_us,
        hundredths(before_us * (0.2 + 0.13 * kernels)),
        hundredths(before_us * (0.08 + 0.5 * alloc)),
    )


def hundredths(us: float) -> int:
    """Microseconds in whole hundredths of a second."""
    return round(us / 1e4) * 10_000
