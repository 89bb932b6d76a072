"""Every requirement has a test that names it, and TECH-04, which no other test can show."""

import ast
import re
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


def test_every_proof_asserts_something() -> None:
    asserting = {
        f"{file}::{test.name}"
        for file, test in all_tests()
        if any(isinstance(node, ast.Assert) or _checks(node) for node in ast.walk(test))
    }
    assert {proof for listed in PROOFS.values() for proof in listed} <= asserting


def _checks(node: ast.AST) -> bool:
    """A call that fails a test by itself: `pytest.raises`, or a helper whose name says that it checks."""
    return isinstance(node, ast.Call) and bool(re.search(r"raises|check|compare|assert|see", ast.unparse(node.func)))


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
    assert re.search(r"^test:.*\blint\b", commands, re.MULTILINE)


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
