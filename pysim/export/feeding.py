"""A run fed to an exporter, from its beginning to its end."""

from collections.abc import Iterator
from typing import NamedTuple

from pysim.export.exporter import Exporter, Paced
from pysim.export.format import Asked, Feed
from pysim.story.columns import StepColumns
from pysim.story.events import items_of
from pysim.story.story import Span, Story
from pysim.views.registry import VIEWS, cadence

_EVENTS_BETWEEN = 512  # two words about how far it is


class Fed(NamedTuple):
    """How far an export is."""

    time_us: int  # of the run
    steps: int  # that were told of


def feed(exporter: Exporter, takes: Feed, story: Story, span: Span, asked: Asked) -> Iterator[Fed]:
    """Give an exporter all that it takes; nothing is written by one that is not gone through to the end."""
    exporter.begin(story, span)
    if takes == "events":
        yield from _events(exporter, story, span, asked)
    elif takes == "blocks":
        yield from _blocks(exporter, story, span)
    elif isinstance(exporter, Paced):
        for time_us in exporter.advance():
            yield Fed(time_us, 0)
    exporter.end()


def _events(exporter: Exporter, story: Story, span: Span, asked: Asked) -> Iterator[Fed]:
    """As the view tells them, or one by one."""
    steps = 0
    told = cadence(VIEWS[asked.view or "events"], asked.log_every)
    for number, event in enumerate(story.narrate(*span, told.every, told.reports)):
        exporter.event(event)
        steps += items_of(event)
        if number % _EVENTS_BETWEEN == 0:
            yield Fed(event.time_us, steps)


def _blocks(exporter: Exporter, story: Story, span: Span) -> Iterator[Fed]:
    steps = 0
    for number, told in enumerate(story.blocks(*span, exporter.between)):
        if isinstance(told, StepColumns):
            exporter.steps(told)
            steps += len(told)
            yield Fed(int(told.time_us[-1]), steps)
        else:
            exporter.event(told)
            if number % _EVENTS_BETWEEN == 0:
                yield Fed(told.time_us, steps)
