"""When a run did not get on: not up, or doing steps again; as spans of time, gathered where there are more than anybody could draw."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from pysim.pretraining.run.segments import KINDS, Ints
from pysim.pretraining.run.timeline import Timeline
from pysim.story.marks import Passage, PassageKind
from pysim.story.steps import DataStep

Spans = tuple[Ints, Ints]  # begins and ends
_ONCE: tuple[PassageKind, ...] = ("bring-up", "export")
_STOPPED: tuple[PassageKind, ...] = ("hang", "down", "restart")


class Passages:
    """The passages of one run."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def some(self, limit: int) -> list[Passage]:
        """In order; where there are more than `limit` of a kind, those of each of so many pieces of the training one after another."""
        stopped = {kind: self._of(kind) for kind in _STOPPED}
        is_many = max(len(self._again), *(len(begins) for begins, _ in stopped.values())) > limit
        often = (
            _gathered({**stopped, "redone": self._nearly_redone}, self._pieces(limit))
            if is_many
            else self._exact(stopped)
        )
        once = _passages({kind: self._of(kind) for kind in _ONCE})
        return sorted([*once, *often], key=lambda each: each.begin_us)

    def _of(self, kind: PassageKind) -> Spans:
        segments = self._timeline.segments
        are = segments.kind == KINDS.index(kind)
        return segments.begin_us[are], segments.end_us[are]

    def _pieces(self, limit: int) -> Ints:
        """The borders of so many pieces of the time from the first step to the last."""
        timeline = self._timeline
        return timeline.start_us + (timeline.end_us - timeline.start_us) * np.arange(limit + 1, dtype=np.int64) // limit

    # Steps that are done again

    @cached_property
    def _reached(self) -> Ints:
        """The highest data step that had been done when each stretch but the first began."""
        return np.asarray(self._timeline.reached)[:-1]

    @cached_property
    def _again(self) -> Ints:
        """The numbers of the stretches that begin with steps that had been done."""
        return np.flatnonzero(self._timeline.segments.first_data_step[1:] <= self._reached) + 1

    def _exact(self, stopped: Mapping[PassageKind, Spans]) -> Iterator[Passage]:
        yield from _passages(stopped)
        for number in self._again.tolist():
            stretch = self._timeline.stretches[number]
            last = DataStep(int(self._reached[number - 1]))
            is_done = stretch.has(last)
            end_us = self._timeline.end_of_us(stretch.executed(last)) if is_done else stretch.end_us
            yield Passage(begin_us=stretch.begin_us, end_us=end_us, kind="redone")

    @property
    def _nearly_redone(self) -> Spans:
        """When steps are done again, as if all steps of a stretch took the same time: found without a look at any of them."""
        segments, again = self._timeline.segments, self._again
        at = segments.stretch_at[again]
        begins, ends, steps = segments.begin_us[at], segments.end_us[at], segments.steps[again]
        redone = np.minimum(self._reached[again - 1] - segments.first_data_step[again] + 1, steps)
        lasted = np.rint((ends - begins) * (redone / np.maximum(steps, 1))).astype(np.int64)
        return begins, np.where(redone < steps, begins + lasted, ends)


def _passages(spans: Mapping[PassageKind, Spans]) -> Iterator[Passage]:
    for kind, (begins, ends) in spans.items():
        for begin_us, end_us in zip(begins.tolist(), ends.tolist(), strict=True):
            if begin_us < end_us:
                yield Passage(begin_us=begin_us, end_us=end_us, kind=kind)


def _gathered(spans: Mapping[PassageKind, Spans], pieces: Ints) -> Iterator[Passage]:
    """In each piece one of each kind, as long as all of that kind in it, one after another from its beginning."""
    begins = pieces[:-1]
    for kind, of_kind in spans.items():
        by = _passed(of_kind, pieces)
        ends = begins + by[1:] - by[:-1]
        yield from _passages({kind: (begins, ends)})
        begins = ends


def _passed(spans: Spans, times: Ints) -> Ints:
    """How much of some spans, which come in order and do not overlap, has passed by each time."""
    begins, ends = spans
    lengths = np.concatenate([np.zeros(1, np.int64), (ends - begins).cumsum()])
    count = np.searchsorted(begins, times)  # that have begun
    last = np.maximum(count - 1, 0)
    begun = np.minimum(times, ends[last]) - begins[last] if len(begins) else np.zeros_like(times)
    passed: Ints = np.where(count > 0, lengths[last] + begun, 0)
    return passed
