"""What ran when: the segments of a run, and which step at which time.

Everything asks the timeline for the phase of a moment and the moment of a step. It answers for a run of one stretch as for
one of thousands.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.levels import LevelShift
from pysim.pretraining.run.pace import Pace
from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.segments import PHASES, TRAINING, Place, Segment, Segments, Stretch
from pysim.pretraining.run.shards import Shards
from pysim.story.moment import Phase
from pysim.story.steps import DataStep, Executed

Times = NDArray[np.int64]
Gap = tuple[DataStep, DataStep]  # the first and the last of batches that were skipped
_STEP_PHASES: tuple[Phase, ...] = ("training", "validating", "saving")


class Timeline:
    """Times of all executed steps and of everything between them, in microseconds of run time."""

    def __init__(self, segments: Sequence[Segment], pace: Pace) -> None:
        self.segments = segments if isinstance(segments, Segments) else Segments.of(segments)
        self.stretches = self.segments.stretches
        self._pace = pace
        self._begins = np.ascontiguousarray(self.segments.begin_us).data
        self._first_steps = (self.segments.completed[self.segments.stretch_at] + 1).data
        self._stretch_at = np.ascontiguousarray(self.segments.stretch_at).data
        self._near: Place | None = None  # what was looked up last: a viewer moves little

    def forget_steps(self) -> None:
        """Keep none that was looked at: each is found again when it is asked for."""
        self._pace.clock.forget()

    @property
    def validation(self) -> Periodic:
        """Validations by data step."""
        return self._pace.validation

    @property
    def checkpoint(self) -> Periodic:
        """Checkpoints by data step."""
        return self._pace.checkpoint

    @property
    def shards(self) -> Shards:
        """Files of the corpus by data step."""
        return self._pace.shards

    @property
    def level_shifts(self) -> tuple[LevelShift, ...]:
        """Spells in which every executed step takes longer, in order; the last one may outlive the run."""
        return tuple(shift for shift in self._pace.clock.shifts if shift.first <= self.last_step)

    @property
    def last_step(self) -> Executed:
        """The last executed step of the run."""
        return self.stretches[-1].last_step

    @property
    def total_steps(self) -> DataStep:
        """The last data step of the run."""
        return self._pace.total_steps

    @property
    def start_us(self) -> int:
        """When the first step starts."""
        return self.stretches[0].begin_us

    @property
    def end_us(self) -> int:
        """When the work after the last step is done."""
        return self.stretches[-1].end_us

    # What holds at a time

    def stretch_number_at(self, time_us: int) -> int:
        """The number of the last stretch that has begun by a time; -1 before the first."""
        return self._last_stretch_by(max(bisect_right(self._begins, time_us) - 1, 0))

    def _last_stretch_by(self, index: int) -> int:
        """The number of the segment's own stretch, or of the last one before it."""
        return bisect_right(self._stretch_at, index) - 1

    def at(self, time_us: int) -> Place:
        """What is going on at a time."""
        near = self._near
        if near is None or not near.begin_us <= time_us < min(near.end_us, near.segment.end_us):
            self._near = near = self._place(time_us)
        return near

    def segment_at(self, time_us: int) -> Segment:
        """The segment that holds at a time; the first before the launch, the last after the end."""
        return self.segments[max(bisect_right(self._begins, time_us) - 1, 0)]

    def segments_back_from(self, time_us: int) -> Iterator[Segment]:
        """The segment that holds at a time, and those before it, the last one first."""
        return map(self.segments.__getitem__, range(max(bisect_right(self._begins, time_us) - 1, 0), -1, -1))

    def segments_within(self, since_us: int, until_us: int) -> tuple[Segment, ...]:
        """The segments that touch [since_us, until_us), the one that ends where it begins included."""
        first = max(bisect_left(self._begins, since_us) - 1, 0)
        return self.segments[first : bisect_left(self._begins, until_us)]

    def segments_on_from(self, time_us: int) -> Iterator[Segment]:
        """The segment that holds at a time, and those after it, in order."""
        return map(
            self.segments.__getitem__, range(max(bisect_right(self._begins, time_us) - 1, 0), len(self.segments))
        )

    def trained_us(self, since_us: int, until_us: int) -> int:
        """How much of [since_us, until_us) was training, validations and checkpoints included."""
        touched = takewhile(lambda segment: segment.begin_us < until_us, self.segments_on_from(since_us))
        stretches = (segment for segment in touched if isinstance(segment, Stretch))
        return sum(min(each.end_us, until_us) - max(each.begin_us, since_us) for each in stretches)

    def before(self, segment: Segment) -> Segment:
        """The segment that led to another one; the launch leads to itself."""
        return self.segments[max(bisect_right(self._begins, segment.begin_us) - 2, 0)]

    def _place(self, time_us: int) -> Place:
        segment = self.segment_at(time_us)
        if isinstance(segment, Stretch):
            return self._within(segment, time_us)
        is_over = segment is self.segments[-1] and time_us >= segment.end_us
        return Place(
            segment=segment,
            phase="done" if is_over else PHASES[segment.kind],
            completed=segment.completed,
            begin_us=segment.begin_us,
            end_us=segment.planned_end_us,
        )

    def _within(self, stretch: Stretch, time_us: int) -> Place:
        pace, step = self._pace, self._pace.step_at(stretch, time_us)
        marks = (
            pace.start_us(stretch, step),
            pace.end_us(stretch, step),
            pace.checkpoint_start_us(stretch, step),
            pace.next_start_us(stretch, step),
        )
        index = min(max(bisect_right(marks, time_us) - 1, 0), len(_STEP_PHASES) - 1)
        return Place(
            segment=stretch,
            phase=_STEP_PHASES[index],
            completed=Executed(step - (index == 0)),
            begin_us=marks[index],
            end_us=marks[index + 1],
        )

    # Steps

    def running(self, stretch: Stretch, time_us: int) -> Executed:
        """The step of a stretch that is running at a time, completed or not, or whose validation or checkpoint is."""
        return self._pace.step_at(stretch, time_us)

    def ended_by(self, stretch: Stretch, step: Executed, time_us: int) -> bool:
        """Whether a step of a stretch had ended by a time."""
        return self._pace.end_us(stretch, step) <= time_us

    def begin_us(self, stretch: Stretch, step: Executed) -> int:
        """When a step of a stretch starts, completed or not."""
        return self._pace.start_us(stretch, step)

    def step_within(self, stretch: Stretch, time_us: int) -> Executed:
        """The completed step of a stretch that is running at a time, or whose validation or checkpoint is."""
        return Executed(min(self._pace.step_at(stretch, time_us), stretch.last_step))

    def stretch_of(self, step: Executed) -> Stretch:
        """The stretch that executed `step`."""
        return self.stretches[self.stretch_number(step)]

    def stretch_number(self, step: Executed) -> int:
        """The number of that among all stretches, from 0."""
        return bisect_right(self._first_steps, step) - 1

    def data_step(self, step: Executed) -> DataStep:
        """Which batch executed step `step` worked on; 0 for none."""
        if not step:
            return DataStep(0)
        number = self.stretch_number(step)
        return DataStep(step - self._first_steps[number] + int(self.segments.first_data_step[number]))

    def step_behind(self, place: Place) -> DataStep:
        """The last batch that the model has seen, or that was worked on last where no model is in memory."""
        segment = place.segment
        return segment.data_step(place.completed) if isinstance(segment, Stretch) else self.data_step(place.completed)

    def executions(self, data_step: DataStep) -> Iterator[Executed]:
        """The executed steps that completed the step of a batch, in order; none for a batch that was skipped."""
        segments = self.segments
        has = (segments.first_data_step <= data_step) & (data_step <= self.last_data_steps)
        found = segments.completed[segments.stretch_at[has]] + 1 + data_step - segments.first_data_step[has]
        return map(Executed, found.tolist())

    def data_step_along(self, passed: int, of: int) -> DataStep:
        """The data step that is reached about when a share `passed / of` of the time between the first and the last step has passed.

        Found without a look at any stretch; as if all steps of one took the same time.
        """
        segments, start_us, lasted_us = self.segments, self.start_us, self.end_us - self.start_us
        time_us = min(start_us + lasted_us * passed // of, self.end_us - 1)
        index = max(bisect_right(self._begins, time_us) - 1, 0)
        completed = Executed(int(segments.completed[index]))
        if segments.kind[index] != TRAINING:
            return max(self.data_step(completed), DataStep(1))
        number = self._last_stretch_by(index)
        begin_us, end_us = int(segments.begin_us[index]), int(segments.end_us[index])
        steps = max(int(segments.steps[number]) - 1, 0)
        inside = steps * (start_us * of + lasted_us * passed - begin_us * of) // (of * (end_us - begin_us))
        return DataStep(int(segments.first_data_step[number]) + inside)

    def first_start_us(self, data_step: DataStep) -> int:
        """When the first step that completed this batch, or a later one if it was skipped, started."""
        stretch = self.stretches[min(bisect_right(self.reached, data_step - 1), len(self.stretches) - 1)]
        return self._pace.start_us(stretch, stretch.executed(max(data_step, stretch.first_data_step)))

    @cached_property
    def reached(self) -> memoryview:
        """The highest data step that was completed by the end of each stretch."""
        return np.maximum.accumulate(self.last_data_steps).data

    @cached_property
    def last_data_steps(self) -> Times:
        """The last data step that each stretch completed."""
        last: Times = self.segments.first_data_step + self.segments.steps - 1
        return last

    def gaps_before(self, step: Executed) -> tuple[Gap, ...]:
        """The batches that the model of executed step `step` has never seen because they were skipped, in order."""
        since, gaps = self._gaps
        return gaps[bisect_right(since, self.stretch_number(step)) - 1]

    @cached_property
    def _gaps(self) -> tuple[list[int], list[tuple[Gap, ...]]]:
        """The stretches from which on there are others, and these; a stretch that went back to before a gap does not have it."""
        known: tuple[Gap, ...] = ()
        since, gaps, newest = [0], [known], 0
        segments = self.segments
        began = zip(segments.resumed_after.tolist(), (segments.first_data_step - 1).tolist(), strict=True)
        for number, (after, skipped_to) in enumerate(began):
            if after < newest or after < skipped_to:
                known = tuple(gap for gap in known if gap[1] <= after)
                known = (*known, (DataStep(after + 1), DataStep(skipped_to))) if after < skipped_to else known
                newest = known[-1][1] if known else 0
                since.append(number)
                gaps.append(known)
        return since, gaps

    def batches(self, step: Executed, since: DataStep, at_most: int) -> Times:
        """The last batches after `since` that the model has seen when executed step `step` is done, `at_most` of them, in order."""
        last, gaps = self.data_step(step), [gap for gap in self.gaps_before(step) if gap[1] > since]
        skipped = sum(end - first + 1 for first, end in gaps)
        seen = np.arange(max(since, last - at_most - skipped) + 1, last + 1, dtype=np.int64)
        for first, end in gaps:
            seen = seen[(seen < first) | (seen > end)]
        return seen[-at_most:]

    def start_of_us(self, step: Executed) -> int:
        """When executed step `step` starts."""
        return self._pace.start_us(self.stretch_of(step), step)

    def end_of_us(self, step: Executed) -> int:
        """When executed step `step` ends."""
        return self._pace.end_us(self.stretch_of(step), step)

    def done_us(self, stretch: Stretch, step: Executed, *, is_rough: bool) -> int:
        """When a step of a stretch ends; roughly, to within a few steps, without a look at single steps."""
        return self._pace.roughly_us(stretch, step) if is_rough else self._pace.end_us(stretch, step)

    def checkpoint_start_us(self, step: Executed) -> int:
        """When the checkpoint after `step` starts, or would: after the validation."""
        return self._pace.checkpoint_start_us(self.stretch_of(step), step)

    def next_start_us(self, step: Executed) -> int:
        """When the work that follows `step` is done, or would be: the next step of the stretch starts here."""
        return self._pace.next_start_us(self.stretch_of(step), step)

    def ends_us(self, first: Executed, last: Executed) -> Times:
        """When each executed step from `first` to `last`, all of one stretch, ends; shape (last - first + 1,)."""
        return self.spans_us(first, last)[1]

    def spans_us(self, first: Executed, last: Executed) -> tuple[Times, Times]:
        """When each starts, and when it ends."""
        return self._pace.spans_us(self.stretch_of(first), first, last)

    def worked_us(self, stretch: Stretch, first: Executed, last: Executed) -> int:
        """How long steps of a stretch took together, without what came between them."""
        return self._pace.worked_us(stretch, first, last)

    def took_us(self, first: Executed, last: Executed) -> Times:
        """How long each took."""
        starts, ends = self.spans_us(first, last)
        return ends - starts

    def step_at(self, time_us: int) -> Executed:
        """The executed step that is running at a time, or was the last one; clamped to the run's steps."""
        place = self.at(time_us)
        running = place.phase == "training"
        return Executed(max(min(place.completed + running, self.last_step), 1))
