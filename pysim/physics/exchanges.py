"""What data-parallel ranks send each other in one piece: as large as the frameworks cut it, by what the ranks share.

Plain replicas sum their gradients bucket by bucket (PyTorch's DistributedDataParallel, `bucket_cap_mb`). ZeRO-1 and 2 scatter the
sums and gather the new weights, in Megatron-LM's buckets (megatron/core/distributed, `bucket_size`: a million parameters for each
replica, forty million at least). FSDP and ZeRO-3 gather the weights and scatter the gradients layer by layer (Zhao et al. 2023, arXiv 2304.11277);
hybrid groups do so among themselves, and sum their parts with other groups'.
"""

from dataclasses import dataclass
from typing import Literal

from pysim.catalog import interconnects
from pysim.physics.cluster import gradient_group
from pysim.physics.collectives import all_gather_seconds, all_reduce_seconds, reduce_scatter_seconds
from pysim.physics.memory import ACTIVATION_BYTES, expert_parameters, rank_parameters
from pysim.physics.states import gradient_bytes, shard_ranks, shards_weights
from pysim.physics.transformer import embedding_parameters, parameter_count
from pysim.physics.workload import Workload

Operation = Literal["all_reduce", "reduce_scatter", "all_gather"]

REPLICA_BUCKET_BYTES = 25 * 2**20
SHARD_BUCKET_PARAMETERS, SHARD_BUCKET_PARAMETERS_PER_REPLICA = 40_000_000, 1_000_000
_SECONDS = {
    "all_reduce": all_reduce_seconds,
    "reduce_scatter": reduce_scatter_seconds,
    "all_gather": all_gather_seconds,
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One collective: its message is the full buffer of a rank, as nccl-tests count it. `per_node` of the ranks share a scale-up link."""

    operation: Operation
    message_bytes: int
    ranks: int
    per_node: int

    @property
    def bus_factor(self) -> float:
        """Bus bandwidth over the message's bytes in its time (nccl-tests, doc/PERFORMANCE.md)."""
        share = (self.ranks - 1) / self.ranks
        return 2 * share if self.operation == "all_reduce" else share


def exchange_seconds(plan: Workload, exchange: Exchange) -> float:
    """Seconds that a collective takes on the plan's fabric, with nothing else on it."""
    links = interconnects()
    fabric = (links[plan.accelerator.scale_up], links[plan.accelerator.scale_out])
    return _SECONDS[exchange.operation](exchange.message_bytes, exchange.ranks, exchange.per_node, *fabric)


def replica_exchanges(plan: Workload) -> tuple[Exchange, ...]:
    """The collectives through which replicas agree, one of each kind; none where there is one rank."""
    ranks, per_node = gradient_group(plan)
    if plan.sharding == "ddp":
        size = min(REPLICA_BUCKET_BYTES, gradient_bytes(plan) * rank_parameters(plan).dense)
        return (Exchange("all_reduce", round(size), ranks, per_node),) if ranks > 1 else ()
    piece = _layer_parameters(plan) if shards_weights(plan) else _bucket_parameters(plan)
    shards = shard_ranks(plan)
    near = min(shards, per_node)
    gradients = gradient_bytes(plan) * piece
    exchanges = (
        Exchange("reduce_scatter", round(gradients), shards, near),
        Exchange("all_gather", round(ACTIVATION_BYTES * piece), shards, near),
        Exchange("all_reduce", round(gradients / shards), ranks // shards, max(1, per_node // shards)),
    )
    return tuple(exchange for exchange in exchanges if exchange.ranks > 1)


def _layer_parameters(plan: Workload) -> float:
    """Of one layer in one rank, its own experts among them."""
    model, parallel = plan.model, plan.parallel
    experts = expert_parameters(model)
    dense = parameter_count(model) - experts - embedding_parameters(model)
    return (dense + experts / parallel.expert) / (model.layers * parallel.tensor)


def _bucket_parameters(plan: Workload) -> float:
    bucket = max(SHARD_BUCKET_PARAMETERS, SHARD_BUCKET_PARAMETERS_PER_REPLICA * plan.data_parallel)
    return min(bucket, rank_parameters(plan).dense)
