"""Where a run's time went: what got it on, and what was lost, by part and by cause; so far, at any time.

Goodput is the share of the time from launch to the end of training in which steps were done that counted: not starting, hanging,
repairing or restarting, and not the steps that were done again (the definition of Google's and Meta's reports on large runs).
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.befallen import Fate
from pysim.pretraining.run.costs import Charges, Cost, Costs
from pysim.pretraining.run.givenup import GivenUp, Steps
from pysim.pretraining.run.segments import KINDS
from pysim.pretraining.run.timeline import Timeline

Ints = NDArray[np.int64]
_BRING_UP, _TRAINING, _HANG, _DOWN, _RESTART, _EXPORT = range(len(KINDS))
_PARTS: Mapping[int, str] = {  # of the lost time, that a segment adds to
    _BRING_UP: "starting_us",
    _TRAINING: "restarting_us",  # its warm-up
    _HANG: "noticing_us",
    _DOWN: "repairing_us",
    _RESTART: "restarting_us",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodput:
    """A run's time, in microseconds; the parts add up to the whole."""

    wall_us: int  # from launch, to the end of training at most
    starting_us: int  # until the first step, before anything went wrong
    noticing_us: int
    repairing_us: int
    restarting_us: int  # and what the first step after it takes longer
    redoing_us: int  # steps that were given up, whole or begun; known when the run goes on
    interruptions: int
    steps_redone: int

    @property
    def lost_us(self) -> int:
        """What went wrong took away, starting aside."""
        return self.noticing_us + self.repairing_us + self.restarting_us + self.redoing_us

    @property
    def productive_us(self) -> int:
        """What is left for the steps that counted, with their validations and checkpoints."""
        return self.wall_us - self.starting_us - self.lost_us

    @property
    def share(self) -> float:
        """Productive time over all time, 0..1."""
        return self.productive_us / max(self.wall_us, 1)

    @property
    def availability(self) -> float:
        """The share of the time in which the job was up, 0..1."""
        return 1.0 - (self.repairing_us + self.restarting_us) / max(self.wall_us, 1)

    @property
    def between_failures_us(self) -> int:
        """Mean time between interruptions; all of the time where there was none."""
        return self.wall_us // max(self.interruptions, 1)


class Account:
    """Where the time of a run went so far.

    What is known when a segment begins depends on no later one. All of it is found at once, but for steps that had been saved and were
    given up for all that: those are walked back to as far as somebody asks.
    """

    def __init__(self, timeline: Timeline, fate: Fate) -> None:
        self._timeline = timeline
        self._fate = fate
        self._further = [Steps(0, 0)]  # that were given up by each of those that go back, as far as anybody has asked
        self._costs_told: tuple[tuple[int, int], list[Cost]] = (
            (0, 0),
            [],
        )  # last, and of which moment: they change in lost time only

    def is_interrupted_by(self, time_us: int) -> bool:
        """Whether the job has been down by a time."""
        return self._within(time_us) >= self._interrupted_us

    def at(self, time_us: int) -> Goodput:
        """Where the time up to a moment went; all of it after the end of training."""
        time_us = self._within(time_us)
        rows, segment = self._rows, self._rows.at(time_us)
        further, lost = self._further_by(segment), rows.by(segment)
        part = _PARTS.get(rows.kind[segment])
        if part:
            lost[part] += rows.lost_within_us(segment, time_us)
        lost["redoing_us"] += further.us
        lost["steps_redone"] += further.steps
        return Goodput(wall_us=time_us, **lost)

    def by_cause(self, time_us: int) -> list[Cost]:
        """What each cause has cost up to a moment, the costliest first; none that has cost nothing. They add up to what was lost."""
        time_us = self._within(time_us)
        rows, segment = self._rows, self._rows.at(time_us)
        self._further_by(segment)
        lost_us = 0 if rows.kind[segment] == _BRING_UP else rows.lost_within_us(segment, time_us)
        if (segment, lost_us) != self._costs_told[0]:
            costs = self._costs.by(segment, rows.payer[segment], lost_us)
            self._costs_told = (segment, lost_us), costs
        return self._costs_told[1]

    def _within(self, time_us: int) -> int:
        return min(max(time_us, 0), self._timeline.end_us)

    @cached_property
    def _interrupted_us(self) -> int:
        """The first time that the job was down; never before the end of a calm run."""
        segments = self._timeline.segments
        downs = segments.begin_us[(segments.kind == _DOWN) | (segments.kind == _RESTART)]
        return int(downs[0]) if len(downs) else self._timeline.end_us + 1

    @cached_property
    def _rows(self) -> "_Rows":
        return _Rows(self._timeline)

    @cached_property
    def _costs(self) -> Costs:
        return Costs(len(self._timeline.segments), self._fate, self._rows.charges())

    def _further_by(self, segment: int) -> Steps:
        """The steps that had been saved and were given up by the beginning of a segment."""
        rows = self._rows
        index = bisect_right(rows.going_back_at, segment)
        for number in rows.going_back[len(self._further) - 1 : index]:
            more, before = rows.given_up.further(number), self._further[-1]
            self._further.append(Steps(before.steps + more.steps, before.us + more.us))
            self._costs.add(*rows.between(number), more.us)
        return self._further[index]


class _Rows:
    """What is lost by the beginning of each segment, and in each; looked up one by one. Microseconds."""

    def __init__(self, timeline: Timeline) -> None:
        segments = self._segments = timeline.segments
        self.given_up = GivenUp(timeline)
        self.kind, self.begin_us = map(_numbers, (segments.kind, segments.begin_us))
        self._lost = np.where(segments.kind == _EXPORT, 0, segments.end_us - segments.begin_us)
        self._lost[segments.stretch_at] = self.given_up.warmup_us
        self._payer = segments.incident.copy()
        self._payer[self._again] = segments.incident[self._again - 1]
        self.lost_us, self.payer = map(_numbers, (self._lost, self._payer))
        self.going_back = self.given_up.going_back_further
        self.going_back_at: list[int] = segments.stretch_at[self.going_back].tolist()
        self._columns = {part: _numbers(column) for part, column in self._parts().items()}

    @property
    def _again(self) -> Ints:
        """The segments that are stretches after a restart."""
        again: Ints = self._segments.stretch_at[1:]
        return again

    def at(self, time_us: int) -> int:
        """The segment that holds at a time."""
        return bisect_right(self.begin_us, time_us) - 1

    def by(self, segment: int) -> dict[str, int]:
        """What is lost by the beginning of a segment, by part, but for steps that had been saved."""
        return {part: column[segment] for part, column in self._columns.items()}

    def lost_within_us(self, segment: int, time_us: int) -> int:
        """What is lost in a segment by a time within it: all of it, or of a stretch after a restart its warm-up."""
        return min(time_us - self.begin_us[segment], self.lost_us[segment])

    def between(self, number: int) -> tuple[int, Ints]:
        """The segment that a stretch is, and the incidents between the one before and it."""
        before, again = self._segments.stretch_at[number - 1 : number + 1].tolist()
        return again, self._segments.incident[before + 1 : again]

    def charges(self) -> tuple[Charges, ...]:
        """Who pays for what, from which segment on."""
        paid = np.flatnonzero((self._lost > 0) & (self._segments.kind != _BRING_UP))
        downs, again = np.flatnonzero(self._first_down), self._again
        stopped = self._segments.incident[self._segments.stretch_at[:-1] + 1]
        given_up = self.given_up
        return (
            _charges(paid + 1, self._payer[paid], us=self._lost[paid]),
            _charges(downs, self._segments.incident[downs], interruptions=np.ones_like(downs)),
            _charges(again, stopped, us=(given_up.unsaved_us - given_up.in_vain_us)[:-1]),
        )

    def _parts(self) -> dict[str, Ints]:
        given_up = self.given_up
        return {
            "starting_us": self._lost_in(_BRING_UP),
            "noticing_us": self._lost_in(_HANG),
            "repairing_us": self._lost_in(_DOWN),
            "restarting_us": self._lost_in(_RESTART, _TRAINING) - self._when_gone_on(given_up.in_vain_us),
            "redoing_us": self._when_gone_on(given_up.unsaved_us),
            "interruptions": self._first_down.cumsum(),
            "steps_redone": self._when_gone_on(given_up.unsaved_steps),
        }

    def _lost_in(self, *kinds: int) -> Ints:
        """What is lost in all segments of some kinds before each."""
        lost = np.zeros_like(self._lost)
        for kind in kinds:
            lost += np.where(self._segments.kind == kind, self._lost, 0)
        before: Ints = lost.cumsum() - lost
        return before

    def _when_gone_on(self, column: Ints) -> Ints:
        """What comes to be known of each stretch when the next one begins, by the beginning of each segment."""
        known = np.zeros_like(self._lost)
        known[self._again] = column[:-1]
        by_then: Ints = known.cumsum()
        return by_then

    @property
    def _first_down(self) -> Ints:
        """1 for the first segment in which no process of a job runs that was up; sometimes there is nothing to repair."""
        down, restart = (self._segments.kind == kind for kind in (_DOWN, _RESTART))
        restart[1:] &= ~down[:-1]
        first: Ints = (down | restart).astype(np.int64)
        first[1:] -= down[1:] & down[:-1]  # who waits for a decision is down already
        return first


def _charges(since: Ints, incident: Ints, *, us: Ints | None = None, interruptions: Ints | None = None) -> Charges:
    none = np.zeros_like(since)
    return Charges(since, incident, none if us is None else us, none if interruptions is None else interruptions)


def _numbers(column: Ints) -> memoryview:
    return np.ascontiguousarray(column).data
