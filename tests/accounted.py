"""Where the time of a whole run went, counted as plainly as can be, stretch by stretch: what the product's own account is held against."""

from dataclasses import dataclass
from itertools import pairwise

from pysim.pretraining.run.segments import KINDS, Stretch
from pysim.pretraining.run.timeline import Timeline
from pysim.story.steps import DataStep, Executed


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Microseconds from launch to the end of training."""

    wall_us: int
    productive_us: int
    starting_us: int
    noticing_us: int
    repairing_us: int
    restarting_us: int
    redoing_us: int
    interruptions: int
    steps_redone: int


def whole(timeline: Timeline) -> Whole:
    """Everything, known in hindsight."""
    lasted = dict.fromkeys(KINDS, 0)
    for segment in timeline.segments:
        lasted[segment.kind] += segment.end_us - segment.begin_us
    steps, given_up_us = _given_up(timeline)
    warmups_us = sum(stretch.warmup_us for stretch in timeline.stretches[1:] if stretch.steps)
    parts = (lasted["bring-up"], lasted["hang"], lasted["down"], lasted["restart"] + warmups_us, given_up_us)
    return Whole(
        wall_us=timeline.end_us,
        productive_us=timeline.end_us - sum(parts),
        starting_us=parts[0],
        noticing_us=parts[1],
        repairing_us=parts[2],
        restarting_us=parts[3],
        redoing_us=parts[4],
        interruptions=_interruptions(timeline),
        steps_redone=steps,
    )


def _interruptions(timeline: Timeline) -> int:
    """How often the job went down; sometimes there is nothing to repair."""
    kinds = [segment.kind for segment in timeline.segments]
    return sum(kind == "down" or (kind == "restart" and before != "down") for before, kind in pairwise(kinds))


def _given_up(timeline: Timeline) -> tuple[int, int]:
    """Completed steps that did not count in the end, and the time that went into them and into what was cut."""
    steps, lost_us = 0, 0
    counted: list[tuple[Stretch, DataStep]] = []  # stretches, and the last of their data steps that counts
    for stretch in timeline.stretches:
        while counted and counted[-1][1] > stretch.resumed_after:
            before, last = counted.pop()
            kept = DataStep(max(stretch.resumed_after, before.first_data_step - 1))
            steps += last - kept
            lost_us += _done_us(timeline, before, last) - _done_us(timeline, before, kept)
            if kept >= before.first_data_step:
                counted.append((before, kept))
        counted.append((stretch, stretch.last_data_step))
        if stretch.is_cut:
            lost_us += stretch.end_us - _done_us(timeline, stretch, stretch.last_data_step)
    return steps, lost_us


def _done_us(timeline: Timeline, stretch: Stretch, data_step: DataStep) -> int:
    """When a step of a stretch and what follows it were done, as far as it was; before its first step, when that would have warmed up.

    The run's own first step is as long as any run's; the others are longer for the restart before them.
    """
    step = stretch.executed(data_step)
    if step < stretch.first_step:
        is_longer = stretch.steps > 0 and stretch is not timeline.stretches[0]
        return min(stretch.begin_us + stretch.warmup_us * is_longer, stretch.end_us)
    return min(timeline.next_start_us(Executed(step)), stretch.end_us)
