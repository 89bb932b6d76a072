from dataclasses import replace
from typing import Any

import pytest

from pysim.catalog import accelerators, datasets, models, tokenizers
from pysim.physics.memory import memory_budget
from pysim.physics.workload import Parallelism, Schedule
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.validate import PlanError, validate


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
    ("changes", "field", "suggestion"),
    [
        ({"world_size": 0}, "world_size", "try 1"),
        ({"parallel": Parallelism(context=0)}, "parallel", "try cp=1"),
        ({"sequence_length": 8192}, "sequence_length", "the longest is 4096"),
        ({"parallel": Parallelism(tensor=3)}, "parallel", "one of 1, 2, 4, 8 would"),
        ({"parallel": Parallelism(tensor=16)}, "parallel", "one of 1, 2, 4, 8 would"),
        ({"parallel": Parallelism(pipeline=64)}, "parallel", "at most pp=32"),
        ({"parallel": Parallelism(virtual_pipeline=2)}, "parallel", "try vpp=1 or pp=2"),
        ({"parallel": Parallelism(context=3)}, "parallel", "try a power of two"),
        ({"parallel": Parallelism(tensor=8), "world_size": 60}, "world_size", "try --gpus 64"),
        ({"global_batch_size": 500}, "global_batch_size", "try --batch-tokens 1048576"),
        ({"global_batch_size": 32}, "global_batch_size", "try --batch-tokens 131072"),
        ({"parallel": Parallelism(expert=2)}, "parallel", "try ep=1"),
        ({"tokens": 3 * 10**12}, "tokens", "try --epochs 3 or --tokens 1000000000000"),
        ({"tokens": 2**20}, "tokens", "try --tokens 10485760 or a smaller batch"),
    ],
)
def test_a_broken_rule_names_the_field_and_a_way_out(changes: dict[str, Any], field: str, suggestion: str) -> None:
    error = problem(plan(**changes))
    assert error.field == field
    assert error.suggestion == suggestion
    assert "\n" not in str(error)
    assert error.problem in str(error)


def test_precisions_depend_on_the_accelerator() -> None:
    error = problem(plan(accelerator_name="a100-80gb", precision="fp8"))
    assert error.field == "precision"
    assert "--precision bf16" in error.suggestion
    assert "fp8" not in error.suggestion


def test_heads_must_divide() -> None:
    odd = replace(models()["llama2-7b"], attention_heads=36, kv_heads=6)
    error = problem(plan(parallel=Parallelism(tensor=4), model=odd))
    assert error.suggestion == "one of 1, 2 works"


def test_key_value_heads_may_be_replicated() -> None:
    few = replace(models()["llama2-7b"], kv_heads=2)
    validate(plan(model=few, parallel=Parallelism(tensor=8)))


def test_experts_must_divide_among_replicas() -> None:
    error = problem(plan("mixtral-8x7b", parallel=Parallelism(tensor=8, pipeline=2, expert=8)))
    assert error.field == "parallel"
    assert error.suggestion == "one of 1, 2, 4 does"


def test_experts_that_divide_pass() -> None:
    validate(plan("mixtral-8x7b", parallel=Parallelism(expert=8)))


def test_a_layout_is_named_as_the_command_line_does() -> None:
    assert str(problem(plan(parallel=Parallelism(tensor=3)))).startswith("parallel tp=3: does not divide a node of 8; ")


def test_layers_need_not_divide_among_stages() -> None:
    validate(plan("bloom-176b", world_size=96, parallel=Parallelism(tensor=4, pipeline=12), global_batch_size=512))


def test_what_does_not_fit_shows_the_sum_and_a_layout_that_does() -> None:
    wrong = plan("llama3-70b", sharding="zero1", global_batch_size=512)
    error = problem(wrong)
    assert error.problem.startswith("weights 131.4 + gradients 262.8 + optimizer ")
    assert error.problem.endswith(" GiB > 79.6 GiB")
    assert error.suggestion == "try --sharding fsdp"
    validate(replace(wrong, sharding="fsdp"))


def test_more_accelerators_are_suggested_where_no_layout_fits() -> None:
    wrong = plan("llama3-405b", world_size=8)
    error = problem(wrong)
    assert error.suggestion.startswith("try --gpus ")
    world = int(error.suggestion.split()[2])
    assert world > 8
    assert memory_budget(replace(wrong, world_size=world)).total_bytes < memory_budget(wrong).total_bytes


def test_some_models_fit_nowhere() -> None:
    small = replace(accelerators()["h100-sxm"], memory_mib=1024)
    assert "no layout" in problem(replace(plan("gpt2-124m", sequence_length=1024), accelerator=small)).suggestion
