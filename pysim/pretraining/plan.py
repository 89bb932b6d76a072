"""A plan: what is trained, on what, and how. The only input of a simulation.

A plan stores choices and derives the rest, so that nothing can disagree with itself: data parallelism follows from the
world size, accumulation from the batch, steps from the tokens.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import Accelerator, Dataset, Model, Precision, Tokenizer
from pysim.physics.batches import Batches, batches_of
from pysim.physics.ramps import BatchRamp
from pysim.physics.workload import (
    AttentionKernel,
    CrossEntropy,
    Execution,
    GradPrecision,
    LossCurve,
    MomentPrecision,
    Parallelism,
    ParamPrecision,
    Recompute,
    Schedule,
    Sharding,
)
from pysim.story.noise import fnv1a

Steps = TypeVar("Steps", int, NDArray[np.int64])
LossScaling = Literal["megatron", "deepspeed", "metaseq"]  # whose rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Something that a published run is known for: what went wrong, by name, and in which step."""

    cause: str
    step: int


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
    batch_ramp: BatchRamp | None = None  # None: every step has the global batch
    pipeline_split: tuple[int, ...] = ()  # layers of each stage; empty: as usual
    param_precision: ParamPrecision | None = None  # None: what is usual for the precision and the sharding
    grad_precision: GradPrecision | None = None
    optimizer_precision: MomentPrecision = "fp32"
    cross_entropy: CrossEntropy = "fused"
    grid_interval: int = 10  # steps between two looks at every accelerator; 0: seldom, and when something changed
    clip_grad_norm: float = 1.0
    preset: str | None = None  # that it began with
    incident_factor: float = 0.0  # how often things go wrong, over what is published; 0: never
    is_drill: bool = False  # everything that can go wrong goes wrong once, evenly over the run
    known: tuple[Known, ...] = ()
    spares: int = 0  # nodes that wait to take another's place
    loss_scaling: LossScaling = "megatron"  # of FP16 runs
    software_year: int = 2025  # of the training software
    attention_kernel: AttentionKernel = "flash-2"
    execution: Execution = "eager"
    watchdog_seconds: int = 600  # after which a collective that hangs is given up (PyTorch's default for NCCL)

    @property
    def chosen(self) -> dict[str, Any]:
        """All choices by name; a batch that does not grow is none."""
        choices = asdict(self)
        if self.batch_ramp is None:
            del choices["batch_ramp"]
        return choices

    @property
    def data_seed(self) -> int:
        """What the noise of the training itself is drawn with, 64 bits: the seed, and what is trained on which batches of what.

        The same batches have the same losses and norms on other machines, but for a few thousandths of their noise.
        """
        ramp = self.batch_ramp
        grown = f" {ramp.first} {ramp.increment} {ramp.sequences}" if ramp else ""
        return fnv1a(f"{self.seed} {self.model.name} {self.dataset.name} {self.tokens_per_step}{grown}")

    @property
    def noise_seed(self) -> int:
        """What all other noise is drawn with: the same, and the machines.

        Two runs side by side differ; two policies for one run meet the same luck.
        """
        return fnv1a(f"{self.data_seed} {self.accelerator.name} {self.world_size}")

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
        """Micro-batches that each replica works through per step, once the batch is full."""
        return self.global_batch_size // (self.micro_batch_size * self.data_parallel)

    @property
    def batches(self) -> Batches:
        """The batch of every step."""
        return batches_of(self.global_batch_size, self.batch_ramp)

    @property
    def tokens_per_step(self) -> int:
        """Tokens in one global batch, once it is full."""
        return self.global_batch_size * self.sequence_length

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in one pass over the data with full batches; the last, incomplete batch is dropped."""
        return self.tokens // self.epochs // self.tokens_per_step

    @property
    def extra_steps(self) -> int:
        """Steps by which the first pass over the data is longer, since its first batches are smaller; the ramp ends within it."""
        if self.batch_ramp is None:
            return 0
        sequences = self.tokens // self.epochs // self.sequence_length
        return max(self.batches.steps_within(sequences), self.batches.ramp_steps) - self.steps_per_epoch

    def epoch_of(self, step: Steps) -> Steps:
        """The pass over the data that a step, from 1, belongs to; from 1."""
        later = (step - 1 - self.extra_steps) // self.steps_per_epoch
        return later * (later > 0) + 1

    def step_in_epoch(self, step: Steps) -> Steps:
        """The number of a step in its pass over the data, from 1."""
        epoch = self.epoch_of(step)
        return step - (epoch - 1) * self.steps_per_epoch - self.extra_steps * (epoch > 1)

    def before_epoch(self, epoch: int) -> int:
        """Steps before a pass over the data."""
        return (epoch - 1) * self.steps_per_epoch + self.extra_steps * (epoch > 1)

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the run."""
        return self.steps_per_epoch * self.epochs + self.extra_steps

    @property
    def run_tokens(self) -> int:
        """Tokens that they take."""
        return self.batches.total(self.total_steps) * self.sequence_length
