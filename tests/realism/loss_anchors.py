"""What real runs logged, from `data/loss_anchors.toml`, beside what the law says: for the report, the tests and the picture."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pysim.catalog import datasets, models
from pysim.physics.batches import batches_of
from pysim.physics.loss import LossLaw, law_of, train_loss, validation_loss
from pysim.physics.ramps import NO_RAMP, OFF, read_ramp
from pysim.physics.workload import Schedule

FILE = Path(__file__).parents[2] / "data" / "loss_anchors.toml"
EARLY_STEPS = 1000  # before this step more is allowed


@dataclass(frozen=True, slots=True)
class Series:
    """One real run. Anchors are (step as its log counts, nats); `within` in nats, before and from `EARLY_STEPS` on."""

    name: str
    title: str
    law: LossLaw
    validation: bool
    first_step: int
    anchors: tuple[tuple[int, float], ...]
    within: tuple[float, float] | None
    why: str

    def predicted(self, step: int) -> float:
        """What the law says, in nats, at a step as the log counts; a validation after n updates is step n in any log."""
        if self.validation:
            return float(np.round(validation_loss(self.law, step), 4))
        return float(np.round(train_loss(self.law, step + 1 - self.first_step), 4))

    def limit(self, step: int) -> float | None:
        """How far the law may be off at a step, in nats; None where nothing is promised."""
        return self.within[step >= EARLY_STEPS] if self.within else None


@dataclass(frozen=True, slots=True)
class Miss:
    """One anchor and the law beside it, in nats."""

    series: Series
    step: int
    seen: float
    predicted: float

    @property
    def difference(self) -> float:
        """Predicted minus seen, nats."""
        return self.predicted - self.seen

    @property
    def kept(self) -> bool:
        """Whether the law is as near as it must be."""
        limit = self.series.limit(self.step)
        return limit is None or abs(self.difference) <= limit


def all_series() -> dict[str, Series]:
    """Every series by name, in the order of the file."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["series"]
    return {row["name"]: _series(row) for row in rows}


def misses(series: Series) -> list[Miss]:
    """Every anchor of a series beside the law."""
    return [Miss(series, step, seen, series.predicted(step)) for step, seen in series.anchors]


def _series(row: dict[str, Any]) -> Series:
    ramp, full = read_ramp(row.get("batch_ramp", OFF)), row.get("global_batch_size", 1)
    offset = datasets()[row["dataset"]].loss_offset if "dataset" in row else row["loss_offset"]
    return Series(
        name=row["name"],
        title=row["title"],
        law=law_of(
            models()[row["model"]],
            Schedule(**row["schedule"]),
            row["total_steps"],
            row["tokens_per_step"],
            offset,
            batches=batches_of(full, None if ramp == NO_RAMP else ramp),
        ),
        validation=row["measured"] == "validation",
        first_step=row["first_step"],
        anchors=tuple((step, seen) for step, seen in row["anchors"]),
        within=tuple(row["within"]) if "within" in row else None,
        why=row.get("why", ""),
    )
