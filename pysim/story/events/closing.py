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
class RunCompleted(Event):
    """The run in numbers, from launch to end. Energy is the accelerators' own; cost is their rental."""

    run_name: str
    epochs: int
    steps: int
    tokens: int
    final_train_loss: float
    final_validation_loss: float
    best_validation_loss: float
    mean_mfu: float
    mean_tokens_per_second: float
    accelerator_hours: float
    energy_kwh: float
    usd: float
    path: str
