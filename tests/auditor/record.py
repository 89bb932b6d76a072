"""Records: one for each event, whatever it was read from. Fields have the names of the JSON lines."""

import math
from dataclasses import dataclass, field
from typing import Any

from auditor.interval import Interval, exactly

Value = Any  # Interval, int, str, bool, None or a list of int


@dataclass(slots=True)
class Record:
    """What one event said."""

    kind: str
    time: Interval  # seconds; from the launch in JSON, of the day and later in text
    where: str  # for findings
    fields: dict[str, Value] = field(default_factory=dict)

    def number(self, name: str) -> Interval:
        return exactly(self.fields[name])

    def loss(self, name: str = "loss") -> float:
        """To its four decimals, NaN where it is not a number."""
        return round(self.number(name).middle, 4) if self.has(name) else math.nan

    def has(self, *names: str) -> bool:
        return all(self.fields.get(name) is not None for name in names)
