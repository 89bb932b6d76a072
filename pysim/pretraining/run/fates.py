"""Which saves and restarts of a run fail: causes that strike so often for each of them, whatever time passes between.

A save's fate is drawn by its data step, a restart's by its number; so two policies that save at the same step meet the same there.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import Cause
from pysim.pretraining.run.luck import Lot, Luck
from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.prospects import Candidate
from pysim.story.rounding import significant
from pysim.story.steps import DataStep

Ints = NDArray[np.int64]
_SAVES = 2**16  # whose fate is drawn together
_RESTARTS = 2**6  # the same at first; then that of as many as before, and so on
_MOST_SAVES = 2**22  # whose fate is looked at: after them luck turns
_MOST = 0.3  # of saves or restarts: who exaggerates more would never come up

Admit = Callable[[Lot], Iterator[Candidate]]  # what is to befall a run becomes what it brings
Struck = tuple[int, int, Candidate]  # a save's data step or a restart's number, its place among those, what strikes it


class Fates:
    """The fates of one run's saves and restarts."""

    def __init__(self, luck: Luck, saves: Periodic) -> None:
        self._luck = luck
        self._saves = saves
        self._of_saves = luck.causes_per("save")
        self._of_restarts = luck.causes_per("restart")
        self._saves_known = 0
        self._restarts_known = 0
        self._failing_saves: list[Struck] = []
        self._failing_restarts: dict[
            int, list[Candidate]
        ] = {}  # of those that are known, the ones that something strikes

    def next_save(self, step: DataStep, admit: Admit) -> Struck | None:
        """The first save from a data step on that something strikes."""
        while True:
            index = bisect_left(self._failing_saves, (step,))
            if index < len(self._failing_saves):
                return self._failing_saves[index]
            if not self._of_saves or self._saves_known >= min(self._saves.occurrences(), _MOST_SAVES):
                return None
            self._look_at_more_saves(admit)

    def has_failed(self, save: Struck) -> None:
        """Done again, it is not struck again."""
        self._failing_saves.remove(save)

    def restart(self, number: int, admit: Admit) -> Sequence[Candidate]:
        """What strikes a restart, by its number, from 1."""
        while self._of_restarts and number > self._restarts_known:
            self._look_at_more_restarts(admit)
        return self._failing_restarts.get(number, ())

    def _look_at_more_restarts(self, admit: Admit) -> None:
        first, self._restarts_known = self._restarts_known + 1, max(2 * self._restarts_known, _RESTARTS)
        numbers = np.arange(first, self._restarts_known + 1, dtype=np.int64)
        self._failing_restarts.clear()
        for number, _, candidate in self._struck(self._of_restarts, numbers, admit):
            self._failing_restarts.setdefault(number, []).append(candidate)

    def _look_at_more_saves(self, admit: Admit) -> None:
        first = self._saves_known + 1
        self._saves_known = min(self._saves_known + _SAVES, self._saves.occurrences())
        indices = np.arange(first, self._saves_known + 1, dtype=np.int64)
        steps = np.minimum(indices * self._saves.interval, self._saves.total_steps)
        self._failing_saves += self._struck(self._of_saves, steps, admit)

    def _struck(self, causes: Sequence[Cause], numbers: Ints, admit: Admit) -> list[Struck]:
        """What strikes occasions of some numbers, in their order."""
        found: list[Struck] = []
        for cause in causes:
            struck = numbers[self._luck.stream_of(cause).spread(numbers) < self._chance(cause)]
            drawn = admit(self._luck.on_occasion(cause, struck))
            found += zip(struck.tolist(), range(len(found), len(found) + len(struck)), drawn, strict=True)
        return sorted(found, key=_occasion)

    def _chance(self, cause: Cause) -> float:
        rate = cause.rate.value if cause.rate else 0.0
        return min(significant(rate * self._luck.factor), _MOST)


def _occasion(struck: Struck) -> tuple[int, int]:
    return struck[:2]
