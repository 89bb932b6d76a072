"""Events of the end: the export, and the run in numbers."""

from dataclasses import dataclass

from pysim.story.events.basis import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStarted(Event):
    """The checkpoint is turned into files that others can load."""

    path: str
    export_bytes: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStageCompleted(Event):
    """Shards of the checkpoint were merged, or weights converted."""

    stage: str
    items: int
    unit: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFileWritten(Event):
    """One exported file."""

    file: str
    index: int
    files: int
    file_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCompleted(Event):
    """The exported model is complete."""

    path: str
    export_bytes: int
    files: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCost:
    """What one cause has cost a run: hangs, repairs, restarts, and the steps that were given up."""

    cause: str
    seconds: float
    interruptions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AimTold:
    """A part of a scenario's goal, what came of it, and what the automatic policy would have got; None: never known."""

    text: str
    value: float | None
    automatic_value: float | None
    is_reached: bool
    is_reached_by_policy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAccounted(Event):
    """Where the time of a run that was interrupted went, from launch to the end of training, or so far; the parts add up to the whole."""

    wall_seconds: float
    productive_seconds: float  # steps that counted, with their validations and checkpoints
    starting_seconds: float  # until the first step
    noticing_seconds: float  # everybody waited for what did not come
    repairing_seconds: float
    restarting_seconds: float
    redoing_seconds: float  # steps that were given up
    goodput: float  # productive time over all time
    availability: float  # share of the time in which the job was up
    interruptions: int
    between_failures_seconds: float  # mean
    steps_redone: int
    costs: tuple[CauseCost, ...]  # the costliest cause first; together they are what was lost after the start


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTold(Event):
    """How a run went in which somebody decided, beside the same luck under the automatic policy and beside nobody at all."""

    decisions: int
    goodput: float
    automatic_goodput: float
    nobody_goodput: float
    usd: float
    automatic_usd: float
    nobody_usd: float
    steps_redone: int
    automatic_steps_redone: int
    nobody_steps_redone: int
    last_step_seconds: float  # from the launch to the end of training, as the next two
    automatic_last_step_seconds: float
    nobody_last_step_seconds: float
    validation_loss: float | None  # the last one, as the next two; None where it is not a number
    automatic_validation_loss: float | None
    nobody_validation_loss: float | None
    scenario: str  # title; empty for none
    aims: tuple[AimTold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompleted(Event):
    """The run in numbers, from launch to end. Energy is the accelerators' own; cost is their rental."""

    run_name: str
    epochs: int
    steps: int
    tokens: int
    final_train_loss: (
        float | None
    )  # mean of the last steps, at most 100; None, like the others, where it is not a number
    final_validation_loss: float | None
    best_validation_loss: float | None
    mean_mfu: float
    mean_tokens_per_second: float  # from the first step's start to the last one's checkpoint, whatever came between
    accelerator_hours: float
    energy_kwh: float
    usd: float
    path: str
