"""A run looked at again and again, as a monitor does: what was heard since the last look, what every accelerator reads, what adds up."""

from collections.abc import Iterator

import numpy as np

from pysim.export.metrics.faults import Faults
from pysim.export.metrics.machines import Machines
from pysim.export.metrics.readings import MEBIBYTE, Ints, Readings, columns_of, millijoules, nanoseconds
from pysim.export.metrics.trainer import Known, Trainer
from pysim.story.events import Event
from pysim.story.story import Story

_MILLIJOULES_PER_KWH = 3_600_000_000
_LONGEST_US, _MOST_LOOKS = (
    30_000_000,
    64,
)  # between two looks, and how often one looks in between where nobody asked for so long


class Sampler:
    """Looks at a story at times that only go on."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.machines = Machines(story.header)
        self.faults = Faults()
        self.trainer = Trainer(story)
        self.looks = 0
        self.time_us = 0
        self._heard = _events(story)
        self._next = next(self._heard, None)
        nothing = np.zeros(story.header.world_size, np.int64)
        self.now: dict[str, Ints] = {}
        self._millijoules, self._held_back = nothing, nothing.copy()
        self._capacity = 0

    def look(self, time_us: int) -> None:
        """The run just before a time, no earlier than the last one."""
        for between_us in self._between(time_us):
            self._add_up(between_us)
        moved = self._hear(time_us)
        self._add_up(time_us)
        for node in moved if self.looks else ():  # at the first look counters have what is usual by then
            ranks = self.story.header.ranks_of(node)
            self._millijoules[ranks.start : ranks.stop] = 0
            self._held_back[ranks.start : ranks.stop] = 0
        self.looks += 1

    @property
    def readings(self) -> Readings:
        """Of all accelerators at the last look."""
        return Readings(
            now=self.now,
            millijoules=self._millijoules,
            held_back_nanoseconds=self._held_back,
            capacity=self._capacity,
        )

    @property
    def job(self) -> Known:
        """The job at the last look."""
        return self.trainer.at(self.time_us)

    def energy_before(self, time_us: int) -> int:
        """What each accelerator had drawn by then on average, in mJ: what counters begin with in the middle of a run."""
        return round(self.story.tally(time_us).energy_kwh * _MILLIJOULES_PER_KWH / self.story.header.world_size)

    def _hear(self, time_us: int) -> list[int]:
        """All that happened before a time; the nodes that are other machines since."""
        moved = []
        while self._next is not None and self._next.time_us < time_us:
            event = self._next
            node = self.machines.hear(event, self.looks)
            moved += [] if node is None else [node]
            self.faults.hear(event)
            self.trainer.hear(event)
            self._next = next(self._heard, None)
        return moved

    def _add_up(self, time_us: int) -> None:
        sample = self.story.fleet(time_us)
        columns = columns_of(sample)
        if not self.now:
            self._millijoules = self._millijoules + self.energy_before(time_us)
        else:
            seconds = (time_us - self.time_us) / 1e6
            self._millijoules = self._millijoules + millijoules(self.now["watts"], columns["watts"], seconds)
            self._held_back = self._held_back + nanoseconds(columns["throttled"], seconds)
        self.now, self.time_us, self._capacity = columns, time_us, sample.memory_capacity_bytes // MEBIBYTE

    def _between(self, time_us: int) -> Iterator[int]:
        """Times at which one looks only so that what adds up is right."""
        since_us = self.time_us if self.now else time_us
        pieces = min(-(-(time_us - since_us) // _LONGEST_US), _MOST_LOOKS)
        yield from (since_us + (time_us - since_us) * piece // pieces for piece in range(1, pieces))


def _events(story: Story) -> Iterator[Event]:
    """What a run tells between its steps, from its launch on."""
    return (each for each in story.blocks(between="no looks") if isinstance(each, Event))
