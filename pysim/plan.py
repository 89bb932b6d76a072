"""A plan: what is trained, on what, and how. The only input of a simulation.

A plan stores choices and derives the rest, so that nothing can disagree with itself: data parallelism follows from the
world size, accumulation from the batch, steps from the tokens.
"""

from dataclasses import dataclass
from typing import Literal

from pysim.catalog import Accelerator, Dataset, Model, Precision, Tokenizer

Sharding = Literal["ddp", "zero1", "zero2", "zero3", "fsdp"]
Recompute = Literal["none", "selective", "full"]
ScheduleKind = Literal["cosine", "linear", "wsd", "inverse-sqrt", "constant"]
DecayShape = Literal["sqrt", "linear"]
LossCurve = Literal["scaling-law", "exponential"]


@dataclass(frozen=True, slots=True)
class Parallelism:
    """How one model replica is laid over accelerators. `expert` divides the data-parallel ranks, as in Megatron-LM."""

    tensor: int = 1
    pipeline: int = 1
    context: int = 1
    expert: int = 1
    virtual_pipeline: int = 1  # model chunks per pipeline stage (interleaved 1F1B)

    @property
    def replica_size(self) -> int:
        """Accelerators that together hold one replica and work on one micro-batch."""
        return self.tensor * self.pipeline * self.context


@dataclass(frozen=True, slots=True)
class Schedule:
    """A learning-rate schedule. Length and shape of the final decay, 1 - sqrt(x) or 1 - x, are only read by `wsd`."""

    kind: ScheduleKind
    peak_lr: float
    final_lr: float
    warmup_steps: int
    decay_steps: int = 0
    decay_shape: DecayShape = "sqrt"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, as chosen. Sequences are `sequence_length` tokens; batch sizes count sequences; times are Unix seconds (UTC)."""

    name: str
    model: Model
    accelerator: Accelerator
    world_size: int
    dataset: Dataset
    tokenizer: Tokenizer
    precision: Precision
    parallel: Parallelism
    sharding: Sharding
    recompute: Recompute
    sequence_length: int
    micro_batch_size: int
    global_batch_size: int
    tokens: int  # over all epochs
    epochs: int
    schedule: Schedule
    loss_curve: LossCurve
    validation_interval: int  # steps
    validation_batches: int  # global batches per validation
    checkpoint_interval: int  # steps
    seed: int
    start_time: int
    grid_interval: int = 10  # steps between two looks at every accelerator
    clip_grad_norm: float = 1.0

    @property
    def accelerators_per_node(self) -> int:
        """Accelerators that share a node (a small run may use part of one node)."""
        return min(self.accelerator.per_node, self.world_size)

    @property
    def accelerators_per_domain(self) -> int:
        """Accelerators that the scale-up link joins: those of a node, or of a rack where it reaches further."""
        return min(self.accelerator.scale_up_size or self.accelerator.per_node, self.world_size)

    @property
    def nodes(self) -> int:
        """Nodes of the job."""
        return -(-self.world_size // self.accelerator.per_node)

    @property
    def data_parallel(self) -> int:
        """Replicas of the model."""
        return self.world_size // self.parallel.replica_size

    @property
    def accumulation(self) -> int:
        """Micro-batches that each replica works through per step."""
        return self.global_batch_size // (self.micro_batch_size * self.data_parallel)

    @property
    def tokens_per_step(self) -> int:
        """Tokens in one global batch."""
        return self.global_batch_size * self.sequence_length

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in one pass over the data; the last, incomplete batch is dropped."""
        return self.tokens // self.epochs // self.tokens_per_step

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the run."""
        return self.steps_per_epoch * self.epochs
