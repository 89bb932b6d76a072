"""A run as plain lines, for pipes and files: no bars, no cursor movement, every line in its time."""

from collections.abc import Iterator

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run
from pysim.terminal.screen import Screen
from pysim.terminal.sink import Sink
from pysim.views.console.console import Console

PAGE = Screen(color=False, live=False)


def transcript(run: Run, screen: Screen, since_us: int = 0, until_us: int | None = None) -> Iterator[str]:
    """Every log line of [since_us, until_us), each with its line end."""
    return (text for _, text in timed_transcript(run, screen, since_us, until_us))


def play(run: Run, sink: Sink, screen: Screen = PAGE) -> None:
    """Write a whole run to a sink, at once."""
    for line in transcript(run, screen):
        sink.write(line)


def timed_transcript(
    run: Run, screen: Screen, since_us: int = 0, until_us: int | None = None
) -> Iterator[tuple[int, str]]:
    """The same, each line with its moment in microseconds of run time."""
    console = Console(run, screen)
    for event in narrate(run, since_us, until_us):
        time_us = round(event.time_seconds * 1e6)
        for line in console.lines(event):
            yield time_us, f"{line}\n"
