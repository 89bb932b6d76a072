"""A show from settings: its runs, where they begin and end, and its plain lines. Pure; the edges give it a screen and a sink."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from pysim.catalog import UnknownName
from pysim.options.refusals import refusal
from pysim.options.settings import Problem, Settings
from pysim.options.values import Position, Wrong
from pysim.pretraining.narrate import narrate
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.run.run import Run
from pysim.show.lines import Line, at_once
from pysim.show.show import HOLD_SECONDS, Show
from pysim.show.tempo import Tempo, fitted_tempo, real_tempo, show_tempo
from pysim.show.transcript import timed_transcript
from pysim.terminal.screen import Screen
from pysim.views.console.live import LIVE_ROWS
from pysim.views.jsonlines import json_line


class Misplaced(ValueError):  # noqa: N818 - it reads as what happened
    """A place that the run does not have; the text is that of a `Problem`."""


def explain(error: ValueError) -> str | None:
    """A plan that cannot be, or a place that a run does not have, in the words of the options; None for any other error."""
    if isinstance(error, Misplaced | UnknownName):
        return str(error)
    return refusal(error) if isinstance(error, PlanError) else None


class Span(NamedTuple):
    """The part of the first run that is shown; None is its end."""

    since_us: int = 0
    until_us: int | None = None


def span_of(run: Run, settings: Settings) -> Span:
    """`--from` and `--until` in this run.

    Raises:
        Misplaced: if the run is over by then, or the end is not after the beginning.
    """
    since_us = _place("from", settings.from_, lambda place: place.resolve(run)) or 0
    until_us = _place("until", settings.until, lambda place: place.resolve_end(run))
    if settings.until and until_us is not None and until_us <= since_us + 1:
        raise Misplaced(str(Problem("until", settings.until.text, "is not after the place where the show begins")))
    return Span(since_us, until_us)


def _place(name: str, position: Position | None, find: Callable[[Position], int]) -> int | None:
    if position is None:
        return None
    try:
        return find(position)
    except Wrong as wrong:
        raise Misplaced(str(Problem(name, position.text, str(wrong)))) from None


def tempo_of(settings: Settings) -> Callable[[Run], Tempo]:
    """How time passes in a run of the show."""
    length = settings.tempo
    if length == "show":
        return show_tempo
    return real_tempo if length == "real" else lambda run: fitted_tempo(run, float(length))


# On a terminal


def live_show(runs: Iterator[Run], settings: Settings, screen: Screen) -> tuple[Iterable[str], Show]:
    """Lines to write first, and the show that goes on below them."""
    first = next(runs)
    span = span_of(first, settings)
    lines: Iterable[str] = ()
    start_us = span.since_us
    if settings.instant_print_lines:
        start_us = _start_after(first, span, settings.instant_print_lines, screen)
        lines = _before_the_screen(first, Span(span.since_us, start_us), screen)
    show = Show(
        chain((first,), runs),
        screen,
        tempo=tempo_of(settings),
        speed=settings.speed_factor,
        start_us=lambda _run: start_us,
        until_us=lambda _run: span.until_us,
    )
    return lines, show


def _start_after(run: Run, span: Span, count: int, screen: Screen) -> int:
    """Just after the `count`th line, and whatever came at the same moment: there the show starts."""
    last = next(islice(timed_transcript(run, screen, *span), count - 1, None), None)
    return last[0] + 1 if last else (span.until_us or run.end_us)


def _before_the_screen(run: Run, span: Span, screen: Screen) -> Iterator[str]:
    """The lines of a span that have scrolled away at its end: the show itself begins with a screenful."""
    visible: deque[str] = deque()
    for _, text in timed_transcript(run, screen, *span):
        visible.append(text)
        if len(visible) > screen.rows - LIVE_ROWS:
            yield visible.popleft()


# Not on a terminal


def plain_lines(runs: Iterable[Run], settings: Settings, screen: Screen) -> Iterator[Line]:
    """Every line of the show and when it is due; now, if the show is instant."""
    lines = _told(runs, settings, screen)
    if settings.instant:
        return (Line(0.0, line.text) for line in lines)
    return at_once(lines, settings.instant_print_lines)


def _told(runs: Iterable[Run], settings: Settings, screen: Screen) -> Iterator[Line]:
    """Run after run, as a show has them."""
    tell = _event_lines if settings.view == "events" else _log_lines
    tempo_for, speed = tempo_of(settings), settings.speed_factor
    offset_seconds = 0.0
    for index, run in enumerate(runs):
        span = Span() if index else span_of(run, settings)
        tempo = tempo_for(run)
        began_seconds = tempo.show_seconds(span.since_us)
        for time_us, text in tell(run, screen, span):
            yield Line(offset_seconds + (tempo.show_seconds(time_us) - began_seconds) / speed, text)
        ended_seconds = tempo.show_seconds(run.end_us if span.until_us is None else span.until_us)
        offset_seconds += (ended_seconds - began_seconds + HOLD_SECONDS) / speed


def _log_lines(run: Run, screen: Screen, span: Span) -> Iterator[tuple[int, str]]:
    return timed_transcript(run, screen, *span)


def _event_lines(run: Run, _screen: Screen, span: Span) -> Iterator[tuple[int, str]]:
    return ((round(event.time_seconds * 1e6), f"{json_line(event)}\n") for event in narrate(run, *span))
