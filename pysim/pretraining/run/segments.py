"""The pieces that a run consists of. Exactly one of them holds at any time; they touch, and nothing else knows of phases."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import LossShape
from pysim.pretraining.run.losscale import Storm
from pysim.story.moment import Phase
from pysim.story.ondemand import OnDemand
from pysim.story.steps import DataStep, Executed

Ints = NDArray[np.int64]
SegmentKind = Literal["bring-up", "training", "hang", "down", "restart", "export"]
KINDS: tuple[SegmentKind, ...] = get_args(SegmentKind)
NOT_PLANNED_US = 2**62  # after all ends
TRAINING = KINDS.index("training")

# What a segment other than a stretch is called while it lasts; a stretch trains, validates and saves by turns.
PHASES: dict[SegmentKind, Phase] = {
    "bring-up": "bring-up",
    "hang": "hanging",
    "down": "down",
    "restart": "restarting",
    "export": "exporting",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a run, in microseconds of run time: it lasts for [begin_us, end_us)."""

    kind: SegmentKind
    begin_us: int
    end_us: int
    completed: Executed  # steps that were done when it began
    planned_end_us: (
        int  # when it would have ended if nothing had cut it short; no matter when for training that was cut
    )
    incident: int = 0  # number of what led to it; 0 where nothing did

    @property
    def is_cut(self) -> bool:
        """Whether something ended it before its time."""
        return self.end_us < self.planned_end_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """Steps that begin within [begin_us, end_us) take some thousandths longer."""

    begin_us: int
    end_us: int
    permille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Executed steps from `first` to `last` take a few thousandths longer: a condition of a stretch."""

    first: Executed
    last: Executed
    permille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """The save of a data step takes longer: a condition of a stretch."""

    step: DataStep
    total_us: int  # with all that were late before


def late_us(late: Sequence[Late], data_step: int) -> int:
    """By how much the saves up to that of a data step took longer; those that are late come in order."""
    count = bisect_right(late, data_step, key=lambda each: each.step) if late else 0
    return late[count - 1].total_us if count else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaken:
    """From an executed step on, loss and gradient norm are not what they should be: a condition of a stretch."""

    first: Executed
    shape: LossShape

    @property
    def lowers(self) -> bool:
        """Whether it is somebody who has lowered the learning rate."""
        return self.shape.rate < 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch(Segment):
    """An uninterrupted piece of training. It maps executed to data steps by a constant shift.

    `steps` of them were completed; one more may have been under way, or what follows the last one, when it was cut.
    """

    resumed_after: DataStep  # the checkpoint that it went on from; 0 for none
    first_data_step: DataStep
    steps: int
    warmup_us: int  # what its first step takes longer: compilation, allocator, cold caches
    origin_us: int  # what turns the totals of the clock and of periodic work into times of this stretch
    slow: tuple[Slow, ...] = ()
    late: tuple[Late, ...] = ()
    shaken: tuple[Shaken, ...] = ()
    storms: tuple[Storm, ...] = ()  # of overflowing gradients that the model has met or will, in order

    @property
    def first_step(self) -> Executed:
        """Its first executed step."""
        return Executed(self.completed + 1)

    @property
    def last_step(self) -> Executed:
        """Its last completed step; the one before its first if there is none."""
        return Executed(self.completed + self.steps)

    @property
    def last_data_step(self) -> DataStep:
        """The batch of its last completed step."""
        return self.data_step(self.last_step)

    @property
    def shift(self) -> int:
        """Data step minus executed step."""
        return self.first_data_step - self.first_step

    @property
    def lowered(self) -> tuple[Shaken, ...]:
        """How often the learning rate has been lowered."""
        return tuple(each for each in self.shaken if each.lowers)

    def data_step(self, step: Executed) -> DataStep:
        """Which batch one of its steps works on."""
        return DataStep(step + self.shift)

    def executed(self, data_step: DataStep) -> Executed:
        """Which of its steps works on a batch."""
        return Executed(data_step - self.shift)

    def has(self, data_step: DataStep) -> bool:
        """Whether it completed the step of a batch."""
        return self.first_data_step <= data_step <= self.last_data_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is going on at a time: the segment, the phase within it since when and until when, and the steps behind."""

    segment: Segment
    phase: Phase
    completed: Executed
    begin_us: int
    end_us: int  # as planned: nothing here knows what will cut it short


class Segments(OnDemand[Segment]):
    """The segments of a run: what is asked of all of them as columns, and each made when somebody looks at it."""

    def __init__(
        self,
        make: Callable[[int], Segment],
        rows: Ints,
        stretches: Ints,
        done_us: Mapping[tuple[int, int], int] | None = None,
        late: Collection[int] = (),
    ) -> None:
        """A row for each segment and one for each stretch.

        Of a segment: kind, begin_us, end_us, completed, incident. Of a stretch: resumed_after, first_data_step, steps, is shaken; and the
        last of its data steps that was saved when it was cut, and when that was done; 0 and 0 where none is known. `done_us` has when some
        more steps were done, or would have been: by a stretch's number and a data step. `late` are the numbers of stretches of which a save
        took longer.
        """
        super().__init__(len(rows), make)
        self.kind, self.begin_us, self.end_us, self.completed, self.incident = rows.T
        self.stretch_at = np.flatnonzero(self.kind == TRAINING)
        self.resumed_after, self.first_data_step, self.steps, self.shaken, self.saved, self.saved_us = stretches.T
        self.done_us = done_us or {}
        self.late = late
        self.stretches = OnDemand(len(self.stretch_at), self._stretch)

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> "Segments":
        """Those that are there already."""
        rows = [
            (KINDS.index(each.kind), each.begin_us, each.end_us, each.completed, each.incident) for each in segments
        ]
        stretches = [
            (each.resumed_after, each.first_data_step, each.steps, bool(each.shaken), 0, 0)
            for each in segments
            if isinstance(each, Stretch)
        ]
        found = [each for each in segments if isinstance(each, Stretch)]
        late = {number for number, each in enumerate(found) if each.late}
        columns = np.array(rows, np.int64), np.array(stretches, np.int64).reshape(-1, 6)
        return cls(segments.__getitem__, *columns, late=late)

    def lasted_us(self, kind: SegmentKind, until_us: int | None = None) -> int:
        """How long all of a kind lasted together, up to a time or in all."""
        of_kind = self.kind == KINDS.index(kind)
        begin_us, end_us = self.begin_us[of_kind], self.end_us[of_kind]
        if until_us is not None:
            begin_us, end_us = np.minimum(begin_us, until_us), np.minimum(end_us, until_us)
        return int((end_us - begin_us).sum())

    def are_like(self, others: "Segments") -> bool:
        """Whether they are of the same kinds, times and steps."""
        pairs = zip(self.columns, others.columns, strict=True)
        return all(len(mine) == len(theirs) and bool((mine == theirs).all()) for mine, theirs in pairs)

    @property
    def columns(self) -> tuple[Ints, ...]:
        """All of them, those of segments and those of stretches."""
        rows = (self.kind, self.begin_us, self.end_us, self.completed)
        return (*rows, self.resumed_after, self.first_data_step, self.steps, self.shaken)

    def _stretch(self, number: int) -> Stretch:
        return cast("Stretch", self[int(self.stretch_at[number])])
