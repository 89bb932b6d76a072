"""Events of a training: steps, validations, checkpoints, and why some steps are slow."""

from dataclasses import dataclass

from pysim.story.events.basis import Event, GroundTruth, Ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStarted(Event):
    """The first batch is on its way."""

    first_step: int
    total_steps: int
    steps_per_epoch: int
    epochs: int
    step_seconds: float  # expected


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochStarted(Event):
    """A pass over the data begins."""

    epoch: int
    epochs: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchGrown(Event):
    """From this step on the global batch is larger: the next plateau of a batch ramp, or its end."""

    step: int
    global_batch_size: int
    accumulation: int
    tokens_per_step: int
    step_seconds: float  # expected


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCompleted(Event):
    """One optimizer step. Rates are this step's own; perplexity is exp(loss); `grad_norm` is before clipping, None when it overflowed.

    A loss that is not a number (a trainer prints `nan`) is None, and perplexity and gradient norm with it.
    """

    step: int
    epoch: int
    loss: float | None
    perplexity: float | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsReported(Event):
    """Means over the optimizer steps from `first` to `last`, where a log has an interval: told instead of them, when the last is done.

    Intervals end at multiples of their length. What stops the steps ends one as well, and it is told when the processes are gone. The
    gradient norm is the mean of the steps that have one; both are None if a loss is not a number. What has neither `mean` nor a rate's
    unit in its name is that of the last step, which is None where it is not a number.
    """

    first: int
    last: int
    mean_loss: float | None
    mean_grad_norm: float | None
    mean_step_seconds: float
    tokens_per_second: float  # over the time that the steps took
    learning_rate: float  # of the last
    epoch: int
    last_loss: float | None
    last_grad_norm: float | None
    last_step_seconds: float
    samples_per_second: float  # over the time that the steps took, as the next
    mfu: float
    tokens: int  # since the start of training
    elapsed_seconds: float  # since the start of training
    eta_seconds: float
    memory_bytes: int  # on each accelerator
    loss_scale: int  # 1 unless the precision is FP16
    global_batch_size: int
    skipped_steps: int  # of the interval: gradients overflowed
    applied_loss: float | None  # mean of the others; None if there are none, or a loss is not a number
    nan_steps: int  # of the interval: the loss is not a number
    is_due: bool  # the interval came to its end; false where the run did, or something stopped it
    is_preview: bool  # told of the first step alone; the interval that it is in tells of it again
    started_with: int  # the first step since the processes were started
    started_seconds: float  # when that began
    interval: int  # steps between two that are due
    since_step_before_seconds: float  # from its end, or from when that began, to the end of the last
    skipped_in_all: int  # since the start of training, as the model has met them
    running_rate: float | None  # steps a second; None where nobody asks, and at first
    loss_deviation: (
        float | None
    )  # of the last step from those of a window before it, in standard deviations; None as above
    grad_norm_deviation: float | None  # the same
    validation_loss: float | None  # of the last validation before the last step's, since then; None without


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped(Event):
    """Gradients overflowed in FP16: the optimizer skipped the step and the loss scale was halved."""

    step: int
    loss_scale: int
    next_loss_scale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSampled(Event):
    """Every accelerator at once; arrays have shape (world_size,), in order of rank."""

    step: int
    utilisation_percent: Ranks
    temperature_celsius: Ranks
    power_watts: Ranks
    memory_bytes: Ranks
    memory_capacity_bytes: int
    clock_mhz: Ranks  # 0 where the driver reports none
    memory_celsius: Ranks
    throttled: Ranks  # 1 where heat holds the clock down
    condition: Ranks  # 0 working, 1 held back, 2 spinning in a collective, 3 idle, 4 on a node that is drained, 5 dead: it cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowdownBegan(GroundTruth):
    """From this step on every step takes longer, because one node is slow and all wait for it."""

    step: int
    host: str
    node: int
    slower: float  # by this share of a step


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowdownEnded(GroundTruth):
    """Somebody has found the slow node; the next step is as fast as before."""

    step: int
    host: str
    node: int
    seconds: float  # since it began


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardAwaited(GroundTruth):
    """The step took longer, because the next file of the corpus had to be read first."""

    step: int
    shard: int  # the file's number, from 1
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationStarted(Event):
    """The model is evaluated on held-out data."""

    step: int
    index: int
    batches: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationCompleted(Event):
    """The result of a validation beside the training loss of the same step; what is not a number is None, and never the best."""

    step: int
    index: int
    loss: float | None
    perplexity: float | None
    train_loss: float | None  # mean of the steps since the last validation, at most 100
    best_loss: float | None  # None while no validation had a number
    best_step: int
    improved: bool
    validations_without_improvement: int
    patience: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointStarted(Event):
    """A checkpoint is being written."""

    step: int
    path: str
    checkpoint_bytes: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointProgressed(Event):
    """Part of a checkpoint is on disk."""

    step: int
    written_bytes: int
    checkpoint_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointCompleted(Event):
    """A checkpoint is on disk."""

    step: int
    path: str
    checkpoint_bytes: int
    files: int
    seconds: float
    gb_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointLoadStarted(Event):
    """After a restart: every rank reads its part of a checkpoint."""

    step: int  # that it was written after
    path: str
    checkpoint_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointLoaded(Event):
    """All ranks have read it."""

    step: int
    path: str
    checkpoint_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochCompleted(Event):
    """A pass over the data is done; the loss is the mean over all its steps, or its last 2^20; None if one is not a number."""

    epoch: int
    epochs: int
    step: int
    mean_loss: float | None
    mean_steps: int  # that the mean covers; those that the model never saw are left out
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessesDone(Event):
    """The steps of the last processes, where a log has an interval: told before the end of training. The loss is as an epoch's."""

    started_with: int  # the first step since they were started
    started_seconds: float  # when that began
    step: int
    mean_loss: float | None
    mean_steps: int
    first_step_seconds: float
    step_seconds: float  # of all, without what comes between them


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCompleted(Event):
    """The last step, its validation and its checkpoint are done."""

    step: int
    seconds: float
