"""Typed rows of `data/explanations.toml`: what is said of events, their fields, parts of the screen, and causes. Read when first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from pysim.catalog.resources import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Something published."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What something is, what would change it, and where to read more. `fields` are the meanings of its own numbers by name."""

    title: str
    about: str
    better: str
    read: tuple[Reading, ...]
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations:
    """All texts by name: of the type of an event, of a part of the screen, of a cause; and meanings that events have in common."""

    events: Mapping[str, Text]
    parts: Mapping[str, Text]
    causes: Mapping[str, Text]
    fields: Mapping[str, str]
    readings: Mapping[str, Reading]

    def meaning(self, event: str, name: str) -> str:
        """Of one number of an event, its own before what is said of all that have it; empty for none."""
        own = self.events[event].fields if event in self.events else {}
        return own.get(name) or self.fields.get(name, "")


@cache
def explanations() -> Explanations:
    """The table."""
    table = read_table("explanations")
    readings = {name: Reading(**row) for name, row in table["reading"].items()}

    def texts(kind: str) -> Mapping[str, Text]:
        return MappingProxyType({name: _text(row, readings) for name, row in table[kind].items()})

    return Explanations(
        events=texts("event"), parts=texts("part"), causes=texts("cause"), fields=table["fields"], readings=readings
    )


def _text(row: Mapping[str, Any], readings: Mapping[str, Reading]) -> Text:
    known = {"better": "", "fields": {}, **row}
    return Text(**{**known, "read": tuple(readings[name] for name in row.get("read", ()))})
