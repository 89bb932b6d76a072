"""Narration: a run told as events in time order, from any moment to any other.

Each segment of the run has its scene: bring-up, training with its validations and checkpoints, what stops it and how it goes
on, export. A scene yields events around the span that was asked for; `narrate` cuts them to it, so an event belongs to exactly
one of two touching spans. What befell the run is told beside the segments and merged with them by time.
"""

from collections.abc import Iterator
from heapq import merge
from operator import attrgetter

from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.scenes.bring_up import bring_up
from pysim.pretraining.scenes.closing import closing
from pysim.pretraining.scenes.deciding import decisions
from pysim.pretraining.scenes.incidents import incidents
from pysim.pretraining.scenes.interruption import interrupted
from pysim.pretraining.scenes.training import training
from pysim.story import events as ev


def narrate(run: Run, since_us: int = 0, until_us: int | None = None, every: int = 1) -> Iterator[ev.Event]:
    """Yield what happened in [since_us, until_us), in time order; to the very end by default.

    Where `every` is more than 1, so many steps are told as one, their means; every accelerator is looked at so much more seldom, and of
    what follows single steps only results are told: no collectives, no beginnings and parts of validations and checkpoints.
    """
    until = run.end_us + 1 if until_us is None else until_us
    told = _segments(run, since_us, until, every)
    if run.orders.decisions:
        told = merge(told, decisions(run, since_us, min(until, run.end_us + 1)), key=attrgetter("time_seconds"))
    if not run.befallen:
        return told
    befallen = _cut(incidents(run, since_us, until, every), since_us, min(until, run.end_us + 1))
    return merge(told, befallen, key=attrgetter("time_seconds"))


def _segments(run: Run, since_us: int, until_us: int, every: int) -> Iterator[ev.Event]:
    for segment in run.timeline.segments_within(since_us, until_us):
        told = _scene(run, segment, since_us, until_us, every)
        yield from _cut(told, since_us, min(until_us, segment.end_us) if segment.is_cut else until_us)


def _scene(run: Run, segment: Segment, since_us: int, until_us: int, every: int) -> Iterator[ev.Event]:
    """The events of a segment, around the span at least."""
    if isinstance(segment, Stretch):
        return training(run, segment, since_us, until_us, every)
    match segment.kind:
        case "bring-up":
            return bring_up(run, since_us, until_us)
        case "down" | "restart" if (
            run.timeline.before(segment).kind != "down"
        ):  # else it was told, and somebody has decided meanwhile
            return interrupted(run, segment, every)
        case "export":
            return closing(run)
        case _:  # who hangs says nothing, and what is said at a restart is like the bring-up
            return iter(())


def _cut(scene: Iterator[ev.Event], since_us: int, until_us: int) -> Iterator[ev.Event]:
    since, until = since_us / 1e6, until_us / 1e6
    return (event for event in scene if since <= event.time_seconds < until)
