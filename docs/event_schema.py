"""What the JSON Lines view writes, as a JSON Schema and in words; both from the types of the events.

The schema is of JSON Schema draft 2020-12 (json-schema.org/draft/2020-12). A record is told apart by its `event`.
"""

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np

from pysim.story import events
from pysim.story.events import basis, bring_up, closing, incidents, training
from pysim.views.jsonlines import DERIVED, LISTED_ACCELERATORS

Schema = dict[str, Any]

ACTS = (basis, bring_up, training, incidents, closing)  # the modules that define events, in the order of a run
_SCALARS: Mapping[object, str] = {int: "integer", float: "number", str: "string", bool: "boolean", NoneType: "null"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
_PER_RANK = "rank"


def kinds() -> list[type[events.Event]]:
    """Every kind of event that is told, in the order of a run."""
    defined = ((kind, act.__name__) for act in ACTS for kind in vars(act).values() if inspect.isclass(kind))
    found = [kind for kind, act in defined if issubclass(kind, events.Event) and kind.__module__ == act]
    return [kind for kind in found if not kind.__subclasses__()]


def schema() -> str:
    """The schema of one line, as text."""
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of `pysim --view events`",
        "description": f"Schema version {events.SCHEMA_VERSION}. Units are in the names; ratios lie between 0 and 1.",
        "type": "object",
        "required": ["event"],
        "properties": {"event": {"enum": [kind.__name__ for kind in kinds()]}},
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds()],
        "$defs": {kind.__name__: schema_of(kind) for kind in kinds()},
    }
    return json.dumps(whole, indent=1) + "\n"


def schema_of(kind: type[events.Event]) -> Schema:
    """The schema of the lines of one kind of event."""
    lead: Schema = {"event": {"const": kind.__name__}, "time": _TIME}
    lead |= {"ground_truth": {"const": True}} if issubclass(kind, events.GroundTruth) else {}
    derived = {name: _of(get_type_hints(derive)["return"]) for name, derive in DERIVED.get(kind, {}).items()}
    return {"description": inspect.getdoc(kind), **_object(lead | properties(kind) | derived)}


def properties(kind: type) -> dict[str, Schema]:
    """A dataclass's fields by name."""
    return {field.name: _of(field.type) for field in fields(kind)}


def _object(members: Mapping[str, Schema]) -> Schema:
    """An object that has all of these members and no others."""
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def _of(annotation: Any) -> Schema:  # noqa: ANN401  # types have no common type
    """The schema of a type that a field may have.

    Raises:
        TypeError: if the field has another type.
    """
    if annotation in _SCALARS:
        return {"type": _SCALARS[annotation]}
    if inspect.isclass(annotation) and is_dataclass(annotation):
        return _object(properties(annotation))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is UnionType:
        return {"type": [_SCALARS[part] for part in arguments]}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0])}
    if origin is Annotated and get_origin(arguments[0]) is np.ndarray:
        return _array(annotation.__metadata__)
    message = f"{annotation} has no form in JSON"
    raise TypeError(message)


def _array(axes: tuple[str, ...]) -> Schema:
    """A list for each axis, of integers; null where there would be too many."""
    items: Schema = {"type": "integer"}
    for axis in reversed(axes):
        kind = ["array", "null"] if axis == _PER_RANK else "array"
        items = {"type": kind, "items": items, "description": f"one for each {axis}"}
    return items


def table() -> str:
    """Every event with its fields, as Markdown."""
    return "\n".join([_INTRODUCTION, *(_section(kind) for kind in kinds())])


_INTRODUCTION = f"""# Events

`python -m pysim --view events` writes one JSON object a line: `event` names the kind, `time` is the moment in UTC, the other keys
are its fields. Every object has `time_seconds`, run time since the job was launched. Units are in the names; ratios lie between 0
and 1; losses are in nats, and null where a trainer prints `nan`. Lists with a value for each rank are null in runs of more than {LISTED_ACCELERATORS} accelerators; what
they come to stands in `summary`, always. Facts that the run's trainer cannot know have `"ground_truth": true`.

Every stream begins with `Opened`, whatever part of a run it tells. This is schema version {events.SCHEMA_VERSION};
[events.schema.json](events.schema.json) is the same for programs (JSON Schema, draft 2020-12). Both are made from
`pysim/story/events/` by `make docs`.
"""


def _section(kind: type[events.Event]) -> str:
    rows = [f"| `{name}` | {words} |" for name, words in _rows(schema_of(kind))]
    return "\n".join(
        [f"## {kind.__name__}", "", inspect.getdoc(kind) or "", "", "| field | type |", "|---|---|", *rows, ""]
    )


def _rows(described: Schema, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and types of an object's members and of the objects inside; what every event has is left out."""
    for name, member in described["properties"].items():
        if not prefix and name in ("event", "time", "time_seconds", "ground_truth"):
            continue
        if _is_deep(member):
            yield from _rows(member, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", words(member)


def _is_deep(member: Schema) -> bool:
    """Whether it is an object with others inside."""
    return any(inner["type"] in ("object", "array") for inner in member.get("properties", {}).values())


def words(member: Schema) -> str:
    """A type in words: `list of integers, one for each rank, or null`."""
    types = [member["type"]] if isinstance(member["type"], str) else member["type"]
    if "array" in types:
        return ", ".join(
            [_plural(member["items"], "list of "), *_axes(member), *(["or null"] if "null" in types else [])]
        )
    return _named("object", member) if types == ["object"] else " or ".join(types)


def _plural(items: Schema, lead: str) -> str:
    """`list of integers`, `list of lists of integers`, `list of objects with ...`."""
    if items["type"] == "array":
        return _plural(items["items"], f"{lead}lists of ")
    return lead + _named(f"{items['type']}s", items)


def _named(noun: str, member: Schema) -> str:
    names = ", ".join(f"`{name}`" for name in member.get("properties", ()))
    return f"{noun} with {names}" if names else noun


def _axes(member: Schema) -> Iterator[str]:
    """What the items of a list, and of the lists in it, stand for."""
    if "description" in member:
        yield member["description"]
        yield from _axes(member["items"])
