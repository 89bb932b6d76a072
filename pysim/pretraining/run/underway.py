"""A stretch of training that is under way: the one thing in a run's course that changes, in plain numbers.

Each of tens of thousands of incidents asks which step a moment is in, so what is asked again and again is kept at hand.
"""

from copy import copy
from heapq import heappop, heappush

import numpy as np

from pysim.pretraining.run.pace import Pace, last_done
from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.segments import Late, Slowdown, late_us
from pysim.story.steps import DataStep, Executed

_OPEN_US = 2**62  # of a condition that has not ended yet
_PERMILLE = 1000
_CHUNK = 1024  # occurrences


class WorkBetween:
    """What all validations, checkpoints and readings up to a data step take together; quick to ask of neighbours."""

    def __init__(self, pace: Pace) -> None:
        self._works = (_Work(pace.validation), _Work(pace.checkpoint))
        self._shards = pace.shards if pace.shards.shard_tokens else None
        self._first, self._next, self._total_us = 0, 0, 0  # the total is that of all data steps from one up to another
        self.steps_per_us = pace.total_steps / (pace.clock.total_us(pace.total_steps) + self.total_us(pace.total_steps))

    def total_us(self, data_step: int) -> int:
        """In microseconds."""
        if not self._first <= data_step < self._next:
            self._look_at(DataStep(data_step))
        return self._total_us

    def is_even(self, first: int, last: int) -> bool:
        """Whether nothing comes after a data step and up to another one."""
        self.total_us(first)
        return last < self._next

    def _look_at(self, data_step: DataStep) -> None:
        one, other = self._works
        if not one.first <= data_step < one.next:
            one.look_at(data_step)
        if not other.first <= data_step < other.next:
            other.look_at(data_step)
        self._total_us = one.total_us + other.total_us
        self._first = max(other.first, one.first)
        self._next = min(other.next, one.next)
        if self._shards:
            self._total_us += self._shards.total_us(data_step)
            self._first, self._next = data_step, data_step + 1


class _Work:
    """Work of one kind: what all of it takes together up to each data step from `first` to the one before `next`."""

    def __init__(self, work: Periodic) -> None:
        self._work = work
        self.first, self.next, self.total_us = 0, 0, 0
        self._chunk, self._totals_us = -1, np.zeros(0, np.int64).data  # of many occurrences that follow one another

    def look_at(self, data_step: DataStep) -> None:
        """Move to where a data step is."""
        work = self._work
        chunk, index = divmod(work.index(data_step), _CHUNK)
        if chunk != self._chunk:
            counts = np.arange(chunk * _CHUNK, (chunk + 1) * _CHUNK, dtype=np.int64)
            self._chunk, self._totals_us = chunk, work.lengths.totals_us(counts).data
        self.total_us = self._totals_us[index]
        self.first = data_step - data_step % work.interval
        self.next = self.first + work.interval
        if self.next > work.total_steps:  # more of it may follow the last step
            self.first, self.next = data_step, data_step + 1


class Underway:
    """A stretch as far as it is known, with no end but that of the run. Times are microseconds of run time."""

    def __init__(
        self,
        pace: Pace,
        between: WorkBetween,
        begin_us: int,
        *,
        completed: Executed,
        warmup_us: int,
        resumed_after: DataStep,
        skipped_batches: int,
    ) -> None:
        self._pace, self._clock, self._between = pace, pace.clock, between
        self.begin_us = begin_us
        self.completed = completed
        self.resumed_after = resumed_after
        self.first_data_step = DataStep(resumed_after + skipped_batches + 1)
        self.shift = self.first_data_step - completed - 1
        self.last_step = Executed(pace.total_steps - self.shift)
        self._warm_us = begin_us + warmup_us
        self._passed_us = between.total_us(completed + self.shift)
        self._origin_us = self._warm_us - self._clock.total_us(completed) - self._passed_us
        self.slowdowns: list[Slowdown] = []
        self.late: list[Late] = []
        self._slow: dict[
            Slowdown, tuple[int, int, int]
        ] = {}  # from and up to which total of the clock, and by how much
        self._ends: list[tuple[int, int, Slowdown]] = []  # when conditions are over, soonest first
        self._longer = 1.0  # than without them, the steps now

    @property
    def least_end_us(self) -> int:
        """No later than the end of the run would be, if this went on to it."""
        return self.least_us(self.last_step)

    def least_us(self, step: Executed) -> int:
        """No later than the end of a step."""
        return self._origin_us + self._clock.least_us(step) + self._passed_us

    def done_by(self, time_us: int) -> Executed:
        """The last step that is done by a time with what follows it; the one before the first if none is."""
        if self._ends:
            self._recover(time_us)
        guess = self.completed + int((time_us - self._warm_us) * self._between.steps_per_us / self._longer)
        least, most = self.completed, self.last_step - 1
        if (
            not self._slow and not self.late and least <= guess <= most
        ):  # so it is nearly always, and the first guess is right
            between_us = self._between.total_us(guess + self.shift)
            found = self._clock.last_within(time_us - self._origin_us - between_us)
            if least <= found <= most and self._between.total_us(found + self.shift) == between_us:
                return Executed(found)
        return last_done(self._clock, self._beside_us, time_us, (least, most), guess)

    def completed_by(self, time_us: int) -> Executed:
        """The last step that has ended before a time; the one before the first if none has."""
        done = self.done_by(time_us)
        if self._between.is_even(
            done + self.shift, done + 1 + self.shift
        ):  # nothing comes between the end of the next and its being done
            return done
        return Executed(done + (self._end_us(Executed(done + 1)) < time_us))

    def data_step(self, step: Executed) -> DataStep:
        """Which batch one of its steps works on."""
        return DataStep(step + self.shift)

    def executed(self, data_step: DataStep) -> Executed:
        """Which of its steps works on a batch."""
        return Executed(data_step - self.shift)

    def data_step_at(self, time_us: int) -> DataStep:
        """The batch of the step that is running at a time, or whose validation or checkpoint is."""
        return DataStep(self.done_by(time_us) + 1 + self.shift)

    def done_us(self, step: Executed) -> int:
        """When a step is done, and what follows it."""
        return self._clock.total_us(step) + self._beside_us(step)

    def is_known_until(self, time_us: int) -> bool:
        """Whether no condition ends before."""
        return not self._ends or self._ends[0][0] > time_us

    def slow_down(self, by: Slowdown) -> None:
        """Steps take longer from now on, or have done so since before the stretch."""
        self.slowdowns.append(by)
        self._slow[by] = self._clock.total_us(self._next_step(by.begin_us) - 1), _OPEN_US, by.permille
        self._longer += by.permille / _PERMILLE
        heappush(self._ends, (by.end_us, len(self.slowdowns), by))

    def next_data_step(self, time_us: int) -> DataStep:
        """The batch of the first step that does not begin before a time."""
        return self.data_step(self._next_step(time_us))

    def save_us(self, data_step: DataStep) -> tuple[int, int]:
        """When the save that follows a batch begins and ends, if nothing more happens before."""
        end_us, checkpoint = self._foreseen_us(Executed(data_step - self.shift)), self._pace.checkpoint
        longer_us = late_us(self.late, data_step) - late_us(self.late, data_step - 1)
        return end_us - checkpoint.duration_us(checkpoint.index(data_step)) - longer_us, end_us

    def delay_save(self, step: DataStep, by_us: int) -> None:
        """The save of a data step takes longer; no later one has yet."""
        before_us = self.late[-1].total_us if self.late else 0
        self.late.append(Late(step=step, total_us=before_us + by_us))

    def _foreseen_us(self, step: Executed) -> int:
        """When a step of the time to come is done, and what follows it."""
        if not self._ends:
            return self.done_us(step)
        foreseen = copy(self)
        foreseen._slow, foreseen._ends = dict(self._slow), list(self._ends)  # noqa: SLF001 - its own
        while foreseen._ends and foreseen._ends[0][0] < foreseen.done_us(step):  # noqa: SLF001
            foreseen._recover(foreseen._ends[0][0])  # noqa: SLF001
        return foreseen.done_us(step)

    def _recover(self, time_us: int) -> None:
        """End the conditions that are over by a time."""
        while self._ends and self._ends[0][0] <= time_us:
            end_us, _, by = heappop(self._ends)
            until_us = self._clock.total_us(self._next_step(end_us) - 1)
            self._slow[by] = self._slow[by][0], until_us, by.permille
            self._longer -= by.permille / _PERMILLE

    def _next_step(self, time_us: int) -> Executed:
        """The first step that does not begin before a time."""
        return Executed(self.completed + 1 if time_us <= self.begin_us else self.done_by(time_us - 1) + 2)

    def _beside_us(self, step: int) -> int:
        beside_us = self._origin_us + self._between.total_us(step + self.shift)
        if self.late:
            beside_us += late_us(self.late, step + self.shift)
        return beside_us + self._extra_us(self._clock.total_us(step)) if self._slow else beside_us

    def _extra_us(self, total_us: int) -> int:
        """How much longer steps have taken under the conditions when the clock says that all did take so long."""
        extra_us = 0
        for since_us, until_us, permille in self._slow.values():
            if total_us > since_us:
                extra_us += (min(total_us, until_us) - since_us) * permille // _PERMILLE
        return extra_us

    def _end_us(self, step: Executed) -> int:
        """When a step ends, and a validation or a checkpoint begins."""
        data_step = DataStep(step + self.shift)
        longer_us = late_us(self.late, data_step) - late_us(self.late, data_step - 1)
        return self.done_us(step) - self._pace.following_us(data_step) - longer_us
