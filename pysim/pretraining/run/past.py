"""What nothing changes any more in the course of a run: kept as numbers, and each segment made when somebody looks at it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from pysim.catalog.incidents import LossShape
from pysim.pretraining.run.losscale import Storm
from pysim.pretraining.run.pace import Pace
from pysim.pretraining.run.segments import KINDS, TRAINING, Late, Segment, Segments, Shaken, Slow, Slowdown, Stretch
from pysim.pretraining.run.underway import Underway
from pysim.story.steps import DataStep, Executed

_EXPORT = KINDS.index("export")
_UNTIL_STOPPED = 2**61  # steps
_REMEMBERED = 256  # stretches; who goes back further has to look
_ROW, _STRETCH_ROW = 6, 6  # numbers of a segment, and those of a stretch beside them
_OPEN = Executed(2**62)  # a condition that has not ended yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaking:
    """What shakes the training from a batch on. It is the batch's: whoever goes back to before it meets it again."""

    first: DataStep
    shape: LossShape

    def lasts(self, data_step: DataStep) -> bool:
        """Whether anything is left of it at a batch."""
        return not self.shape.recovers or data_step < self.first + self.shape.points[-1].step

    @property
    def storm(self) -> Storm | None:
        """Whose gradients overflow in FP16, if any do; those of a loss that is not a number always."""
        skipped = _UNTIL_STOPPED if self.shape.not_a_number else self.shape.skipped_steps
        return Storm(first=self.first, skipped=skipped) if skipped else None


class _Conditions(NamedTuple):
    """Of a stretch."""

    slowdowns: Sequence[Slowdown] = ()
    late: Sequence[Late] = ()
    shakings: Sequence[Shaking] = ()  # all that were known when it ended

    def on(self, stretch: Stretch) -> Stretch:
        """What the stretch's steps are like under them."""
        met = (each for each in self.shakings if each.first <= stretch.last_data_step)
        lasting = (each for each in met if each.lasts(stretch.first_data_step))
        shaken = tuple(Shaken(first=stretch.executed(each.first), shape=each.shape) for each in lasting)
        storms = (each.storm for each in self.shakings if each.storm)
        return replace(stretch, shaken=shaken, storms=tuple(sorted(storms, key=_first)))


class Past:
    """The segments of a run up to the one that is under way."""

    def __init__(self, pace: Pace, warmup_us: int) -> None:
        self._pace = pace
        self._warmup_us = warmup_us
        self.rows: list[int] = []  # of each segment: kind, begin_us, end_us, planned_end_us, completed, incident
        self._stretch_rows: list[int] = []
        self._conditions: dict[int, _Conditions] = {}  # of those stretches that had some
        self._last: deque[tuple[int, Underway]] = deque(maxlen=_REMEMBERED)  # stretches, and their numbers
        self._done_us: dict[tuple[int, int], int] = {}  # when a stretch had done a step that the run went back to

    def add(self, training: Underway, steps: int, save: tuple[int, int], shakings: Sequence[Shaking]) -> None:
        """A stretch that completed some steps, with its last save and when that was done; its row is added already."""
        first, is_shaken, number = training.first_data_step, False, len(self._stretch_rows) // _STRETCH_ROW
        self._last.append((number, training))
        if shakings or training.slowdowns or training.late:
            is_shaken = any(each.lasts(first) for each in shakings)
            self._conditions[number] = _Conditions(training.slowdowns, training.late, tuple(shakings))
        self._stretch_rows += (training.resumed_after, first, steps, is_shaken, *save)

    def remember(self, checkpoint: DataStep) -> None:
        """When what the run goes back to had been done: somebody will ask how long it takes to do again what came after it."""
        for number, training in reversed(self._last):
            if training.first_data_step <= checkpoint:
                self._done_us[number, checkpoint] = training.foreseen_us(training.executed(checkpoint))
                return

    def as_planned(self, training: Underway) -> Stretch:
        """What is under way, as long as it would be if nothing more happened."""
        begun = self._begun(training.begin_us, training.completed, training.resumed_after, training.first_data_step)
        return _disturbed(self._pace, begun, self._pace.to_the_end, training.slowdowns, training.late)

    def segments(self) -> Segments:
        """All of them, when there is none under way any more."""
        self._last.clear()
        rows = np.fromiter(self.rows, np.int64, len(self.rows)).reshape(-1, _ROW)
        stretches = np.array(self._stretch_rows, np.int64).reshape(-1, _STRETCH_ROW)
        stretch_at = np.flatnonzero(rows[:, 0] == TRAINING)

        def stretch(number: int, begin_us: int, end_us: int, completed: Executed, *, is_cut: bool) -> Stretch:
            resumed_after, first_data_step, steps, *_ = stretches[number].tolist()
            begun = self._begun(begin_us, completed, resumed_after, first_data_step)
            conditions, pace = self._conditions.get(number, _CALM), self._pace
            ends = partial(replace, end_us=end_us) if is_cut else pace.to_the_end
            begun = replace(begun, steps=steps) if is_cut else begun
            disturbed = _disturbed(pace, begun, ends, conditions.slowdowns, conditions.late)
            return conditions.on(disturbed) if conditions.shakings else disturbed

        def segment(index: int) -> Segment:
            code, begin_us, end_us, planned_end_us, completed, incident = rows[index].tolist()
            if code == TRAINING:
                number, is_cut = int(np.searchsorted(stretch_at, index)), rows[index + 1, 0] != _EXPORT
                return stretch(number, begin_us, end_us, completed, is_cut=is_cut)
            return Segment(
                kind=KINDS[code],
                begin_us=begin_us,
                end_us=end_us,
                planned_end_us=planned_end_us,
                completed=completed,
                incident=incident,
            )

        late = {number for number, conditions in self._conditions.items() if conditions.late}
        return Segments(segment, rows[:, [0, 1, 2, 4, 5]], stretches, self._done_us, late)

    def _begun(self, begin_us: int, completed: Executed, resumed_after: DataStep, first_data_step: DataStep) -> Stretch:
        skipped = first_data_step - resumed_after - 1
        return self._pace.begun(begin_us, completed, self._warmup_us, resumed_after, skipped)


_CALM = _Conditions()


def _first(storm: Storm) -> int:
    return storm.first


def _disturbed(
    pace: Pace,
    stretch: Stretch,
    ends: Callable[[Stretch], Stretch],
    slowdowns: Sequence[Slowdown],
    late: Sequence[Late],
) -> Stretch:
    """The stretch under the conditions that hold while it lasts, each from the first step that begins under it."""
    stretch = ends(replace(stretch, late=tuple(late)) if late else stretch)
    changes = [(each.begin_us, True, each) for each in slowdowns] + [(each.end_us, False, each) for each in slowdowns]
    slow: dict[Slowdown, Slow] = {}
    for time_us, begins, each in sorted(changes, key=lambda change: change[:2]):
        if time_us > stretch.end_us:
            break
        next_step = pace.next_step(stretch, time_us)
        if begins:
            slow[each] = Slow(first=next_step, last=_OPEN, permille=each.permille)
        else:
            slow[each] = replace(slow[each], last=Executed(next_step - 1))
        stretch = ends(replace(stretch, slow=tuple(slow.values())))
    return stretch
