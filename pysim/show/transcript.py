"""A run as plain lines, for pipes and files: no bars, no cursor movement, every line in its time."""

from collections.abc import Iterator

from pysim.story.opening import opened
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE, Screen
from pysim.terminal.sink import Sink
from pysim.views.console.console import Console
from pysim.views.registry import MakeView, cadence, told_at
from pysim.views.view import written

LATEST_LINES = 20_000  # of steps, in a text that has to be held as a whole
LATEST_LOOKS = 2_000  # the same of looks at accelerators, which take many lines each


def transcript(story: Story, screen: Screen, since_us: int = 0, until_us: int | None = None) -> Iterator[str]:
    """Every log line of [since_us, until_us), each with its line end."""
    return (text for _, text in timed_transcript(story, screen, since_us, until_us))


def play(story: Story, sink: Sink, screen: Screen = PAGE) -> None:
    """Write a whole run to a sink, at once."""
    for line in transcript(story, screen):
        sink.write(line)


def latest(story: Story, span: Span, *, view: MakeView = Console, log_every: int | None = None) -> str:
    """A part of a run as one text, each line with its line end; of a part that is too long the end."""
    since_us, ends_us = span.since_us, span.ends_us(story.end_us)
    every, reports = cadence(view, log_every)
    if reports and reports.look_seconds:
        since_us = max(since_us, ends_us - LATEST_LOOKS * reports.look_seconds * 1_000_000)
    else:
        since_us = _moment(story, story.items_before(ends_us) - LATEST_LINES * every, since_us, ends_us)
    told = timed_transcript(story, PAGE, since_us, span.until_us, view=view, log_every=log_every)
    return "".join(text for _, text in told)


def _moment(story: Story, items: int, early_us: int, late_us: int) -> int:
    """The first moment of a span before which so many items were told."""
    while early_us < late_us:
        middle_us = (early_us + late_us) // 2
        is_late = story.items_before(middle_us) >= items
        early_us, late_us = (early_us, middle_us) if is_late else (middle_us + 1, late_us)
    return early_us


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
