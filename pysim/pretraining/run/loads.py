"""What kept the accelerators busy: when their load changed last, and how long each kind of work took."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.segments import SegmentKind, Stretch, late_us
from pysim.pretraining.run.timeline import Timeline
from pysim.story.steps import DataStep, Executed

Load = Literal["training", "validating", "saving", "context", "hang", "down"]
Ints = NDArray[np.int64]
Change = tuple[int, Load]  # since when, in microseconds, and what then began

_LOADS: dict[SegmentKind, Load] = {
    "bring-up": "context",
    "hang": "hang",
    "down": "down",
    "restart": "context",
    "export": "context",  # the processes are there, and no accelerator is busy
}

_OF_A_STRETCH: tuple[Load, ...] = ("training", "validating", "saving")


class Loads:
    """The loads of one run."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def history(self, time_us: int, at_least: int) -> list[Change]:
        """The last changes of load before a time, oldest first; the launch is the first of a short history."""
        changes: list[Change] = []
        for segment in self._timeline.segments_back_from(time_us - 1):
            begins_a_stretch = bool(changes) and changes[-1][1] == "training"  # what was before it still matters
            if len(changes) >= at_least and not begins_a_stretch:
                break
            if isinstance(segment, Stretch):
                changes += self._within(segment, min(time_us, segment.end_us), at_least - len(changes))
            else:
                changes.append((segment.begin_us, _LOADS[segment.kind]))
        return changes[::-1]

    def _within(self, stretch: Stretch, time_us: int, wanted: int) -> list[Change]:
        """The last changes in a stretch before a time, newest first, until there are enough; its begin is the last of all."""
        changes: list[Change] = []
        for step in self._disturbed_back(stretch, time_us):
            if len(changes) >= wanted:
                return changes
            changes += [change for change in self._changes_after(step) if change[0] < time_us]
        return changes if len(changes) >= wanted else [*changes, (stretch.begin_us, "training")]

    def _disturbed_back(self, stretch: Stretch, time_us: int) -> Iterator[Executed]:
        """The steps of a stretch up to a time that a validation or a checkpoint follows, newest first."""
        step = self._timeline.running(stretch, time_us - 1)
        while step >= stretch.first_step:
            data_step = stretch.data_step(step)
            step = Executed(step - data_step + self._last_due(data_step))
            if step >= stretch.first_step:
                yield step
            step = Executed(step - 1)

    def _changes_after(self, step: Executed) -> list[Change]:
        """What follows a step that is validated or saved, newest first; what does not happen takes no time."""
        timeline = self._timeline
        return [
            (timeline.next_start_us(step), "training"),
            (timeline.checkpoint_start_us(step), "saving"),
            (timeline.end_of_us(step), "validating"),
        ]

    def _last_due(self, data_step: DataStep) -> DataStep:
        """The last data step up to this one that is followed by a validation or a checkpoint."""
        timeline = self._timeline
        if data_step == timeline.total_steps:
            return data_step
        works = (timeline.validation, timeline.checkpoint)
        return DataStep(max(data_step // work.interval * work.interval for work in works))

    def spans_us(self, until_us: int | None = None) -> Counter[Load]:
        """How long each load lasted up to a time, or in all, in microseconds."""
        spans: Counter[Load] = Counter()
        for kind, load in _LOADS.items():
            spans[load] += self._timeline.segments.lasted_us(kind, until_us)
        begun = len(self._begins_us) if until_us is None else bisect_right(self._begins_us, until_us)
        if begun:
            spans.update(dict(zip(_OF_A_STRETCH, self._before[:, begun - 1].tolist(), strict=True)))
            spans.update(self._spans_us(self._cut(self._timeline.stretches[begun - 1], until_us)))
        return spans

    def _cut(self, stretch: Stretch, until_us: int | None) -> Stretch:
        """The stretch as if something had cut it then."""
        if until_us is None or until_us >= stretch.end_us:
            return stretch
        running = self._timeline.running(stretch, until_us)
        done = running if self._timeline.ended_by(stretch, running, until_us) else running - 1
        return replace(stretch, end_us=until_us, steps=min(done, stretch.last_step) - stretch.completed)

    @cached_property
    def _begins_us(self) -> list[int]:
        segments = self._timeline.segments
        begins_us: list[int] = segments.begin_us[segments.stretch_at].tolist()
        return begins_us

    @cached_property
    def _before(self) -> Ints:
        """What all stretches before each come to, shape (loads of a stretch, stretches + 1). Few have to be looked at one by one."""
        segments, timeline = self._timeline.segments, self._timeline
        before, done = segments.first_data_step - 1, timeline.last_data_steps
        works = (timeline.validation, timeline.checkpoint)
        validating, saving = (work.totals_us(done) - work.totals_us(np.minimum(before, done)) for work in works)
        lasted = segments.end_us[segments.stretch_at] - segments.begin_us[segments.stretch_at]
        spans = np.array([lasted - validating - saving, validating, saving])
        due = [work.indices(done) > work.indices(done - 1) for work in works]
        single = sorted({*np.flatnonzero(due[0] | due[1]).tolist(), *segments.late})
        for number in single:
            found = self._spans_us(timeline.stretches[number])
            spans[:, number] = [found.get(load, 0) for load in _OF_A_STRETCH]
        return np.concatenate([np.zeros((len(spans), 1), np.int64), spans.cumsum(axis=1)], axis=1)

    def _spans_us(self, stretch: Stretch) -> dict[Load, int]:
        lasted_us = stretch.end_us - stretch.begin_us
        if not stretch.steps:
            return {"training": lasted_us}
        timeline, before, done = self._timeline, DataStep(stretch.first_data_step - 1), stretch.last_data_step
        never_us = self._never_us(stretch)
        validating = timeline.validation.total_us(done) - timeline.validation.total_us(before) - never_us[0]
        saving = timeline.checkpoint.total_us(done) - timeline.checkpoint.total_us(before) - never_us[1]
        saving += late_us(stretch.late, done)
        return {"training": lasted_us - validating - saving, "validating": validating, "saving": saving}

    def _never_us(self, stretch: Stretch) -> tuple[int, int]:
        """What was never done of the validation and of the checkpoint that follow its last step; most often none is due."""
        timeline, last = self._timeline, stretch.last_step
        if not (timeline.validation.due(stretch.last_data_step) or timeline.checkpoint.due(stretch.last_data_step)):
            return 0, 0
        saving_us, next_us = timeline.checkpoint_start_us(last), timeline.next_start_us(last)
        return max(saving_us - stretch.end_us, 0), max(next_us - max(saving_us, stretch.end_us), 0)
