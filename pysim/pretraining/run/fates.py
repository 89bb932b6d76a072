"""Which saves and restarts of a run fail: causes that strike so often for each of them, whatever time passes between.

A save's fate is drawn by its data step, a restart's by its number; so two policies that save at the same step meet the same there.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator

import numpy as np

from pysim.catalog.incidents import Cause
from pysim.pretraining.run.luck import Incident, Luck
from pysim.pretraining.run.periodic import Periodic
from pysim.story.rounding import significant
from pysim.story.steps import DataStep

_SAVES_AT_ONCE = 4096
_MOST_SAVES = 2**22  # whose fate is looked at: after them luck turns
_MOST = 0.3  # of saves or restarts: who exaggerates more would never come up


class Fates:
    """The fates of one run's saves and restarts."""

    def __init__(self, luck: Luck, saves: Periodic) -> None:
        self._luck = luck
        self._saves = saves
        self._of_saves = tuple(luck.causes_per("save"))
        self._of_restarts = tuple(luck.causes_per("restart"))
        self._known = 0 if self._of_saves else _MOST_SAVES  # saves whose fate has been looked at
        self._struck: list[tuple[DataStep, int]] = []  # those that fail, in order, by the number of the cause

    def next_save(self, step: DataStep) -> tuple[DataStep, int] | None:
        """The first save from a data step on that something strikes, and what: its number among the causes."""
        while True:
            index = bisect_left(self._struck, (step, 0))
            if index < len(self._struck):
                return self._struck[index]
            if self._known >= min(self._saves.occurrences(), _MOST_SAVES):
                return None
            self._look_further()

    def save_fails(self, step: DataStep, number: int, at_us: int) -> Incident:
        """What strikes a save; done again, it does not come again."""
        self._struck.remove((step, number))
        return self._luck.befalling(at_us, self._of_saves[number], step)

    def restart_fails(self, number: int) -> Iterator[Cause]:
        """What strikes a restart, by its number, from 1."""
        for cause in self._of_restarts:
            if self._luck.stream_of(cause).spread_at(number) < self._chance(cause):
                yield cause

    def failing(self, cause: Cause, number: int, at_us: int) -> Incident:
        """That as an incident."""
        return self._luck.befalling(at_us, cause, number)

    def _look_further(self) -> None:
        first = self._known + 1
        self._known = min(self._known + _SAVES_AT_ONCE, self._saves.occurrences())
        indices = np.arange(first, self._known + 1, dtype=np.int64)
        steps = np.minimum(indices * self._saves.interval, self._saves.total_steps)
        for number, cause in enumerate(self._of_saves):
            fails = self._luck.stream_of(cause).spread(steps) < self._chance(cause)
            for step in steps[fails].tolist():
                insort(self._struck, (DataStep(step), number))

    def _chance(self, cause: Cause) -> float:
        rate = cause.rate.value if cause.rate else 0.0
        return min(significant(rate * self._luck.factor), _MOST)
