"""The course of a run: what cuts it, in order of time, and the segments that it falls into. The only sequential work there is.

An interruption ends what is under way; then everybody hangs until it is noticed, the job is down until it is repaired, and a
restart goes on from a checkpoint. Nothing before an interruption depends on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from pysim.catalog.incidents import LossShape
from pysim.pretraining.run.losscale import Storm
from pysim.pretraining.run.pace import Pace
from pysim.pretraining.run.segments import Late, Segment, SegmentKind, Shaken, Slow, Stretch
from pysim.story.steps import DataStep, Executed

_OPEN = Executed(2**62)  # a condition that has not ended yet
_UNTIL_STOPPED = 2**61  # steps
Piece = TypeVar("Piece", bound=Segment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """What ends a stretch, a bring-up or a restart. It passes unnoticed while the job is down or done anyway. Microseconds."""

    at_us: int
    hang_us: int = 0  # until it is noticed; a crash is noticed at once
    down_us: int  # abort, diagnosis, repair
    restart_us: int  # launch, process groups, load
    incident: int = 0  # number of what caused it; 0 for nothing that has one
    resume_after: DataStep | None = None  # the checkpoint to go on from; None: the last one that was completed
    skipped_batches: int = 0  # that are left out when the run goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """Steps that begin within [begin_us, end_us) take some thousandths longer."""

    begin_us: int
    end_us: int
    permille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaking:
    """What shakes the training from a batch on. It is the batch's: whoever goes back to before it meets it again."""

    first: DataStep
    shape: LossShape

    def lasts(self, data_step: DataStep) -> bool:
        """Whether anything is left of it at a batch."""
        return not self.shape.recovers or data_step < self.first + self.shape.points[-1].step

    def on(self, stretch: Stretch) -> Shaken:
        """As a condition of a stretch."""
        return Shaken(first=stretch.executed(self.first), shape=self.shape)

    @property
    def storm(self) -> Storm | None:
        """Whose gradients overflow in FP16, if any do; those of a loss that is not a number always."""
        skipped = _UNTIL_STOPPED if self.shape.not_a_number else self.shape.skipped_steps
        return Storm(first=self.first, skipped=skipped) if skipped else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """What a launch and an export take if nothing disturbs them, and what the first step after a launch takes longer; us."""

    bring_up_us: int
    export_us: int
    warmup_us: int


def course(
    pace: Pace, durations: Durations, interruptions: Iterable[Interruption] = (), slowdowns: Iterable[Slowdown] = ()
) -> tuple[Segment, ...]:
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
    """The segments so far; the last one as long as it would be if nothing more happened. What befalls it comes in order of time."""

    def __init__(self, pace: Pace, durations: Durations) -> None:
        self._pace = pace
        self._durations = durations
        self._slowdowns: list[Slowdown] = []
        self._shakings: list[Shaking] = []
        self._saved = DataStep(0)  # the last checkpoint that was completed
        self._skipped = 0  # batches after it that are left out by the stretch that goes on from it
        self._segments: list[Segment] = [_segment("bring-up", 0, durations.bring_up_us, Executed(0))]

    def under_way(self, time_us: int) -> Segment:
        """What is going on at a time, if nothing happens between what is known and it."""
        while self._segments[-1].end_us <= time_us and self._segments[-1].kind != "export":
            self._go_on()
        return self._segments[-1]

    def can_be_interrupted(self, time_us: int) -> bool:
        """Whether anything runs at a time that could fail."""
        under_way = self.under_way(time_us)
        runs = under_way.kind in ("bring-up", "training", "restart")
        return runs and under_way.begin_us < time_us < under_way.end_us

    def trains(self, time_us: int) -> bool:
        """Whether steps are done at a time, if nothing happens between what is known and it."""
        under_way = self.under_way(time_us)
        return isinstance(under_way, Stretch) and under_way.begin_us < time_us

    def trains_again_us(self, time_us: int) -> int | None:
        """The first moment of the training that follows a time at which there is none; None after its end."""
        under_way = self.under_way(time_us)
        if under_way.kind == "export":
            return None
        return (under_way.begin_us if isinstance(under_way, Stretch) else under_way.end_us) + 1

    def next_saved_us(self, time_us: int) -> int:
        """When the next checkpoint after a time will have been completed, if it is in a stretch that goes on so long; else that time."""
        under_way, checkpoint = self.under_way(time_us), self._pace.checkpoint
        if not isinstance(under_way, Stretch):
            return time_us
        data_step = under_way.data_step(self._pace.step_at(under_way, time_us))
        due = checkpoint.step_of(checkpoint.index(DataStep(data_step - 1)) + 1)
        saved_us = self._pace.next_start_us(under_way, under_way.executed(due)) + 1
        return saved_us if saved_us < under_way.end_us else time_us

    def step_behind(self, time_us: int) -> DataStep:
        """The last batch that was completed by a time, if nothing happens between what is known and it."""
        under_way = self.under_way(time_us)
        if not isinstance(under_way, Stretch):
            return self._saved
        step = self._pace.step_at(under_way, time_us)
        return DataStep(under_way.data_step(step) - 1)

    def saved_behind(self, time_us: int) -> DataStep:
        """The last checkpoint that was completed by a time, if nothing happens between what is known and it."""
        under_way = self.under_way(time_us)
        return self._last_saved(self._cut(under_way, time_us)) if isinstance(under_way, Stretch) else self._saved

    def save_us(self, step: DataStep, time_us: int) -> tuple[int, int] | None:
        """When the save of a data step begins and ends in the stretch that is under way at a time; None if it has none."""
        under_way, checkpoint = self.under_way(time_us), self._pace.checkpoint
        if not isinstance(under_way, Stretch) or not under_way.has(step) or not checkpoint.due(step):
            return None
        executed = under_way.executed(step)
        return self._pace.checkpoint_start_us(under_way, executed), self._pace.next_start_us(under_way, executed)

    def next_save(self, time_us: int) -> DataStep | None:
        """The first save that does not begin before a time, in the stretch that is under way then; None if it has none."""
        under_way, checkpoint = self.under_way(time_us), self._pace.checkpoint
        if not isinstance(under_way, Stretch):
            return None
        data_step = under_way.data_step(self._pace.step_at(under_way, time_us))
        for index in (checkpoint.index(DataStep(data_step - 1)) + 1, checkpoint.index(data_step) + 1):
            step = checkpoint.step_of(index)
            save_us = self.save_us(step, time_us)
            if save_us and save_us[0] >= time_us:
                return step
        return None

    def delay_save(self, step: DataStep, time_us: int, by_us: int) -> None:
        """The save of a data step takes longer, in the stretch that is under way at a time."""
        under_way = self.under_way(time_us)
        if isinstance(under_way, Stretch):
            late = (*under_way.late, Late(step=step, us=by_us))
            self._segments[-1] = self._slowed(self._pace.to_the_end(replace(under_way, late=late)))

    def slow_down(self, by: Slowdown) -> None:
        """Steps take longer from now on."""
        self._slowdowns.append(by)
        under_way = self.under_way(by.begin_us)
        if isinstance(under_way, Stretch):
            self._segments[-1] = self._slowed(under_way)

    def shake(self, at_us: int, shape: LossShape) -> Shaking | None:
        """Loss and gradient norm leave their way, from the first step that begins from now on; None if nothing is trained."""
        under_way = self.under_way(at_us)
        if not isinstance(under_way, Stretch):
            return None
        shaking = Shaking(first=under_way.data_step(self._next_step(under_way, at_us)), shape=shape)
        self._shakings.append(shaking)
        self._segments[-1] = self._shaken(under_way)
        return shaking

    def met_us(self, shaking: Shaking, time_us: int) -> tuple[int, int] | None:
        """When the stretch that is under way at a time does the first step that it shakes; None if it has none."""
        under_way = self.under_way(time_us)
        if not isinstance(under_way, Stretch) or shaking.on(under_way) not in under_way.shaken:
            return None
        step = max(under_way.executed(shaking.first), under_way.first_step)
        return self._pace.start_us(under_way, step), self._pace.end_us(under_way, step)

    def calm(self, shaking: Shaking) -> None:
        """Whoever goes back from now on does not meet it again."""
        self._shakings.remove(shaking)

    def interrupt(self, by: Interruption) -> bool:
        """Cut what is under way, and restart; whether there was anything to cut."""
        if not self.can_be_interrupted(by.at_us):
            return False
        under_way = self._segments[-1]
        completed = under_way.completed
        if isinstance(under_way, Stretch):
            under_way = self._cut(under_way, by.at_us)
            completed = under_way.last_step
            saved = self._last_saved(under_way)
            if (
                saved >= under_way.first_data_step
            ):  # else it goes on from where it went on before, without the same batches
                self._go_back_to(saved)
        self._segments[-1] = replace(under_way, end_us=by.at_us)
        self._append("hang", by.hang_us, completed, by.incident)
        self._append("down", by.down_us, completed, by.incident)
        self._append("restart", by.restart_us, completed, by.incident)
        if by.resume_after is not None:
            checkpoint = self._pace.checkpoint
            self._go_back_to(DataStep(checkpoint.step_of(checkpoint.index(min(by.resume_after, self._saved)))))
        most = self._pace.total_steps - self._saved - 1  # the last batch is never left out
        self._skipped = min(self._skipped + by.skipped_batches, most)
        return True

    def _go_back_to(self, checkpoint: DataStep) -> None:
        self._saved, self._skipped = checkpoint, 0

    def to_the_end(self) -> tuple[Segment, ...]:
        """All segments, when nothing more happens."""
        while self._segments[-1].kind != "export":
            self._go_on()
        return tuple(self._segments)

    def _go_on(self) -> None:
        """What follows the last segment if nothing disturbs it."""
        last = self._segments[-1]
        if isinstance(last, Stretch):
            self._append("export", self._durations.export_us, last.last_step)
        else:
            warmup_us = self._durations.warmup_us
            stretch = self._pace.stretch(last.end_us, last.completed, warmup_us, self._saved, self._skipped)
            self._segments.append(self._shaken(self._slowed(stretch)))

    def _append(self, kind: SegmentKind, duration_us: int, completed: Executed, incident: int = 0) -> None:
        if duration_us or kind == "export":
            self._segments.append(_segment(kind, self._segments[-1].end_us, duration_us, completed, incident))

    def _cut(self, stretch: Stretch, time_us: int) -> Stretch:
        """The stretch up to a time: what had not ended before it was not completed."""
        step = self._pace.step_at(stretch, time_us)
        ended = self._pace.end_us(stretch, step) < time_us
        return replace(stretch, steps=step - stretch.first_step + ended, end_us=time_us)

    def _last_saved(self, cut: Stretch) -> DataStep:
        """The last checkpoint that was completed before the end of a stretch."""
        if not cut.steps:
            return self._saved
        due = self._pace.checkpoint.step_of(self._pace.checkpoint.index(cut.last_data_step))
        if due == cut.last_data_step and self._pace.next_start_us(cut, cut.last_step) >= cut.end_us:
            due = self._pace.checkpoint.step_of(self._pace.checkpoint.index(DataStep(due - 1)))
        return DataStep(due) if due >= cut.first_data_step else self._saved

    def _shaken(self, stretch: Stretch) -> Stretch:
        """The stretch under what shakes its batches, known from when they were worked on before."""
        if not self._shakings:
            return stretch
        left_out = range(stretch.resumed_after + 1, stretch.first_data_step)
        self._shakings = [each for each in self._shakings if each.first not in left_out]
        met = (each for each in self._shakings if each.first <= stretch.last_data_step)
        shaken = tuple(each.on(stretch) for each in met if each.lasts(stretch.first_data_step))
        storms = (each.storm for each in self._shakings if each.storm)
        return replace(stretch, shaken=shaken, storms=tuple(sorted(storms, key=_first)))

    def _slowed(self, stretch: Stretch) -> Stretch:
        """The stretch under the conditions that hold while it lasts, each from the first step that begins under it."""
        self._slowdowns = lasting = [each for each in self._slowdowns if each.end_us > stretch.begin_us]
        changes = [(each.begin_us, True, each) for each in lasting] + [(each.end_us, False, each) for each in lasting]
        if stretch.slow:
            stretch = self._pace.to_the_end(replace(stretch, slow=()))
        slow: dict[Slowdown, Slow] = {}
        for time_us, begins, each in sorted(changes, key=lambda change: change[:2]):
            if time_us >= stretch.end_us:
                break
            if begins:
                slow[each] = Slow(first=self._next_step(stretch, time_us), last=_OPEN, permille=each.permille)
            else:
                slow[each] = replace(slow[each], last=Executed(self._next_step(stretch, time_us) - 1))
            stretch = self._pace.to_the_end(replace(stretch, slow=tuple(slow.values())))
        return stretch

    def _next_step(self, stretch: Stretch, time_us: int) -> Executed:
        """The first step of a stretch that does not begin before a time."""
        if time_us <= stretch.begin_us:
            return stretch.first_step
        return Executed(self._pace.step_at(stretch, time_us - 1) + 1)


def _first(storm: Storm) -> int:
    return storm.first


def _segment(kind: SegmentKind, begin_us: int, duration_us: int, completed: Executed, incident: int = 0) -> Segment:
    end_us = begin_us + duration_us
    return Segment(
        kind=kind, begin_us=begin_us, end_us=end_us, planned_end_us=end_us, completed=completed, incident=incident
    )
