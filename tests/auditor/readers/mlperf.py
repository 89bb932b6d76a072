"""Reads MLPerf's log, whatever stands between its lines, and works out again what it says."""

import json
from collections.abc import Iterable
from typing import Any

from auditor.interval import HALF, Interval, exactly
from auditor.told import Told

TOKEN = ":::MLLOG "  # noqa: S105 - no password
_PAIRS = {"init_stop": "init_start", "block_stop": "block_start", "eval_stop": "eval_start", "run_stop": "run_start"}


class MLPerf:
    """One log, which several lives may have written."""

    def __init__(self) -> None:
        self.told = Told()
        self.settings: dict[str, Any] = {}
        self.status: str | None = None
        self._open: set[str] = set()
        self._last_ms = 0

    def read(self, lines: Iterable[str]) -> Told:
        for line in lines:
            before, token, text = line.partition(TOKEN)
            if not token:
                self.told.unread.append(line)
                continue
            record = json.loads(text)
            if before or list(record) != ["namespace", "time_ms", "event_type", "key", "value", "metadata"]:
                self.told.findings.append(f"no line of mllog: {line}")
            if record["time_ms"] < self._last_ms and record["key"] != "cache_clear":
                self.told.findings.append(f"time runs backwards: {line}")
            self._last_ms = record["time_ms"]
            self._take(record["key"], record["value"], record["metadata"], record["event_type"])
        return self.told

    def _take(self, key: str, value: Any, metadata: dict[str, Any], kind: str) -> None:
        rule = getattr(self, f"_{key}", None)
        if kind != "POINT_IN_TIME":
            self._nest(key, metadata)
        if rule:
            rule(value, metadata)
        elif kind == "POINT_IN_TIME" and key != "cache_clear":
            self.settings[key] = value

    def _nest(self, key: str, metadata: dict[str, Any]) -> None:
        if key in _PAIRS:
            if _PAIRS[key] not in self._open:
                self.told.findings.append(f"{key} without its beginning")
            self._open.discard(_PAIRS[key])
        elif key in self._open:
            self.told.findings.append(f"{key} twice")
        else:
            self._open.add(key)
        if {"step", "samples_count"} <= metadata.keys() and not key.startswith("block"):
            self._samples(metadata["step"], metadata["samples_count"])

    def _samples(self, steps: float, samples: float) -> None:
        self.told.tie("samples", steps, exactly(samples), exactly(steps * self.settings["global_batch_size"]))

    def _init_start(self, _value: None, _metadata: dict[str, Any]) -> None:
        self.told.launches += 1
        self._open = {"init_start"}

    def _init_checkpoint_step(self, value: int, _metadata: dict[str, Any]) -> None:
        if value:
            self.told.loaded.append(value)

    def _block_start(self, _value: None, metadata: dict[str, Any]) -> None:
        if self.told.launches > len(self.told.begun):
            self.told.begun.append(metadata["step"] + 1)

    def _tracked_stats(self, value: dict[str, float], metadata: dict[str, Any]) -> None:
        if "reduced_train_loss" not in value:
            return
        step = int(metadata["step"]) + 1  # which it counts from 0
        self._samples(step, metadata["samples_count"])
        loss, time = _near(value["reduced_train_loss"]), Interval(self._last_ms / 1000, (self._last_ms + 1) / 1000)
        self.told.steps.append(
            {"step": exactly(step), "time": time, "loss": loss, "seconds": exactly(value["train_step_time"])}
        )

    def _eval_accuracy(self, value: float, metadata: dict[str, Any]) -> None:
        step = metadata["samples_count"] / self.settings["global_batch_size"]
        self.told.validations.append({"step": exactly(step), "loss": _near(value)})

    def _run_stop(self, _value: None, metadata: dict[str, Any]) -> None:
        self.status = metadata["status"]
        self.told.ended = True
        reached = self.told.validations[-1]["loss"].low <= self.settings["target_accuracy"]
        if reached != (self.status == "success"):
            self.told.findings.append(f"{self.status}, and the target is {self.settings['target_accuracy']}")

    def _max_steps(self, value: int, _metadata: dict[str, Any]) -> None:
        warmup, decay = (self.settings[f"opt_learning_rate_{name}_steps"] for name in ("warmup", "decay"))
        self.told.tie("steps", "the start", exactly(value), exactly(warmup + decay))


def _near(loss: float) -> Interval:
    """A loss that the run knows to four digits, and the program prints with all that 32 bits have."""
    return Interval(loss - HALF * 1e-4, loss + HALF * 1e-4)
