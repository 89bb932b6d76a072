"""Every number that follows from a plan, computed once.

Floats are rounded to six significant digits here, so that nothing behind this module depends on the last bits of a C
library; what is derived from others is derived from the rounded ones, so that printed numbers tie.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil

from pysim.physics import durations
from pysim.physics.cluster import (
    StepTime,
    step_time,
)
from pysim.physics.kernels import peak_flops_per_second
from pysim.physics.loss import loss_law
from pysim.physics.memory import MemoryBudget, checkpoint_bytes, memory_budget
from pysim.physics.thermal import LOADS, power_watts, saving_load, training_load
from pysim.physics.transformer import (
    active_parameter_count,
    flops_per_token,
    hardware_flops_per_token,
    parameter_count,
)
from pysim.pretraining.plan import Plan
from pysim.pretraining.ramp import steps_seconds
from pysim.pretraining.starting import bring_up
from pysim.story.rounding import significant

SECONDS_PER_HOUR = 3600.0
WATTS_PER_KILOWATT = 1000.0
FLOPS_PER_TFLOP = 1e12
_KEPT = 16  # opening a run asks for those of two or three plans several times
FORWARD_SHARE = 1 / 3  # of the model's FLOPs; the backward pass has two products for each one forward


@dataclass(frozen=True, slots=True)
class Figures:
    """All derived numbers of one plan. MFU is against the dense peak of the run's precision."""

    parameters: int
    active_parameters: int
    flops_per_token: int  # model FLOPs, forward and backward
    hardware_flops_per_token: int  # with recomputation
    peak_flops_per_second: float  # one accelerator, dense
    kernel_efficiency: float  # of that peak, while kernels run
    compute_seconds: float
    bubble_fraction: float  # of compute_seconds
    tensor_comm_seconds: float  # exposed, as all that is called communication
    expert_comm_seconds: float
    pipeline_comm_seconds: float
    data_comm_seconds: float
    optimizer_seconds: float
    overhead_seconds: float
    step_seconds: float
    tokens_per_second: float  # whole job
    samples_per_second: float  # whole job
    mfu: float  # 0..1, model FLOPs over the peak
    hardware_utilisation: float  # 0..1, executed FLOPs over the peak
    achieved_tflops: float  # model TFLOP/s per accelerator
    memory: MemoryBudget
    checkpoint_bytes: int
    checkpoint_files: int
    checkpoint_seconds: float
    validation_seconds: float  # one validation
    bring_up_seconds: float
    first_step_extra_seconds: float
    export_bytes: int
    export_files: int
    export_seconds: float
    step_watts: float  # mean per accelerator in a step
    power_watts: float  # mean per accelerator in training, validations and checkpoints included
    context_watts: float  # of an accelerator that holds a context and has no work, before and after training
    total_steps: int
    steps_per_epoch: int
    steps_seconds: float  # all steps
    training_seconds: float  # from the first step's start to the last checkpoint's end: steps, validations, checkpoints
    run_seconds: float  # bring-up, training and export, if nothing fails
    accelerator_hours: float  # of the whole run, as the next two
    energy_kwh: float  # accelerators only
    usd: float
    initial_loss: float
    final_loss: float


@dataclass(frozen=True, slots=True)
class _Work:
    """What a plan's work takes, whatever its policies and however often it validates and saves."""

    step: StepTime
    memory: MemoryBudget
    bring_up_seconds: float
    initial_loss: float
    final_loss: float


@dataclass(frozen=True, slots=True)
class _Pace:
    """What the step's duration decides."""

    step_seconds: float
    mfu: float
    hardware_utilisation: float
    first_step_extra_seconds: float
    validation_seconds: float
    checkpoint_seconds: float
    steps_seconds: float
    training_seconds: float


@lru_cache(maxsize=_KEPT)
def figures(plan: Plan) -> Figures:
    """Derive everything."""
    work = _work(_undecided(plan))
    step, starting = work.step, work.bring_up_seconds
    pace = _pace(plan, step)
    step_watts = _step_watts(plan, step, pace)
    power = _mean_watts(plan, pace, step_watts)
    context = significant(float(power_watts(plan.accelerator, LOADS["context"])))
    exporting = significant(durations.export_seconds(plan))
    whole = significant(starting + pace.training_seconds + exporting)
    hours = significant(plan.world_size * whole / SECONDS_PER_HOUR)
    watt_seconds = pace.training_seconds * power + (starting + exporting) * context
    return Figures(
        parameters=parameter_count(plan.model),
        active_parameters=active_parameter_count(plan.model),
        flops_per_token=flops_per_token(plan.model, plan.sequence_length),
        hardware_flops_per_token=hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute),
        peak_flops_per_second=peak_flops_per_second(plan.accelerator, plan.precision),
        kernel_efficiency=significant(step.kernel_efficiency),
        compute_seconds=significant(step.compute_seconds),
        bubble_fraction=significant(step.bubble_fraction),
        tensor_comm_seconds=significant(step.tensor_comm_seconds),
        expert_comm_seconds=significant(step.expert_comm_seconds),
        pipeline_comm_seconds=significant(step.pipeline_comm_seconds),
        data_comm_seconds=significant(step.data_comm_seconds),
        optimizer_seconds=significant(step.optimizer_seconds),
        overhead_seconds=significant(step.overhead_seconds),
        step_seconds=pace.step_seconds,
        tokens_per_second=significant(plan.tokens_per_step / pace.step_seconds),
        samples_per_second=significant(plan.global_batch_size / pace.step_seconds),
        mfu=pace.mfu,
        hardware_utilisation=pace.hardware_utilisation,
        achieved_tflops=significant(
            pace.mfu * peak_flops_per_second(plan.accelerator, plan.precision) / FLOPS_PER_TFLOP
        ),
        memory=work.memory,
        checkpoint_bytes=checkpoint_bytes(plan),
        checkpoint_files=durations.checkpoint_files(plan),
        checkpoint_seconds=pace.checkpoint_seconds,
        validation_seconds=pace.validation_seconds,
        bring_up_seconds=starting,
        first_step_extra_seconds=pace.first_step_extra_seconds,
        export_bytes=durations.export_bytes(plan),
        export_files=durations.export_files(plan),
        export_seconds=exporting,
        step_watts=step_watts,
        power_watts=power,
        context_watts=context,
        total_steps=plan.total_steps,
        steps_per_epoch=plan.steps_per_epoch,
        steps_seconds=significant(pace.steps_seconds),
        training_seconds=pace.training_seconds,
        run_seconds=whole,
        accelerator_hours=hours,
        energy_kwh=significant(plan.world_size * watt_seconds / SECONDS_PER_HOUR / WATTS_PER_KILOWATT),
        usd=significant(durations.rental_usd(plan.accelerator, hours)),
        initial_loss=work.initial_loss,
        final_loss=work.final_loss,
    )


def _undecided(plan: Plan) -> Plan:
    """One for all plans of the same work."""
    return replace(
        plan,
        name="",
        validation_interval=1,
        validation_batches=1,
        checkpoint_interval=1,
        grid_interval=1,
        incident_factor=0.0,
        spares=0,
        watchdog_seconds=0,
    )


@lru_cache(maxsize=_KEPT)
def _work(plan: Plan) -> _Work:
    law = loss_law(plan)
    return _Work(
        step=step_time(plan),
        memory=memory_budget(plan),
        bring_up_seconds=significant(sum(bring_up(plan).values())),
        initial_loss=significant(law.initial_loss),
        final_loss=significant(law.final_loss),
    )


def _pace(plan: Plan, step: StepTime) -> _Pace:
    """Durations and utilisations."""
    seconds = significant(step.total_seconds)
    tokens = plan.tokens_per_step / seconds / plan.world_size / peak_flops_per_second(plan.accelerator, plan.precision)
    hardware_flops = hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute)
    validation = significant(_validation_seconds(plan, step))
    checkpoint = significant(durations.checkpoint_write_seconds(checkpoint_bytes(plan), plan.nodes))
    periodic = (
        ceil(plan.total_steps / plan.validation_interval) * validation
        + ceil(plan.total_steps / plan.checkpoint_interval) * checkpoint
    )
    extra = significant(durations.first_step_extra_seconds(seconds))
    reading = durations.shards_read(plan) * durations.shard_read_seconds(plan)
    steps = steps_seconds(plan, seconds)
    return _Pace(
        step_seconds=seconds,
        mfu=significant(flops_per_token(plan.model, plan.sequence_length) * tokens),
        hardware_utilisation=significant(hardware_flops * tokens),
        first_step_extra_seconds=extra,
        validation_seconds=validation,
        checkpoint_seconds=checkpoint,
        steps_seconds=steps,
        training_seconds=significant(steps + extra + periodic + reading),
    )


def _step_watts(plan: Plan, step: StepTime, pace: _Pace) -> float:
    """Mean power in a step: kernels at their efficiency, exchanges and waits in the rest."""
    load = training_load(step.kernel_efficiency, step.compute_seconds / pace.step_seconds)
    return significant(float(power_watts(plan.accelerator, load)))


def _mean_watts(plan: Plan, pace: _Pace, step_watts: float) -> float:
    """Mean power over the training: each kind of work in proportion to its time."""
    validating = ceil(plan.total_steps / plan.validation_interval) * pace.validation_seconds
    saving = ceil(plan.total_steps / plan.checkpoint_interval) * pace.checkpoint_seconds
    working = pace.steps_seconds + pace.first_step_extra_seconds
    joules = (
        working * step_watts
        + validating * float(power_watts(plan.accelerator, LOADS["validate"]))
        + saving * float(power_watts(plan.accelerator, saving_load()))
    )
    return significant(joules / (working + validating + saving))


def _validation_seconds(plan: Plan, step: StepTime) -> float:
    """Forward passes over the validation batches: a third of the model's FLOPs, with the same bubble."""
    executed = hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute)
    forward = flops_per_token(plan.model, plan.sequence_length) * FORWARD_SHARE / executed
    return plan.validation_batches * forward * step.compute_seconds * (1 + step.bubble_fraction)
