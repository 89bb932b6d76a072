"""Predicted against reported: every row of the table of published runs as a pair of numbers in one unit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import log

from pysim.catalog import accelerators, interconnects, models
from pysim.physics.cluster import step_time
from pysim.physics.collectives import bus_bandwidth
from pysim.physics.conventions import CONVENTIONS
from pysim.physics.durations import (
    EXPORT_BYTES_PER_PARAMETER,
    checkpoint_write_seconds,
    communicator_init_seconds,
)
from pysim.physics.kernels import FLOPS_PER_TFLOP, peak_flops_per_second
from pysim.physics.memory import CUDA_CONTEXT_BYTES, GIB, checkpoint_bytes, memory_budget
from pysim.physics.start_up import bring_up_seconds
from pysim.physics.transformer import parameter_count
from realism.published import (
    BringUp,
    Checkpoint,
    Collective,
    Memory,
    Row,
    Throughput,
    plain_plan,
    published_runs,
    throughput_plan,
)

_UNITS = {"tokens_per_second": "tok/s", "step_seconds": "s", "tflops": "TFLOP/s", "mfu": "MFU"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row, predicted."""

    kind: str
    row: Row
    unit: str
    predicted: float

    @property
    def ratio(self) -> float:
        """Predicted over reported, in the row's own unit: of step times, too, 1.1 is a tenth too much."""
        return self.predicted / self.row.reported

    @property
    def error(self) -> float:
        """Distance of the ratio from 1."""
        return abs(self.ratio - 1)


def comparisons() -> Iterator[Comparison]:
    """Every row of the table, throughput first."""
    table = published_runs()
    yield from (Comparison("throughput", row, _UNITS[row.measure], speed(row)) for row in table.throughput)
    yield from (Comparison("collective", row, "GB/s", bandwidth(row)) for row in table.collective)
    yield from (Comparison("memory", row, "GiB", _memory(row)) for row in table.memory)
    yield from (Comparison("checkpoint", row, *_checkpoint(row)) for row in table.checkpoint)
    yield from (Comparison("start-up", row, "s", communicator_init_seconds(row.ranks)) for row in table.start_up)


def speed(row: Throughput) -> float:
    """The row's speed in its own measure."""
    plan = throughput_plan(row)
    seconds = step_time(plan).total_seconds
    tokens = plan.tokens_per_step / plan.world_size / seconds
    if row.measure == "step_seconds":
        return seconds
    if row.measure == "tokens_per_second":
        return tokens
    flops = tokens * CONVENTIONS[row.convention](plan.model, plan.sequence_length)
    return flops / (FLOPS_PER_TFLOP if row.measure == "tflops" else peak_flops_per_second(plan.accelerator, "bf16"))


def tokens_per_second(row: Throughput) -> tuple[float, float]:
    """Predicted and reported tokens per second and accelerator, whatever the row's measure: for the picture."""
    plan = throughput_plan(row)
    predicted = plan.tokens_per_step / plan.world_size / step_time(plan).total_seconds
    ratio = speed(row) / row.reported
    return predicted, predicted * ratio if row.measure == "step_seconds" else predicted / ratio


def bandwidth(row: Collective) -> float:
    """GB/s of bus bandwidth."""
    accelerator = accelerators()[row.accelerator]
    domain = accelerator.scale_up_size or accelerator.per_node
    links = (interconnects()[accelerator.scale_up], interconnects()[accelerator.scale_out])
    return bus_bandwidth(row.message_bytes, row.ranks, domain, *links)


def _memory(row: Memory) -> float:
    """What the framework's allocator reports: all but the context, which the driver holds."""
    budget = memory_budget(throughput_plan(_throughput_rows()[row.run]))
    return (budget.total_bytes - CUDA_CONTEXT_BYTES) / GIB


@cache
def _throughput_rows() -> dict[str, Throughput]:
    return {row.name: row for row in published_runs().throughput}


def _checkpoint(row: Checkpoint) -> tuple[str, float]:
    parameters = parameter_count(models()[row.model])
    size = checkpoint_bytes(plain_plan(row.model, row.precision, "h100-sxm", 8))
    table: dict[str, Callable[[], tuple[str, float]]] = {
        "bytes": lambda: ("B", size),
        "export_bytes": lambda: ("B", EXPORT_BYTES_PER_PARAMETER * parameters),
        "seconds": lambda: ("s", checkpoint_write_seconds(size, row.nodes)),
    }
    return table[row.measure]()


def start_over_law(row: BringUp) -> float:
    """The logarithm of what a cluster's starts take over the law."""
    return log(row.reported / bring_up_seconds(plain_plan(row.model, "bf16", "h100-sxm", row.ranks)))
