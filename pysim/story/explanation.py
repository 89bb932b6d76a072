"""What can be said of something on the screen: what it is, what its numbers are made of, what would change them, where to read more."""

from dataclasses import dataclass
from typing import Literal

from pysim.story.events import Event

SubjectKind = Literal["event", "part", "incident"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What somebody points at: an event, by which a line was written; a part of the screen, by its name; or an incident, by its number.

    `focus` is the name of the one number that is meant, if it is one.
    """

    kind: SubjectKind
    name: str = ""  # of the event's type, or of the part
    event: Event | None = None
    number: int = 0
    focus: str = ""


def of_event(event: Event, focus: str = "") -> Subject:
    """An event, or one number of it."""
    return Subject(kind="event", name=type(event).__name__, event=event, focus=focus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A value with its unit, as people write it, and the formula with this run's numbers put in; empty where it was measured or chosen."""

    name: str
    value: float | str
    unit: str
    text: str
    formula: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where to read more."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that is said of a subject at a moment. `known` holds what an operator can know by then; `truth` what nobody could."""

    subject: SubjectKind
    name: str
    title: str
    about: str
    time_us: int  # of the event, else of the moment
    numbers: tuple[Number, ...] = ()
    better: str = ""
    known: tuple[str, ...] = ()
    truth: tuple[str, ...] = ()
    read: tuple[Source, ...] = ()
