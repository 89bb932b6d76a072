from collections.abc import Callable
from dataclasses import fields

import pytest

from pysim.physics.workload import Parallelism
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]


@pytest.fixture(
    params=[
        {},
        {"model": "llama3-70b", "parallel": Parallelism(tensor=8, pipeline=4, virtual_pipeline=2), "recompute": "full"},
        {"model": "mixtral-8x7b", "sharding": "fsdp", "parallel": Parallelism(expert=8), "precision": "fp8"},
        {"model": "gpt2-124m", "world_size": 1, "sharding": "ddp", "global_batch_size": 8, "precision": "fp32"},
        {"parallel": Parallelism(tensor=2, context=4), "sequence_length": 4096, "precision": "fp16"},
    ],
    ids=["plain", "pipeline", "mixture", "single", "context"],
)
def plan(request: pytest.FixtureRequest, make_plan: MakePlan) -> Plan:
    return make_plan(**request.param)


def test_the_parts_add_up_to_the_step(plan: Plan) -> None:
    f = figures(plan)
    parts = (
        f.compute_seconds * (1 + f.bubble_fraction),
        f.tensor_comm_seconds,
        f.expert_comm_seconds,
        f.pipeline_comm_seconds,
        f.data_comm_seconds,
        f.optimizer_seconds,
        f.overhead_seconds,
    )
    assert all(part >= 0 for part in parts)
    assert sum(parts) == pytest.approx(f.step_seconds, rel=1e-5)


def test_throughput_and_utilisation_tie(plan: Plan) -> None:
    f = figures(plan)
    assert f.tokens_per_second * f.step_seconds == pytest.approx(plan.tokens_per_step, rel=1e-5)
    assert f.samples_per_second * f.step_seconds == pytest.approx(plan.global_batch_size, rel=1e-5)
    achieved = f.flops_per_token * f.tokens_per_second / plan.world_size
    assert f.achieved_tflops == pytest.approx(achieved / 1e12, rel=1e-5)
    assert f.mfu == pytest.approx(achieved / f.peak_flops_per_second, rel=1e-5)
    assert f.mfu <= f.hardware_utilisation <= f.kernel_efficiency


def test_run_length_energy_and_cost_tie(plan: Plan) -> None:
    f = figures(plan)
    assert f.total_steps == plan.total_steps == f.steps_per_epoch * plan.epochs
    periodic = 10 * (f.validation_seconds + f.checkpoint_seconds)
    steps = f.total_steps * f.step_seconds + f.first_step_extra_seconds
    assert f.training_seconds == pytest.approx(steps + periodic, rel=1e-5)
    assert f.run_seconds == pytest.approx(f.bring_up_seconds + f.training_seconds + f.export_seconds, rel=1e-5)
    assert f.accelerator_hours == pytest.approx(plan.world_size * f.run_seconds / 3600, rel=1e-5)
    idle = (f.run_seconds - f.training_seconds) * f.context_watts
    kwh = plan.world_size * (f.training_seconds * f.power_watts + idle) / 3.6e6
    assert f.energy_kwh == pytest.approx(kwh, rel=1e-5)
    assert f.usd == pytest.approx(f.accelerator_hours * plan.accelerator.usd_per_hour, rel=1e-5)
    assert f.final_loss < f.initial_loss


def test_floats_have_six_significant_digits(plan: Plan) -> None:
    f = figures(plan)
    values = [getattr(f, field.name) for field in fields(f)]
    floats = [value for value in values if isinstance(value, float)]
    assert floats == [float(f"{value:.6g}") for value in floats]
