"""Steps as columns: what exporters get instead of an event for each step."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Between = Literal["all", "no looks", "nothing"]
"""What is told between blocks of steps: all events, all but looks at every accelerator, which are most of the work, or nothing that
follows a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepColumns:
    """Steps as they were done, in order, all by the same processes; every array has shape (steps,), its unit and its meaning.

    A step that is done again after a restart comes again, with another `attempt`. What has a field of the same name in the event
    `StepCompleted` has its values; NaN stands where that has None.
    """

    executed: Annotated[
        Ints, "", "steps that the cluster has done by then, from 1, those that were done again included"
    ]
    attempt: Annotated[Ints, "", "how often all processes had been started by then, from 1"]
    time_us: Annotated[Ints, "us", "when the step was done, since the launch of the job"]
    time_seconds: Annotated[Floats, "s", "the same in seconds"]
    step: Annotated[Ints, "", "the trainer's step: which batch it was, from 1"]
    epoch: Annotated[Ints, "", "pass over the data, from 1"]
    loss: Annotated[Floats, "nat", "training loss of the batch; none where it is not a number"]
    perplexity: Annotated[Floats, "", "exp(loss)"]
    learning_rate: Annotated[Floats, "", "learning rate of the step"]
    grad_norm: Annotated[Floats, "", "norm of all gradients before clipping; none where they overflowed"]
    step_seconds: Annotated[Floats, "s", "how long the step took, without what came between it and the one before"]
    tokens_per_second: Annotated[Floats, "1/s", "tokens of the batch over the time of the step"]
    samples_per_second: Annotated[Floats, "1/s", "sequences of the batch over the time of the step"]
    mfu: Annotated[Floats, "1", "model FLOPs over those that the accelerators could do in the time of the step"]
    tokens: Annotated[Ints, "", "tokens since the start of training, each batch counted once"]
    elapsed_seconds: Annotated[Floats, "s", "since the start of training"]
    eta_seconds: Annotated[Floats, "s", "time that the rest of the training is expected to take"]
    memory_bytes: Annotated[Ints, "B", "memory in use on each accelerator"]
    loss_scale: Annotated[Ints, "", "loss scale of FP16; 1 in any other precision"]
    global_batch_size: Annotated[Ints, "", "sequences of the batch"]
    skipped: Annotated[Flags, "", "whether gradients overflowed, so that the optimizer skipped the step"]

    def __len__(self) -> int:
        return len(self.executed)

    def rows(self, which: Ints | slice) -> "StepColumns":
        """Some of them, by their place."""
        return StepColumns(**{each.name: getattr(self, each.name)[which] for each in fields(self)})

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """All columns by name, in the order of the fields; nothing is copied."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a column holds. A ratio's unit is 1; what is counted has none."""

    name: str
    type: str  # int64, float64, bool, string
    unit: str
    meaning: str


_TYPES = {Ints: "int64", Floats: "float64", Flags: "bool"}


def step_columns() -> tuple[Column, ...]:
    """All columns of steps, in order."""
    return tuple(_column(each.name, *get_args(each.type)) for each in fields(StepColumns))


def _column(name: str, array: Any, unit: str, meaning: str) -> Column:  # noqa: ANN401 - a type that is a parameter
    return Column(name=name, type=_TYPES[array], unit=unit, meaning=meaning)
