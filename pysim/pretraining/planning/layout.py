"""Laying a model over a cluster: which parallelism, sharding, recomputation and micro-batch practitioners would use.

Of all layouts that fit into memory, the one with the shortest step. Tensor parallelism stays within a node, fully sharded
data parallelism goes without a pipeline, activations are recomputed only as far as memory asks for it. The global batch may
be rounded a little so that every replica gets the same share.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from pysim.physics.axes import CHUNKS, EXPERT, PIPELINE, TENSOR
from pysim.physics.cluster import step_time
from pysim.physics.memory import memory_budget
from pysim.physics.pipeline import slots
from pysim.physics.workload import Parallelism, Recompute, Sharding
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.validate import structure_problem
from pysim.story.rounding import significant

HEADROOM = 0.94  # share of the memory that people plan with
BATCH_TOLERANCE = 8  # the global batch may be rounded by an eighth
_MICRO_BATCHES = (1, 2, 4, 8, 16, 32, 64)
_RECOMPUTES: tuple[Recompute, ...] = ("none", "selective", "full")
_ALL_RECOMPUTES: tuple[Recompute, ...] = ("none", "selective", "op", "full")
_CONTEXT_TOKENS = 32_768  # per rank; context parallelism divides longer sequences
_WITHOUT_PIPELINE = ("zero2", "zero3", "fsdp", "hsdp")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a layout must be, and what it should be: the first kind of sharding that fits at all is taken.

    Without `usual`, what is asked for need not go well together: pipelines come with any sharding, and of any length. No
    `micro_batch` and no `recompute` leave them to memory.
    """

    parallel: Parallelism | None = None
    shardings: tuple[Sharding, ...] = ("fsdp", "zero1")
    usual: bool = True
    micro_batch: int | None = None
    recompute: Recompute | None = None

    @property
    def micro_batches(self) -> tuple[int, ...]:
        """Those that may be tried, smallest first."""
        return (self.micro_batch,) if self.micro_batch else _MICRO_BATCHES

    @property
    def recomputes(self) -> tuple[Recompute, ...]:
        """Those that may be tried, from the most memory to the least."""
        return (self.recompute,) if self.recompute else _RECOMPUTES


def fit(draft: Plan, wishes: Wishes) -> Plan | None:
    """The draft with the fastest layout that fits its world and batch; None if there is none."""
    free = len(wishes.shardings) > 1
    shardings = ("ddp",) if draft.world_size == 1 and free else wishes.shardings
    for headroom, sharding in product((HEADROOM, 1.0), shardings):
        fitting = list(_fitting(replace(draft, sharding=sharding), wishes, headroom))
        if fitting:
            return min(fitting, key=_preference)
    return None


def keep(draft: Plan, wishes: Wishes) -> Plan | None:
    """The draft as it is laid out; None if it does not fit.

    The batch may be rounded, and as far as it is free the micro-batch cut, and more recomputed.
    """
    if draft.world_size % draft.parallel.replica_size:
        return None
    micro_batches = [size for size in reversed(wishes.micro_batches) if size < draft.micro_batch_size]
    more = _ALL_RECOMPUTES[_ALL_RECOMPUTES.index(draft.recompute) + 1 :]
    recomputes = (draft.recompute, *(recompute for recompute in more if recompute in wishes.recomputes))
    for recompute, micro_batch in product(recomputes, (draft.micro_batch_size, *micro_batches)):
        plan = _with_micro_batch(replace(draft, recompute=recompute), micro_batch)
        if plan and memory_budget(plan).fits:
            return plan
    return None


def tightest(draft: Plan, wishes: Wishes) -> Plan | None:
    """The draft with the layout that needs the least memory, whether or not it fits; None if there is no layout at all."""
    least = wishes.recomputes[-1]
    drafts = (replace(draft, sharding=sharding, recompute=least) for sharding in wishes.shardings)
    possible = (
        _with_micro_batch(replace(other, parallel=parallel), wishes.micro_batches[0])
        for other in drafts
        for parallel in ((wishes.parallel,) if wishes.parallel else _parallels(other, usual=wishes.usual))
        if draft.world_size % parallel.replica_size == 0
    )
    return min(filter(None, possible), key=lambda plan: memory_budget(plan).total_bytes, default=None)


def rounded_batch(sequences: int, unit: int) -> int:
    """The multiple of `unit` nearest to a batch of `sequences`; at least one unit."""
    return max(1, (2 * sequences + unit) // (2 * unit)) * unit


def _fitting(draft: Plan, wishes: Wishes, headroom: float) -> Iterator[Plan]:
    for parallel in (wishes.parallel,) if wishes.parallel else _parallels(draft, usual=wishes.usual):
        if draft.world_size % parallel.replica_size == 0:
            yield from _with_micro_batches(replace(draft, parallel=parallel), wishes, headroom)


def _with_micro_batches(draft: Plan, wishes: Wishes, headroom: float) -> Iterator[Plan]:
    """The draft with every micro-batch, up to the first that needs too much memory."""
    for micro_batch in wishes.micro_batches:
        plan = _with_micro_batch(draft, micro_batch)
        fitted = _with_recompute(plan, wishes, headroom) if plan else None
        if fitted:
            yield fitted
        elif plan:
            return


def _with_micro_batch(draft: Plan, micro_batch: int) -> Plan | None:
    """The draft with this micro-batch and a batch that it divides; None if that is no sound plan."""
    batch = rounded_batch(draft.global_batch_size, micro_batch * draft.data_parallel)
    if abs(batch - draft.global_batch_size) * BATCH_TOLERANCE > draft.global_batch_size:
        return None
    plan = replace(draft, micro_batch_size=micro_batch, global_batch_size=batch)
    return None if structure_problem(plan) else plan


def _with_recompute(plan: Plan, wishes: Wishes, headroom: float) -> Plan | None:
    """The plan with as little recomputation as memory allows."""
    for recompute in wishes.recomputes:
        other = replace(plan, recompute=recompute)
        budget = memory_budget(other)
        if budget.total_bytes <= headroom * budget.capacity_bytes:
            return other
    return None


def _preference(plan: Plan) -> tuple[float, int, int, int]:
    """Faster first (to three digits, so that no rounding error decides), then simpler, then fewer and larger kernels."""
    seconds = significant(step_time(plan).total_seconds, 3)
    return seconds, plan.parallel.replica_size, plan.parallel.expert, -plan.micro_batch_size


def _parallels(draft: Plan, *, usual: bool) -> Iterator[Parallelism]:
    node = draft.accelerators_per_node
    tensors = [size for size in TENSOR.tried if node % size == 0 and draft.accelerator.per_node % size == 0]
    pipelines = _pipelines(draft) if usual else _possible_pipelines(draft)
    routed = draft.model.moe.experts if draft.model.moe else 1
    experts = [size for size in (EXPERT.tried if usual else _possible_experts(routed)) if routed % size == 0]
    length = draft.sequence_length
    context = next(size for size in range(max(1, length // _CONTEXT_TOKENS), 0, -1) if length % size == 0)
    for tensor, pipeline, expert in product(tensors, pipelines, experts):
        chunks = 1 if draft.pipeline_split else _chunks(draft.model.layers, pipeline)
        yield Parallelism(tensor, pipeline, context, expert, chunks)


def _pipelines(draft: Plan) -> Sequence[int]:
    if draft.pipeline_split:
        return (len(draft.pipeline_split),)
    return (1,) if draft.sharding in _WITHOUT_PIPELINE else PIPELINE.tried


def _possible_pipelines(draft: Plan) -> Sequence[int]:
    """All that the layers and the world can be divided into."""
    if draft.pipeline_split:
        return _pipelines(draft)
    return [size for size in range(1, draft.model.layers + 1) if draft.world_size % size == 0]


def _possible_experts(routed: int) -> Sequence[int]:
    """Up to one expert on each rank, in powers of two."""
    return [1 << power for power in range(routed.bit_length())]


def _chunks(layers: int, pipeline: int) -> int:
    """Model chunks per stage: the most that divide its layers evenly, or these and the tables where layers do not divide."""
    if pipeline == 1:
        return 1
    parts = slots(layers, pipeline)
    return next((chunks for chunks in reversed(CHUNKS.tried) if parts % (pipeline * chunks) == 0), 1)


def worlds_from(world: int, largest: int) -> Sequence[int]:
    """The world itself and its doublings up to `largest`."""
    return [world << power for power in range(largest.bit_length()) if power == 0 or world << power <= largest]
