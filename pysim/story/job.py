"""What programs of a job know of it beside what happens: the model in numbers, how it is optimised, names, paths, addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The model. Sizes are counts; what it has not is 0."""

    name: str
    family: str
    layers: int
    hidden_size: int
    ffn_hidden_size: int
    ffn_matrices: int  # 3 for gated FFNs, 2 for plain ones
    attention_heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    context_length: int
    learned_positions: int
    tied_embeddings: bool
    linear_biases: bool
    qkv_biases: bool
    norm_biases: bool  # LayerNorm, not RMSNorm
    latent_attention: bool
    experts: int
    experts_per_token: int
    expert_ffn_hidden_size: int
    shared_experts: int
    dense_layers: int  # of a mixture of experts
    parameters: int
    active_parameters: int
    embedding_parameters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimization:
    """Optimizer, learning rate, number formats. Where a plan does not say them, those of GPT-3 (arXiv 2005.14165, appendix B)."""

    optimizer: str
    peak_learning_rate: float
    final_learning_rate: float
    schedule: str  # cosine, linear, wsd, inverse-sqrt, constant
    warmup_steps: int
    decay_steps: int  # of wsd
    decay_shape: str  # of wsd
    clip_grad_norm: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float
    loss_scaling: str  # whose rule: megatron, deepspeed, metaseq
    first_loss_scale: int  # of FP16 runs; 1 for others
    loss_scale_window: int
    weight_precision: str
    gradient_precision: str
    moment_precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What is read, and by which tokenizer."""

    name: str
    documents: int
    tokens: int
    tokenizer: str
    tokenizer_title: str
    tokenizer_kind: str
    tokenizer_entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How the batch grows: from `first` sequences by `increment` over the first `sequences`."""

    first: int
    increment: int
    sequences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How training is laid out and run."""

    micro_batch_size: int
    accumulation: int  # with the full batch
    data_parallel: int
    shard_ranks: int  # that divide states among themselves
    virtual_pipeline: int
    recompute: str  # none, selective, op, full
    attention_kernel: str
    cross_entropy: str
    execution: str  # eager, compiled, graphs
    validation_interval: int  # steps
    checkpoint_interval: int
    watchdog_seconds: int
    ramp: Ramp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """One accelerator, and what it holds in training; bytes, watts, FLOP/s of the run's precision without sparsity."""

    name: str
    memory_bytes: int
    peak_flops_per_second: float
    power_limit_watts: int
    idle_watts: int
    max_clock_mhz: int  # 0 where the driver reports none
    scale_up: str  # the link in a node
    scale_out: str  # and between nodes
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    workspace_bytes: int
    context_bytes: int  # of the workspace, what the driver holds and no framework counts

    @property
    def reserved_bytes(self) -> int:
        """What a framework has reserved: all but the driver's."""
        return self.allocated_bytes + self.workspace_bytes - self.context_bytes

    @property
    def allocated_bytes(self) -> int:
        """What tensors take: all but the context and the library's buffers."""
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes + self.activation_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one accelerator of a pipeline stage holds: parameters, and bytes."""

    parameters: int
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    workspace_bytes: int

    @property
    def state_bytes(self) -> int:
        """What is held between steps."""
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """The software that is installed."""

    framework: str  # PyTorch 2.7, JAX 0.6
    library: str  # nccl, rccl, xla
    library_version: str
    library_build: str  # as it prints itself
    driver: str  # as the library prints it; empty where it does not
    year: int
    script: str  # that is started


@dataclass(frozen=True, slots=True, kw_only=True)
class Collective:
    """One collective of a step, as PyTorch's process group names it: elements that go in and come out of each rank."""

    operation: str
    elements_in: int
    elements_out: int


class Job(Protocol):
    """A job's names and counts, for those who need only some of very many; and what its programs are set to."""

    @property
    def model(self) -> Architecture:
        """What is trained."""

    @property
    def optimization(self) -> Optimization:
        """How."""

    @property
    def corpus(self) -> Corpus:
        """On what."""

    @property
    def setup(self) -> Setup:
        """In which batches, on how many of which."""

    @property
    def hardware(self) -> Hardware:
        """On which accelerator."""

    @property
    def programs(self) -> Programs:
        """With which software."""

    @property
    def job_id(self) -> int:
        """The number that the scheduler knows it by."""

    @property
    def storage(self) -> str:
        """The directory of its checkpoints."""

    @property
    def interface(self) -> str:
        """The network interface through which processes find each other."""

    @property
    def collectives(self) -> Sequence[Collective]:
        """Those of one step in the group of all ranks, in order."""

    def flops_per_token(self, convention: str, /) -> int:
        """To train on one token, as a framework counts: pysim, 6n, palm, nanogpt, torchtitan, megatron, megatron-2021."""

    def stage(self, number: int, /) -> Stage:
        """A stage of the pipeline, from 0."""

    def batch_size(self, step: int, /) -> int:
        """Sequences of a step."""

    def sequences(self, step: int, /) -> int:
        """Sequences that the steps up to one take together."""

    def learning_rate(self, step: int, /) -> float:
        """That of a step."""

    def learning_rates(self, steps: NDArray[np.int64], /) -> NDArray[np.float64]:
        """Those of some, same shape."""

    def checkpoint_path(self, step: int, /) -> str:
        """Where the checkpoint after a step is written."""

    def host(self, machine: int, /) -> str:
        """The full name of a machine; those of the job at its launch are 0, 1 and so on, spares follow."""

    def short_host(self, machine: int, /) -> str:
        """The same up to its first dot."""

    def machine(self, node: int, time_us: int, /) -> int:
        """The machine that is a node of the job at a time."""

    def launches(self, time_us: int, /) -> int:
        """How often all processes have been started again by a time."""

    def ended_as(self, time_us: int, /) -> str:
        """What the scheduler calls the end of the processes that are gone at a time: FAILED, NODE_FAIL, PREEMPTED ..."""

    def connected_us(self, time_us: int, /) -> int:
        """When the process groups of those processes were there that run at a time."""

    def first_step_us(self, time_us: int, /) -> int:
        """When the first step was done of those processes that run at a time."""

    def validated_us(self, loss: float, /) -> int | None:
        """When the first validation was over that found at most this loss; None where none does. It is of what is to come."""

    def address(self, machine: int, /) -> str:
        """Its address."""

    def launcher_process_id(self, node: int, launch: int = 0, /) -> int:
        """The process of a node's launcher, when all were started again for the `launch`-th time."""

    def process_id(self, rank: int, launch: int = 0, /) -> int:
        """The process of a rank."""

    def bus_id(self, rank: int, /) -> str:
        """PCI bus and device of its accelerator, as 18:00.0; empty where nobody asks."""

    def accelerator_uuid(self, machine: int, local_rank: int, /) -> str:
        """The identifier of an accelerator as its driver prints it, without a leading GPU-."""

    def board_serial(self, machine: int, local_rank: int, /) -> str:
        """The serial number of its board."""
