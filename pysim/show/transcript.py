"""A run as plain lines, for pipes and files: no bars, no cursor movement, every line in its time."""

from collections.abc import Iterator

from pysim.story.opening import opened
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE, Screen
from pysim.terminal.sink import Sink
from pysim.views.console.console import Console
from pysim.views.registry import MakeView, cadence, told_at
from pysim.views.view import written


def transcript(story: Story, screen: Screen, since_us: int = 0, until_us: int | None = None) -> Iterator[str]:
    """Every log line of [since_us, until_us), each with its line end."""
    return (text for _, text in timed_transcript(story, screen, since_us, until_us))


def play(story: Story, sink: Sink, screen: Screen = PAGE) -> None:
    """Write a whole run to a sink, at once."""
    for line in transcript(story, screen):
        sink.write(line)


def timed_transcript(
    story: Story,
    screen: Screen,
    since_us: int = 0,
    until_us: int | None = None,
    *,
    view: MakeView = Console,
    log_every: int | None = None,
) -> Iterator[tuple[int, str]]:
    """The same through any view, each line with its moment in microseconds of run time; `log_every` steps in one, or as usual there."""
    told = cadence(view, log_every)
    made = view(told_at(story.header, told), screen)
    for line in made.lines(opened(story.header, Span(since_us, until_us))):
        yield since_us, f"{line}\n"
    for telling in story.tellings(since_us, until_us, *told):
        for time_seconds, lines in written(made, telling):
            time_us = round(time_seconds * 1e6)
            for line in lines:
                yield time_us, f"{line}\n"
