"""Every derived number of a plan as a row that a person can check: value, unit and the formula with its numbers."""

from math import log

from pysim.physics.axes import written_split
from pysim.physics.durations import EXPORT_BYTES_PER_PARAMETER
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
from pysim.pretraining.figures import FORWARD_SHARE, Figures
from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.story.kind import Row
from pysim.story.rounding import significant

SECONDS_PER_MINUTE, SECONDS_PER_HOUR, SECONDS_PER_DAY = 60, 3600, 86_400
_SMALL = 10  # below it, one digit says too little
_LARGE = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def describe(plan: Plan, figures: Figures) -> tuple[Row, ...]:
    """All rows, in the order in which they are read."""
    return (
        *_model(plan, figures),
        *_layout(plan),
        *_batch(plan),
        *_memory(plan, figures),
        *_step(figures),
        *_throughput(plan, figures),
        *_length(plan, figures),
        *_cost(plan, figures),
        *_storage(plan, figures),
        *_loss(plan, figures),
        *(_reliability(plan, figures) if plan.incident_factor else ()),
        *(_drill(plan) if plan.incident_factor and plan.is_drill else ()),
    )


def human_bytes(count: float) -> str:
    """Bytes in decimal units: "5.67 TB"."""
    return _scaled(count, "B")


def human_duration(seconds: float) -> str:
    """Seconds in the two units that matter: "3 d 4 h"."""
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.3g} s"
    if seconds < SECONDS_PER_HOUR:
        return _two_units(seconds, SECONDS_PER_MINUTE, "min", 1, "s")
    if seconds < SECONDS_PER_DAY:
        return _two_units(seconds, SECONDS_PER_HOUR, "h", SECONDS_PER_MINUTE, "min")
    return _two_units(seconds, SECONDS_PER_DAY, "d", SECONDS_PER_HOUR, "h")


def _two_units(seconds: float, large: int, large_name: str, small: int, small_name: str) -> str:
    whole = round(seconds / small) * small
    return f"{whole // large} {large_name} {whole % large // small} {small_name}"


def _scaled(count: float, unit: str) -> str:
    for size, prefix in _LARGE:
        if count >= size:
            return f"{count / size:.2f} {prefix}{unit}"
    return f"{count:.0f} {unit}"


def _model(plan: Plan, f: Figures) -> tuple[Row, ...]:
    length = plan.sequence_length
    section = "model"
    return (
        Row(section, "parameters", f.parameters, "", f"{f.parameters:,}", plan.model.title),
        Row(section, "active parameters", f.active_parameters, "", f"{f.active_parameters:,}", "that one token meets"),
        Row(
            section,
            "model FLOPs per token",
            f.flops_per_token,
            "FLOP",
            _scaled(f.flops_per_token, "FLOP"),
            f"6 x {f.active_parameters:,} active + attention at half its square (causal) over {length:,} tokens",
        ),
        Row(
            section,
            "executed FLOPs per token",
            f.hardware_flops_per_token,
            "FLOP",
            _scaled(f.hardware_flops_per_token, "FLOP"),
            f"{_scaled(f.flops_per_token, 'FLOP')} + recomputation ({plan.recompute})",
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
    total = " + ".join(_gib(size) for _, size, _ in parts)
    return (
        *(Row("memory", name, size, "B", f"{_gib(size)} GiB", formula) for name, size, formula in parts),
        Row("memory", "total", m.total_bytes, "B", f"{_gib(m.total_bytes)} of {_gib(m.capacity_bytes)} GiB", total),
    )


def _kept(plan: Plan, bytes_each: float, how: str) -> str:
    """What is kept of every parameter, and who divides it."""
    return f"{bytes_each:.4g} B a parameter ({how}), {plan.sharding}"


def _gib(count: float) -> str:
    return _one_decimal(count / GIB)


def _one_decimal(value: float) -> str:
    """One decimal, or two digits of what it would make nothing of."""
    return f"{value:,.1f}" if value >= 1 or value == 0 else f"{value:.2g}"


def _step(f: Figures) -> tuple[Row, ...]:
    bubble = significant(f.compute_seconds * f.bubble_fraction)
    parts = (
        ("compute", f.compute_seconds, f"executed FLOPs at {f.kernel_efficiency:.1%} of the peak"),
        ("pipeline bubble", bubble, f"{f.compute_seconds:.4g} s x {f.bubble_fraction:.4f}"),
        ("tensor and context communication", f.tensor_comm_seconds, "exposed part"),
        ("expert communication", f.expert_comm_seconds, "exposed part"),
        ("data communication", f.data_comm_seconds, "exposed part"),
        ("optimizer step", f.optimizer_seconds, "AdamW at memory bandwidth"),
        ("overhead", f.overhead_seconds, "host, stragglers"),
    )
    total = " + ".join(f"{seconds:.3g}" for _, seconds, _ in parts)
    return (
        *(Row("time per step", name, seconds, "s", _seconds(seconds), formula) for name, seconds, formula in parts),
        Row("time per step", "step", f.step_seconds, "s", _seconds(f.step_seconds), total),
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds >= 1 else f"{_one_decimal(seconds * 1e3)} ms"


def _throughput(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section = "throughput"
    peak = f"{_whole(f.peak_flops_per_second / FLOPS_PER_TFLOP)} TFLOP/s dense {plan.precision} peak"
    per_step = f"{plan.tokens_per_step:,} tokens x {_scaled(f.flops_per_token, 'FLOP')}"
    return (
        Row(
            section,
            "tokens per second",
            f.tokens_per_second,
            "1/s",
            f"{f.tokens_per_second:,.0f}",
            f"{plan.tokens_per_step:,} / {f.step_seconds:.4g} s",
        ),
        Row(
            section,
            "samples per second",
            f.samples_per_second,
            "1/s",
            f"{f.samples_per_second:,.1f}",
            f"{plan.global_batch_size:,} / {f.step_seconds:.4g} s",
        ),
        Row(
            section,
            "per accelerator",
            f.achieved_tflops,
            "TFLOP/s",
            f"{_one_decimal(f.achieved_tflops)} TFLOP/s",
            f"{per_step} / ({f.step_seconds:.4g} s x {plan.world_size:,})",
        ),
        Row(section, "MFU", f.mfu, "", f"{f.mfu:.1%}", f"{_one_decimal(f.achieved_tflops)} / {peak}"),
        Row(section, "HFU", f.hardware_utilisation, "", f"{f.hardware_utilisation:.1%}", "the same of executed FLOPs"),
    )


def _whole(value: float) -> str:
    """No decimals, or two digits of what would become nothing."""
    return f"{value:,.0f}" if value >= _SMALL else f"{value:.2g}"


def _length(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section = "run length"
    epochs = f"{plan.tokens:,} tokens / {plan.epochs} / {plan.tokens_per_step:,}"
    return (
        Row(section, "steps per epoch", f.steps_per_epoch, "", f"{f.steps_per_epoch:,}", epochs),
        Row(section, "steps", f.total_steps, "", f"{f.total_steps:,}", f"{f.steps_per_epoch:,} x {plan.epochs}"),
        _duration(section, "bring-up", f.bring_up_seconds, f"power law in {plan.world_size:,} ranks"),
        _duration(section, "validation", f.validation_seconds, f"{plan.validation_batches} x {FORWARD_SHARE:.2f} step"),
        _duration(
            section, "checkpoint", f.checkpoint_seconds, f"{human_bytes(f.checkpoint_bytes)}, {plan.nodes} nodes"
        ),
        _duration(section, "export", f.export_seconds, f"{human_bytes(f.export_bytes)} from one node"),
        _duration(
            section, "training", f.training_seconds, f"{f.total_steps:,} x {f.step_seconds:.4g} s + periodic work"
        ),
    )


def _duration(section: str, name: str, seconds: float, formula: str) -> Row:
    return Row(section, name, seconds, "s", human_duration(seconds), formula)


def _cost(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section = "energy and cost"
    hours = f"{_whole(f.accelerator_hours)} h"
    rent = plan.accelerator.usd_per_hour
    return (
        Row(
            section,
            "accelerator hours",
            f.accelerator_hours,
            "h",
            hours,
            f"{plan.world_size:,} x {human_duration(f.training_seconds)}",
        ),
        Row(section, "power", f.power_watts, "W", f"{_whole(f.power_watts)} W", "mean of one accelerator in training"),
        Row(
            section,
            "energy",
            f.energy_kwh,
            "kWh",
            f"{_whole(f.energy_kwh)} kWh",
            f"{hours} x {_whole(f.power_watts)} W, accelerators only",
        ),
        Row(section, "rent", f.usd, "USD", f"${_whole(f.usd)}", f"{hours} x ${rent:.2f}"),
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
            f"{EXPORT_BYTES_PER_PARAMETER} B x {f.parameters:,}",
        ),
    )


def _reliability(plan: Plan, f: Figures) -> tuple[Row, ...]:
    section, failures = "reliability", Failures(plan)
    per_day, between = failures.per_day, failures.between_seconds
    interval = significant(plan.checkpoint_interval * f.step_seconds)
    best = failures.interval_seconds(f.checkpoint_seconds)
    expected = failures.goodput(interval, f.checkpoint_seconds)
    each = f"{plan.world_size:,} x {failures.per_accelerator_day:.3g} a day"
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
    count = len(Failures(plan).possible)
    why = "beside the failures above: each cause that can hit this cluster, once; far more than would happen"
    return (Row("reliability", "drill", count, "", f"{count} incidents", why),)


def _loss(plan: Plan, f: Figures) -> tuple[Row, ...]:
    vocabulary = plan.model.vocab_size
    excess = f.initial_loss - log(vocabulary)
    return (
        Row("loss", "initial", f.initial_loss, "nats", f"{f.initial_loss:.3f}", f"ln({vocabulary:,}) + {excess:.3f}"),
        Row(
            "loss",
            "final",
            f.final_loss,
            "nats",
            f"{f.final_loss:.3f}",
            f"{plan.loss_curve} curve, {plan.dataset.title}",
        ),
    )
