"""What a run, its hosts and its files are called."""

import re
from dataclasses import replace

import pytest
from plans import CLASSIC, HUGE, MIXTURE, PLANS, TINY

from pysim.catalog import accelerators
from pysim.pretraining.names import (
    checkpoint_path,
    command_line,
    device_word,
    export_files,
    export_path,
    host,
    named,
    short_host,
)
from pysim.pretraining.plan import Plan
from pysim.story.steps import DataStep

plans = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())


def test_a_name_of_its_own_for_every_seed() -> None:
    names = [named(replace(TINY, seed=seed)).name for seed in range(200)]
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-[1-9]\d?", name) for name in names)
    assert len(set(names)) > 190
    assert named(replace(TINY, seed=5)).name == names[5]
    assert named(replace(CLASSIC, seed=5)).name != names[5]


@plans
def test_hosts_are_in_a_domain_that_cannot_exist(plan: Plan) -> None:
    hosts = [host(plan, node) for node in range(plan.nodes)]
    assert len(set(hosts)) == plan.nodes
    assert all(
        re.search(r"\.(example|test|invalid)(\.(com|net|org))?$|\.example\.(com|net|org)$", name) for name in hosts
    )


@plans
def test_checkpoints_sort_by_name_in_order_of_time(plan: Plan) -> None:
    paths = [checkpoint_path(plan, DataStep(step)) for step in (1, 99, plan.total_steps // 2, plan.total_steps)]
    assert paths == sorted(paths)
    assert len({len(path) for path in paths}) == 1
    assert all(plan.name in path for path in (*paths, export_path(plan)))


def test_one_shard_needs_no_index() -> None:
    files = export_files(TINY, 1000, 1)
    assert files[0] == ("model.safetensors", 1000)
    assert all("index" not in name for name, _ in files)


@pytest.mark.parametrize("shards", [2, 7, 163])
def test_shards_share_the_weights(shards: int) -> None:
    """EXPORT-01."""
    files = export_files(HUGE, 10**12 + 1, shards)
    weights = files[:shards]
    assert weights[0][0] == f"model-00001-of-{shards:05d}.safetensors"
    assert weights[-1][0] == f"model-{shards:05d}-of-{shards:05d}.safetensors"
    assert sum(size for _, size in weights) == 10**12 + 1
    assert max(size for _, size in weights) - min(size for _, size in weights) <= 1
    small = [name for name, _ in files[shards:]]
    assert small[0] == "model.safetensors.index.json"
    assert {"config.json", "tokenizer.json"} < set(small)


@pytest.mark.parametrize(
    ("accelerator", "word"),
    [("h100-sxm", "GPU"), ("mi300x", "GPU"), ("tpu-v7", "TPU"), ("trainium3", "chip"), ("gaudi3", "HPU")],
)
def test_accelerators_are_called_what_people_call_them(accelerator: str, word: str) -> None:
    assert device_word(replace(CLASSIC, accelerator=accelerators()[accelerator])) == word


@pytest.mark.parametrize(
    ("accelerator", "kind"),
    [("gb300", "gpu"), ("mi355x", "gpu"), ("tpu-v7", "tpu"), ("trainium3", "trn"), ("gaudi3", "hpu")],
)
def test_no_host_is_named_after_another_kind_of_accelerator(accelerator: str, kind: str) -> None:
    plans = [replace(CLASSIC, name=f"run-{n}", accelerator=accelerators()[accelerator]) for n in range(20)]
    said = {name.partition("-")[0] for plan in plans if "-" in (name := short_host(plan, 7))}
    assert kind in said
    assert said <= {kind, "worker"}


def test_tpus_are_started_by_the_scheduler() -> None:
    plan = replace(TINY, accelerator=accelerators()["tpu-v6e"])
    assert command_line(plan).startswith("srun --nodes 2 --ntasks-per-node 1 python3 pretrain.py --model gpt2-124m ")


def test_the_command_says_what_the_plan_is() -> None:
    """TECH-02: the command line that a run pretends to be."""
    assert command_line(TINY) == (
        "torchrun --nnodes 2 --nproc-per-node 8 pretrain.py --model gpt2-124m --data fineweb-10b --bf16 "
        "--seq-length 1024 --global-batch-size 512 --lr 0.0006"
    )
    assert " --tp 2 --pp 2 --ep 8 --bf16 " in command_line(MIXTURE)
