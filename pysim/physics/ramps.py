"""A batch that grows, as it is written: `192,16,9765625`. Imports nothing that takes time, since options are read by it."""

import re
from dataclasses import dataclass
from decimal import Decimal

_COUNT = re.compile(r"(?P<digits>\d+(?:_\d{3})*(?:\.\d+)?)(?P<suffix>[kmbgt]?)", re.ASCII)
_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9, "t": 10**12}
_PARTS = 3
MOST_SEQUENCES = 10**15
OFF = "off"


@dataclass(frozen=True, slots=True)
class BatchRamp:
    """A batch that grows from `first` by `increment`, over the first `sequences` of a run; all count sequences."""

    first: int
    increment: int
    sequences: int


NO_RAMP = BatchRamp(0, 0, 0)
"""What is asked for where none is wanted."""


def read_ramp(text: str) -> BatchRamp:
    """The ramp in a text such as `192,16,9765625`, as Megatron-LM has it; `NO_RAMP` for `off`.

    Raises:
        ValueError: if it is none; the text says why.
    """
    plain = text.lower().replace(" ", "")
    if plain == OFF:
        return NO_RAMP
    parts = plain.split(",")
    if len(parts) != _PARTS:
        message = "it has three parts: the first batch, the increment and how many sequences it lasts"
        raise ValueError(message)
    return BatchRamp(*map(_count, parts))


def written_ramp(ramp: BatchRamp | None) -> str:
    """A ramp as `read_ramp` takes it."""
    if ramp is None or ramp == NO_RAMP:
        return OFF
    return f"{ramp.first},{ramp.increment},{ramp.sequences}"


def _count(part: str) -> int:
    found = _COUNT.fullmatch(part)
    count = Decimal(found["digits"].replace("_", "")) * _SUFFIXES[found["suffix"]] if found else Decimal(0)
    if not 1 <= count <= MOST_SEQUENCES or count != int(count):
        message = f"'{part}' is no number of sequences from 1"
        raise ValueError(message)
    return int(count)
