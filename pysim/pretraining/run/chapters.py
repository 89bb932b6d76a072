"""Places in a run that a viewer wants to jump to: phases, interruptions, validations, checkpoints. Found in closed form, never listed whole."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from operator import attrgetter
from typing import Literal, get_args

import numpy as np

from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.segments import Ints, Segment, Stretch
from pysim.pretraining.run.timeline import Timeline
from pysim.story.chapters import Chapter
from pysim.story.steps import DataStep, Executed

WorkKind = Literal["validation", "checkpoint"]
WORK: tuple[WorkKind, ...] = get_args(WorkKind)
_time_us = attrgetter("time_us")


class Chapters:
    """The chapters of one run."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        end_us = timeline.segments[-1].end_us
        self._end = Chapter(end_us, "end", "end of the run")

    def after(self, time_us: int) -> Chapter:
        """The first chapter later than a time; the end if there is none."""
        for segment in self._timeline.segments_on_from(time_us):
            later = [chapter for chapter in self._near(segment, time_us) if chapter.time_us > time_us]
            if later:
                return min(later, key=_time_us)
        return self._end

    def before(self, time_us: int) -> Chapter:
        """The last chapter earlier than a time; the bring-up if there is none."""
        for segment in self._timeline.segments_back_from(time_us):
            earlier = [chapter for chapter in self._near(segment, time_us) if chapter.time_us < time_us]
            if earlier:
                return max(earlier, key=_time_us)
        return next(self._opening(self._timeline.segments[0]))

    def some(self, limit: int) -> Iterator[Chapter]:
        """At most about `limit` chapters of a kind, evenly thinned, in order."""
        timeline = self._timeline
        works = (timeline.validation, timeline.checkpoint)
        stride = _stride(sum(work.occurrences() for work in works), limit)
        between = range(2, len(timeline.segments) - 1)
        thinned = map(timeline.segments.__getitem__, between[:: _stride(len(between), limit)])
        cuts = chain.from_iterable(map(self._opening, thinned))
        due = (self._thinned(work, stride) for work in works)
        yield from chain.from_iterable(map(self._opening, timeline.segments[:2]))
        yield from merge(*due, cuts, key=_time_us)  # stable: at one moment, the validation comes first
        yield from self._opening(timeline.segments[-1])
        yield self._end

    def work(self, kind: WorkKind, limit: int) -> Iterator[Chapter]:
        """At most `limit` validations or checkpoints, evenly thinned, in order, each found when its turn comes."""
        work = self._timeline.validation if kind == "validation" else self._timeline.checkpoint
        yield from self._thinned(work, _stride(int(self._passed(work)[-1]), limit))

    def _opening(self, segment: Segment) -> Iterator[Chapter]:
        """The chapter that a segment begins with, if it does."""
        begin_us, is_first = segment.begin_us, segment.completed == 0
        if isinstance(segment, Stretch):
            resumed = f"training resumes at step {segment.first_data_step:,}"
            starts = segment is self._timeline.stretches[0]
            yield Chapter(begin_us, *(("training", "training starts") if starts else ("resumption", resumed)))
        elif segment.kind == "export":
            yield Chapter(begin_us, "export", "export")
        elif segment.kind == "bring-up":
            yield Chapter(begin_us, "bring-up", "bring-up")
        elif segment.kind == "hang" or (segment.kind == "down" and self._timeline.before(segment).kind != "hang"):
            step = "" if is_first else f" after step {self._timeline.data_step(segment.completed):,}"
            yield Chapter(begin_us, "interruption", f"interrupted{step}")

    def _near(self, segment: Segment, time_us: int) -> Iterator[Chapter]:
        """A segment's opening, and the validations and checkpoints of it that are next to a time, on either side."""
        yield from self._opening(segment)
        if isinstance(segment, Stretch) and segment.steps:
            for work in (self._timeline.validation, self._timeline.checkpoint):
                yield from self._around(segment, work, time_us)

    def _around(self, stretch: Stretch, work: Periodic, time_us: int) -> Iterator[Chapter]:
        step = self._timeline.step_within(stretch, min(max(time_us, stretch.begin_us), stretch.end_us - 1))
        index, due = work.index(stretch.data_step(step)), _due(work, stretch)
        nearby = range(max(index - 1, due.start), min(index + 2, due.stop))
        yield from self._occurrences(stretch, work, nearby)

    def _thinned(self, work: Periodic, stride: int) -> Iterator[Chapter]:
        """Every `stride`-th occurrence of the run, work that is done again included; only their stretches are looked at."""
        passed = self._passed(work)
        counts = np.arange(stride, int(passed[-1]) + 1, stride, dtype=np.int64)
        numbers = np.searchsorted(passed, counts)
        back = passed[numbers] - counts
        for number, before_last in zip(numbers.tolist(), back.tolist(), strict=True):
            stretch = self._timeline.stretches[number]
            last = work.index(stretch.last_data_step)
            yield from self._occurrences(stretch, work, (last - before_last,))

    def _passed(self, work: Periodic) -> Ints:
        """How often work was due by the end of each stretch."""
        segments = self._timeline.segments
        before = segments.first_data_step - 1
        passed: Ints = (work.indices(before + segments.steps) - work.indices(before)).cumsum()
        return passed

    def _occurrences(self, stretch: Stretch, work: Periodic, indices: Iterable[int]) -> Iterator[Chapter]:
        """Work of a stretch by its indices; without what was due when the stretch had been cut."""
        for index in indices:
            data_step = work.step_of(index)
            chapter = self._occurrence(work, stretch.executed(data_step), data_step)
            if chapter.time_us < stretch.end_us:
                yield chapter

    def _occurrence(self, work: Periodic, step: Executed, data_step: DataStep) -> Chapter:
        if work is self._timeline.validation:
            return Chapter(self._timeline.end_of_us(step), "validation", f"validation at step {data_step:,}")
        return Chapter(self._timeline.checkpoint_start_us(step), "checkpoint", f"checkpoint at step {data_step:,}")


def _due(work: Periodic, stretch: Stretch) -> range:
    """Indices of the occurrences that follow a stretch's completed steps."""
    before = DataStep(stretch.first_data_step - 1)
    return range(work.index(before) + 1, work.index(stretch.last_data_step) + 1)


def _stride(count: int, limit: int) -> int:
    return max(-(-count // limit), 1)
