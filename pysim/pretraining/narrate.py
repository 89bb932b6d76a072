"""Narration: a run told as events in time order, from any moment to any other.

Each segment of the run has its scene: bring-up, training with its validations and checkpoints, what stops it and how it goes
on, export. A scene yields events around the span that was asked for; `narrate` cuts them to it, so an event belongs to exactly
one of two touching spans. What befell the run is told beside the segments and merged with them by time.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.scenes.bring_up import bring_up
from pysim.pretraining.scenes.closing import closing, processes_done
from pysim.pretraining.scenes.deciding import decisions
from pysim.pretraining.scenes.incidents import incidents
from pysim.pretraining.scenes.interruption import interrupted, restarting
from pysim.pretraining.scenes.training import cut, training
from pysim.pretraining.scenes.watched import watched
from pysim.story import events as ev
from pysim.story.reports import Cadence, Reports

Told = TypeVar("Told")


def narrate(
    run: Run, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
) -> Iterator[ev.Event]:
    """Yield what happened in [since_us, until_us), in time order; to the very end by default.

    Where `every` is more than 1, so many steps are told as one, their means; every accelerator is looked at so much more seldom, and of
    what follows single steps only results are told: no collectives, no beginnings and parts of validations and checkpoints. With
    `reports` steps are always told so, even one by one, with all beginnings; looks at accelerators are left out, but for those of who
    looks at an interval of its own.
    """
    return ev.singly(tellings(run, since_us, until_us, every, reports))


def tellings(
    run: Run, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
) -> Iterator[ev.Telling]:
    """The same, with steps between which nothing happens as one."""
    cadence = Cadence(every, reports)

    def tell(stretch: Stretch, since_us: int, until_us: int) -> Iterator[ev.Telling]:
        return training(run, stretch, since_us, until_us, cadence)

    return narrated(run, (since_us, until_us), cadence, tell, ev.woven, looks=cadence.is_single)


def narrated(
    run: Run,
    span_us: tuple[int, int | None],
    cadence: Cadence,
    tell: Callable[[Stretch, int, int], Iterator[Told]],
    weave: Callable[[Iterator[Told | ev.Event], Iterator[ev.Event]], Iterator[Told | ev.Event]],
    *,
    looks: bool,
) -> Iterator[Told | ev.Event]:
    """The same, with stretches of training told by `tell` in whatever form, and `weave` makes one account of it and another, by time."""
    since_us, until = span_us[0], run.end_us + 1 if span_us[1] is None else span_us[1]
    told: Iterator[Told | ev.Event] = _segments(run, since_us, until, cadence, tell)
    if cadence.reports and cadence.reports.look_seconds:
        told = weave(told, watched(run, since_us, min(until, run.end_us + 1), cadence.reports.look_seconds))
    if run.orders.decisions:
        told = weave(told, decisions(run, since_us, min(until, run.end_us + 1)))
    if not run.befallen:
        return told
    befallen = incidents(run, since_us, until, looks=looks, speakers=cadence.speakers)
    return weave(told, cut(befallen, since_us, min(until, run.end_us + 1)))


def _segments(
    run: Run, since_us: int, until_us: int, cadence: Cadence, tell: Callable[[Stretch, int, int], Iterator[Told]]
) -> Iterator[Told | ev.Event]:
    for segment in run.timeline.segments_within(since_us, until_us):
        end_us = min(until_us, segment.end_us) if segment.is_cut else until_us
        if isinstance(segment, Stretch):
            yield from tell(segment, since_us, end_us)
        else:
            yield from cut(_scene(run, segment, since_us, until_us, cadence), since_us, end_us)


def _scene(run: Run, segment: Segment, since_us: int, until_us: int, cadence: Cadence) -> Iterable[ev.Event]:
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
