from collections.abc import Callable
from dataclasses import replace

import pytest

from pysim.catalog import datasets
from pysim.physics import durations
from pysim.physics.workload import Parallelism
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]


@pytest.mark.parametrize(("ranks", "seconds"), [(8, 0.5), (16, 1.1)])
def test_a_communicator_takes_as_long_as_nccl_logs(ranks: int, seconds: float) -> None:
    assert durations.communicator_init_seconds(ranks) == pytest.approx(seconds, rel=0.2)


def test_one_rank_needs_no_communicator() -> None:
    assert durations.communicator_init_seconds(1) == 0.0


def test_two_ranks_need_one() -> None:
    assert durations.communicator_init_seconds(2) > 0.0


@pytest.mark.parametrize(
    ("step_seconds", "low", "high"), [(0.2, 20, 75), (12.0, 60, 110), (7.0, 40, 264), (200, 300, 300)]
)
def test_the_first_step_is_slow(step_seconds: float, low: float, high: float) -> None:
    assert low <= durations.first_step_extra_seconds(step_seconds) <= high


def test_bloom_saves_in_forty_seconds() -> None:
    assert durations.checkpoint_write_seconds(2.3e12, 48) == pytest.approx(40, rel=0.1)


def test_storage_has_a_ceiling() -> None:
    assert durations.checkpoint_write_seconds(2e12, 10_000) == pytest.approx(5.0)


def test_sharded_optimizers_write_a_file_per_rank(make_plan: MakePlan) -> None:
    assert durations.checkpoint_files(make_plan()) == 65
    assert durations.checkpoint_files(make_plan(sharding="ddp", parallel=Parallelism(tensor=8))) == 9


def test_weights_are_exported_in_shards(make_plan: MakePlan) -> None:
    assert durations.export_files(make_plan("gpt2-124m")) == 1
    assert durations.export_files(make_plan("llama2-7b")) == 3
    assert durations.export_seconds(make_plan("llama2-7b")) == pytest.approx(14.6, abs=0.5)


def test_rent_is_hours_times_price(make_plan: MakePlan) -> None:
    accelerator = make_plan().accelerator
    assert durations.rental_usd(accelerator, 100.0) == 100 * accelerator.usd_per_hour


@pytest.mark.parametrize(("steps_per_shard", "seconds"), [(20, 0.246), (19, 0.0), (191, 0.246)])
def test_a_shard_is_waited_for_where_the_loader_is_asked_seldom(
    steps_per_shard: int, seconds: float, make_plan: MakePlan
) -> None:
    """A file of a hundred million tokens for twenty steps or more; else it is read ahead."""
    batch = 100_000_000 // steps_per_shard // 1000
    fineweb = replace(datasets()["fineweb-10b"], shard_tokens=100_000_000)
    plan = replace(
        make_plan("gpt2-124m", sequence_length=1000, global_batch_size=batch, world_size=1),
        dataset=fineweb,
        tokens=1000 * batch * 1000,
    )
    assert durations.shard_read_seconds(plan) == pytest.approx(seconds)
    assert durations.shards_read(plan) == (1000 * batch * 1000 // 100_000_000 if seconds else 0)


def test_a_corpus_that_is_mapped_is_never_waited_for(make_plan: MakePlan) -> None:
    plan = replace(make_plan("gpt2-124m"), dataset=replace(datasets()["fineweb-10b"], shard_tokens=0))
    assert (durations.shard_read_seconds(plan), durations.shards_read(plan)) == (0.0, 0)
