"""The clock of a stretch in which the batch grows: the run's own, its steps shortened plateau by plateau.

Which step is slow beside others is the executed one's, how many micro-batches it has is the batch's; so a plateau's share of the
full step is taken of what the run's clock says, in whole millionths. That is piecewise linear in the clock's total: a prefix sum
over the plateaus says it for any step, and its inverse finds the step of a time.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.clock import StepClock
from pysim.story.steps import Executed

Times = NDArray[np.int64]
_MILLION = 1_000_000
_KEPT = 16  # clocks


@dataclass(frozen=True, slots=True)
class Shorter:
    """Data steps up to `last`, from those of the entry before on, take some millionths less than with the full batch."""

    last: int
    millionths: int


def shorter(last: int, seconds: float, full_seconds: float) -> Shorter:
    """Steps up to one that take so long."""
    return Shorter(last, min(max(round((1.0 - seconds / full_seconds) * _MILLION), 0), _MILLION - 1))


class GrownClock:
    """What a stretch's steps take: as `StepClock`, for the steps from `completed` on."""

    def __init__(self, clock: StepClock, ramp: Sequence[Shorter], completed: Executed, shift: int) -> None:
        """The stretch goes on after `completed`; `shift` is data step minus executed step."""
        self._clock = clock
        begin, since, cuts = int(completed), [], []
        for plateau in ramp:
            end = plateau.last - shift
            if end > begin:
                since.append(clock.total_us(Executed(begin)))
                cuts.append(plateau.millionths)
                begin = end
        self._since = [*since, clock.total_us(Executed(begin))]
        self._cuts = [*cuts, 0]
        self._saved = [0]
        for index, cut in enumerate(cuts):
            self._saved.append(self._saved[-1] + (self._since[index + 1] - self._since[index]) * cut // _MILLION)
        self._own = [total - saved for total, saved in zip(self._since, self._saved, strict=True)]

    def total_us(self, step: int) -> int:
        """Microseconds that steps 1 to `step` take together."""
        return self._shortened(self._clock.total_us(Executed(step)))

    def least_us(self, step: int) -> int:
        """At most what steps 1 to `step` take together, known without a look at single steps."""
        return self._shortened(self._clock.least_us(step))

    def is_at_hand(self, step: int) -> bool:
        """Whether `total_us` of a step is found at once."""
        return self._clock.is_at_hand(step)

    def last_within(self, total_us: int) -> int:
        """The last step such that steps 1 to it take no longer than that together; 0 if none does."""
        index = bisect_right(self._own, total_us) - 1
        if index < 0:
            return self._clock.last_within(total_us)
        within = (total_us - self._own[index]) * _MILLION // (_MILLION - self._cuts[index])
        return self._clock.last_within(self._since[index] + within)

    def totals_us(self, first: int, last: int) -> Times:
        """`total_us` for each step from `first` to `last`, shape (last - first + 1,)."""
        totals = self._clock.totals_us(first, last)
        since, saved, cuts = (np.array(column, np.int64) for column in (self._since, self._saved, self._cuts))
        index = np.maximum(np.searchsorted(since, totals, side="right") - 1, 0)
        passed = np.maximum(totals - since[index], 0)
        seconds, rest = passed // _MILLION, passed % _MILLION  # a product with microseconds would be too large a number
        less: Times = totals - saved[index] - seconds * cuts[index] - rest * cuts[index] // _MILLION
        return less

    def _shortened(self, total_us: int) -> int:
        index = bisect_right(self._since, total_us) - 1
        if index < 0:
            return total_us
        return total_us - self._saved[index] - (total_us - self._since[index]) * self._cuts[index] // _MILLION


class Growth:
    """The clocks of the stretches of a run in which the batch grows; a few are kept."""

    def __init__(self, ramp: Sequence[Shorter]) -> None:
        self._ramp = ramp
        self._clocks: OrderedDict[tuple[int, int], GrownClock] = OrderedDict()

    def clock_of(self, clock: StepClock, completed: Executed, shift: int) -> StepClock | GrownClock:
        """That of a stretch after `completed`; the run's own where the batch is full by then."""
        if completed + shift >= self._ramp[-1].last:
            return clock
        key = completed, shift
        if key not in self._clocks:
            self._clocks[key] = GrownClock(clock, self._ramp, completed, shift)
            while len(self._clocks) > _KEPT:
                self._clocks.popitem(last=False)
        return self._clocks[key]
