"""Families of metrics: names, types and help texts as those programs have them whose they are, and how a family is headed."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter", "unknown"]
Notation = Literal["text", "openmetrics"]
"""Of Prometheus (text/plain, version 0.0.4), or OpenMetrics 1.0."""

_TOTAL = "_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What one name stands for. `form` writes a value as the program does."""

    name: str
    help: str
    kind: Kind = "gauge"
    form: Callable[[float], str] = str

    def head(self, notation: Notation) -> str:
        """The lines that stand before its samples.

        OpenMetrics calls a counter only what ends in `_total`, and has the end not in its head. Others are of unknown type there.
        """
        name, kind = self.name, self.kind
        if notation == "openmetrics" and kind == "counter":
            kind = "counter" if name.endswith(_TOTAL) else "unknown"
            name = name.removesuffix(_TOTAL)
        if notation == "text" and kind == "unknown":
            return f"# HELP {name} {escaped(self.help)}\n# TYPE {name} untyped\n"
        return f"# HELP {name} {escaped(self.help)}\n# TYPE {name} {kind}\n"


def escaped(words: str) -> str:
    """A help text as a line takes it."""
    return words.replace("\\", r"\\").replace("\n", r"\n")


def joined(labels: Iterable[tuple[str, str]]) -> str:
    """Labels as they stand within a series' braces."""
    return ",".join(f'{label}="{_quoted(value)}"' for label, value in labels)


def _quoted(value: str) -> str:
    return escaped(value).replace('"', r"\"")


def precise(value: float) -> str:
    """A number as Go's `%f` has it: what DCGM measures as such."""
    return f"{value:.6f}"


def number(value: float) -> str:
    """A number as both formats have it."""
    if math.isnan(value):
        return "NaN"
    return str(int(value)) if float(value).is_integer() else repr(float(value))
