"""The table of published runs, `data/published_runs.toml`, as typed rows, and each row's run as a plan.

Only tests and the documentation's pictures read it; the program does not carry it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pysim.catalog import Precision, accelerators, datasets, models, tokenizers
from pysim.physics.software import usual_attention_kernel, usual_execution
from pysim.physics.workload import (
    AttentionKernel,
    CrossEntropy,
    Execution,
    GradPrecision,
    MomentPrecision,
    Parallelism,
    ParamPrecision,
    Recompute,
    Schedule,
    Sharding,
)
from pysim.pretraining.plan import Plan

TABLE = Path(__file__).parents[2] / "data" / "published_runs.toml"

Trust = Literal["V", "S", "C", "M"]  # verified, second hand, computed from verified, from memory
_STEPS = 1000  # of a row's plan; nothing that is compared depends on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What all rows have: a name, a reported value, and whether constants may be fitted to it."""

    name: str
    reported: float
    fit: bool
    source: str = ""
    trust: Trust = "V"
    assumed: str = ""  # what was filled in where the source is silent
    miss: str = ""  # why the prediction is off by more than the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput(Row):
    """A training run's speed; `reported` is in the unit of `measure`, per accelerator where it is a rate."""

    family: str  # rows that are split between fitted and held-out together
    model: str
    accelerator: str
    accelerators: int
    precision: Precision
    sharding: Sharding
    recompute: Recompute
    sequence_length: int
    micro_batch_size: int
    global_batch_size: int
    measure: Literal["tokens_per_second", "step_seconds", "tflops", "mfu"]
    software_year: int
    attention_kernel: Literal["", AttentionKernel] = ""  # empty: what is usual in that year
    execution: Literal["", Execution] = ""
    convention: str = ""  # FLOPs formula of the source
    printed_tflops: float = 0.0  # per accelerator, a second figure of the same source
    layout: Mapping[str, int] = field(default_factory=dict)
    param_precision: ParamPrecision | None = None
    grad_precision: GradPrecision | None = None
    optimizer_precision: MomentPrecision = "fp32"
    cross_entropy: CrossEntropy = "fused"
    unfit: str = ""  # why the run had room where the law of memory sees none
    architecture: Mapping[str, Any] = field(default_factory=dict)
    accelerator_changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collective(Row):
    """An all-reduce of nccl-tests; `reported` is bus bandwidth, GB/s."""

    accelerator: str
    ranks: int
    message_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Row):
    """GiB on the fullest accelerator of the throughput row called `run`."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Row):
    """Bytes of a checkpoint or of exported weights, or the seconds that `nodes` take to write it."""

    model: str
    precision: Precision
    measure: Literal["bytes", "export_bytes", "seconds"]
    nodes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StartUp(Row):
    """Seconds of a communicator of `ranks`."""

    ranks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BringUp:
    """Seconds of a cluster's starts, the median of several."""

    model: str
    accelerator: str  # as its maker calls it
    ranks: int
    reported: float
    source: str
    fit: bool


@dataclass(frozen=True, slots=True)
class PublishedRuns:
    """All rows by kind, in the order of the file."""

    throughput: tuple[Throughput, ...]
    collective: tuple[Collective, ...]
    memory: tuple[Memory, ...]
    checkpoint: tuple[Checkpoint, ...]
    start_up: tuple[StartUp, ...]
    bring_up: tuple[BringUp, ...]


@cache
def published_runs() -> PublishedRuns:
    """Read the table.

    Raises:
        TypeError: if a row has a key that its kind has not, or lacks one.
    """
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return PublishedRuns(
        throughput=tuple(Throughput(**row) for row in table["throughput"]),
        collective=tuple(Collective(**row) for row in table["collective"]),
        memory=tuple(Memory(**row) for row in table["memory"]),
        checkpoint=tuple(Checkpoint(**row) for row in table["checkpoint"]),
        start_up=tuple(StartUp(**row) for row in table["start_up"]),
        bring_up=tuple(BringUp(**row) for row in table["bring_up"]),
    )


def throughput_plan(row: Throughput) -> Plan:
    """The row's run."""
    plan = replace(
        plain_plan(row.model, row.precision, row.accelerator, row.accelerators),
        model=replace(models()[row.model], **row.architecture),
        accelerator=replace(accelerators()[row.accelerator], **row.accelerator_changes),
        parallel=Parallelism(**row.layout),
        sharding=row.sharding,
        recompute=row.recompute,
        param_precision=row.param_precision,
        grad_precision=row.grad_precision,
        optimizer_precision=row.optimizer_precision,
        cross_entropy=row.cross_entropy,
        sequence_length=row.sequence_length,
        micro_batch_size=row.micro_batch_size,
        global_batch_size=row.global_batch_size,
        tokens=_STEPS * row.global_batch_size * row.sequence_length,
        software_year=row.software_year,
    )
    return replace(
        plan,
        attention_kernel=row.attention_kernel or usual_attention_kernel(plan, row.software_year),
        execution=row.execution or usual_execution(plan, row.software_year),
    )


def plain_plan(model: str, precision: Precision, accelerator: str, world_size: int) -> Plan:
    """A plan around the four things that every row states; the rest is what no compared figure depends on."""
    return Plan(
        name="published",
        model=models()[model],
        accelerator=accelerators()[accelerator],
        world_size=world_size,
        dataset=next(iter(datasets().values())),
        tokenizer=tokenizers()[models()[model].tokenizer],
        precision=precision,
        parallel=Parallelism(),
        sharding="zero1",
        recompute="none",
        sequence_length=2048,
        micro_batch_size=1,
        global_batch_size=world_size,
        tokens=_STEPS * world_size * 2048,
        epochs=1,
        schedule=Schedule("cosine", 3e-4, 3e-5, 100),
        loss_curve="scaling-law",
        validation_interval=_STEPS,
        validation_batches=1,
        checkpoint_interval=_STEPS,
        seed=0,
        start_time=0,
    )
