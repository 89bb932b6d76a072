"""Events of a bring-up: processes, accelerators, communicators, model, data."""

from dataclasses import dataclass

from pysim.story.events.basis import Channels, ChildrenOfChannels, Event, Ranks

WORLD = "world"  # the communicator of all ranks


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
    driver_version: str  # empty where the library does not say
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
    work_bytes: int  # 0 where the library does not say


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
class BatchRampReady(Event):
    """The batch begins small and grows in equal increments, each after an equal share of the ramp's sequences."""

    first_batch_size: int
    increment: int
    global_batch_size: int
    ramp_sequences: int
    ramp_tokens: int
    ramp_steps: int  # before the first one with the global batch
    extra_steps: int  # of the first epoch, and so of the run, over one with the global batch from the start
    first_step_seconds: float  # expected, of a step with the first batch


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerReady(Event):
    """The optimizer's state is allocated; memory per accelerator, in bytes."""

    optimizer: str
    moment_precision: str  # of its two moments
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
