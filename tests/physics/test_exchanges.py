"""Replicas agree by the collectives of their sharding, in pieces of the size that the frameworks cut."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from plans import CLASSIC, HUGE, MIXTURE

from pysim.catalog import interconnects
from pysim.physics.collectives import all_gather_seconds, all_reduce_seconds, reduce_scatter_seconds
from pysim.physics.exchanges import Exchange, Operation, exchange_seconds, replica_exchanges
from pysim.physics.states import gradient_bytes
from pysim.physics.workload import Sharding
from pysim.pretraining.plan import Plan


@pytest.mark.parametrize("sharding", get_args(Sharding))
def test_only_plain_replicas_reduce_to_all(sharding: Sharding) -> None:
    operations = [each.operation for each in replica_exchanges(replace(CLASSIC, sharding=sharding, world_size=8))]
    assert operations == (["all_reduce"] if sharding == "ddp" else ["reduce_scatter", "all_gather"])


def test_hybrid_groups_exchange_layers_in_their_node_and_sums_between_nodes() -> None:
    """Of 64 ranks, eight in a node gather and scatter, and one in each node sums an eighth with the others of its kind."""
    *within, between = replica_exchanges(replace(CLASSIC, sharding="hsdp"))
    full = replica_exchanges(replace(CLASSIC, sharding="fsdp"))
    assert [replace(each, ranks=64) for each in within] == list(full)
    assert {(each.ranks, each.per_node) for each in within} == {(8, 8)}
    assert between == Exchange("all_reduce", round(within[0].message_bytes / 8), 8, 1)


@pytest.mark.parametrize("sharding", ["fsdp", "zero3"])
def test_whole_weights_never_go_at_once_where_they_are_sharded(sharding: Sharding) -> None:
    """One of 40 layers: 449 MB of bf16, of 20.05 GB in all."""
    scattered, gathered = replica_exchanges(replace(CLASSIC, sharding=sharding))
    layer = 2 * 4096 * (2 * 4096 + 2 * 1024 + 3 * 14_848)
    assert gathered.message_bytes == pytest.approx(layer, rel=1e-3)
    assert scattered.message_bytes == gathered.message_bytes
    assert gathered.message_bytes * CLASSIC.model.layers < 2 * 10_026_815_488


def test_tensor_parallel_ranks_gather_their_part_of_a_layer() -> None:
    plan = replace(HUGE, sharding="fsdp", parallel=replace(HUGE.parallel, pipeline=1, virtual_pipeline=1))
    whole = replace(plan, parallel=replace(plan.parallel, tensor=1))
    assert replica_exchanges(plan)[0].message_bytes == pytest.approx(replica_exchanges(whole)[0].message_bytes / 8)


@pytest.mark.parametrize(
    ("plan", "parameters"),
    [(replace(CLASSIC, sharding="zero1"), 64_000_000), (replace(HUGE, sharding="zero2"), 128_000_000)],
)
def test_a_bucket_is_a_million_parameters_for_each_replica(plan: Plan, parameters: int) -> None:
    assert [each.message_bytes for each in replica_exchanges(plan)] == [
        gradient_bytes(plan) * parameters,
        2 * parameters,
    ]


def test_a_bucket_is_forty_million_at_least_and_no_more_than_there_is() -> None:
    few = replace(CLASSIC, sharding="zero1", world_size=16)
    assert replica_exchanges(few)[1].message_bytes == 80_000_000
    assert all(each.message_bytes < 2**31 for each in replica_exchanges(replace(MIXTURE, sharding="zero1")))


def test_plain_replicas_have_small_buckets() -> None:
    assert [each.message_bytes for each in replica_exchanges(replace(CLASSIC, sharding="ddp"))] == [25 * 2**20]


def test_one_rank_has_nobody_to_agree_with() -> None:
    assert replica_exchanges(replace(CLASSIC, world_size=1)) == ()


@pytest.mark.parametrize(
    ("operation", "law", "factor"),
    [
        ("all_reduce", all_reduce_seconds, 1.75),
        ("reduce_scatter", reduce_scatter_seconds, 0.875),
        ("all_gather", all_gather_seconds, 0.875),
    ],
)
def test_each_takes_its_own_time(operation: Operation, law: Callable[..., float], factor: float) -> None:
    exchange = Exchange(operation, 2**28, 8, 8)
    links = interconnects()
    fabric = links[CLASSIC.accelerator.scale_up], links[CLASSIC.accelerator.scale_out]
    assert exchange_seconds(CLASSIC, exchange) == law(2**28, 8, 8, *fabric)
    assert exchange.bus_factor == factor
