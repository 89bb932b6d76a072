"""Looking out for the next save that is to fail: nothing is asked of a run's course before that save can have begun."""

from pysim.pretraining.run.course import Course
from pysim.pretraining.run.fates import Admit, Fates, Struck
from pysim.pretraining.run.prospects import Candidate
from pysim.story.steps import DataStep

_NEVER = 2**63  # us
Failing = tuple[Candidate, DataStep, tuple[int, int]]  # what strikes the save of a data step, when that begins and ends


class Watch:
    """For the saves of a run, from one stretch to the next.

    However often a job is restarted on its way to a save, that save begins no sooner, as long as no batch is left out: what is known
    of it need not be found again.
    """

    def __init__(self, course: Course, fates: Fates | None, admit: Admit) -> None:
        self._course = course
        self._fates = fates
        self._admit = admit
        self._struck: Struck | None = None  # the save that is to fail, once it is known
        self._first = DataStep(0)  # none fails from this one on and before that
        self._least_us = 0  # it begins no sooner
        self.due_us = _NEVER  # no save that is to fail begins before

    def begin(self, at_us: int) -> None:
        """Look out from a moment on at which a stretch is under way."""
        after, left_out = self._course.resumption
        if self._struck and (left_out or not self._first <= after + 1 <= self._struck[0]):
            self._struck = None
        if self._fates:
            self.due_us = max(self._least_us, at_us) if self._struck else at_us

    def look(self) -> Failing | None:
        """What fails when a look is due, if anything does; else the next look is due later."""
        if self._struck:
            return self._meet(self._struck)
        first = self._course.first_data_step(self.due_us)
        self._struck = self._fates.next_save(first, self._admit) if self._fates and first is not None else None
        if first is None or self._struck is None:
            self.due_us = _NEVER
        else:
            self._first, self._least_us = first, self._course.least_save_us(DataStep(self._struck[0]))
            self.due_us = max(self._least_us, self.due_us)
        return None

    def _meet(self, struck: Struck) -> Failing | None:
        step, at_us = DataStep(struck[0]), self.due_us
        save_us = self._course.save_us(step, at_us)
        if save_us is None:
            self.due_us = _NEVER
        elif save_us[0] > at_us:  # it was the least, or something has slowed the steps before it
            self.due_us, self._least_us = save_us[0], self._course.least_save_us(step)
        elif self._fates:
            self._fates.has_failed(struck)
            self._struck, self.due_us = None, at_us
            return struck[2], step, save_us
        return None
