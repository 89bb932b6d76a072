"""What is asked of a plan, and how it is read: names become rows of the catalog, words are checked."""

from dataclasses import dataclass, fields
from typing import Any, cast, get_args

from pysim.catalog import Precision, accelerators, datasets, find, models
from pysim.physics.workload import LossCurve, Parallelism, ScheduleKind, Sharding
from pysim.pretraining.planning.draws import Known
from pysim.pretraining.planning.parallel import parse_parallel
from pysim.pretraining.planning.validate import PlanError

_NOT_OF_PLAN = frozenset({"preset", "seed", "start"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; None leaves it to the preset or the seed. `start` is in Unix seconds."""

    preset: str | None = None
    model: str | None = None
    accelerator: str | None = None
    gpus: int | None = None
    dataset: str | None = None
    precision: str | None = None
    parallel: str | None = None
    sharding: str | None = None
    batch_tokens: int | None = None
    tokens: int | None = None
    epochs: int | None = None
    schedule: str | None = None
    loss_curve: str | None = None
    seed: int = 0
    start: int | None = None

    @property
    def changes_plan(self) -> bool:
        """Whether any part of a plan is asked for."""
        return any(getattr(self, field.name) is not None for field in fields(self) if field.name not in _NOT_OF_PLAN)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read: rows of the catalog and checked words."""

    known: Known
    parallel: Parallelism | None
    sharding: Sharding | None
    batch_tokens: int | None
    epochs: int | None
    schedule: ScheduleKind | None
    loss_curve: LossCurve | None


def read(request: Request) -> Asked:
    """A request, read.

    Raises:
        UnknownName, PlanError: if a name, a word or a number makes no sense.
    """
    for name in ("gpus", "batch_tokens", "tokens", "epochs"):
        value = getattr(request, name)
        if value is not None and value < 1:
            raise PlanError(name, value, "must be at least 1", "try 1")
    parallel = parse_parallel(request.parallel) if request.parallel else None
    return Asked(
        known=Known(
            model=find(models(), "model", request.model) if request.model else None,
            accelerator=find(accelerators(), "accelerator", request.accelerator) if request.accelerator else None,
            dataset=find(datasets(), "dataset", request.dataset) if request.dataset else None,
            precision=cast("Precision | None", _word("precision", request.precision, Precision)),
            gpus=request.gpus,
            tokens=request.tokens,
            expert=parallel.expert if parallel else 1,
        ),
        parallel=parallel,
        sharding=cast("Sharding | None", _word("sharding", request.sharding, Sharding)),
        batch_tokens=request.batch_tokens,
        epochs=request.epochs,
        schedule=cast("ScheduleKind | None", _word("schedule", request.schedule, ScheduleKind)),
        loss_curve=cast("LossCurve | None", _word("loss_curve", request.loss_curve, LossCurve)),
    )


def _word(field: str, word: str | None, kind: Any) -> str | None:  # noqa: ANN401 - a Literal type
    """One of the words of a Literal type, in lower case."""
    choices = get_args(kind)
    if word is None or word.lower() in choices:
        return word.lower() if word else None
    raise PlanError(field, repr(word), "is not known", f"one of {', '.join(choices)} is")
