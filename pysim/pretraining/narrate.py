"""Narration: a run told as events in time order, from any moment to any other.

It reads like a screenplay: bring-up, training with its validations and checkpoints, export. A scene yields events around the
span that was asked for; `narrate` cuts them to it, so an event belongs to exactly one of two touching spans.
"""

from collections.abc import Iterator

from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.bring_up import bring_up
from pysim.pretraining.scenes.closing import closing
from pysim.pretraining.scenes.training import training
from pysim.story import events as ev


def narrate(run: Run, since_us: int = 0, until_us: int | None = None) -> Iterator[ev.Event]:
    """Yield what happened in [since_us, until_us), in time order; to the very end by default."""
    until = run.end_us + 1 if until_us is None else until_us
    timeline = run.timeline
    if since_us <= timeline.start_us:
        yield from _cut(bring_up(run, since_us, until), since_us, until)
    if until > timeline.start_us and since_us <= timeline.end_us:
        yield from _cut(training(run, since_us, until), since_us, until)
    if until > timeline.end_us:
        yield from _cut(closing(run), since_us, until)


def _cut(scene: Iterator[ev.Event], since_us: int, until_us: int) -> Iterator[ev.Event]:
    since, until = since_us / 1e6, until_us / 1e6
    return (event for event in scene if since <= event.time_seconds < until)
