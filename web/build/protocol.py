"""Writes the page's `src/generated` from the Python types and constants in `pysim.edge.protocol`; run by `make protocol`.

A TypedDict becomes a reader, which gives a value of the stated shape or refuses it, and the type that the reader gives. The
constants are a file of their own: the page's first script needs some of them and none of the readers.
"""

# ruff: noqa: INP001 - a script

import inspect
import json
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

from pysim.edge import protocol
from pysim.options.table import OPTIONS
from pysim.story.chapters import ChapterKind
from pysim.story.choices import ActionName, ArgumentName
from pysim.story.explanation import SubjectKind
from pysim.story.marks import MarkKind, PassageKind
from pysim.story.moment import Phase
from pysim.story.oncall import CallKind

FOLDER = Path(__file__).parent.parent / "src/generated"
HEAD = """\
// Made from pysim/edge/protocol.py by `make protocol`. Change it there.
"""
READERS = """\
import { any, flag, list, nullable, number, oneOf, type Read, record, text, tuple } from "../reading";
"""
PRIMITIVES: dict[object, tuple[str, str]] = {  # the reader, and the type in a signature
    bool: ("flag", "boolean"),
    float: ("number", "number"),
    int: ("number", "number"),
    str: ("text", "string"),
    object: ("any", "unknown"),
}
READ_NAMES: dict[str, Any] = {
    "Phase": Phase,
    "ChapterKind": ChapterKind,
    "MarkKind": MarkKind,
    "PassageKind": PassageKind,
    "ToldKind": protocol.ToldKind,
    "SubjectKind": SubjectKind,
    "CallKind": CallKind,
    "ActionName": ActionName,
    "ArgumentName": ArgumentName,
}
LISTED_NAMES = {"MOVES": protocol.MoveName}  # of which the page needs the names themselves, not only their type


def generate() -> dict[Path, str]:
    """The files as they should be."""
    return {
        FOLDER / "constants.ts": "\n".join([HEAD, *_constants(), ""]),
        FOLDER / "protocol.ts": "\n".join([HEAD, READERS, *_names(), *_shapes(), *_session()]),
    }


def _constants() -> Iterator[str]:
    for name in ("SLOWEST", "FASTEST", "SKIP_SECONDS", "FAR_SKIP_SECONDS", "KEY_HELP", "ON_CALL_KEY", "PARTS"):
        yield f"export const {name} = {_literal(getattr(protocol, name))} as const;"
    for name, listed in LISTED_NAMES.items():
        yield f"export const {name} = {_literal(get_args(listed))} as const;"
    repeatable = tuple(option.name for option in OPTIONS if option.on_page and option.repeatable)
    yield f"export const REPEATABLE: readonly string[] = {_literal(repeatable)};"


def _names() -> Iterator[str]:
    options = tuple(option.name for option in OPTIONS if option.on_page)
    for name, names in (
        ("MoveName", get_args(protocol.MoveName)),
        ("CommandName", get_args(protocol.CommandName)),
        ("PageOption", get_args(protocol.PageOption)),
        ("OptionName", options),
    ):
        yield f"export type {name} = {' | '.join(map(_literal, names))};"
    for name, names in READ_NAMES.items():
        yield f"export const read{name} = {_one_of(get_args(names))};"
        yield f"export type {name} = Read<typeof read{name}>;"
    yield ""


def _shapes() -> Iterator[str]:
    for name, shape in vars(protocol).items():
        if is_typeddict(shape):
            yield from _documented(shape)
            yield f"export const read{name} = /* @__PURE__ */ record({{"
            for field, hint in get_type_hints(shape).items():
                yield f"  {field}: {_reader(hint)},"
            yield "});"
            yield f"export type {name} = Read<typeof read{name}>;"
            yield ""


def _reader(hint: Any) -> str:  # noqa: ANN401 - any type
    if hint in PRIMITIVES:
        return PRIMITIVES[hint][0]
    if is_typeddict(hint):
        return f"read{hint.__name__}"
    origin, arguments = get_origin(hint), get_args(hint)
    inner = [_reader(argument) for argument in arguments if argument is not types.NoneType and origin is not Literal]
    if origin is Literal:
        return next((f"read{name}" for name, names in READ_NAMES.items() if names == hint), _one_of(arguments))
    if origin is list:
        return f"/* @__PURE__ */ list({inner[0]})"
    if origin is tuple:
        return f"/* @__PURE__ */ tuple({', '.join(inner)})"
    if origin in {types.UnionType, typing.Union} and len(arguments) == len(inner) + 1:
        return f"/* @__PURE__ */ nullable({inner[0]})"
    raise TypeError(hint)


def _one_of(choices: tuple[object, ...]) -> str:
    return f"/* @__PURE__ */ oneOf({', '.join(map(_literal, choices))})"


def _session() -> Iterator[str]:
    yield "/** A Python generator that returns text: one `next` does one bit of the work. */"
    yield "export interface Work {"
    yield "  next(): { done?: boolean; value?: string | undefined };"
    yield "  destroy?(): void;"
    yield "}"
    yield ""
    yield from _documented(protocol.Session)
    yield "export interface Session {"
    for name, member in vars(protocol.Session).items():
        if isinstance(member, property):
            yield from _documented(member, "  ")
            yield f"  readonly {name}: string;"
        elif inspect.isfunction(member) and not name.startswith("_"):
            yield from _documented(member, "  ")
            yield f"  {name}({', '.join(_parameters(member))}): {_result(member)};"
    yield "  destroy?(): void;"
    yield "}"
    yield ""


def _parameters(function: Callable[..., object]) -> Iterator[str]:
    hints = get_type_hints(function)
    for name in list(inspect.signature(function).parameters)[1:]:
        yield f"{_camel(name)}: {PRIMITIVES[hints[name]][1]}"


def _result(function: Callable[..., object]) -> str:
    hint = get_type_hints(function)["return"]
    return PRIMITIVES[hint][1] if hint in PRIMITIVES else "Work"


def _documented(thing: object, indent: str = "") -> Iterator[str]:
    yield f"{indent}/** {inspect.getdoc(thing)} */"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _literal(value: object) -> str:
    """As JSON; a whole number without its point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    for path, written in generate().items():
        path.write_text(written, encoding="utf-8")
