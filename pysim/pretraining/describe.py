"""Every derived number of a plan as a row that a person can check: value, unit and the formula with its numbers."""

from dataclasses import replace
from math import ceil, log

from pysim.physics import durations, start_up
from pysim.physics.axes import written_split
from pysim.physics.cluster import bubble_fraction
from pysim.physics.kernels import FLOPS_PER_TFLOP
from pysim.physics.memory import GIB
from pysim.physics.pipeline import stage_layers, usual_split
from pysim.physics.states import (
    checkpoint_bytes_each,
    grad_precision,
    gradient_bytes,
    optimizer_bytes,
    param_precision,
    weight_bytes,
)
from pysim.physics.transformer import TRAINING_FLOPS_PER_PARAMETER
from pysim.pretraining.figures import Figures
from pysim.pretraining.hazard import failures_of
from pysim.pretraining.looking import LOG_SHARE, grid_lines, look_interval, looks_at_changes
from pysim.pretraining.plan import Plan
from pysim.pretraining.quantities import (
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    figure,
    figure_of_bytes,
    gib,
    human_bytes,
    human_duration,
    one_decimal,
    scaled,
    short_seconds,
    whole,
)
from pysim.pretraining.ramp import Plateau, plateaus, ramp_seconds
from pysim.pretraining.starting import cluster_start, tokenizer_seconds
from pysim.story.kind import Row
from pysim.story.rounding import significant

_JOULES_PER_KWH = 3.6e6
_BILLION = 1e9


def describe(plan: Plan, figures: Figures) -> tuple[Row, ...]:
    """All rows, in the order in which they are read."""
    return (
        *_model(plan, figures),
        *_layout(plan),
        *_batch(plan),
        *_memory(plan, figures),
        *_step(plan, figures),
        *_throughput(plan, figures),
        *_length(plan, figures),
        *_cost(plan, figures),
        *_storage(plan, figures),
        *_loss(plan, figures),
        *(_reliability(plan, figures) if plan.incident_factor else ()),
        *(_drill(plan) if plan.incident_factor and plan.is_drill else ()),
    )


def _model(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section = "model"
    attention = f.flops_per_token - TRAINING_FLOPS_PER_PARAMETER * f.active_parameters
    again = f.hardware_flops_per_token - f.flops_per_token
    return (
        Row(section, "parameters", f.parameters, "", f"{f.parameters:,}", plan.model.title),
        Row(section, "active parameters", f.active_parameters, "", f"{f.active_parameters:,}", "that one token meets"),
        Row(
            section,
            "model FLOPs per token",
            f.flops_per_token,
            "FLOP",
            scaled(f.flops_per_token, "FLOP"),
            f"{TRAINING_FLOPS_PER_PARAMETER} x {f.active_parameters:,} active + {attention:,} of causal attention,"
            " at half its square",
        ),
        Row(
            section,
            "executed FLOPs per token",
            f.hardware_flops_per_token,
            "FLOP",
            scaled(f.hardware_flops_per_token, "FLOP"),
            f"{f.flops_per_token:,} + {again:,} recomputed: {plan.recompute}",
        ),
    )


def _layout(plan: Plan) -> tuple[Row, ...]:
    p = plan.parallel
    section = "parallel layout"
    replica = " x ".join(f"{axis.symbol} {degree}" for axis, degree in p.degrees.items() if axis.divides == "replica")
    return (
        Row(section, "accelerators", plan.world_size, "", f"{plan.world_size:,} x {plan.accelerator.title}", "chosen"),
        Row(section, "nodes", plan.nodes, "", f"{plan.nodes:,}", f"{plan.world_size:,} / {plan.accelerator.per_node}"),
        Row(section, "replica", p.replica_size, "", f"{p.replica_size:,} accelerators", replica),
        Row(
            section,
            "data parallel",
            plan.data_parallel,
            "",
            f"{plan.data_parallel:,} replicas",
            f"{plan.world_size:,} / ({replica})",
        ),
        _split(plan),
    )


def _split(plan: Plan) -> Row:
    layers, usual = stage_layers(plan), usual_split(plan.model.layers, plan.parallel.pipeline)
    how = "equal" if len(set(usual)) == 1 else "embedding and loss count as a layer each"
    formula = f"{written_split(layers)}: {how if layers == usual else 'stated'}"
    return Row("parallel layout", "pipeline split", max(layers), "", f"{max(layers)} layers on a stage", formula)


def _batch(plan: Plan) -> tuple[Row, ...]:
    section = "batch"
    return (
        Row(section, "sequence length", plan.sequence_length, "", f"{plan.sequence_length:,} tokens", "chosen"),
        Row(section, "micro-batch", plan.micro_batch_size, "", _sequences(plan.micro_batch_size), "chosen"),
        Row(
            section,
            "accumulation",
            plan.accumulation,
            "",
            f"{plan.accumulation:,} micro-batches",
            f"{plan.global_batch_size:,} / ({plan.micro_batch_size} x {plan.data_parallel:,})",
        ),
        Row(
            section,
            "tokens per step",
            plan.tokens_per_step,
            "",
            f"{plan.tokens_per_step:,}",
            f"{plan.global_batch_size:,} x {plan.sequence_length:,}",
        ),
        *_ramp(plan),
    )


def _ramp(plan: Plan) -> tuple[Row, ...]:
    """How the batch grows, where it does."""
    section, ramp, batches = "batch", plan.batch_ramp, plan.batches
    if ramp is None:
        return ()
    count, full = (plan.global_batch_size - ramp.first) // ramp.increment, plan.global_batch_size
    tokens, why = batches.ramp_sequences * plan.sequence_length, f"after each {ramp.sequences:,} / {count:,} sequences"
    grows = f"({full:,} - {ramp.first:,}) / {ramp.increment:,}"
    return (
        Row(section, "ramp increments", count, "", f"{count:,} of {_sequences(ramp.increment)}", grows),
        Row(
            section,
            "ramp steps",
            batches.ramp_steps,
            "",
            f"{batches.ramp_steps:,}",
            f"whole steps, a larger batch {why}",
        ),
        Row(
            section, "ramp tokens", tokens, "", f"{tokens:,}", f"{batches.ramp_sequences:,} x {plan.sequence_length:,}"
        ),
    )


def _sequences(count: int) -> str:
    return f"{count:,} sequence{'' if count == 1 else 's'}"


def _memory(plan: Plan, f: Figures) -> tuple[Row, ...]:
    m = f.memory
    moments = f"moments in {plan.optimizer_precision}"
    parts = (
        ("weights", m.weight_bytes, _kept(plan, weight_bytes(plan), param_precision(plan))),
        ("gradients", m.gradient_bytes, _kept(plan, gradient_bytes(plan), grad_precision(plan))),
        ("optimizer state", m.optimizer_bytes, _kept(plan, optimizer_bytes(plan), moments)),
        ("activations", m.activation_bytes, f"recompute {plan.recompute}, cross-entropy {plan.cross_entropy}"),
        ("workspace", m.workspace_bytes, "context, communication buffers, fragmentation"),
    )
    total = " + ".join(f"{size / GIB:.3f}" for _, size, _ in parts)
    return (
        *(Row("memory", name, size, "B", f"{gib(size)} GiB", formula) for name, size, formula in parts),
        Row("memory", "total", m.total_bytes, "B", f"{gib(m.total_bytes)} of {gib(m.capacity_bytes)} GiB", total),
    )


def _kept(plan: Plan, bytes_each: float, how: str) -> str:
    """What is kept of every parameter, and who divides it."""
    return f"{bytes_each:.4g} B a parameter ({how}), {plan.sharding}"


def _step(plan: Plan, f: Figures) -> tuple[Row, ...]:
    software = f"attention {plan.attention_kernel}, kernels {plan.execution}, software of {plan.software_year}"
    bubble = significant(f.compute_seconds * f.bubble_fraction)
    parts = (
        ("compute", f.compute_seconds, f"executed FLOPs at {f.kernel_efficiency:.1%} of the peak ({software})"),
        ("pipeline bubble", bubble, f"{f.compute_seconds:.6g} s x {f.bubble_fraction:.6g}"),
        ("tensor and context communication", f.tensor_comm_seconds, "exposed part"),
        ("expert communication", f.expert_comm_seconds, "exposed part"),
        ("pipeline communication", f.pipeline_comm_seconds, "exposed part"),
        ("data communication", f.data_comm_seconds, "exposed part"),
        ("optimizer step", f.optimizer_seconds, "AdamW at memory bandwidth"),
        ("overhead", f.overhead_seconds, "host, stragglers"),
    )
    total = " + ".join(f"{seconds:.6g}" for _, seconds, _ in parts)
    return (
        *(
            Row("time per step", name, seconds, "s", short_seconds(seconds), formula)
            for name, seconds, formula in parts
        ),
        Row("time per step", "step", f.step_seconds, "s", short_seconds(f.step_seconds), total),
        *(_first_step(plan, plateau) for plateau in plateaus(plan)[:1]),
    )


def _first_step(plan: Plan, plateau: Plateau) -> Row:
    """That of the smallest batch, in which the pipeline waits for the longest part of its time."""
    micro_batches = f"accumulation {plateau.accumulation:,} instead of {plan.accumulation:,}"
    bubble = bubble_fraction(replace(plan, global_batch_size=plateau.batch, batch_ramp=None))
    words = f"{micro_batches}, bubble {bubble:.1%} of the compute"
    seconds = plateau.step_seconds
    return Row("time per step", "first step of the ramp", seconds, "s", short_seconds(seconds), words)


def _throughput(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section, step = "throughput", f"{figure(f.step_seconds)} s"
    tokens, samples = plan.tokens_per_step / f.step_seconds, plan.global_batch_size / f.step_seconds
    tflops = tokens * f.flops_per_token / plan.world_size / FLOPS_PER_TFLOP
    achieved = f"{plan.tokens_per_step:,} tokens x {f.flops_per_token:,} FLOP / ({step} x {plan.world_size:,})"
    peak = f"{f.peak_flops_per_second / FLOPS_PER_TFLOP:.6g} TFLOP/s dense {plan.precision} peak"
    executed = f"{f.mfu:.6g} x {f.hardware_flops_per_token:,} / {f.flops_per_token:,}"
    return (
        Row(
            section,
            "tokens per second",
            f.tokens_per_second,
            "1/s",
            f"{tokens:,.0f}",
            f"{plan.tokens_per_step:,} / {step}",
        ),
        Row(
            section,
            "samples per second",
            f.samples_per_second,
            "1/s",
            f"{samples:,.1f}",
            f"{plan.global_batch_size:,} / {step}",
        ),
        Row(section, "per accelerator", f.achieved_tflops, "TFLOP/s", f"{one_decimal(tflops)} TFLOP/s", achieved),
        Row(section, "MFU", f.mfu, "", f"{f.mfu:.1%}", f"{f.achieved_tflops:.6g} / {peak}"),
        Row(section, "HFU", f.hardware_utilisation, "", f"{f.hardware_utilisation:.1%}", executed),
    )


def _length(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section = "run length"
    epochs = f"{plan.tokens:,} tokens / {plan.epochs} / {plan.tokens_per_step:,}, whole steps"
    extra = f" + {plan.extra_steps:,} for the smaller batches" if plan.batch_ramp else ""
    batch = f"{f.validation_seconds / plan.validation_batches:.6g} s a batch"
    storage = durations.storage_bytes_per_second(plan.nodes)
    saved = f"{durations.CHECKPOINT_BASE_SECONDS:g} s + {figure_of_bytes(f.checkpoint_bytes)} / {figure_of_bytes(storage)} a second"
    exported = (
        f"{durations.EXPORT_BASE_SECONDS:g} s + {figure_of_bytes(f.export_bytes)}"
        f" / {figure_of_bytes(durations.NODE_BYTES_PER_SECOND)} a second"
    )
    run = " + ".join(f"{figure(part)} s" for part in (f.bring_up_seconds, f.training_seconds, f.export_seconds))
    return (
        Row(section, "steps per epoch", f.steps_per_epoch, "", f"{f.steps_per_epoch:,}", epochs),
        Row(section, "steps", f.total_steps, "", f"{f.total_steps:,}", f"{f.steps_per_epoch:,} x {plan.epochs}{extra}"),
        *_ramp_length(plan),
        _duration(section, "bring-up", f.bring_up_seconds, _bring_up(plan, f)),
        _duration(section, "validation", f.validation_seconds, f"{plan.validation_batches} x {batch}"),
        _looks(section, plan),
        _duration(section, "checkpoint", f.checkpoint_seconds, saved),
        _duration(section, "export", f.export_seconds, exported),
        _duration(section, "training", f.training_seconds, _training(plan, f)),
        _duration(section, "run", f.run_seconds, f"{run}, if nothing fails"),
    )


def _looks(section: str, plan: Plan) -> Row:
    """How often every accelerator is shown."""
    interval = look_interval(plan)
    seldom = f"{grid_lines(plan)} lines are at most {LOG_SHARE:.0%} of the log; and when a condition has changed"
    return Row(
        section,
        "grid every",
        interval,
        "",
        f"{interval:,} step{'' if interval == 1 else 's'}",
        seldom if looks_at_changes(plan) else "chosen",
    )


def _bring_up(plan: Plan, f: Figures) -> str:
    """By the law, on this cluster."""
    law = (
        f"{start_up.OWN_SECONDS:g} s + {f.parameters / _BILLION:.6g} x {start_up.SECONDS_PER_BILLION:g} s"
        f" + {plan.world_size:,} x {start_up.SECONDS_PER_RANK:g} s"
    )
    return f"({law}) x {cluster_start(plan):g} on this cluster + {tokenizer_seconds(plan):g} s"


def _training(plan: Plan, f: Figures) -> str:
    """Steps, what makes the first one slow, and all that the steps wait for."""
    validations, checkpoints = (
        ceil(f.total_steps / interval) for interval in (plan.validation_interval, plan.checkpoint_interval)
    )
    shards, full_steps = durations.shards_read(plan), f.total_steps - plan.batches.ramp_steps
    ramp = f"{figure(ramp_seconds(plan))} s + " if plan.batch_ramp else ""
    return (
        f"{ramp}{full_steps:,} x {figure(f.step_seconds)} s + {figure(f.first_step_extra_seconds)} s"
        f" + {validations:,} x {figure(f.validation_seconds)} s + {checkpoints:,} x {figure(f.checkpoint_seconds)} s"
        + (f" + {shards:,} x {figure(durations.shard_read_seconds(plan))} s" if shards else "")
    )


def _ramp_length(plan: Plan) -> tuple[Row, ...]:
    smaller = plateaus(plan)
    if not smaller:
        return ()
    first, last = (f"{figure(each.step_seconds)} s" for each in (smaller[0], smaller[-1]))
    words = f"{smaller[-1].last:,} steps, from {first} to {last} each"
    return (_duration("run length", "ramp", ramp_seconds(plan), words),)


def _duration(section: str, name: str, seconds: float, formula: str) -> Row:
    return Row(section, name, seconds, "s", human_duration(seconds), formula)


def _cost(plan: Plan, f: Figures) -> tuple[Row, ...]:
    """Of the whole run, as its summary has them."""
    section, world, rent = "energy and cost", f"{plan.world_size:,}", plan.accelerator.usd_per_hour
    around = f.bring_up_seconds + f.export_seconds
    watt_seconds = f.training_seconds * f.power_watts + around * f.context_watts
    energy = (
        f"{world} x ({figure(f.training_seconds)} s x {figure(f.power_watts)} W + {figure(around)} s x"
        f" {figure(f.context_watts)} W), accelerators only"
    )
    hours, kwh = plan.world_size * f.run_seconds / SECONDS_PER_HOUR, plan.world_size * watt_seconds / _JOULES_PER_KWH
    return (
        Row(
            section,
            "accelerator hours",
            f.accelerator_hours,
            "h",
            f"{whole(hours)} h",
            f"{world} x {figure(f.run_seconds)} s",
        ),
        Row(section, "power in training", f.power_watts, "W", f"{whole(f.power_watts)} W", "mean of one accelerator"),
        Row(section, "energy", f.energy_kwh, "kWh", f"{whole(kwh)} kWh", energy),
        Row(section, "cost", f.usd, "USD", f"${whole(hours * rent)}", f"{hours:,.3f} h x ${rent:.2f}"),
    )


def _storage(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section = "storage"
    return (
        Row(
            section,
            "checkpoint size",
            f.checkpoint_bytes,
            "B",
            human_bytes(f.checkpoint_bytes),
            f"{checkpoint_bytes_each(plan)} B x {f.parameters:,}",
        ),
        Row(
            section,
            "export size",
            f.export_bytes,
            "B",
            f"{human_bytes(f.export_bytes)} in {f.export_files} files",
            f"{durations.EXPORT_BYTES_PER_PARAMETER} B x {f.parameters:,}",
        ),
    )


def _reliability(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section, failures = "reliability", failures_of(plan)
    per_day, between = failures.per_day, failures.between_seconds
    interval = significant(plan.checkpoint_interval * f.step_seconds)
    best = failures.interval_seconds(f.checkpoint_seconds)
    expected = failures.goodput(interval, f.checkpoint_seconds)
    each = f"{plan.world_size:,} x {failures.per_accelerator_day:.6g} a day"
    saving = f"({f.checkpoint_seconds:.4g} s, {between:.6g} s)"
    return (
        Row(section, "failures", per_day, "1/d", f"{per_day:.3g} a day", f"{each}, not new any more"),
        _duration(section, "between failures", between, f"{SECONDS_PER_DAY:,} s / {per_day:.6g}"),
        _duration(section, "recovery", failures.recovery_seconds, "mean of the causes, by their shares"),
        _duration(section, "checkpoint every", interval, f"{plan.checkpoint_interval:,} x {f.step_seconds:.6g} s"),
        _duration(section, "best interval", best, f"Daly 2006, equation 37, of {saving}"),
        Row(
            section,
            "expected goodput",
            expected,
            "1",
            f"{expected:.1%}",
            f"(1 - {per_day:.4g} x ({failures.recovery_seconds:.4g} s + {interval:.4g} s / 2) / {SECONDS_PER_DAY:,} s)"
            f" / (1 + {f.checkpoint_seconds:.4g} s / {interval:.4g} s)",
        ),
        Row(section, "spares", plan.spares, "nodes", f"{plan.spares:,} nodes", f"beside {plan.nodes:,}"),
    )


def _drill(plan: Plan) -> tuple[Row, ...]:
    count = len(failures_of(plan).possible)
    why = "beside the failures above: each cause that can hit this cluster, once; far more than would happen"
    return (Row("reliability", "drill", count, "", f"{count} incidents", why),)


def _loss(plan: Plan, f: Figures) -> tuple[Row, ...]:
    vocabulary = plan.model.vocab_size
    excess = significant(f.initial_loss - log(vocabulary))
    return (
        Row("loss", "initial", f.initial_loss, "nats", f"{f.initial_loss:.3f}", f"ln({vocabulary:,}) + {excess:.6f}"),
        Row(
            "loss",
            "final",
            f.final_loss,
            "nats",
            f"{f.final_loss:.3f}",
            f"{plan.loss_curve} curve, {plan.dataset.title}",
        ),
    )
