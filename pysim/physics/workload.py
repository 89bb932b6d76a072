"""What the laws are told: what is trained on what, and how. A plan of any kind of run is a `Workload` by having these names."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pysim.catalog import Accelerator, Dataset, Model, Precision
from pysim.physics.axes import AXES, Axis
from pysim.physics.ramps import BatchRamp

Sharding = Literal["ddp", "zero1", "zero2", "zero3", "fsdp", "hsdp"]
Recompute = Literal["none", "selective", "op", "full"]
ParamPrecision = Literal["fp32", "fp16", "bf16", "fp8"]
GradPrecision = Literal["fp32", "fp16", "bf16"]
MomentPrecision = Literal["fp32", "bf16", "fp8"]
CrossEntropy = Literal["native", "fused", "compiled"]
ScheduleKind = Literal["cosine", "linear", "wsd", "inverse-sqrt", "constant"]
DecayShape = Literal["sqrt", "linear", "cosine"]
AttentionKernel = Literal["unfused", "flash-1", "flash-2", "flash-3", "cudnn", "native"]
Execution = Literal["eager", "compiled", "graphs"]
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

    @property
    def degrees(self) -> dict[Axis, int]:
        """The degree along every axis."""
        return {axis: getattr(self, axis.name) for axis in AXES}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A learning-rate schedule. Length and shape of the decay, 1 - sqrt(x), 1 - x or a half cosine, are only read by `wsd`.

    So is what follows the decay: rates that are kept for some steps each, until the end of the run.
    """

    kind: ScheduleKind
    peak_lr: float
    final_lr: float
    warmup_steps: float  # a whole number but where it counts full batches: see `schedule.py`
    decay_steps: int = 0
    decay_shape: DecayShape = "sqrt"
    tail: tuple[tuple[float, int], ...] = ()  # (rate, steps)

    @property
    def title(self) -> str:
        """What it is called where it is told: with what is unusual about it."""
        shape = ["cosine"] if self.kind == "wsd" and self.decay_shape == "cosine" else []
        return "-".join([self.kind, *shape, *(["tail"] if self.tail else [])])


class Workload(Protocol):
    """A model in training on a cluster. Batch sizes count sequences."""

    @property
    def model(self) -> Model:
        """What is trained."""

    @property
    def accelerator(self) -> Accelerator:
        """What it is trained on."""

    @property
    def world_size(self) -> int:
        """Accelerators of the job."""

    @property
    def dataset(self) -> Dataset:
        """The corpus."""

    @property
    def precision(self) -> Precision:
        """Number format of the matrix multiplications."""

    @property
    def parallel(self) -> Parallelism:
        """How one replica is laid over accelerators."""

    @property
    def pipeline_split(self) -> tuple[int, ...]:
        """Layers of each pipeline stage; empty where they are divided as usual (`pipeline.stage_layers`)."""

    @property
    def sharding(self) -> Sharding:
        """What data-parallel ranks divide among themselves."""

    @property
    def param_precision(self) -> ParamPrecision | None:
        """Number format in which weights are kept between steps, where it is chosen (`states.py`)."""

    @property
    def grad_precision(self) -> GradPrecision | None:
        """Number format in which gradients are summed up and exchanged, where it is chosen (`states.py`)."""

    @property
    def optimizer_precision(self) -> MomentPrecision:
        """Number format of the optimizer's two moments."""

    @property
    def cross_entropy(self) -> CrossEntropy:
        """How the loss is computed, which says how many copies of the logits there are."""

    @property
    def recompute(self) -> Recompute:
        """Which activations are computed again in the backward pass."""

    @property
    def software_year(self) -> int:
        """Year of the training software."""

    @property
    def attention_kernel(self) -> AttentionKernel:
        """Whose attention core runs; `native` is what the accelerator's maker offers, where that is not NVIDIA."""

    @property
    def execution(self) -> Execution:
        """Whether kernels are launched one by one, fused by a compiler, or captured whole in a graph."""

    @property
    def sequence_length(self) -> int:
        """Tokens of one sequence."""

    @property
    def micro_batch_size(self) -> int:
        """Sequences that a replica works on at once."""

    @property
    def epochs(self) -> int:
        """Passes over the data."""

    @property
    def schedule(self) -> Schedule:
        """The learning rate over the steps."""

    @property
    def loss_curve(self) -> LossCurve:
        """Which law the loss follows."""

    @property
    def accelerators_per_domain(self) -> int:
        """Accelerators that the scale-up link joins."""

    @property
    def nodes(self) -> int:
        """Nodes of the job."""

    @property
    def data_parallel(self) -> int:
        """Replicas of the model."""

    @property
    def accumulation(self) -> int:
        """Micro-batches that each replica works through per step."""

    @property
    def tokens_per_step(self) -> int:
        """Tokens in one global batch, once it is full."""

    @property
    def global_batch_size(self) -> int:
        """Sequences in one global batch, once it is full."""

    @property
    def batch_ramp(self) -> BatchRamp | None:
        """How the batch grows; None where every step has the full one."""

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the run."""

    @property
    def run_tokens(self) -> int:
        """Tokens that they take."""
