"""Windows of real logs, from the tables in `windows/`, and windows of the simulated runs that match them."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.run.steps import StepColumns
from pysim.story.steps import Executed
from realism.measures import Floats
from realism.window_statistics import WINDOW, Features, loss_features, norm_features, time_features

FOLDER = Path(__file__).parent / "windows"
KINDS = ("loss", "time", "norm")
_SKIPPED_TIMES, _SKIPPED_NORMS, _SKIPPED_LOSSES = 5, 1500, 0.15  # first steps, steps, share of a run's steps


@dataclass(frozen=True, slots=True)
class Match:
    """Simulated runs that match logs of a family; see the head of `runs.toml`."""

    family: str
    kinds: tuple[str, ...]
    ask: dict[str, Any]
    every: int
    milliseconds: float
    steps: int | None
    source: str


@cache
def matches() -> tuple[Match, ...]:
    """All rows of `runs.toml`."""
    rows = tomllib.loads((FOLDER / "runs.toml").read_text(encoding="utf-8"))["run"]
    return tuple(
        Match(row["family"], tuple(row["kinds"]), row["ask"], row.get("every", 1), row.get("milliseconds", 0.0), row.get("steps"), row["source"])
        for row in rows
    )  # fmt: skip


@cache
def real_windows(kind: str) -> tuple[tuple[str, Features], ...]:
    """Family and features of every window of a table."""
    lines = (FOLDER / f"{kind}.tsv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
    return tuple((row.pop("family"), {name: float(value) for name, value in row.items()}) for row in rows)


def simulated_windows(kind: str, family: str, count: int, seed: int) -> Iterator[Features]:
    """Features of `count` windows, evenly from the family's matching runs, each of a seed of its own."""
    suitable = [match for match in matches() if match.family == family and kind in match.kinds]
    for index in range(count):
        match = suitable[index % len(suitable)]
        yield _features(kind, match, seed + index, place=(index + 0.5) / count)


def _features(kind: str, match: Match, seed: int, place: float) -> Features:
    """Of the window at a place, 0 to 1, of what the table takes from a run."""
    run = simulate(choose_plan(Request(**match.ask, seed=seed, incidents=0.0)))
    steps = match.steps or run.plan.total_steps
    begin, last = _begins(kind, steps), steps - WINDOW * match.every
    first = begin + int(place * max(last - begin, 0))
    columns = run.steps.columns(Executed(first), Executed(first + WINDOW * match.every - 1))
    every = slice(None, None, match.every)
    if kind == "time":
        return time_features(_printed_times(columns, match.milliseconds)[every])
    losses = columns.loss[every]
    return loss_features(losses) if kind == "loss" else norm_features(columns.grad_norm[every], losses)


def _begins(kind: str, steps: int) -> int:
    skipped = {"time": _SKIPPED_TIMES, "norm": _SKIPPED_NORMS, "loss": int(_SKIPPED_LOSSES * steps)}
    return 1 + skipped[kind]


def _printed_times(columns: StepColumns, milliseconds: float) -> Floats:
    """Durations as a log shows them: some print the time so far, cut to whole milliseconds."""
    if not milliseconds:
        return columns.duration_us.astype(np.float64)
    ends = columns.end_us - columns.end_us[0] + columns.duration_us[0]
    return np.diff(np.concatenate([[0], ends]) // (milliseconds * 1e3)).astype(np.float64)
