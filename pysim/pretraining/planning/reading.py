"""How a request is read: names become rows of the catalog, words and numbers are checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pysim.catalog import Accelerator, Dataset, Model, Precision, accelerators, datasets, find, models
from pysim.physics.ramps import BatchRamp
from pysim.physics.workload import (
    CrossEntropy,
    GradPrecision,
    LossCurve,
    MomentPrecision,
    Parallelism,
    ParamPrecision,
    Recompute,
    ScheduleKind,
    Sharding,
)
from pysim.pretraining.planning.parallel import parse_parallel, parse_ramp, parse_split
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.request import Names, Offer, Request, offers
from pysim.wording import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, read: a field for each of its parts of a plan. None is still free."""

    model: Model | None = None
    accelerator: Accelerator | None = None
    gpus: int | None = None
    dataset: Dataset | None = None
    precision: Precision | None = None
    parallel: Parallelism | None = None
    pipeline_split: tuple[int, ...] | None = None
    sharding: Sharding | None = None
    seq_length: int | None = None
    micro_batch: int | None = None
    recompute: Recompute | None = None
    param_precision: ParamPrecision | None = None
    grad_precision: GradPrecision | None = None
    optimizer_precision: MomentPrecision | None = None
    cross_entropy: CrossEntropy | None = None
    batch_tokens: int | None = None
    batch_ramp: BatchRamp | None = None  # NO_RAMP: none is wanted
    tokens: int | None = None
    epochs: int | None = None
    schedule: ScheduleKind | None = None
    loss_curve: LossCurve | None = None

    @property
    def expert(self) -> int:
        """The expert parallelism asked for, which only a mixture of experts can have."""
        return self.parallel.expert if self.parallel else 1

    @property
    def sequences(self) -> int:
        """Sequences that come together at least: the micro-batch asked for."""
        return self.micro_batch or 1

    @property
    def layout(self) -> Parallelism:
        """The least layout that has what is asked for: as many stages as the split names."""
        return self.parallel or Parallelism(pipeline=len(self.pipeline_split or (0,)))


_TABLES: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "model": models,
    "accelerator": accelerators,
    "dataset": datasets,
}


def read(request: Request) -> Asked:
    """A request, read.

    Raises:
        UnknownName, PlanError: if a name, a word or a number makes no sense.
    """
    given, how = request.given, dict(offers())
    parts = [field.name for field in fields(Asked) if field.name in given]
    return Asked(**{name: _part(name, how[name], given[name]) for name in parts})


def word(request: Request, name: str) -> Any:  # noqa: ANN401 - the field says of which type
    """One of the words that a part can have, or None where it is not asked for.

    Raises:
        PlanError: if it is none of them.
    """
    asked, offer = getattr(request, name), dict(offers())[name]
    return None if asked is None else _word(name, offer.names, asked)


def _part(name: str, offer: Offer, value: Any) -> Any:  # noqa: ANN401 - the field says of which type
    if name in _TABLES:
        return find(_TABLES[name](), name, value)
    if isinstance(value, int):
        return _positive(name, value)
    texts: dict[str, Callable[[str], Any]] = {"layout": parse_parallel, "split": parse_split, "ramp": parse_ramp}
    return texts[offer.kind](value) if offer.kind in texts else _word(name, offer.names, value)


def _positive(field: str, number: int) -> int:
    if number < 1:
        raise PlanError(field, number, "must be at least 1", near=({field: 1},))
    return number


def _word(field: str, words: Names | Callable[[], Names], word: str) -> str:
    """One of a few words, in lower case."""
    choices = words() if callable(words) else words
    if word.lower() in choices:
        return word.lower()
    raise PlanError(field, quoted(word), "is not known", hint=f"one of {', '.join(choices)} is")
