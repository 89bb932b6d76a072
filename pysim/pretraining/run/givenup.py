"""Steps that were given up: what each stretch did not keep of those before it when it went on from a checkpoint.

Nearly always that is what the stretch before had not saved, which is known of all stretches at once. Those that go back further are
walked back, each when somebody asks. Microseconds of run time.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.timeline import Timeline
from pysim.story.steps import DataStep

Ints = NDArray[np.int64]


class Steps(NamedTuple):
    """So many completed steps, and the time that went into them."""

    steps: int
    us: int


class GivenUp:
    """What did not count of a run's stretches; columns of shape (stretches,), or (stretches - 1,) from the second one on."""

    def __init__(self, timeline: Timeline) -> None:
        segments = timeline.segments
        self._timeline = timeline
        self._begin_us, self._end_us = segments.begin_us[segments.stretch_at], segments.end_us[segments.stretch_at]
        self._first, self._saved, self._saved_us = segments.first_data_step, segments.saved, segments.saved_us
        self._last = self._first + segments.steps - 1
        self._after = segments.resumed_after
        self.warmup_us = self._warmups_us()
        self.in_vain_us: Ints = np.where(segments.steps > 0, 0, self.warmup_us)
        self._warm_us = self._begin_us + self.warmup_us - self.in_vain_us

    def _warmups_us(self) -> Ints:
        """What each first step takes longer for the restart before it; the run's own first step is as long as any run's."""
        warmups_us: Ints = np.minimum(self._end_us - self._begin_us, self._timeline.stretches[0].warmup_us)
        warmups_us[0] = 0
        return warmups_us

    @property
    def unsaved_steps(self) -> Ints:
        """Completed steps of each stretch after the last checkpoint that it completed."""
        unsaved: Ints = self._last - np.where(self._saved > 0, self._saved, self._first - 1)
        return unsaved

    @property
    def unsaved_us(self) -> Ints:
        """How long each stretch went on after that; after its warm-up if it had no checkpoint and a step, else all of the time."""
        unsaved: Ints = self._end_us - np.where(self._saved > 0, self._saved_us, self._warm_us)
        return unsaved

    @property
    def going_back_further(self) -> list[int]:
        """The numbers of the stretches that go on from an earlier checkpoint than the last one."""
        newest = np.where(self._saved > 0, self._saved, self._after)[:-1]
        numbers: list[int] = (np.flatnonzero(self._after[1:] != newest) + 1).tolist()
        return numbers

    def further(self, number: int) -> Steps:
        """The steps that were saved, and that a stretch gave up for all that."""
        after, before, steps, lost_us = int(self._after[number]), number - 1, 0, 0
        counts_to = int(self._saved[before] or self._after[before])
        while counts_to > after:
            last = min(int(self._last[before]), counts_to)
            kept = max(after, int(self._first[before]) - 1)
            if last > kept:
                steps += last - kept
                lost_us += self._done_us(before, last) - self._done_us(before, kept)
            counts_to, before = min(counts_to, int(self._after[before])), before - 1
        return Steps(steps, lost_us)

    def _done_us(self, number: int, data_step: int) -> int:
        """When a step of a stretch and what follows it were done, as far as it was; before the first, when its warm-up was."""
        if data_step < self._first[number]:
            return int(self._warm_us[number])
        if data_step == self._saved[number]:
            return int(self._saved_us[number])
        known_us = self._timeline.segments.done_us.get((number, data_step))
        if known_us is not None:
            return min(known_us, int(self._end_us[number]))
        stretch = self._timeline.stretches[number]
        return min(self._timeline.next_start_us(stretch.executed(DataStep(data_step))), stretch.end_us)
