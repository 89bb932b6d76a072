"""Every fact that a run can state, as frozen values in time order.

`time_seconds` is run time: seconds since the job was launched. Units are in the names; ratios lie between 0 and 1. The JSON
Schema and the table of events are generated from these classes, so a field's name is its documentation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ranks = Annotated[Ints, "rank"]  # one value for each
Channels = Annotated[Ints, "channel"]
ChildrenOfChannels = Annotated[Ints, "channel", "child"]

SCHEMA_VERSION = 1  # goes up whenever a field changes its meaning or goes away
WORLD = "world"  # the communicator of all ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact at a moment."""

    time_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """A stream of events begins: which run it tells, and which part. No fact of the run; each stream has it first, cut or not."""

    schema_version: int
    pysim_version: str
    kind: str  # of run
    run_id: str  # the same for the same plan
    run_name: str
    preset: str | None  # that the plan began with; None if it was drawn
    seed: int
    command: str
    launched_at: str  # in UTC, as the next two
    begins_at: str
    ends_at: str | None  # None: with the run
    until_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLaunched(Event):
    """The launcher has started one process per accelerator."""

    run_name: str
    command: str
    world_size: int
    nodes: int
    start_time: int  # Unix seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LauncherWarned(Event):
    """The launcher of one node gives each of its processes one thread; every node has a launcher, `unlisted_nodes` are not told."""

    node: int
    nodes: int
    host: str
    process_id: int
    threads_per_process: int
    unlisted_nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorDetected(Event):
    """One process has found its accelerator, which still does nothing."""

    rank: int
    node: int
    local_rank: int
    host: str
    accelerator: str
    memory_bytes: int
    power_limit_watts: int
    bus_id: str  # PCI bus and device, as 18:00.0
    temperature_celsius: int
    power_watts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorsDetected(Event):
    """All accelerators are there; `listed` of them were named one by one."""

    accelerator: str
    world_size: int
    nodes: int
    listed: int
    memory_bytes: int  # all together


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryLogged(Event):
    """What NCCL or RCCL says, and which process of the job says it. Never told itself; the kinds below are."""

    rank: int  # in the world
    host: str
    process_id: int
    thread_id: int
    device: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryLoaded(LibraryLogged):
    """The collectives library is loaded and knows where its bootstrap listens."""

    library: str
    library_version: str
    driver_version: str
    interface: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChosen(LibraryLogged):
    """The network plug-in and the adapters of this node."""

    network: str  # IB, or Socket
    link_layer: str  # IB, RoCE; empty for sockets
    adapter: str
    adapters: int
    interface: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicatorStarted(LibraryLogged):
    """A rank begins to join a communicator: `communicator_id` is the same for all its ranks, `pointer` is this process's own."""

    communicator: str  # world, or the kind of group
    communicator_id: str
    pointer: str
    communicator_rank: int
    ranks: int
    bus_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicatorBootstrapped(LibraryLogged):
    """All ranks have found each other; the parts are of the total."""

    total_seconds: float
    create_seconds: float
    send_seconds: float
    receive_seconds: float
    ring_seconds: float
    delay_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicatorPlaced(LibraryLogged):
    """A rank's place among the nodes of a communicator; `multicast` is NVLink SHARP."""

    pointer: str
    communicator_rank: int
    ranks: int
    nodes: int
    local_ranks: int
    local_rank: int
    multicast_channels: int  # 0 without


@dataclass(frozen=True, slots=True, kw_only=True)
class RingBuilt(LibraryLogged):
    """The order of ranks in one channel's ring, shape (ranks,), from rank 0; `unlisted_channels` more are not told."""

    channel: int
    channels: int
    ring: Ranks
    unlisted_channels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TreesBuilt(LibraryLogged):
    """A rank's neighbours in the tree of every channel: parents, shape (channels,), and children, shape (channels, 3); -1 is none."""

    pointer: str
    communicator_rank: int
    ranks: int
    bus_id: str
    parents: Channels
    children: ChildrenOfChannels
    chunk_bytes: int  # of point-to-point transfers


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerConnected(LibraryLogged):
    """One connection of a ring, within a node or over the network."""

    channel: int
    sender: int
    sender_device: int
    receiver: int
    receiver_device: int
    transport: str  # as the library names it
    pointer: str
    ranks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmConnected(LibraryLogged):
    """All connections of one kind exist: rings, trees, NVLS tree."""

    algorithm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicatorTuned(LibraryLogged):
    """Thresholds (bytes per rank and thread times ranks) and channels that the library has settled on."""

    communicator_rank: int
    ranks: int
    low_latency_threshold: int
    ring_threshold: int
    collective_channels: int
    multicast_channels: int
    point_to_point_channels: int
    channels_per_peer: int
    work_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicatorCompleted(LibraryLogged):
    """A rank has joined a communicator; where the time went, in hundredths of a second."""

    communicator: str
    communicator_id: str
    pointer: str
    communicator_rank: int
    ranks: int
    bus_id: str
    total_seconds: float
    kernels_seconds: float
    alloc_seconds: float
    bootstrap_seconds: float
    allgathers_seconds: float
    topology_seconds: float
    graphs_seconds: float
    connections_seconds: float
    rest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicatorsReady(Event):
    """Every rank has joined its communicator of a kind; the library's lines of `listed_ranks` of them were told."""

    communicator: str
    communicators: int
    ranks: int  # of each
    listed_ranks: int


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveTimed(Event):
    """One collective, as the trainer timed it. Bus bandwidth as nccl-tests define it."""

    step: int  # 0: the test before training
    operation: str
    ranks: int
    message_bytes: int
    seconds: float
    busbw_gb_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLoading(Event):
    """A shard of the freshly initialised weights is on its accelerators."""

    shard: int
    shards: int


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerReady(Event):
    """The tokenizer is loaded."""

    tokenizer: str
    kind: str
    vocab_size: int
    load_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruth(Event):
    """Why the run is as it is: what its trainer cannot know, so no trainer's log has it. Never told itself; the kinds below are."""


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
class EpochCompleted(Event):
    """A pass over the data is done; the loss is the mean over the epoch's last steps, at most 100."""

    epoch: int
    epochs: int
    step: int
    mean_loss: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingInterrupted(Event):
    """All processes of the job have ended before their time; `step` was the last one that was completed, 0 for none."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResumed(Event):
    """The first batch after a restart is on its way: `step` goes on from a checkpoint."""

    step: int
    checkpoint: str  # path; empty where there was none and the run began anew
    skipped_batches: int  # that were left out after the checkpoint
    total_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCompleted(Event):
    """The last step, its validation and its checkpoint are done."""

    step: int
    seconds: float


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
class TimeAccounted(Event):
    """Where the time of a run that was interrupted went, from launch to the end of training; the parts add up to the whole."""

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


ITEMS: tuple[type[Event], ...] = (StepCompleted,)  # what a run is counted in, and a show that leaves some out

Kind = TypeVar("Kind", bound=Event)


def from_columns(kind: type[Kind], columns: Mapping[str, Sequence[Any]]) -> Iterator[Kind]:
    """Events of one kind, each field from the column of its name.

    Steps are by far the most frequent events; this writes the slots themselves, in a third of the constructor's time.

    Raises:
        ValueError: if columns are missing, too many, or of different lengths.
    """
    names = [field.name for field in fields(kind)]
    if columns.keys() != set(names):
        message = f"columns {sorted(columns.keys() ^ set(names))} are missing or not of a {kind.__name__}"
        raise ValueError(message)
    setters = [getattr(kind, name).__set__ for name in names]
    for row in zip(*(columns[name] for name in names), strict=True):
        event = object.__new__(kind)
        for set_field, value in zip(setters, row, strict=True):
            set_field(event, value)
        yield event
