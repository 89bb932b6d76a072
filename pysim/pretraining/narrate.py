"""Narration: a run told as events in time order, from any moment to any other.

Each segment of the run has its scene: bring-up, training with its validations and checkpoints, what stops it and how it goes
on, export. A scene yields events around the span that was asked for; `narrate` cuts them to it, so an event belongs to exactly
one of two touching spans. What befell the run is told beside the segments and merged with them by time.
"""

from collections.abc import Iterator
from itertools import chain

from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.scenes.bring_up import bring_up
from pysim.pretraining.scenes.closing import closing, processes_done
from pysim.pretraining.scenes.deciding import decisions
from pysim.pretraining.scenes.incidents import incidents
from pysim.pretraining.scenes.interruption import interrupted, restarting
from pysim.pretraining.scenes.training import cut, training
from pysim.story import events as ev
from pysim.story.reports import Cadence, Reports


def narrate(
    run: Run, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
) -> Iterator[ev.Event]:
    """Yield what happened in [since_us, until_us), in time order; to the very end by default.

    Where `every` is more than 1, so many steps are told as one, their means; every accelerator is looked at so much more seldom, and of
    what follows single steps only results are told: no collectives, no beginnings and parts of validations and checkpoints. With
    `reports` steps are always told so, even one by one, with all beginnings; looks at accelerators are left out unless they are asked for.
    """
    return ev.singly(tellings(run, since_us, until_us, every, reports))


def tellings(
    run: Run, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
) -> Iterator[ev.Telling]:
    """The same, with steps between which nothing happens as one."""
    until = run.end_us + 1 if until_us is None else until_us
    cadence = Cadence(every, reports)
    told = _segments(run, since_us, until, cadence)
    if run.orders.decisions:
        told = ev.woven(told, decisions(run, since_us, min(until, run.end_us + 1)))
    if not run.befallen:
        return told
    befallen = cut(incidents(run, since_us, until, looks=cadence.looks), since_us, min(until, run.end_us + 1))
    return ev.woven(told, ev.singly(befallen))


def _segments(run: Run, since_us: int, until_us: int, cadence: Cadence) -> Iterator[ev.Telling]:
    for segment in run.timeline.segments_within(since_us, until_us):
        end_us = min(until_us, segment.end_us) if segment.is_cut else until_us
        if isinstance(segment, Stretch):
            yield from training(run, segment, since_us, end_us, cadence)
        else:
            yield from cut(_scene(run, segment, since_us, until_us, cadence), since_us, end_us)


def _scene(run: Run, segment: Segment, since_us: int, until_us: int, cadence: Cadence) -> Iterator[ev.Event]:
    """The events of a segment other than training, around the span at least."""
    match segment.kind:
        case "bring-up":
            return bring_up(run, since_us, until_us)
        case "down" | "restart":
            is_told = run.timeline.before(segment).kind == "down"  # somebody has decided meanwhile
            gone = iter(()) if is_told else interrupted(run, segment, cadence)
            return chain(gone, restarting(run, segment)) if segment.kind == "restart" else gone
        case "export":
            return chain(processes_done(run) if cadence.reports else (), closing(run))
        case _:  # who hangs says nothing
            return iter(())
