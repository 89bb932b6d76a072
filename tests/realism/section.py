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
