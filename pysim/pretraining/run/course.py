"""The course of a run: what cuts it, in order of time, and the segments that it falls into. The only sequential work there is.

An interruption ends what is under way; then everybody hangs until it is noticed, the job is down until it is repaired, and a
restart goes on from a checkpoint. Nothing before an interruption depends on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pysim.catalog.incidents import LossShape
from pysim.pretraining.run.pace import Pace
from pysim.pretraining.run.past import Past, Shaking
from pysim.pretraining.run.segments import KINDS, SegmentKind, Segments, Slowdown
from pysim.pretraining.run.underway import Underway, WorkBetween
from pysim.story.steps import DataStep, Executed

_CODES = {kind: code for code, kind in enumerate(KINDS)}
_HANG, _DOWN = _CODES["hang"], _CODES["down"]
_NO_SAVE = DataStep(0), 0


class Interruption(NamedTuple):
    """What ends a stretch, a bring-up or a restart. It passes unnoticed while the job is down or done anyway. Microseconds."""

    at_us: int
    down_us: int  # abort, diagnosis, repair
    restart_us: int  # launch, process groups, load
    hang_us: int = 0  # until it is noticed; a crash is noticed at once
    incident: int = 0  # number of what caused it; 0 for nothing that has one
    resume_after: DataStep | None = None  # the checkpoint to go on from; None: the last one that was completed
    skipped_batches: int = 0  # that are left out when the run goes on
    waits_us: int = 0  # before all else, for somebody to decide what is done
    waits_at_most_us: int = 0  # as all think meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """What a launch and an export take if nothing disturbs them, and what the first step after a launch takes longer; us."""

    bring_up_us: int
    export_us: int
    warmup_us: int


def course(
    pace: Pace, durations: Durations, interruptions: Iterable[Interruption] = (), slowdowns: Iterable[Slowdown] = ()
) -> Segments:
    """The segments of a run, from its launch to the end of its export."""
    told = Course(pace, durations)
    befallen: list[Interruption | Slowdown] = [*interruptions, *slowdowns]
    for each in sorted(befallen, key=_begins_us):
        if isinstance(each, Slowdown):
            told.slow_down(each)
        else:
            told.interrupt(each)
    return told.to_the_end()


def _begins_us(befallen: Interruption | Slowdown) -> int:
    return befallen.begin_us if isinstance(befallen, Slowdown) else befallen.at_us


class Course:
    """The segments so far; the last one as long as it would be if nothing more happened. What befalls it comes in order of time.

    Only the last one can still change.
    """

    def __init__(self, pace: Pace, durations: Durations) -> None:
        self._pace = pace
        self._durations = durations
        self._between = WorkBetween(pace)
        self._slowdowns: list[Slowdown] = []
        self._saved = DataStep(0)  # the last checkpoint that was completed
        self._own_save = _NO_SAVE  # the last one of the stretch that is under way, or was cut
        self._skipped = 0  # batches after it that are left out by the stretch that goes on from it
        self._gaps: list[
            tuple[DataStep, DataStep]
        ] = []  # checkpoints that batches were left out after, and the last of those
        self._past = Past(pace, durations.warmup_us)
        self._rows = self._past.rows
        self._shakings: list[Shaking] = []
        self._calmed: list[Shaking] = []  # that the stretch under way still has
        self._training: Underway | None = None  # what is under way, if that is what it is
        self._steps = 0  # of it
        self._end_is_known = False  # no more than its least is
        self._kind: SegmentKind = "bring-up"
        self._begin_us, self._completed, self._incident = 0, Executed(0), 0
        self._end_us = self._planned_end_us = durations.bring_up_us

    # What is under way

    def is_over(self, time_us: int) -> bool:
        """Whether the training is, if nothing happens between what is known and a time."""
        self._reach(time_us)
        return self._kind == "export"

    def can_be_interrupted(self, time_us: int) -> bool:
        """Whether anything runs at a time that could fail."""
        self._reach(time_us)
        return self._begin_us < time_us < self._end_us and self._kind in ("training", "restart", "bring-up")

    def trains(self, time_us: int) -> bool:
        """Whether steps are done at a time, if nothing happens between what is known and it."""
        self._reach(time_us)
        return self._training is not None and self._begin_us < time_us

    def trains_again_us(self, time_us: int) -> int | None:
        """The first moment of the training that follows a time at which there is none; None after its end."""
        self._reach(time_us)
        if self._kind == "export":
            return None
        return (self._end_us if self._training is None else self._begin_us) + 1

    def begins_us(self, step: DataStep, time_us: int) -> int | None:
        """When a batch is begun in the training of a time; that time if it was before, None if this goes on without it."""
        self._reach(time_us)
        training = self._training
        if training is None or step > training.data_step(training.last_step):
            return None
        if step <= training.data_step_at(time_us):
            return time_us
        return training.done_us(Executed(training.executed(step) - 1)) + 1

    def next_saved_us(self, time_us: int) -> int:
        """When the next checkpoint after a time will have been completed, if it is in a stretch that goes on so long; else that time."""
        self._reach(time_us)
        training, checkpoint = self._training, self._pace.checkpoint
        if training is None:
            return time_us
        data_step = training.data_step_at(time_us)
        due = checkpoint.step_of(checkpoint.index(DataStep(data_step - 1)) + 1)
        saved_us = training.foreseen_us(training.executed(due)) + 1
        is_in_it = saved_us < self._end_us or saved_us < self._past.as_planned(training).end_us
        return saved_us if is_in_it else time_us

    def step_behind(self, time_us: int) -> DataStep:
        """The last batch that was completed by a time, if nothing happens between what is known and it."""
        self._reach(time_us)
        return DataStep(self._training.data_step_at(time_us) - 1) if self._training else self._saved

    def saved_behind(self, time_us: int) -> DataStep:
        """The last checkpoint that was completed by a time, if nothing happens between what is known and it."""
        self._reach(time_us)
        training = self._training
        return self._last_saved(training, training.completed_by(time_us), time_us) if training else self._saved

    # What befalls it

    def slow_down(self, by: Slowdown) -> None:
        """Steps take longer from now on."""
        self._reach(by.begin_us)
        self._slowdowns.append(by)
        if self._training:
            self._training.slow_down(by)
            self._end_is_known = False

    def shake(self, at_us: int, shape: LossShape) -> Shaking | None:
        """Loss and gradient norm leave their way, from the first step that begins from now on; None if nothing is trained."""
        self._reach(at_us)
        if self._training is None:
            return None
        shaking = Shaking(first=self._training.next_data_step(at_us), shape=shape)
        self._shakings.append(shaking)
        return shaking

    def met_us(self, shaking: Shaking, time_us: int) -> tuple[int, int] | None:
        """When the stretch that is under way at a time does the first step that it shakes; None if it has none."""
        self._reach(time_us)
        training = self._training
        if training is None or shaking not in self._shakings or not shaking.lasts(training.first_data_step):
            return None
        first = DataStep(max(shaking.first, training.first_data_step))
        if first > self._pace.total_steps:
            return None
        return training.step_us(training.executed(first))

    def shake_from(self, step: DataStep, shape: LossShape) -> None:
        """The same from a batch on that is still to come."""
        self._shakings.append(Shaking(first=step, shape=shape))

    def lift(self, slowdown: Slowdown) -> None:
        """What a restart leaves behind: the stretches after it are not slowed down any more."""
        if slowdown in self._slowdowns:
            self._slowdowns.remove(slowdown)

    def calm(self, shaking: Shaking) -> None:
        """Whoever goes back from now on does not meet it again."""
        if self._training:
            self._calmed.append(shaking)
        else:
            self._shakings.remove(shaking)

    def save_us(self, step: DataStep, time_us: int) -> tuple[int, int] | None:
        """When the save of a data step begins and ends in the stretch that is under way at a time; None if it has none."""
        self._reach(time_us)
        training = self._training
        return training.save_us(step) if training and step >= training.first_data_step else None

    def least_save_us(self, step: DataStep) -> int:
        """No later than the save of a data step of the stretch that is under way begins, and found at once."""
        training = self._training
        return training.least_us(Executed(step - training.shift)) if training else self._end_us

    def last_save(self, step: DataStep) -> DataStep:
        """The last step up to this one that is saved; 0 for none."""
        checkpoint = self._pace.checkpoint
        return DataStep(checkpoint.step_of(checkpoint.index(step)))

    def next_save(self, time_us: int) -> DataStep | None:
        """The first save that does not begin before a time, in the stretch that is under way then; None if it has none."""
        self._reach(time_us)
        training, checkpoint = self._training, self._pace.checkpoint
        if training is None:
            return None
        step = checkpoint.step_of(checkpoint.index(DataStep(training.data_step_at(time_us) - 1)) + 1)
        if training.save_us(step)[0] >= time_us:
            return step
        return None if step == self._pace.total_steps else checkpoint.step_of(checkpoint.index(step) + 1)

    def delay_save(self, step: DataStep, time_us: int, by_us: int) -> None:
        """The save of a data step takes longer, in the stretch that is under way at a time."""
        self._reach(time_us)
        if self._training:
            self._training.delay_save(step, by_us)
            self._end_is_known = False

    def first_data_step(self, time_us: int) -> DataStep | None:
        """The first batch of the stretch that is under way at a time."""
        self._reach(time_us)
        return self._training.first_data_step if self._training else None

    @property
    def resumption(self) -> tuple[DataStep, int]:
        """The checkpoint that the next stretch goes on from, and how many batches it leaves out."""
        return self._saved, self._skipped

    def interrupt(self, by: Interruption) -> bool:
        """Cut what is under way, and restart; whether there was anything to cut."""
        if not self.can_be_interrupted(by.at_us):
            return False
        completed = self._cut(self._training, by.at_us) if self._training else self._completed
        self._end_us = by.at_us
        self._close()
        self._stand_still(by, completed)
        if by.resume_after is not None:
            self._go_back_to(self.last_save(min(by.resume_after, self._saved)))
            self._past.remember(self._saved)
        if by.skipped_batches:
            most = self._pace.total_steps - self._saved - 1  # the last batch is never left out
            self._skipped = min(self._skipped + by.skipped_batches, most)
            self._gaps = [gap for gap in self._gaps if gap[0] < self._saved]
            self._gaps.append((self._saved, DataStep(self._saved + self._skipped)))
        return True

    def _stand_still(self, by: Interruption, completed: Executed) -> None:
        """Hang and be down, which nothing cuts, and start again, which something may. What has no length is no segment."""
        noticed_us = by.at_us + by.hang_us
        decided_us, at_most_us = noticed_us + by.waits_us, noticed_us + by.waits_at_most_us
        repaired_us = decided_us + by.down_us
        if by.hang_us:
            self._rows += (_HANG, by.at_us, noticed_us, noticed_us, completed, by.incident)
        if by.waits_us:
            self._rows += (_DOWN, noticed_us, decided_us, at_most_us, completed, by.incident)
        if by.down_us:
            self._rows += (_DOWN, decided_us, repaired_us, repaired_us, completed, by.incident)
        self._begin("restart", repaired_us, by.restart_us, completed, by.incident)

    def to_the_end(self) -> Segments:
        """All segments, when nothing more happens."""
        while self._kind != "export":
            self._go_on()
        self._close()
        return self._past.segments()

    def _go_back_to(self, checkpoint: DataStep) -> None:
        """The next stretch goes on from a checkpoint; from the one before, if that was never written as its batch was left out."""
        for before, last in reversed(self._gaps):
            if before < checkpoint <= last:
                checkpoint = before
        self._gaps = [gap for gap in self._gaps if gap[0] < checkpoint]
        self._saved, self._skipped = checkpoint, 0

    def _cut(self, training: Underway, time_us: int) -> Executed:
        """End a stretch; the last step that it completed."""
        last = training.completed_by(time_us)
        self._steps, self._end_is_known = last - training.completed, True
        saved = self._last_saved(training, last, time_us)
        if saved >= training.first_data_step:  # else it goes on from where it went on before, without the same batches
            self._go_back_to(saved)
            self._own_save = saved, training.done_us(training.executed(saved))
        return last

    def _last_saved(self, training: Underway, last: Executed, time_us: int) -> DataStep:
        """The last checkpoint that was completed before a time by which a stretch had completed its steps up to `last`."""
        if last == training.completed:
            return self._saved
        checkpoint, data_step = self._pace.checkpoint, training.data_step(last)
        due = checkpoint.step_of(checkpoint.index(data_step))
        if due == data_step and training.done_us(last) >= time_us:
            due = checkpoint.step_of(checkpoint.index(DataStep(due - 1)))
        return due if due >= training.first_data_step else self._saved

    # What follows

    def _reach(self, time_us: int) -> None:
        """Go on until what holds at a time is under way."""
        while self._end_us <= time_us and self._kind != "export":
            if self._training and not self._end_is_known:
                self._end_us, self._end_is_known = self._past.as_planned(self._training).end_us, True
            else:
                self._go_on()

    def _go_on(self) -> None:
        """What follows if nothing disturbs it."""
        if self._training is None:
            self._train()
            return
        if not self._end_is_known:
            self._end_us = self._past.as_planned(self._training).end_us
        self._close()
        self._begin("export", self._end_us, self._durations.export_us, Executed(self._completed + self._steps))

    def _train(self) -> None:
        """Go on from the last checkpoint."""
        begin_us, completed = self._end_us, self._completed
        self._close()
        self._begin("training", begin_us, 0, completed)
        training = Underway(
            self._pace,
            self._between,
            begin_us,
            completed=completed,
            warmup_us=self._durations.warmup_us,
            resumed_after=self._saved,
            skipped_batches=self._skipped,
        )
        self._slowdowns = [each for each in self._slowdowns if each.end_us > begin_us]
        for each in self._slowdowns:
            training.slow_down(each)
        if self._shakings:
            left_out = range(training.resumed_after + 1, training.first_data_step)
            self._shakings = [each for each in self._shakings if each.first not in left_out]
        self._training, self._steps, self._own_save = training, training.last_step - completed, _NO_SAVE
        self._end_us, self._end_is_known = training.least_end_us, False

    def _begin(
        self, kind: SegmentKind, begin_us: int, duration_us: int, completed: Executed, incident: int = 0
    ) -> None:
        """Another segment is under way."""
        self._kind, self._begin_us, self._completed, self._incident = kind, begin_us, completed, incident
        self._end_us = self._planned_end_us = begin_us + duration_us

    def _close(self) -> None:
        """Nothing changes the last segment any more."""
        if self._end_us > self._begin_us or self._kind != "restart":
            code = _CODES[self._kind]
            self._rows += (code, self._begin_us, self._end_us, self._planned_end_us, self._completed, self._incident)
        if self._training:
            self._past.add(self._training, self._steps, self._own_save, self._shakings)
            self._training = None
            self._forget_the_calmed()

    def _forget_the_calmed(self) -> None:
        for each in self._calmed:
            self._shakings.remove(each)
        self._calmed.clear()
