"""What can be asked of a plan's layout, batch and number formats, and what becomes of the rest."""

from collections.abc import Mapping
from typing import Any

import pytest

from pysim.catalog import models
from pysim.physics.memory import memory_budget
from pysim.physics.pipeline import stage_layers
from pysim.physics.workload import Parallelism
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan
from pysim.pretraining.planning.draws import draw_sequence_length
from pysim.pretraining.planning.presets import presets


def chosen(**asked: Any) -> Plan:
    plan = choose_plan(Request(**asked))
    assert memory_budget(plan).fits
    return plan


def refused(**asked: Any) -> PlanError:
    with pytest.raises(PlanError) as raised:
        choose_plan(Request(**asked))
    return raised.value


def test_llama_405b_runs_in_sixteen_stages_of_eight_chunks() -> None:
    """As it was trained: 126 layers and two tables in 128 chunks (arXiv 2407.21783, section 3.3.2)."""
    plan = chosen(preset="llama3-405b", parallel="tp=8,pp=16,vpp=8")
    assert plan.parallel == Parallelism(tensor=8, pipeline=16, virtual_pipeline=8)
    assert stage_layers(plan) == (7, *[8] * 14, 7)
    error = refused(preset="llama3-405b", parallel="tp=8,pp=16,vpp=9")
    assert "126 layers and its two tables" in error.problem


@pytest.mark.parametrize("asked", [{"parallel": "tp=8,pp=4"}, {}], ids=["layout", "split alone"])
def test_a_split_stands(asked: Mapping[str, str]) -> None:
    plan = chosen(preset="llama3-405b", pipeline_split="31,32x2,31", sharding="zero1", recompute="full", **asked)
    assert stage_layers(plan) == (31, 32, 32, 31)
    assert plan.parallel.pipeline == 4


def test_a_split_finds_its_model() -> None:
    plan = chosen(pipeline_split="20,20,20,20", seed=3)
    assert plan.model.layers == 80
    assert plan.parallel.pipeline == 4


@pytest.mark.parametrize("text", ["", "8x", "x8", "8,,8", "8x0", "8x2000", "1024x1,1x1024", "eight"])
def test_what_is_no_split_is_refused(text: str) -> None:
    assert refused(preset="llama3-405b", pipeline_split=text).hint == "write it as 7,8x14,7"


@pytest.mark.parametrize("preset", [None, "classic", "llama3-70b"])
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"seq_length": 2048}, "sequence_length"),
        ({"micro_batch": 2}, "micro_batch_size"),
        ({"recompute": "full"}, "recompute"),
        ({"recompute": "op"}, "recompute"),
        ({"sharding": "hsdp"}, "sharding"),
        ({"grad_precision": "bf16"}, "grad_precision"),
        ({"optimizer_precision": "fp8"}, "optimizer_precision"),
        ({"cross_entropy": "native"}, "cross_entropy"),
    ],
)
def test_what_is_asked_for_stands(asked: Mapping[str, Any], field: str, preset: str | None) -> None:
    plan = chosen(preset=preset, **asked)
    assert [getattr(plan, field)] == list(asked.values())


def test_another_length_keeps_the_tokens_of_a_step() -> None:
    usual, longer = chosen(preset="classic"), chosen(preset="classic", seq_length=8192)
    assert longer.sequence_length == 2 * usual.sequence_length
    assert longer.tokens_per_step == usual.tokens_per_step


def test_a_long_sequence_is_divided_by_a_context_that_goes_into_it() -> None:
    plan = chosen(model="llama3-405b", seq_length=100_000, seed=1)
    assert plan.sequence_length == 100_000
    assert 100_000 % plan.parallel.context == 0


def test_a_sequence_beyond_the_context_is_refused() -> None:
    error = refused(preset="gpt2-124m", seq_length=2048)
    assert (error.field, error.change) == ("seq_length", {"seq_length": 1024})


@pytest.mark.parametrize("model", ["qwen3-8b", "qwen3-235b-a22b", "deepseek-v3", "qwen2.5-72b", "kimi-k2"])
def test_who_extended_the_context_later_was_trained_at_4096(model: str) -> None:
    """Qwen3 (arXiv 2505.09388, section 3.2) and DeepSeek-V3 (arXiv 2412.19437, section 4.2)."""
    assert {draw_sequence_length(seed, models()[model]) for seed in range(20)} == {4096}
    assert chosen(preset="llama3-405b", model=model).sequence_length == 4096


@pytest.mark.parametrize("model", ["llama3-405b", "llama3-8b"])
def test_llama_3_was_trained_at_8192(model: str) -> None:
    assert draw_sequence_length(0, models()[model]) == 8192


def test_deepseek_v3_keeps_its_moments_in_bf16() -> None:
    plan = presets()["deepseek-v3"].plan()
    assert (plan.optimizer_precision, plan.grad_precision) == ("bf16", "fp32")
    assert chosen(preset="deepseek-v3", gpus=1024).optimizer_precision == "bf16"
    assert chosen(preset="deepseek-v3", precision="bf16", accelerator="b200").grad_precision is None


def test_four_bits_need_hardware_for_them() -> None:
    plan = chosen(model="llama3-8b", accelerator="gb200", precision="nvfp4", gpus=64)
    assert plan.precision == "nvfp4"
    assert choose_plan(Request(precision="mxfp4")).accelerator.mxfp4_tflops
    assert refused(preset="classic", precision="nvfp4", accelerator="mi355x").change == {"precision": "mxfp4"}
    assert refused(preset="classic", accelerator="h100-sxm", precision="mxfp4").field == "precision"


def test_weights_in_fp8_belong_to_runs_in_fp8() -> None:
    error = refused(preset="classic", param_precision="fp8")
    assert error.change == {"param_precision": "bf16"}
    assert refused(preset="classic", grad_precision="fp16").change == {"grad_precision": "fp32"}


def test_smaller_states_make_room() -> None:
    """A layout that is too full with what is usual fits with less."""
    asked: dict[str, Any] = {
        "model": "llama3-405b", "accelerator": "h100-sxm", "gpus": 256, "parallel": "tp=8,pp=4", "sharding": "zero1",
        "recompute": "full", "micro_batch": 1, "seed": 1, "seq_length": 8192, "precision": "bf16",
    }  # fmt: skip
    error = refused(**asked, grad_precision="fp32")
    assert error.change
    assert chosen(**asked, grad_precision="bf16", optimizer_precision="fp8").accelerator.name == "h100-sxm"
