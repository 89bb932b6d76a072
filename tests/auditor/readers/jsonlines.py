"""Reads the JSON lines: one record a line, a measured number as wide as its last decimal allows."""

import json
from collections.abc import Iterable, Iterator

from auditor.interval import HALF, Interval, exactly
from auditor.record import Record, Value

_DECIMALS = {  # of measured values in the JSON lines; what is not here has six significant digits or microseconds
    "tokens_per_second": 1, "mean_tokens_per_second": 1, "samples_per_second": 2, "mfu": 4, "mean_mfu": 4, "goodput": 4, "availability": 4, "accelerator_hours": 1,
    "energy_kwh": 1, "usd": 2, "gb_per_second": 3, "init_seconds": 2, "load_seconds": 2, "grad_norm": 3, "loss": 4, "train_loss": 4, "mean_loss": 4,
    "mean_grad_norm": 3,
    "best_loss": 4, "final_train_loss": 4, "final_validation_loss": 4, "best_validation_loss": 4,
}  # fmt: skip


def _datum(kind: str, name: str, value: Value) -> Value:
    if not isinstance(value, float):
        return value
    decimals = 1 if (kind, name) == ("EpochCompleted", "seconds") else _DECIMALS.get(name)
    half = HALF * 10.0**-decimals if decimals else max(abs(value) * 0.6e-5, 0.6e-6)
    if name.endswith("_seconds") and name not in _DECIMALS:
        half = 0.6e-6
    return Interval(value - half, value + half)


class JsonLines:
    """One event a line."""

    dated = True

    def __init__(self) -> None:
        self.unread: list[str] = []

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        for line in lines:
            read = json.loads(line)
            kind = read.pop("event")
            fields = {name: _datum(kind, name, value) for name, value in read.items()}
            time = exactly(fields.pop("time_seconds"))
            yield Record(kind, time, f"{kind} at {time.middle:.2f} s {fields.get('step', '')}".strip(), fields)
