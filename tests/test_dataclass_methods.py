"""The page's dataclasses, whose methods the build writes, behave as those of `dataclasses` do."""

import ast
import dataclasses
import importlib.util
import inspect
import itertools
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CHECKOUT = Path(__file__).parent.parent
HEADER = "from dataclasses import KW_ONLY, InitVar, dataclass, field\nfrom typing import ClassVar\n"
PLAIN = """
ZERO = 0

@dataclass(frozen=True, slots=True)
class Empty:
    pass

@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: float

    def sum(self):
        return self.x + self.y

@dataclass(frozen=True, slots=True)
class Defaulted:
    x: int
    y: int = ZERO
    z: tuple[int, ...] = (1, 2)

@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    x: int = 1
    y: int

@dataclass(frozen=True)
class Unslotted:
    x: int

@dataclass(frozen=True, slots=True)
class Point3(Point):
    z: int = 3

@dataclass(frozen=True, slots=True)
class Replaced(Point):
    x: str

@dataclass(frozen=True, slots=True)
class Undefaulted(Point3):
    z: int

@dataclass(frozen=True, slots=True)
class SlottedAfterAll(Unslotted):
    y: int
"""
CLASSES = ["Empty", "Point", "Defaulted", "Named", "Unslotted", "Point3", "Replaced", "Undefaulted", "SlottedAfterAll"]
VALUES = (0, 1, "1", (2, 3), *([math.nan] if sys.version_info >= (3, 13) else []))  # equal to itself before, in a tuple
NOT_PLAIN = {
    "not frozen": "@dataclass(slots=True)\nclass C:\n    x: int\n",
    "without brackets": "@dataclass\nclass C:\n    x: int\n",
    "another option": "@dataclass(frozen=True, order=True)\nclass C:\n    x: int\n",
    "an option that is off": "@dataclass(frozen=True, eq=False)\nclass C:\n    x: int\n",
    "a second decorator": "@str\n@dataclass(frozen=True)\nclass C:\n    x: int\n",
    "work after __init__": "@dataclass(frozen=True)\nclass C:\n    x: int\n    def __post_init__(self): ...\n",
    "an own __eq__": "@dataclass(frozen=True)\nclass C:\n    x: int\n    def __eq__(self, other): return True\n",
    "a class variable": "@dataclass(frozen=True)\nclass C:\n    x: ClassVar[int] = 1\n",
    "a described field": "@dataclass(frozen=True)\nclass C:\n    x: list = field(default_factory=list)\n",
    "a parameter only": "@dataclass(frozen=True)\nclass C:\n    x: InitVar[int]\n",
    "a mark for keywords": "@dataclass(frozen=True)\nclass C:\n    _: KW_ONLY\n    x: int\n",
    "a base from elsewhere": "@dataclass(frozen=True)\nclass C(Base):\n    x: int\n",
    "a metaclass": "@dataclass(frozen=True)\nclass C(metaclass=type):\n    x: int\n",
    "no dataclass": "class C:\n    x: int\n",
}


def writers() -> Any:
    path = CHECKOUT / "web/build/dataclass_methods.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITERS = writers()


def rewritten(source: str, module: str = "", library: dict[tuple[str, str], Any] | None = None) -> ast.Module:
    tree: ast.Module = WRITERS.MethodWriter(module, library).visit(ast.parse(source))
    return ast.fix_missing_locations(tree)


@pytest.fixture(scope="module")
def both() -> tuple[SimpleNamespace, SimpleNamespace]:
    """The same classes as `dataclasses` makes them and as the build does."""
    trees = (ast.parse(HEADER + PLAIN), rewritten(HEADER + PLAIN))
    namespaces: list[dict[str, Any]] = [{"__name__": __name__} for _ in trees]
    for tree, namespace in zip(trees, namespaces, strict=True):
        exec(compile(tree, "classes", "exec"), namespace)  # noqa: S102 - the text stands above
    return SimpleNamespace(**namespaces[0]), SimpleNamespace(**namespaces[1])


def calls() -> Iterator[tuple[tuple[object, ...], dict[str, object]]]:
    """Ways to make an instance, right and wrong."""
    for count in range(4):
        for values in itertools.product(VALUES, repeat=count):
            yield values, {}
            yield (), dict(zip("xyz", values, strict=False))
    yield (), {"q": 1}


def made(cls: type, positional: tuple[object, ...], named: dict[str, object]) -> object | None:
    try:
        instance: object = cls(*positional, **named)
    except TypeError:
        return None
    return instance


def content(instance: Any) -> tuple[object, ...]:
    return tuple(getattr(instance, field.name) for field in dataclasses.fields(instance))


@pytest.mark.parametrize("name", CLASSES)
def test_they_take_and_keep_the_same(name: str, both: tuple[SimpleNamespace, SimpleNamespace]) -> None:
    theirs, ours = (getattr(namespace, name) for namespace in both)
    for positional, named in calls():
        expected, instance = (made(cls, positional, named) for cls in (theirs, ours))
        assert (expected is None) == (instance is None), (positional, named)
        if expected is not None:
            assert str(content(instance)) == str(content(expected))  # text: one of the values does not equal itself
            assert hash(instance) == hash(expected)


@pytest.mark.parametrize("name", CLASSES)
def test_they_are_equal_where_the_same_are(name: str, both: tuple[SimpleNamespace, SimpleNamespace]) -> None:
    theirs, ours = (getattr(namespace, name) for namespace in both)
    pairs = [(made(theirs, *call), made(ours, *call)) for call in calls()]
    instances = [pair for pair in pairs if None not in pair][:60]
    assert instances
    for (expected, instance), (other_expected, other) in itertools.product(instances, repeat=2):
        assert (instance == other) == (expected == other_expected)
        assert instance != content(instance)


@pytest.mark.parametrize("name", CLASSES)
def test_they_say_the_same_of_themselves(name: str, both: tuple[SimpleNamespace, SimpleNamespace]) -> None:
    theirs, ours = (getattr(namespace, name) for namespace in both)
    assert [(f.name, f.default, f.kw_only) for f in dataclasses.fields(ours)] == [
        (f.name, f.default, f.kw_only) for f in dataclasses.fields(theirs)
    ]
    assert [(p.name, p.kind, p.default) for p in inspect.signature(ours).parameters.values()] == [
        (p.name, p.kind, p.default) for p in inspect.signature(theirs).parameters.values()
    ]
    assert ours.__match_args__ == theirs.__match_args__
    assert getattr(ours, "__slots__", None) == getattr(theirs, "__slots__", None)


def test_copies_with_changes_and_other_methods_work(both: tuple[SimpleNamespace, SimpleNamespace]) -> None:
    _, ours = both
    changed = dataclasses.replace(ours.Point3(1, 2), z=5)
    assert (changed, changed.sum()) == (ours.Point3(1, 2, 5), 3)


@pytest.mark.parametrize("source", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_stays_as_it_is(source: str) -> None:
    assert ast.dump(rewritten(source)) == ast.dump(ast.parse(source))


def test_a_base_from_a_module_that_was_rewritten_is_known() -> None:
    library: dict[tuple[str, str], Any] = {}
    rewritten(HEADER + "@dataclass(frozen=True, slots=True)\nclass Base:\n    x: int\n", "one", library)
    derived = "from one import Base as B\n@dataclass(frozen=True, slots=True)\nclass Derived(B):\n    y: int\n"
    known = ast.unparse(rewritten(HEADER + derived, "two", library))
    assert "def __init__(self, x, y)" in known
    assert "def __init__" not in ast.unparse(rewritten(HEADER + derived, "two"))


def test_every_dataclass_of_the_simulator_is_plain() -> None:
    library: dict[tuple[str, str], Any] = {}
    for path in sorted((CHECKOUT / "pysim").rglob("*.py")):
        module = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
        decorators = [
            ast.unparse(decorator)
            for node in ast.walk(rewritten(path.read_text(), module, library))
            if isinstance(node, ast.ClassDef)
            for decorator in node.decorator_list
        ]
        assert not [text for text in decorators if text.startswith("dataclass") and "init=False" not in text], path
