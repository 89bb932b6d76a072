"""A kind of run: the five things that each offers. The registry is `pysim.kinds`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pysim.story.story import Story


@dataclass(frozen=True, slots=True)
class Row:
    """One derived number. `text` is for people, `value` in `unit` for programs."""

    section: str
    name: str
    value: float | str
    unit: str
    text: str
    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A plan, explained: what was chosen, by name, and every number that follows from it."""

    heading: str
    chosen: Mapping[str, Any]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of run: from what is asked for to a plan, and from a plan to its story or its description.

    Requests and plans are the kind's own types; nothing outside of it looks into them.
    """

    name: str
    options: tuple[str, ...]  # the fields of a request
    choose: Callable[[Any], Any]
    tell: Callable[[Any], Story]
    describe: Callable[[Any], Description]
