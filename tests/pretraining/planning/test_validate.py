import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.catalog import accelerators, datasets, models, tokenizers
from pysim.physics.memory import memory_budget
from pysim.physics.workload import Parallelism, Schedule
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.limits import LONGEST_SECONDS
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.validate import multiples, round_down, round_up, validate


def plan(name: str = "llama2-7b", accelerator_name: str = "h100-sxm", **changes: Any) -> Plan:
    sound = Plan(
        name="test",
        model=models()[name],
        accelerator=accelerators()[accelerator_name],
        world_size=64,
        dataset=replace(next(iter(datasets().values())), tokens=10**12),
        tokenizer=next(iter(tokenizers().values())),
        precision="bf16",
        parallel=Parallelism(),
        sharding="fsdp",
        recompute="selective",
        sequence_length=2048,
        micro_batch_size=1,
        global_batch_size=512,
        tokens=10**11,
        epochs=1,
        schedule=Schedule("cosine", 3e-4, 3e-5, 100),
        loss_curve="scaling-law",
        validation_interval=100,
        validation_batches=10,
        checkpoint_interval=100,
        seed=0,
        start_time=0,
    )
    return replace(sound, **changes)


def problem(wrong: Plan) -> PlanError:
    with pytest.raises(PlanError) as caught:
        validate(wrong)
    return caught.value


def test_a_sound_plan_passes() -> None:
    validate(plan())


@pytest.mark.parametrize(
    ("changes", "field", "near"),
    [
        ({"world_size": 0}, "world_size", ()),
        ({"parallel": Parallelism(context=0)}, "parallel", ()),
        ({"world_size": 2**19 + 64}, "gpus", ({"gpus": 2**19},)),
        ({"epochs": 10**6 + 1}, "epochs", ({"epochs": 10**6},)),
        ({"tokens": 9 * 10**17, "epochs": 10**6}, "tokens", ({"tokens": 10**15}, {"epochs": 1165})),
        ({"sequence_length": 8192}, "seq_length", ({"seq_length": 4096},)),
        ({"parallel": Parallelism(tensor=3)}, "parallel", ()),
        ({"parallel": Parallelism(tensor=16)}, "parallel", ()),
        ({"parallel": Parallelism(pipeline=64)}, "parallel", ()),
        ({"parallel": Parallelism(virtual_pipeline=2)}, "parallel", ()),
        ({"parallel": Parallelism(pipeline=5, virtual_pipeline=7)}, "parallel", ()),
        (
            {"parallel": Parallelism(pipeline=4), "pipeline_split": (16, 16)},
            "pipeline_split",
            ({"pipeline_split": "8x4"},),
        ),
        (
            {"parallel": Parallelism(pipeline=3), "pipeline_split": (10, 10, 10), "world_size": 96},
            "pipeline_split",
            ({"pipeline_split": "11x2,10"},),
        ),
        ({"param_precision": "fp8"}, "param_precision", ({"param_precision": "bf16"},)),
        ({"precision": "fp16", "param_precision": "bf16"}, "param_precision", ({"param_precision": "fp16"},)),
        (
            {"grad_precision": "fp16"},
            "grad_precision",
            ({"grad_precision": "fp32"}, {"grad_precision": "bf16"}),
        ),
        ({"parallel": Parallelism(context=3)}, "parallel", ()),
        ({"parallel": Parallelism(tensor=8), "world_size": 61}, "gpus", ({"gpus": 64}, {"gpus": 56})),
        ({"parallel": Parallelism(tensor=8), "world_size": 4}, "gpus", ({"gpus": 8},)),
        ({"global_batch_size": 500}, "batch_tokens", ({"batch_tokens": 2**20}, {"batch_tokens": 448 * 2048})),
        ({"global_batch_size": 32}, "batch_tokens", ({"batch_tokens": 131_072},)),
        ({"parallel": Parallelism(expert=2)}, "parallel", ()),
        ({"tokens": 3 * 10**12}, "tokens", ({"epochs": 3}, {"tokens": 10**12})),
        (
            {"tokens": 2**20},
            "tokens",
            ({"tokens": 11_000_000}, {"epochs": 1}, {"batch_tokens": 2**20 // 10 // 2048 * 2048}),
        ),
        (
            {"validation_interval": 1, "tokens": 2 * 10**12, "epochs": 2, "global_batch_size": 64},
            "validation_interval",
            (),
        ),
    ],
)
def test_a_broken_rule_names_the_field_and_ways_out(changes: dict[str, Any], field: str, near: tuple[Any, ...]) -> None:
    error = problem(plan(**changes))
    assert error.field == field
    assert error.near == near
    assert "\n" not in str(error)
    assert error.problem in str(error)


def test_a_run_of_centuries_is_refused_and_what_would_fit_is_named() -> None:
    wrong = plan(
        "llama2-70b", accelerator_name="rtx-3090", world_size=128, tokens=10**12, parallel=Parallelism(tensor=4)
    )
    error = problem(wrong)
    assert re.fullmatch(r"953,674 steps take \d+ years, and 50 are the most", error.problem)
    shorter = replace(wrong, tokens=error.near[0]["tokens"])
    validate(shorter)
    assert 0.9 * LONGEST_SECONDS < figures(shorter).training_seconds <= LONGEST_SECONDS


def test_precisions_depend_on_the_accelerator() -> None:
    error = problem(plan(accelerator_name="a100-80gb", precision="fp8"))
    assert error.field == "precision"
    assert error.near == ({"precision": "bf16"}, {"precision": "fp16"}, {"precision": "fp32"})


def test_heads_must_divide() -> None:
    odd = replace(models()["llama2-7b"], attention_heads=36, kv_heads=6)
    error = problem(plan(parallel=Parallelism(tensor=4), model=odd))
    assert error.problem == "36 attention heads and 6 key-value heads cannot be divided so"


def test_key_value_heads_may_be_replicated() -> None:
    few = replace(models()["llama2-7b"], kv_heads=2)
    validate(plan(model=few, parallel=Parallelism(tensor=8)))


def test_experts_must_divide_among_replicas() -> None:
    error = problem(plan("mixtral-8x7b", parallel=Parallelism(tensor=8, pipeline=2, expert=8)))
    assert error.field == "parallel"
    assert error.problem == "must divide 8 experts and 4 data-parallel ranks"


def test_experts_that_divide_pass() -> None:
    validate(plan("mixtral-8x7b", parallel=Parallelism(expert=8)))


def test_a_layout_is_named_as_the_command_line_does() -> None:
    assert str(problem(plan(parallel=Parallelism(tensor=3)))).startswith(
        "parallel tp=3: does not divide a node of 8 H100"
    )


def test_layers_need_not_divide_among_stages() -> None:
    validate(plan("bloom-176b", world_size=96, parallel=Parallelism(tensor=4, pipeline=12), global_batch_size=512))


def test_a_sum_that_is_hardly_too_much_is_seen_to_be() -> None:
    right = plan("llama3-70b")
    needed = memory_budget(right).total_bytes
    short = replace(right.accelerator, memory_mib=int(needed / 2**20))  # less than a mebibyte is missing
    error = problem(replace(right, accelerator=short))
    total, there = (float(number) for number in re.findall(r"([\d.]+) GiB", error.problem))
    assert there < total < there + 0.01


def test_what_does_not_fit_shows_the_sum() -> None:
    wrong = plan("llama3-70b", sharding="zero1", global_batch_size=512)
    error = problem(wrong)
    assert error.problem.startswith("weights 131.4 + gradients 262.8 + optimizer ")
    assert error.problem.endswith(" GiB > 79.6 GiB")
    assert error.others[0] == "sharding"
    validate(replace(wrong, sharding="fsdp"))


@given(st.integers(1, 10**18), st.integers(1, 10**6))
def test_multiples_are_the_ones_around(number: int, unit: int) -> None:
    found = multiples(number, unit)
    assert all(multiple % unit == 0 and 0 < abs(multiple - number) + 1 <= unit + 1 for multiple in found)
    assert list(found) == sorted(found, key=lambda multiple: abs(multiple - number))


@given(st.integers(1, 10**18))
def test_counts_are_rounded_to_two_digits(count: int) -> None:
    assert round_down(count) <= count <= round_up(count)
    assert round_up(count) - round_down(count) <= count / 9
    assert str(round_down(count)).rstrip("0") == str(round_down(count))[:2].rstrip("0")
