"""What a part of `make realism` hands back: lines to print and a verdict."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report."""

    title: str
    lines: tuple[str, ...]
    passed: bool


MakeSection = Callable[[], Section]


def print_section(section: Section) -> int:
    """Print one section by itself; the exit code of its verdict."""
    print(section.title, *section.lines, sep="\n")
    return 0 if section.passed else 1
