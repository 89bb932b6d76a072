"""A show from settings. Pure; the edges give it a screen and a sink."""

from collections.abc import Callable, Iterator
from itertools import chain

from pysim.catalog import UnknownName
from pysim.options.refusals import refusal
from pysim.options.settings import Problem, Settings
from pysim.options.values import Position, Wrong
from pysim.pretraining.planning.problem import PlanError
from pysim.show import staging
from pysim.show.interventions import Interventions
from pysim.show.lines import Line
from pysim.show.player import MakeTempo
from pysim.show.staging import Opening, Staging
from pysim.show.tempo import tempo_named
from pysim.story.story import Span, Story
from pysim.terminal.screen import Screen
from pysim.views.registry import VIEWS, why_not


class Misplaced(ValueError):  # noqa: N818 - it reads as what happened
    """A place that the run does not have, or a view that cannot tell it; the text is that of a `Problem`."""


class Unfitting(Misplaced):
    """A decision that a run does not go with."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(str(Problem("decide", text, why)))
        self.text = text
        self.why = why


def explain(error: ValueError) -> str | None:
    """A plan that cannot be, or a place that a run does not have, in the words of the options; None for any other error."""
    if isinstance(error, Misplaced | UnknownName):
        return str(error)
    return refusal(error) if isinstance(error, PlanError) else None


def staging_of(settings: Settings, story: Story, screen: Screen) -> Staging:
    """How the settings want stories to be shown, `story` first.

    Raises:
        Misplaced: if the story has not the places that they name, or the view cannot tell it.
    """
    view = VIEWS[settings.view]
    why = why_not(view, story.header)
    if why:
        raise Misplaced(str(Problem("view", settings.view, why)))
    return Staging(
        screen=screen,
        view=view,
        log_every=settings.log_every,
        tempo=tempo_of(settings),
        speed=settings.speed_factor,
        span=span_of(story, settings),
        lines_at_once=settings.instant_print_lines,
    )


def span_of(story: Story, settings: Settings) -> Span:
    """`--from` and `--until` in this story.

    Raises:
        Misplaced: if the story is over by then, or the end is not after the beginning.
    """
    since_us = _place("from", settings.from_, lambda place: place.resolve(story)) or 0
    until_us = _place("until", settings.until, lambda place: place.resolve_end(story))
    if settings.until and until_us is not None and until_us <= since_us:
        raise Misplaced(str(Problem("until", settings.until.text, "is not after the place where the show begins")))
    return Span(since_us, until_us)


def moment_of(story: Story, settings: Settings) -> int | None:
    """The moment that a picture of the run is of: where it ends, else where it begins, if either is asked for.

    Raises:
        Misplaced: if the story has not that place.
    """
    span = span_of(story, settings)
    if settings.until is not None and span.until_us is not None:
        return min(span.until_us, story.end_us)
    return span.since_us if settings.from_ is not None else None


def _place(name: str, position: Position | None, find: Callable[[Position], int]) -> int | None:
    if position is None:
        return None
    try:
        return find(position)
    except Wrong as wrong:
        raise Misplaced(str(Problem(name, position.text, str(wrong)))) from None


def tempo_of(settings: Settings) -> MakeTempo:
    """How time passes in a story of the show."""
    return tempo_named(settings.tempo)


def opening(
    stories: Iterator[Story], settings: Settings, screen: Screen, interventions: Interventions | None = None
) -> Opening:
    """Lines to write first, and the show that goes on below them."""
    first = next(stories)
    return Opening(chain((first,), stories), staging_of(settings, first, screen), interventions)


def plain_lines(stories: Iterator[Story], settings: Settings, screen: Screen) -> Iterator[Line]:
    """Every line of the show and when it is due; now, if the show is instant."""
    first = next(stories)
    shown = staging_of(settings, first, screen)
    return staging.plain_lines(chain((first,), stories), shown, instant=settings.instant)
