"""A kind of run: the five things that each offers. The registry is `pysim.kinds`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pysim.story.story import Story

RequestT = TypeVar("RequestT")
PlanT = TypeVar("PlanT")


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
class Kind(Generic[RequestT, PlanT]):
    """One kind of run: from what is asked for to a plan, and from a plan to its story or its description."""

    name: str
    options: tuple[str, ...]  # the fields of a request
    choose: Callable[[RequestT], PlanT]
    tell: Callable[[PlanT], Story]
    describe: Callable[[PlanT], Description]
