"""How a run goes at a moment, as who watches its steps can see: whether they come, as fast as they should, and whether they are new."""

from collections.abc import Iterator
from typing import NamedTuple

from pysim.pretraining.run.segments import Place, Segment, Stretch
from pysim.pretraining.run.timeline import Timeline
from pysim.story.history import Standing, State
from pysim.story.moment import Phase
from pysim.story.steps import DataStep, Executed

_PERMILLE = 1000
_SLOW_PERMILLE = 20  # by which steps take longer, from which on somebody calls it degraded
_WITHOUT_STEPS: dict[Phase, State] = {
    "bring-up": "starting",
    "down": "down",
    "restarting": "recovering",
    "exporting": "exporting",
    "done": "done",
}


class _Spell(NamedTuple):
    """Executed steps from one to another that take longer, by thousandths."""

    first: int
    last: int
    permille: int


class Standings:
    """How one run goes, at any moment."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def at(self, time_us: int) -> Standing:
        """What can be seen at a time. Of a hang that nobody has noticed that is nothing: a step takes long."""
        place = self._timeline.at(time_us)
        state = _WITHOUT_STEPS.get(place.phase)
        if state:
            begin_us = place.end_us if state == "done" else place.segment.begin_us
            return Standing(state=state, since_us=min(begin_us, time_us))
        return self._training(place, time_us)

    def _training(self, place: Place, time_us: int) -> Standing:
        stretch = self._stretch_at(time_us)
        lacking = self._reached_before(stretch) - stretch.data_step(place.completed)
        if lacking > 0:
            return Standing(state="recovering", since_us=self._launched_us(stretch), steps_to_redo=lacking)
        spells = list(self._spells(stretch, place.completed))
        present = [spell for spell in spells if spell.last >= place.completed]
        slower = sum(spell.permille for spell in present)
        if slower >= _SLOW_PERMILLE:
            first = max(min(spell.first for spell in present), stretch.first_step)
            return Standing(
                state="degraded", since_us=self._timeline.end_of_us(Executed(first)), slower=slower / _PERMILLE
            )
        return Standing(state="healthy", since_us=self._well_since_us(stretch, spells))

    def _well_since_us(self, stretch: Stretch, spells: list[_Spell]) -> int:
        """When the last step of a stretch that was slow, or done again, was over."""
        again = min(self._reached_before(stretch), stretch.last_data_step)
        redone = stretch.executed(DataStep(again)) if again >= stretch.first_data_step else 0
        last = max((spell.last for spell in spells if spell.permille >= _SLOW_PERMILLE), default=0)
        step = max(redone, last)
        return self._timeline.end_of_us(Executed(step)) if step >= stretch.first_step else stretch.begin_us

    def _spells(self, stretch: Stretch, completed: Executed) -> Iterator[_Spell]:
        """Those of a stretch that have begun."""
        for slow in stretch.slow:
            if slow.first <= completed:
                yield _Spell(slow.first, slow.last, slow.permille)
        for shift in self._timeline.level_shifts:
            if stretch.first_step <= shift.last and shift.first <= completed:
                yield _Spell(shift.first, shift.last, round((shift.factor - 1.0) * _PERMILLE))

    def _stretch_at(self, time_us: int) -> Stretch:
        """The stretch that holds at a time, or that a hang has ended."""
        return self._timeline.stretches[self._timeline.stretch_number_at(time_us)]

    def _launched_us(self, stretch: Stretch) -> int:
        """When the restart began that led to a stretch."""
        before: Segment = self._timeline.before(stretch)
        return before.begin_us

    def _reached_before(self, stretch: Stretch) -> int:
        """The highest data step that was completed before a stretch."""
        number = self._timeline.stretch_number_at(stretch.begin_us)
        return int(self._timeline.reached[number - 1]) if number else 0
