"""Every fact that a run can state, as frozen values in time order.

`time_seconds` is run time: seconds since the job was launched. Units are in the names; ratios lie between 0 and 1.
`docs` of the JSON Lines view are generated from these classes, so a field's name is its documentation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Event:
    """A fact at a moment."""

    time_seconds: float


@dataclass(frozen=True, slots=True)
class JobLaunched(Event):
    """The launcher has started one process per accelerator."""

    run_name: str
    command: str
    world_size: int
    nodes: int
    start_time: int  # Unix seconds


@dataclass(frozen=True, slots=True)
class AcceleratorDetected(Event):
    """One process has found its accelerator."""

    rank: int
    node: int
    local_rank: int
    host: str
    accelerator: str
    memory_bytes: int
    power_limit_watts: int


@dataclass(frozen=True, slots=True)
class AcceleratorsDetected(Event):
    """All accelerators are there; `listed` of them were named one by one."""

    accelerator: str
    world_size: int
    nodes: int
    listed: int
    memory_bytes: int  # all together


@dataclass(frozen=True, slots=True)
class DistributedInitialised(Event):
    """Process groups exist."""

    backend: str
    backend_version: str
    world_size: int
    nodes: int
    tensor_parallel: int
    pipeline_parallel: int
    context_parallel: int
    expert_parallel: int
    data_parallel: int
    sharding: str
    init_seconds: float


@dataclass(frozen=True, slots=True)
class CollectiveTimed(Event):
    """One collective, as the trainer timed it. Bus bandwidth as nccl-tests define it."""

    step: int  # 0: the test before training
    operation: str
    ranks: int
    message_bytes: int
    seconds: float
    busbw_gb_per_second: float


@dataclass(frozen=True, slots=True)
class ModelLoading(Event):
    """A shard of the freshly initialised weights is on its accelerators."""

    shard: int
    shards: int


@dataclass(frozen=True, slots=True)
class ModelReady(Event):
    """The model is built and placed."""

    model: str
    parameters: int
    active_parameters: int
    layers: int
    hidden_size: int
    attention_heads: int
    kv_heads: int
    ffn_hidden_size: int
    vocab_size: int
    context_length: int
    experts: int
    experts_per_token: int
    precision: str


@dataclass(frozen=True, slots=True)
class TokenizerReady(Event):
    """The tokenizer is loaded."""

    tokenizer: str
    kind: str
    vocab_size: int
    load_seconds: float


@dataclass(frozen=True, slots=True)
class DatasetReady(Event):
    """The dataset's index is built and the loaders run."""

    dataset: str
    documents: int
    dataset_tokens: int
    run_tokens: int
    epochs: int
    sequence_length: int
    global_batch_size: int
    micro_batch_size: int
    accumulation: int
    tokens_per_step: int


@dataclass(frozen=True, slots=True)
class OptimizerReady(Event):
    """The optimizer's state is allocated; memory per accelerator, in bytes."""

    optimizer: str
    peak_learning_rate: float
    schedule: str
    warmup_steps: int
    clip_grad_norm: float
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    workspace_bytes: int
    memory_bytes: int
    memory_capacity_bytes: int


@dataclass(frozen=True, slots=True)
class TrainingStarted(Event):
    """The first batch is on its way."""

    first_step: int
    total_steps: int
    steps_per_epoch: int
    epochs: int
    step_seconds: float  # expected


@dataclass(frozen=True, slots=True)
class EpochStarted(Event):
    """A pass over the data begins."""

    epoch: int
    epochs: int
    step: int


@dataclass(frozen=True, slots=True)
class StepCompleted(Event):
    """One optimizer step. Rates are this step's own; perplexity is exp(loss); `grad_norm` is before clipping, None when it overflowed."""

    step: int
    epoch: int
    loss: float
    perplexity: float
    learning_rate: float
    grad_norm: float | None
    step_seconds: float
    tokens_per_second: float
    samples_per_second: float
    mfu: float
    tokens: int  # since the start of training
    elapsed_seconds: float  # since the start of training
    eta_seconds: float
    memory_bytes: int  # on each accelerator
    loss_scale: int  # 1 unless the precision is FP16


@dataclass(frozen=True, slots=True)
class StepSkipped(Event):
    """Gradients overflowed in FP16: the optimizer skipped the step and the loss scale was halved."""

    step: int
    loss_scale: int
    next_loss_scale: int


@dataclass(frozen=True, slots=True)
class FleetSampled(Event):
    """Every accelerator at once; arrays have shape (world_size,), in order of rank."""

    step: int
    utilisation_percent: Ints
    temperature_celsius: Ints
    power_watts: Ints
    memory_bytes: Ints
    memory_capacity_bytes: int


@dataclass(frozen=True, slots=True)
class ValidationStarted(Event):
    """The model is evaluated on held-out data."""

    step: int
    index: int
    batches: int
    tokens: int


@dataclass(frozen=True, slots=True)
class ValidationCompleted(Event):
    """The result of a validation beside the training loss of the same step."""

    step: int
    index: int
    loss: float
    perplexity: float
    train_loss: float  # mean of the steps since the last validation, at most 100
    best_loss: float
    best_step: int
    improved: bool
    validations_without_improvement: int
    patience: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckpointStarted(Event):
    """A checkpoint is being written."""

    step: int
    path: str
    checkpoint_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class CheckpointProgressed(Event):
    """Part of a checkpoint is on disk."""

    step: int
    written_bytes: int
    checkpoint_bytes: int


@dataclass(frozen=True, slots=True)
class CheckpointCompleted(Event):
    """A checkpoint is on disk."""

    step: int
    path: str
    checkpoint_bytes: int
    files: int
    seconds: float
    gb_per_second: float


@dataclass(frozen=True, slots=True)
class EpochCompleted(Event):
    """A pass over the data is done; the loss is the mean over the epoch's last steps, at most 100."""

    epoch: int
    epochs: int
    step: int
    mean_loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class TrainingCompleted(Event):
    """The last step, its validation and its checkpoint are done."""

    step: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportStarted(Event):
    """The checkpoint is turned into files that others can load."""

    path: str
    export_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class ExportStageCompleted(Event):
    """Shards of the checkpoint were merged, or weights converted."""

    stage: str
    items: int
    unit: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportFileWritten(Event):
    """One exported file."""

    file: str
    index: int
    files: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class ExportCompleted(Event):
    """The exported model is complete."""

    path: str
    export_bytes: int
    files: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunCompleted(Event):
    """The run in numbers. Energy is the accelerators' own; cost is their rental."""

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
