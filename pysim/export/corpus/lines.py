"""A log, and beside every line of it what is true of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from pysim.export.corpus.evidence import evidence_of, told
from pysim.export.corpus.made import parts
from pysim.export.corpus.marking import marked_view
from pysim.export.corpus.roles import Part, Parts, Trouble, role_of
from pysim.story.events import Event, LogLine
from pysim.story.noise import fnv1a
from pysim.story.opening import opened
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE
from pysim.views.dialects.table import Dialect
from pysim.views.registry import cadence, told_at

FILLED = "<*>"
_ID_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What lines are made by: `<*>` stands for what is filled in, `names` say what that is."""

    id: str
    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line and the truth of it."""

    text: str
    time_seconds: float  # of the run, of the event that it tells
    event: str  # its type
    template: Template
    parameters: tuple[str, ...]
    step: int | None
    rank: int | None
    part: Part | None


def lines(
    story: Story, dialect: Dialect, span: Span, befell: tuple[Trouble, ...], log_every: int | None
) -> Iterator[Line]:
    """Every line of a log in a dialect, in order."""
    cadenced = cadence(dialect, log_every)
    view = marked_view(dialect, told_at(story.header, cadenced), PAGE)
    known = Parts(befell)
    beginning = opened(story.header, span)
    yield from (_line(text, beginning, None) for text in view.lines(beginning))
    for event in story.narrate(*span, *cadenced):
        if isinstance(event, LogLine):
            cause = known.cause(event.number)
            evidence = evidence_of(event, cause)
            part: Part | None = Part(event.number, role_of(evidence, cause))
            spoken: Event = told(event, evidence)
        else:
            part, spoken = known.of(event), event
        for text in view.lines(spoken):
            line = _line(text, spoken, part)
            narrowed = known.narrowed(part, event, f"{line.template.text} {' '.join(line.template.names)}")
            yield line if narrowed == part else replace(line, part=narrowed)


def _line(text: str, event: Event, part: Part | None) -> Line:
    pieces = parts(text)
    written = "".join([piece.text if piece.name is None else FILLED for piece in pieces])
    return Line(
        text=str(text),
        time_seconds=event.time_seconds,
        event=type(event).__name__,
        template=_template(written, tuple(piece.name for piece in pieces if piece.name is not None)),
        parameters=tuple(piece.text for piece in pieces if piece.name is not None),
        step=getattr(event, "last", getattr(event, "step", None)),
        rank=getattr(event, "rank", None),
        part=part,
    )


@cache
def _template(text: str, names: tuple[str, ...]) -> Template:
    """The same in every run: its number is made from its text."""
    return Template(id=f"{fnv1a(text):016x}"[:_ID_DIGITS], text=text, names=names)
