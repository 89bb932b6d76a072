"""Where a run's time went: what got it on, and what was lost, by part.

Goodput is the share of the time from launch to the end of training in which steps were done that counted: not starting, hanging,
repairing or restarting, and not the steps that were done again (the definition of Google's and Meta's reports on large runs).
"""

from dataclasses import dataclass

from pysim.pretraining.run.segments import KINDS, SegmentKind, Segments, Stretch
from pysim.pretraining.run.timeline import Timeline
from pysim.story.steps import DataStep, Executed

_WITHOUT_STEPS: tuple[SegmentKind, ...] = ("bring-up", "hang", "down", "restart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodput:
    """A run's time, in microseconds; the parts add up to the whole."""

    wall_us: int  # from launch to the end of training
    productive_us: int
    starting_us: int  # until the first step, before anything went wrong
    noticing_us: int
    repairing_us: int
    restarting_us: int  # and what the first step after it takes longer
    redoing_us: int  # steps that were given up, whole or begun
    interruptions: int
    steps_redone: int

    @property
    def share(self) -> float:
        """Productive time over all time, 0..1."""
        return self.productive_us / self.wall_us

    @property
    def availability(self) -> float:
        """The share of the time in which the job was up, 0..1."""
        return 1.0 - (self.repairing_us + self.restarting_us) / self.wall_us

    @property
    def between_failures_us(self) -> int:
        """Mean time between interruptions; all of the time where there was none."""
        return self.wall_us // max(self.interruptions, 1)


def goodput(timeline: Timeline) -> Goodput:
    """Where the time of a whole run went."""
    segments = timeline.segments
    spans = {kind: segments.lasted_us(kind) for kind in _WITHOUT_STEPS}
    given_up = _given_up(timeline)
    warmups_us = sum(stretch.warmup_us for stretch in timeline.stretches[1:] if stretch.steps)
    lost_us = sum(spans.values()) + warmups_us + given_up[1]
    return Goodput(
        wall_us=timeline.end_us,
        productive_us=timeline.end_us - lost_us,
        starting_us=spans["bring-up"],
        noticing_us=spans["hang"],
        repairing_us=spans["down"],
        restarting_us=spans["restart"] + warmups_us,
        redoing_us=given_up[1],
        interruptions=_interruptions(segments),
        steps_redone=given_up[0],
    )


def _interruptions(segments: Segments) -> int:
    """How often there was a first moment in which no process of a job ran that was up; sometimes there is nothing to repair."""
    down, restart = (segments.kind == KINDS.index(kind) for kind in ("down", "restart"))
    return int(down[1:].sum() + (restart[1:] & ~down[:-1]).sum())


def _given_up(timeline: Timeline) -> tuple[int, int]:
    """Completed steps that did not count in the end, and the time that went into them and into what was cut."""
    steps, lost_us = 0, 0
    counted: list[tuple[Stretch, DataStep]] = []  # stretches, and the last of their data steps that counts
    for stretch in timeline.stretches:
        while counted and counted[-1][1] > stretch.resumed_after:
            before, last = counted.pop()
            kept = DataStep(max(stretch.resumed_after, before.first_data_step - 1))
            steps += last - kept
            lost_us += _time_us(timeline, before, kept, last)
            if kept >= before.first_data_step:
                counted.append((before, kept))
        counted.append((stretch, stretch.last_data_step))
        if stretch.is_cut:
            lost_us += stretch.end_us - _done_us(timeline, stretch, stretch.last_data_step)
    return steps, lost_us


def _time_us(timeline: Timeline, stretch: Stretch, after: DataStep, last: DataStep) -> int:
    """What a stretch's steps after one up to another took, and what followed each; without the warm-up of its first."""
    return _done_us(timeline, stretch, last) - _done_us(timeline, stretch, after)


def _done_us(timeline: Timeline, stretch: Stretch, data_step: DataStep) -> int:
    """When a step of a stretch and what follows it were done, as far as it was; before its first step, when that would have warmed up.

    The run's own first step is as long as any run's; the others are longer for the restart before them.
    """
    step = stretch.executed(data_step)
    if step < stretch.first_step:
        is_longer = stretch.steps > 0 and stretch is not timeline.stretches[0]
        return min(stretch.begin_us + stretch.warmup_us * is_longer, stretch.end_us)
    return min(timeline.next_start_us(Executed(step)), stretch.end_us)
