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
_BEHIND, _AHEAD = 2**11, 2**14  # data steps at hand
_GUESSES = 3  # which step it is, before the steps in question are halved
_NONE = np.zeros(0, np.int64).data


class WorkBetween:
    """What all validations, checkpoints and readings up to a data step take together; quick to ask of one after another."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._validation_interval, self._checkpoint_interval = pace.validation.interval, pace.checkpoint.interval
        self._shards = pace.shards if pace.shards.shard_tokens else None
        self._first, self._next = 0, 0  # the data steps that are at hand
        self._validations, self._first_validation = _NONE, 0
        self._checkpoints, self._first_checkpoint = _NONE, 0
        last = pace.total_steps
        self.steps_per_us = last / (pace.clock.total_us(last) + pace.between_us(last))

    def total_us(self, data_step: int) -> int:
        """In microseconds."""
        if not self._first <= data_step < self._next:
            if data_step >= self._pace.total_steps:  # more of it may follow the last one
                return self._pace.between_us(DataStep(data_step))
            self._look_at(data_step)
        validations_us = self._validations[data_step // self._validation_interval - self._first_validation]
        checkpoints_us = self._checkpoints[data_step // self._checkpoint_interval - self._first_checkpoint]
        reading_us = self._shards.total_us(DataStep(data_step)) if self._shards else 0
        return validations_us + checkpoints_us + reading_us

    def follows(self, data_step: int) -> bool:
        """Whether a validation or a checkpoint may come after a data step."""
        is_due = data_step % self._checkpoint_interval == 0 or data_step % self._validation_interval == 0
        return is_due or data_step == self._pace.total_steps

    def _look_at(self, data_step: int) -> None:
        """Have the steps about one at hand."""
        self._first = max(data_step - _BEHIND, 0)
        self._next = min(data_step + _AHEAD, self._pace.total_steps)
        self._validations, self._first_validation = self._totals_us(self._pace.validation)
        self._checkpoints, self._first_checkpoint = self._totals_us(self._pace.checkpoint)

    def _totals_us(self, work: Periodic) -> tuple[memoryview, int]:
        """What all work of one kind takes up to each of its occurrences at hand, and the first of those."""
        first = self._first // work.interval
        counts = np.arange(first, self._next // work.interval + 1, dtype=np.int64)
        return work.lengths.totals_us(counts).data, first


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
        self._pace, self._between = pace, between
        self.begin_us = begin_us
        self.completed = completed
        self.resumed_after = resumed_after
        self.first_data_step = DataStep(resumed_after + skipped_batches + 1)
        self.shift = self.first_data_step - completed - 1
        self.last_step = Executed(pace.total_steps - self.shift)
        self._clock = pace.clock_of(completed, self.shift)
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
        """No later than the end of a step, and found at once."""
        if self._clock.is_at_hand(step):
            return self._origin_us + self._clock.total_us(step) + self._between.total_us(step - 1 + self.shift)
        return self._origin_us + self._clock.least_us(step) + self._passed_us

    def done_by(self, time_us: int) -> Executed:
        """The last step that is done by a time with what follows it; the one before the first if none is."""
        if self._ends:
            self._recover(time_us)
        least, most = self.completed, self.last_step - 1
        guess = least + int((time_us - self._warm_us) * self._between.steps_per_us / self._longer)
        guess = min(max(guess, least), most)
        if not self._slow and not self.late:  # so it is nearly always, and the first guess is right
            between_us = self._between.total_us(guess + self.shift)
            found = self._clock.last_within(time_us - self._origin_us - between_us)
            if least <= found <= most and self._between.total_us(found + self.shift) == between_us:
                return Executed(found)
        return self._searched(time_us, guess, (least, most))

    def _searched(self, time_us: int, guess: int, among: tuple[int, int]) -> Executed:
        """`done_by` from a guess on."""
        least, most = among
        beside_us = self._beside_us(guess)
        for _ in range(_GUESSES):  # as `last_done` does, and asks no step twice
            found = self._clock.last_within(time_us - beside_us)
            if found < least and guess == least:
                return Executed(least)
            if not least <= found <= most:
                break
            guessed_us, beside_us = beside_us, self._beside_us(found)
            if beside_us == guessed_us:
                return Executed(found)
            guess = found
        return last_done(self._clock, self._beside_us, time_us, (least, most), guess)

    def completed_by(self, time_us: int) -> Executed:
        """The last step that has ended before a time; the one before the first if none has."""
        done = self.done_by(time_us)
        if not self._between.follows(done + 1 + self.shift):
            return done  # nothing comes between the end of the next and its being done
        following = Executed(done + 1)
        return Executed(done + (self.done_us(following) - self._following_us(following) < time_us))

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

    def foreseen_us(self, step: Executed) -> int:
        """When a step of the time to come is done, and what follows it."""
        if not self._ends:
            return self.done_us(step)
        foreseen = copy(self)
        foreseen._slow, foreseen._ends = dict(self._slow), list(self._ends)  # noqa: SLF001 - its own
        while foreseen._ends and foreseen._ends[0][0] < foreseen.done_us(step):  # noqa: SLF001
            foreseen._recover(foreseen._ends[0][0])  # noqa: SLF001
        return foreseen.done_us(step)

    def slow_down(self, by: Slowdown) -> None:
        """Steps take longer from now on, or have done so since before the stretch."""
        self.slowdowns.append(by)
        self._slow[by] = self._clock.total_us(self._next_step(by.begin_us) - 1), _OPEN_US, by.permille
        self._longer += by.permille / _PERMILLE
        heappush(self._ends, (by.end_us, len(self.slowdowns), by))

    def next_data_step(self, time_us: int) -> DataStep:
        """The batch of the first step that does not begin before a time."""
        return self.data_step(self._next_step(time_us))

    def step_us(self, step: Executed) -> tuple[int, int]:
        """When a step begins and ends, if nothing more happens before."""
        begin_us = self.begin_us if step == self.completed + 1 else self.foreseen_us(Executed(step - 1))
        return begin_us, self.foreseen_us(step) - self._following_us(step)

    def save_us(self, data_step: DataStep) -> tuple[int, int]:
        """When the save that follows a batch begins and ends, if nothing more happens before."""
        end_us, checkpoint = self.foreseen_us(Executed(data_step - self.shift)), self._pace.checkpoint
        longer_us = late_us(self.late, data_step) - late_us(self.late, data_step - 1)
        return end_us - checkpoint.duration_us(checkpoint.index(data_step)) - longer_us, end_us

    def delay_save(self, step: DataStep, by_us: int) -> None:
        """The save of a data step takes longer; no later one has yet."""
        before_us = self.late[-1].total_us if self.late else 0
        self.late.append(Late(step=step, total_us=before_us + by_us))

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

    def _following_us(self, step: Executed) -> int:
        """What the validation and the checkpoint that follow a step take, if any do."""
        data_step = DataStep(step + self.shift)
        longer_us = late_us(self.late, data_step) - late_us(self.late, data_step - 1) if self.late else 0
        return self._pace.following_us(data_step) + longer_us
