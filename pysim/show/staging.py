"""A show set up: where it begins, its first lines, its plain lines. Pure; edges give it a screen and a sink."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from pysim.show.lines import Line, at_once
from pysim.show.player import MakeTempo
from pysim.show.show import HOLD_SECONDS, Show
from pysim.show.tempo import show_tempo
from pysim.show.transcript import timed_transcript
from pysim.story.story import WHOLE, Span, Story
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.registry import MakeView


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """How stories are shown. `span` is the part of the first one; `lines_at_once` of it are there when the show begins."""

    screen: Screen
    view: MakeView = Console
    tempo: MakeTempo = show_tempo
    speed: float = 1.0
    span: Span = WHOLE
    lines_at_once: int = 0


# On a terminal


def live_show(stories: Iterator[Story], staging: Staging) -> tuple[Iterable[str], Show]:
    """Lines to write first, and the show that goes on below them."""
    first = next(stories)
    lines, start_us = _opening(first, staging)
    show = Show(
        chain((first,), stories),
        staging.screen,
        view=staging.view,
        tempo=staging.tempo,
        speed=staging.speed,
        span=staging.span._replace(since_us=start_us),
    )
    return lines, show


def _opening(story: Story, staging: Staging) -> tuple[Iterable[str], int]:
    """What has scrolled away when the show begins, and when it begins."""
    if not staging.lines_at_once:
        return (), staging.span.since_us
    start_us = _start_after(story, staging)
    return _before_the_screen(story, staging, start_us), start_us


def _start_after(story: Story, staging: Staging) -> int:
    """Just after the last of the lines at once, and whatever came at the same moment."""
    told = _told(story, staging, staging.span)
    last = next(islice(told, staging.lines_at_once - 1, None), None)
    return last[0] + 1 if last else (staging.span.until_us or story.end_us)


def _before_the_screen(story: Story, staging: Staging, start_us: int) -> Iterator[str]:
    """The lines before the start that have scrolled away: the show itself begins with a screenful."""
    log_rows = staging.screen.rows - staging.view(story.header, staging.screen).live_rows
    visible: deque[str] = deque()
    for _, text in _told(story, staging, Span(staging.span.since_us, start_us)):
        visible.append(text)
        if len(visible) > log_rows:
            yield visible.popleft()


# Not on a terminal


def plain_lines(stories: Iterable[Story], staging: Staging, *, instant: bool = False) -> Iterator[Line]:
    """Every line of the show and when it is due; now, if the show is instant."""
    lines = _timed(stories, staging)
    if instant:
        return (Line(0.0, line.text) for line in lines)
    return at_once(lines, staging.lines_at_once)


def _timed(stories: Iterable[Story], staging: Staging) -> Iterator[Line]:
    """Story after story, as a show has them."""
    speed, offset_seconds = staging.speed, 0.0
    for index, story in enumerate(stories):
        span = WHOLE if index else staging.span
        tempo = staging.tempo(story.acts())
        began_seconds = tempo.show_seconds(span.since_us)
        for time_us, text in _told(story, staging, span):
            yield Line(offset_seconds + (tempo.show_seconds(time_us) - began_seconds) / speed, text)
        ended_seconds = tempo.show_seconds(story.end_us if span.until_us is None else span.until_us)
        offset_seconds += (ended_seconds - began_seconds + HOLD_SECONDS) / speed


def _told(story: Story, staging: Staging, span: Span) -> Iterator[tuple[int, str]]:
    return timed_transcript(story, staging.screen, span.since_us, span.until_us, view=staging.view)
