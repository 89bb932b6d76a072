"""Every requirement has a test that names it, and TECH-04, which no other test can show."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PROJECT = TESTS.parent

IDS = (
    "INIT-01", "INIT-02", "INIT-03", "INIT-04", "INIT-05",
    "TRAIN-01", "TRAIN-02", "TRAIN-03", "TRAIN-04", "TRAIN-05", "TRAIN-06", "TRAIN-07",
    "GPU-01", "GPU-02", "GPU-03", "GPU-04",
    "VAL-01", "VAL-02", "VAL-03",
    "CKPT-01", "CKPT-02",
    "EXPORT-01", "EXPORT-02",
    "DATA-01", "DATA-02", "DATA-03",
    "TECH-01", "TECH-02", "TECH-03", "TECH-04",
    "ENH-01", "ENH-02", "ENH-03", "ENH-04",
    "ADV-01",
)  # fmt: skip
_AN_ID = re.compile(r"\b(?:INIT|TRAIN|GPU|VAL|CKPT|EXPORT|DATA|TECH|ENH|ADV)-\d\d\b")


def named_by(test: ast.FunctionDef) -> set[str]:
    """The ids in a test's docstring, in its name (`test_init_01_...`) or in its marker."""
    docstring, name = ast.get_docstring(test) or "", test.name.upper().replace("_", "-")
    markers = [
        str(argument.value)
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.requirement"
        for argument in decorator.args
        if isinstance(argument, ast.Constant)
    ]
    return set(_AN_ID.findall(" ".join([docstring, name.removeprefix("TEST-"), *markers])))


def all_tests() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield path.relative_to(TESTS).as_posix(), node


def proofs() -> dict[str, list[str]]:
    """Tests by the ids that they name."""
    found: dict[str, list[str]] = {}
    for file, test in all_tests():
        for requirement in named_by(test):
            found.setdefault(requirement, []).append(f"{file}::{test.name}")
    return found


PROOFS = proofs()


@pytest.mark.parametrize("requirement", IDS)
def test_every_requirement_has_a_proof(requirement: str) -> None:
    assert PROOFS.get(requirement), f"no test names {requirement}"


def test_no_test_proves_what_nobody_asked_for() -> None:
    later = {"ADV-02", "ADV-03"}
    assert set(PROOFS) <= {*IDS, *later}


Placed = tuple[str, ast.FunctionDef]  # a function and the file that it stands in


def functions() -> dict[str, list[Placed]]:
    """Every function and method of the tests and of their helpers, by name."""
    found: dict[str, list[Placed]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append((path.relative_to(TESTS).as_posix(), node))
    return found


FUNCTIONS = functions()
FAILING = {"raises", "fail", "assert_array_equal"}  # calls of the libraries that fail a test by themselves
REFUSING = {"validate", "parse"}  # functions of pysim that raise where something is wrong, and do nothing else


def called(function: ast.FunctionDef) -> set[str]:
    """The last names of all that it calls."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {call.attr for call in calls if isinstance(call, ast.Attribute)} | {
        call.id for call in calls if isinstance(call, ast.Name)
    }


def checks(node: ast.AST) -> bool:
    """A process that has to succeed."""
    return isinstance(node, ast.Call) and any(
        word.arg == "check" and ast.unparse(word.value) == "True" for word in node.keywords
    )


def can_fail(placed: Placed, above: frozenset[str] = frozenset()) -> bool:
    """Whether it asserts, expects an error, or calls what does: of its own file if it is there, else of any by that name."""
    file, function = placed
    names, below = called(function), above | {function.name}
    if names & (FAILING | REFUSING) or any(isinstance(node, ast.Assert) or checks(node) for node in ast.walk(function)):
        return True
    for name in names - below:
        known = FUNCTIONS.get(name, [])
        near = [helper for helper in known if helper[0] == file] or known
        if near and all(can_fail(helper, below) for helper in near):
            return True
    return False


def test_every_test_can_fail() -> None:
    """Not by its name: it asserts, expects an error, or calls a helper that does."""
    assert [f"{file}::{test.name}" for file, test in all_tests() if not can_fail((file, test))] == []


def test_a_test_that_cannot_fail_is_found() -> None:
    hollow = "def test_hollow():\n    page.seems('anything')\n    check_it()\n    assert_nothing(1)"
    function = ast.parse(hollow).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert not can_fail(("test_requirements.py", function))


@pytest.mark.requirement("TECH-04")
def test_linters_and_type_checkers_are_strict() -> None:
    """All rules, all files, warnings are errors; both run before the tests do."""
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert tools["ruff"]["lint"]["select"] == ["ALL"]
    assert tools["mypy"]["strict"] is True
    assert {"pysim", "tests"} <= set(tools["mypy"]["files"])
    assert tools["pytest"]["ini_options"]["filterwarnings"] == ["error"]
    commands = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^\t\S*ruff check$", commands, re.MULTILINE)
    assert re.search(r"^\t\S*mypy$", commands, re.MULTILINE)
    assert re.search(r"^test:.*\n(\t.*\n)*?\t.*\blint\b.*\n\t.*\bunit\b", commands, re.MULTILINE)


def test_what_covers_nothing_that_is_gated_goes_unmeasured() -> None:
    assert sys.gettrace() is None


@pytest.mark.requirement("TECH-04")
def test_no_rule_is_switched_off_without_its_name() -> None:
    bare = re.compile(r"#\s*noqa(?!: [A-Z]+\d)|#\s*type: ignore(?!\[[a-z-]+\])")
    files = [*(PROJECT / "pysim").rglob("*.py"), *TESTS.rglob("*.py")]
    lines = [f"{path.name}: {line.strip()}" for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if bare.search(line) and "re.compile" not in line] == []


@pytest.mark.requirement("TECH-04")
def test_every_ignored_rule_has_its_reason() -> None:
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    rules = re.findall(r'^    "[A-Z]+\d*",(.*)$', text, re.MULTILINE)
    assert len(rules) > 5
    assert all(re.match(r" # \S", reason) for reason in rules)
