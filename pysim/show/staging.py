"""A show set up: where it begins, its first lines, its plain lines. Pure; edges give it a screen and a sink."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from pysim.show.interventions import Interventions
from pysim.show.lines import Line, at_once
from pysim.show.player import MakeTempo
from pysim.show.show import HOLD_SECONDS, Show
from pysim.show.tempo import show_tempo
from pysim.show.transcript import timed_transcript
from pysim.story.story import WHOLE, Span, Story
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.registry import MakeView, why_not


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """How stories are shown. `span` is the part of the first one; `lines_at_once` of it are there when the show begins.

    Where a view cannot tell a story, whose turn comes later, the console does.
    """

    screen: Screen
    view: MakeView = Console
    tempo: MakeTempo = show_tempo
    speed: float = 1.0
    span: Span = WHOLE
    lines_at_once: int = 0
    log_every: int | None = None  # steps in a line of the log; None: as the view has it


# On a terminal


class Opening:
    """What is written when a show opens, and then the show that goes on below it.

    Going through it gives the lines at once that are above the last screenful, each as soon as it is told: there may be millions.
    """

    def __init__(self, stories: Iterator[Story], staging: Staging, interventions: Interventions | None = None) -> None:
        self._interventions = interventions
        self._first = next(stories)
        self._stories = stories
        self._staging = staging
        self._start_us = staging.span.since_us

    def __iter__(self) -> Iterator[str]:
        """The lines, once."""
        log_rows = self._staging.screen.rows - self._staging.view(self._first.header, self._staging.screen).live_rows
        visible: deque[str] = deque()
        for text in self._at_once():
            visible.append(text)
            if len(visible) > log_rows:
                yield visible.popleft()

    def _at_once(self) -> Iterator[str]:
        """So many lines, and whatever comes at the moment of the last: the show starts just after it."""
        staging, count = self._staging, self._staging.lines_at_once
        if not count:
            return
        for number, (time_us, text) in enumerate(_told(self._first, staging, staging.span), start=1):
            if number > count and time_us >= self._start_us:
                return
            self._start_us = time_us + 1
            yield text
        if number < count:
            self._start_us = staging.span.until_us or self._first.end_us

    def show(self) -> Show:
        """The show after as many of the lines as were gone through."""
        staging = self._staging
        return Show(
            chain((self._first,), self._stories),
            staging.screen,
            view=staging.view,
            log_every=staging.log_every,
            tempo=staging.tempo,
            speed=staging.speed,
            span=staging.span._replace(since_us=self._start_us),
            interventions=self._interventions,
        )


# Not on a terminal


def plain_lines(stories: Iterable[Story], staging: Staging, *, instant: bool = False) -> Iterator[Line]:
    """Every line of the show and when it is due; now, if the show is instant."""
    if instant:
        return (Line(0.0, text) for span, story in _spans(stories, staging) for _, text in _told(story, staging, span))
    return at_once(_timed(stories, staging), staging.lines_at_once)


def _spans(stories: Iterable[Story], staging: Staging) -> Iterator[tuple[Span, Story]]:
    """Story after story, and which part of each is shown: all but of the first one."""
    return ((WHOLE if index else staging.span, story) for index, story in enumerate(stories))


def _timed(stories: Iterable[Story], staging: Staging) -> Iterator[Line]:
    """Story after story, as a show has them."""
    speed, offset_seconds = staging.speed, 0.0
    for span, story in _spans(stories, staging):
        tempo = staging.tempo(story.acts())
        began_seconds = tempo.show_seconds(span.since_us)
        for time_us, text in _told(story, staging, span):
            yield Line(offset_seconds + (tempo.show_seconds(time_us) - began_seconds) / speed, text)
        ended_seconds = tempo.show_seconds(span.ends_us(story.end_us))
        offset_seconds += (ended_seconds - began_seconds + HOLD_SECONDS) / speed


def _told(story: Story, staging: Staging, span: Span) -> Iterator[tuple[int, str]]:
    view = Console if why_not(staging.view, story.header) else staging.view
    return timed_transcript(story, staging.screen, span.since_us, span.until_us, view=view, log_every=staging.log_every)
