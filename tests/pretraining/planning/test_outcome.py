"""What was asked for is in the plan, or is named."""

from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from pysim.catalog import Precision, accelerators, datasets, models
from pysim.physics.pipeline import stage_layers
from pysim.physics.ramps import NO_RAMP
from pysim.physics.states import grad_precision, param_precision
from pysim.physics.workload import (
    CrossEntropy,
    GradPrecision,
    MomentPrecision,
    ParamPrecision,
    Recompute,
    ScheduleKind,
    Sharding,
)
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan
from pysim.pretraining.planning.outcome import changed, plan_value
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.planning.reading import Asked, read
from pysim.pretraining.planning.request import offers


def test_every_part_of_a_plan_can_be_compared() -> None:
    plan = choose_plan(Request())
    parts = {name: plan_value(plan, name) for name, offer in offers() if offer.chooses and name != "preset"}
    assert choose_plan(Request(**parts)).model == plan.model


@pytest.mark.parametrize(
    ("asked", "became"),
    [
        ({"batch_tokens": 100}, {"batch_tokens": 4096}),
        ({"batch_tokens": 4_000_000}, {"batch_tokens": 4_194_304}),
        ({"batch_tokens": 4_194_304}, {}),
        ({"parallel": "PP=1, tp=8", "sharding": "FSDP"}, {}),
        ({"parallel": "tp=8,pp=1,cp=1", "model": "Llama-7B"}, {}),
        ({"pipeline_split": "20, 20", "recompute": "FULL", "gpus": 64}, {}),
    ],
)
def test_what_is_rounded_is_named(asked: dict[str, Any], became: dict[str, Any]) -> None:
    request = Request(preset="classic", **asked)
    assert changed(request, choose_plan(request)) == became


@given(st.integers(0, 10**6))
@settings(max_examples=examples(16))
def test_whatever_is_asked_for_stands_or_is_named(number: int) -> None:
    chance = Random(number)  # noqa: S311 - choices, not secrets
    parts: dict[str, Any] = {
        "preset": chance.choice(tuple(presets())),
        "model": chance.choice(tuple(models())),
        "accelerator": chance.choice(tuple(accelerators())),
        "dataset": chance.choice(tuple(datasets())),
        "gpus": chance.choice((1, 8, 24, 64, 100, 1000, 4096)),
        "precision": chance.choice(get_args(Precision)),
        "parallel": chance.choice(("tp=2", "pp=3", "tp=4,pp=2,vpp=2", "cp=2", "ep=4")),
        "pipeline_split": chance.choice(("16,16", "8x4", "7,8x14,7")),
        "sharding": chance.choice(get_args(Sharding)),
        "seq_length": chance.choice((512, 2048, 4096, 8192, 32_768)),
        "micro_batch": chance.choice((1, 2, 3, 8)),
        "recompute": chance.choice(get_args(Recompute)),
        "param_precision": chance.choice(get_args(ParamPrecision)),
        "grad_precision": chance.choice(get_args(GradPrecision)),
        "optimizer_precision": chance.choice(get_args(MomentPrecision)),
        "cross_entropy": chance.choice(get_args(CrossEntropy)),
        "batch_tokens": round(10 ** chance.uniform(2, 8)),
        "batch_ramp": chance.choice(("off", "64,64,10000", "8,8,1000", "128,128,1M")),
        "tokens": round(10 ** chance.uniform(6, 14)),
        "epochs": chance.choice((1, 2, 7)),
        "schedule": chance.choice(get_args(ScheduleKind)),
    }
    request = Request(seed=number, **{name: value for name, value in parts.items() if chance.random() < 0.25})
    try:
        plan = choose_plan(request)
    except PlanError:
        return
    asked, named = read(request), changed(request, plan)
    stands = Asked(
        model=plan.model,
        accelerator=plan.accelerator,
        gpus=plan.world_size,
        dataset=plan.dataset,
        precision=plan.precision,
        parallel=plan.parallel,
        pipeline_split=stage_layers(plan),
        sharding=plan.sharding,
        seq_length=plan.sequence_length,
        micro_batch=plan.micro_batch_size,
        recompute=plan.recompute,
        param_precision=param_precision(plan),
        grad_precision=grad_precision(plan),
        optimizer_precision=plan.optimizer_precision,
        cross_entropy=plan.cross_entropy,
        batch_tokens=plan.tokens_per_step,
        batch_ramp=plan.batch_ramp or NO_RAMP,
        tokens=plan.tokens,
        epochs=plan.epochs,
        schedule=plan.schedule.kind,
    )
    different = {name for name in request.given if name != "preset" and getattr(asked, name) != getattr(stands, name)}
    assert different == named.keys()
    assert named.keys() <= {"batch_tokens"}
