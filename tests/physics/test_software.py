"""What software of a year does where nobody says otherwise, and what an accelerator cannot run."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from pysim.catalog import accelerators
from pysim.physics.software import HOPPER, attention_problem, usual_attention_kernel, usual_execution
from pysim.physics.workload import AttentionKernel, Parallelism
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]
NVIDIA = [row for row in accelerators().values() if row.vendor == "nvidia"]
OTHERS = [row for row in accelerators().values() if row.vendor != "nvidia"]


@pytest.mark.parametrize(
    ("accelerator", "year", "kernel"),
    [
        ("v100-32gb", 2026, "unfused"),
        ("a100-80gb", 2021, "unfused"),
        ("a100-80gb", 2022, "unfused"),
        ("a100-80gb", 2023, "flash-2"),
        ("a100-80gb", 2026, "flash-2"),
        ("h100-sxm", 2023, "flash-2"),
        ("h100-sxm", 2024, "flash-2"),
        ("h100-sxm", 2025, "cudnn"),
        ("b200", 2025, "cudnn"),
        ("rtx-4090", 2026, "flash-2"),
        ("mi300x", 2025, "native"),
        ("tpu-v5p", 2021, "native"),
    ],
)
def test_attention_follows_year_and_accelerator(accelerator: str, year: int, kernel: str, make_plan: MakePlan) -> None:
    plan = make_plan(accelerator=accelerator, parallel=Parallelism(tensor=8), sharding="zero1")
    assert usual_attention_kernel(plan, year) == kernel


def test_pytorch_keeps_its_own_attention(make_plan: MakePlan) -> None:
    """Where replicas are divided by sharding alone: torchtitan of 2024 and 2025 on H100 and H200."""
    assert usual_attention_kernel(make_plan(sharding="fsdp"), 2026) == "flash-2"
    assert usual_attention_kernel(make_plan(sharding="zero1"), 2026) == "cudnn"


def test_kernels_are_compiled_fused_or_captured_by_framework_and_year(make_plan: MakePlan) -> None:
    sharded, alone = make_plan(sharding="fsdp"), make_plan(sharding="ddp", world_size=1)
    divided = make_plan(sharding="ddp", parallel=Parallelism(tensor=8))
    mixture = make_plan("mixtral-8x7b", sharding="zero1", parallel=Parallelism(expert=8))
    assert [usual_execution(sharded, year) for year in (2023, 2024)] == ["eager", "compiled"]
    assert [usual_execution(alone, year) for year in (2023, 2024)] == ["eager", "compiled"]
    assert [usual_execution(mixture, year) for year in (2025, 2026)] == ["eager", "graphs"]
    assert usual_execution(make_plan(sharding="zero1"), 2026) == usual_execution(divided, 2026) == "eager"
    assert usual_execution(make_plan("mixtral-8x7b", sharding="fsdp"), 2026) == "compiled"
    assert usual_execution(replace(mixture, accelerator=accelerators()["mi300x"]), 2026) == "eager"
    assert usual_execution(replace(mixture, accelerator=accelerators()["tpu-v5p"]), 2020) == "compiled"


def test_each_accelerator_runs_the_kernels_that_were_written_for_it() -> None:
    assert accelerators().keys() >= HOPPER
    for row in NVIDIA:
        cannot = {"native"} | (set() if row.name in HOPPER else {"flash-3"})
        if row.name == "v100-32gb":
            cannot = set(get_args(AttentionKernel)) - {"unfused"}
        assert {kernel for kernel in get_args(AttentionKernel) if attention_problem(row, kernel)} == cannot
        assert row.fast_attention_efficiency > row.attention_efficiency or not row.fast_attention_efficiency
        assert row.fast_attention_efficiency or row.name not in HOPPER
    for row in OTHERS:
        assert [kernel for kernel in get_args(AttentionKernel) if not attention_problem(row, kernel)] == ["native"]


def test_the_usual_kernel_runs(make_plan: MakePlan) -> None:
    for row in accelerators().values():
        plan = replace(make_plan(), accelerator=row)
        for year in range(2020, 2027):
            assert not attention_problem(row, usual_attention_kernel(plan, year))
