"""A run that was drawn for a corpus, as a story: what `pysim` would show with its options. Pure; workers call it."""

from dataclasses import dataclass, replace

from pysim.edge.playlist import turns
from pysim.edge.staging import explain
from pysim.edge.telling import told
from pysim.export.corpus.sampling import Drawn
from pysim.options.settings import read_value, settle
from pysim.options.table import BY_NAME
from pysim.options.values import Injected, Position, Wrong, spelled_time
from pysim.pretraining.story import PretrainingStory
from pysim.story.story import Span
from pysim.views.registry import VIEWS, why_not

_OFFSET = "+"


class UnfitError(ValueError):
    """What was drawn cannot be a run; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A run, and the part of it that is told."""

    story: PretrainingStory
    span: Span
    view: str
    log_every: int | None
    asked: tuple[tuple[str, int], ...]  # causes that are let happen in it, and from when on


def tell_run(drawn: Drawn, *, left_out: int = 0) -> Told:
    """The run, without the first so many of what is let happen in it.

    Raises:
        UnfitError: if it cannot be.
    """
    try:
        return _told(drawn, left_out)
    except ValueError as error:
        why = explain(error) or (str(error) if isinstance(error, Wrong) else None)
        if why is None:
            raise
        raise UnfitError(why) from None


def _told(drawn: Drawn, left_out: int) -> Told:
    options = dict(drawn.options)
    since, until = options.pop("from", None), options.pop("until", None)
    settings, problems = settle(options.items())
    if problems:
        raise UnfitError(str(problems[0]))
    turn = next(turns(settings, 0))
    calm = told(turn)
    why = why_not(VIEWS[settings.view], calm.header)
    if why:
        message = f"--view {settings.view} {why}"
        raise UnfitError(message)
    span = _span(calm, since, until)
    asked = tuple(_placed(drawn, span, calm)[left_out:])
    injected = tuple(_injected(cause, at_us) for cause, at_us in asked)
    return Told(
        story=told(replace(turn, inject=injected)) if injected else calm,
        span=span,
        view=settings.view,
        log_every=settings.log_every,
        asked=asked,
    )


def _span(calm: PretrainingStory, since: str | None, until: str | None) -> Span:
    """The part that is told, in the run as it would be if nothing were let happen in it."""
    since_us = _position("from", since).resolve(calm) if since else 0
    if until is None:
        return Span(since_us)
    if not until.startswith(_OFFSET):
        until_us = _position("until", until).resolve_end(calm)
        if until_us <= since_us:
            message = f"--until {until} is not after --from {since}"
            raise UnfitError(message)
        return Span(since_us, None if until_us > calm.end_us else until_us)
    length = _position("until", until.removeprefix(_OFFSET))
    if length.unit == "step":
        last = min(calm.items_before(since_us) + int(length.value), calm.header.total_steps)
        until_us = calm.item_begin(last + 1)
    else:
        until_us = since_us + length.resolve(calm)
    return Span(since_us, until_us if until_us < calm.end_us else None)


def _position(option: str, text: str) -> Position:
    position: Position = read_value(BY_NAME[option], text)
    return position


def _placed(drawn: Drawn, span: Span, calm: PretrainingStory) -> list[tuple[str, int]]:
    end_us = span.ends_us(calm.end_us)
    return [(each.cause, span.since_us + round(each.share * (end_us - span.since_us))) for each in drawn.inject]


def _injected(cause: str, at_us: int) -> Injected:
    text = f"{cause}@{spelled_time(at_us)}"
    return Injected(cause, Position("seconds", at_us / 1e6, text), None, 0, text)
