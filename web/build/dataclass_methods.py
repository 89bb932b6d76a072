"""Writes the methods of dataclasses into the source, where `dataclasses` would write and compile them at every start.

Without that the page imports the simulator in two fifths of the time. The methods are those of `dataclasses`
but for two things that only help those who change the program: instances can be changed, and their text is no list of
their fields.

Written for dataclasses as plain as the simulator's; what is not is left to `dataclasses`. One of either kind cannot inherit
from one of the other: Python refuses that.
"""

# ruff: noqa: INP001 - the build loads this file by its path; it is no part of a package

import ast
from dataclasses import dataclass

UNDERSTOOD = {"frozen", "slots", "kw_only"}
NO_FIELDS = {"ClassVar", "InitVar", "KW_ONLY", "field"}  # such annotations and values mean something else
METHODS = {"__init__", "__eq__", "__hash__", "__repr__", "__post_init__", "__new__"}


@dataclass(frozen=True)
class Field:
    """A parameter of ``__init__``; ``default`` is source text."""

    name: str
    default: str | None
    kw_only: bool

    def parameter(self) -> str:
        """As it stands between the brackets."""
        return self.name if self.default is None else f"{self.name}={self.default}"


@dataclass(frozen=True)
class Rewritten:
    """What was made of a dataclass: its fields, and whether its slots stand in the source."""

    fields: list[Field]
    is_slotted: bool


Library = dict[tuple[str, str], Rewritten]  # by module and name


class MethodWriter(ast.NodeTransformer):
    """Rewrites the dataclasses of one module. Bases from another one are those that `library` has of it, which it adds its own to."""

    def __init__(self, module: str = "", library: Library | None = None) -> None:
        self.module = module
        self.library: Library = {} if library is None else library
        self.known: dict[str, list[Field]] = {}
        self.slotted: set[str] = set()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """Names from another module: those of its dataclasses are known then."""
        for alias in node.names:
            found = self.library.get((node.module or "", alias.name))
            if found is not None:
                self._know(alias.asname or alias.name, found)
        return node

    def _know(self, name: str, found: Rewritten) -> None:
        self.known[name] = found.fields
        if found.is_slotted:
            self.slotted.add(name)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """A class; those inside it stay as they are."""
        options = understood_options(node)
        bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in self.known]
        if options is None or len(bases) < len(node.bases):
            return node
        inherited = {field.name: field for base in bases for field in self.known[base]}
        own = [own_field(line, kw_only="kw_only" in options) for line in node.body if isinstance(line, ast.AnnAssign)]
        fields = [*(inherited | {field.name: field for field in own}).values()]
        node.body.extend(methods(fields))
        if "slots" in options and self.slotted.issuperset(bases) and all(field.default is None for field in own):
            node.body.extend(slots([field.name for field in own if field.name not in inherited]))
            options.remove("slots")
            self.slotted.add(node.name)
        node.decorator_list = [decorator(options - {"frozen"})]
        made = Rewritten(fields, is_slotted=node.name in self.slotted)
        self._know(node.name, made)
        self.library[self.module, node.name] = made
        return node


def understood_options(node: ast.ClassDef) -> set[str] | None:
    """The options of a frozen dataclass that is as plain as described above."""
    match node.decorator_list:
        case [ast.Call(func=ast.Name(id="dataclass"), args=[], keywords=keywords)]:
            options = {
                word.arg for word in keywords if isinstance(word.value, ast.Constant) and word.value.value is True
            }
        case _:
            return None
    if len(options) < len(keywords) or "frozen" not in options or not options <= UNDERSTOOD or node.keywords:
        return None
    defined = {line.name for line in node.body if isinstance(line, ast.FunctionDef)}
    annotated = [line for line in node.body if isinstance(line, ast.AnnAssign)]
    named = {part.id for line in annotated for part in ast.walk(line) if isinstance(part, ast.Name)}
    if defined & METHODS or named & NO_FIELDS or not all(isinstance(line.target, ast.Name) for line in annotated):
        return None
    return {option for option in options if option is not None}


def own_field(line: ast.AnnAssign, *, kw_only: bool) -> Field:
    """The field that an annotation declares."""
    return Field(ast.unparse(line.target), None if line.value is None else ast.unparse(line.value), kw_only)


def decorator(options: set[str]) -> ast.expr:
    """What is left for `dataclasses` to do: the list of fields, and slots."""
    given = "".join(f", {option}=True" for option in sorted(options))
    return ast.parse(f"dataclass(init=False, repr=False, eq=False{given})", mode="eval").body


def slots(names: list[str]) -> list[ast.stmt]:
    """Slots of a class that has no defaults: `dataclasses` would make a second class to give it any."""
    return ast.parse(f"__slots__ = {tuple(names)!r}").body


def methods(fields: list[Field]) -> list[ast.stmt]:
    """``__init__``, ``__eq__`` and ``__hash__``."""
    named = [field.parameter() for field in fields if field.kw_only]
    parameters = [
        "self",
        *(field.parameter() for field in fields if not field.kw_only),
        *(["*", *named] if named else []),
    ]
    assigned = "; ".join(f"self.{field.name} = {field.name}" for field in fields) or "pass"
    equal = " and ".join(f"self.{field.name} == other.{field.name}" for field in fields) or "True"
    values = "".join(f"self.{field.name}, " for field in fields)
    return ast.parse(f"""
def __init__({", ".join(parameters)}):
    {assigned}

def __eq__(self, other):
    if self is other:
        return True
    if other.__class__ is self.__class__:
        return {equal}
    return NotImplemented

def __hash__(self):
    return hash(({values}))
""").body
