"""Places in a run that a viewer wants to jump to: phases, validations, checkpoints. Found in closed form, never listed whole."""

from collections.abc import Iterator
from operator import itemgetter

from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.timeline import Timeline
from pysim.story.chapters import Chapter


class Chapters:
    """The chapters of one run."""

    def __init__(self, timeline: Timeline, end_us: int) -> None:
        self._timeline = timeline
        self._first = Chapter(0, "bring-up", "bring-up")
        self._training = Chapter(timeline.start_us, "training", "training starts")
        self._export = Chapter(timeline.end_us, "export", "export")
        self._end = Chapter(end_us, "end", "end of the run")

    def after(self, time_us: int) -> Chapter:
        """The first chapter later than a time; the end if there is none."""
        if time_us < self._training.time_us:
            return self._training
        around = [*self._around(time_us), self._export, self._end]
        later = [chapter for chapter in around if chapter.time_us > time_us]
        return min(later, key=lambda chapter: chapter.time_us, default=self._end)

    def before(self, time_us: int) -> Chapter:
        """The last chapter earlier than a time; the bring-up if there is none."""
        if time_us <= self._training.time_us:
            return self._first
        around = [self._training, *self._around(min(time_us, self._timeline.end_us)), self._export]
        return max((c for c in around if c.time_us < time_us), key=lambda chapter: chapter.time_us)

    def some(self, limit: int) -> Iterator[Chapter]:
        """At most about `limit` chapters, evenly thinned, in order."""
        works = (self._timeline.validation, self._timeline.checkpoint)
        stride = -(-sum(work.occurrences() for work in works) // limit)
        due = [(work.step_of(index), work) for work in works for index in range(stride, work.occurrences() + 1, stride)]
        yield from (self._first, self._training)
        for step, work in sorted(due, key=itemgetter(0)):  # stable: after one step, the validation comes first
            yield self._occurrence(work, step)
        yield from (self._export, self._end)

    def _around(self, time_us: int) -> Iterator[Chapter]:
        """The validations and checkpoints next to a time, on either side."""
        step = self._timeline.step_at(time_us)
        for work in (self._timeline.validation, self._timeline.checkpoint):
            index = work.index(step)
            for nearby in range(max(index - 1, 1), min(index + 1, work.occurrences()) + 1):
                yield self._occurrence(work, work.step_of(nearby))

    def _occurrence(self, work: Periodic, step: int) -> Chapter:
        if work is self._timeline.validation:
            return Chapter(self._timeline.end_of_us(step), "validation", f"validation at step {step:,}")
        return Chapter(self._timeline.checkpoint_start_us(step), "checkpoint", f"checkpoint at step {step:,}")
