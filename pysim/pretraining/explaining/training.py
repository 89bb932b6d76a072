"""What the numbers of a training are made of."""

from collections.abc import Iterator

import numpy as np

from pysim.physics.kernels import FLOPS_PER_TFLOP
from pysim.physics.states import checkpoint_bytes_each
from pysim.pretraining.explaining.rows import (
    Reckonings,
    bytes_text,
    count,
    exact,
    exact_bytes,
    number,
    rate,
    seconds,
    share,
)
from pysim.pretraining.explaining.schedules import rate_formula
from pysim.pretraining.quantities import figure
from pysim.pretraining.run.run import Run
from pysim.story import events as ev
from pysim.story.fleet import DEAD
from pysim.story.kind import Row


def _started(run: Run, e: ev.TrainingStarted) -> Iterator[Row]:
    extra = f" + {run.plan.extra_steps:,} for the smaller batches" if run.plan.batch_ramp else ""
    yield count("total_steps", e.total_steps, f"{e.steps_per_epoch:,} x {e.epochs}{extra}")


def _grown(run: Run, e: ev.BatchGrown) -> Iterator[Row]:
    yield count("tokens_per_step", e.tokens_per_step, f"{e.global_batch_size:,} x {run.plan.sequence_length:,}")
    made = f"{e.global_batch_size:,} / ({run.plan.micro_batch_size} x {run.plan.data_parallel:,})"
    yield count("accumulation", e.accumulation, made)


def _step(run: Run, e: ev.StepCompleted) -> Iterator[Row]:
    plan, f, batches = run.plan, run.figures, run.plan.batches
    size = batches.size(e.step)
    tokens, took = size * plan.sequence_length, exact(e.step_seconds)
    if e.loss is not None and e.perplexity is not None:
        yield _loss(run, "loss", e.step, e.loss)
        yield number("perplexity", e.perplexity, figure(e.perplexity), f"exp({e.loss:.4f})")
    yield number("learning_rate", e.learning_rate, f"{e.learning_rate:.2e}", rate_formula(plan, e.step))
    yield _duration(run, e)
    yield rate("tokens_per_second", e.tokens_per_second, "tokens", f"{tokens:,} / {took}")
    yield rate("samples_per_second", e.samples_per_second, "sequences", f"{size:,} / {took}")
    peak = f"{f.peak_flops_per_second / FLOPS_PER_TFLOP:.6g} TFLOP/s"
    yield share(
        "mfu", e.mfu, f"{tokens:,} tokens x {f.flops_per_token:,} FLOP / ({took} x {plan.world_size:,} x {peak})"
    )
    total = f"{batches.total(e.step):,} sequences" if plan.batch_ramp else f"{e.step:,} x {plan.global_batch_size:,}"
    yield count("tokens", e.tokens, f"{total} x {plan.sequence_length:,}")
    start = run.timeline.start_us / 1e6
    yield seconds("elapsed_seconds", e.elapsed_seconds, f"{exact(e.time_seconds)} - {exact(start)}")
    yield from _left(run, e)


def _loss(run: Run, name: str, step: int, loss: float) -> Row:
    """The law, and what this batch adds to it."""
    (expected,) = run.steps.expected_losses(np.array([step], np.int64)).tolist()
    rest = round(loss - expected, 4)
    sign = "-" if rest < 0 else "+"
    return number(name, loss, f"{loss:.4f}", f"{expected:.4f} by the law {sign} {abs(rest):.4f}")


def _duration(run: Run, e: ev.StepCompleted) -> Row:
    """What is expected of such a step, and by how much this one is off."""
    plateau = run.plan.batches.plateau(e.step)
    expected = run.plateaus[plateau].step_seconds if plateau < len(run.plateaus) else run.figures.step_seconds
    off = round(e.step_seconds - expected, 6)
    sign = "-" if off < 0 else "+"
    return number(
        "step_seconds",
        e.step_seconds,
        f"{e.step_seconds:.6f} s",
        f"{figure(expected)} s expected {sign} {abs(off):.6f} s",
        "s",
    )


def _left(run: Run, e: ev.StepCompleted) -> Iterator[Row]:
    """Steps, and the work between them that is still due; while the batch grows there is no short formula."""
    left, mean = run.plan.total_steps - e.step, run.figures.step_seconds
    if e.step < run.plan.batches.ramp_steps:
        return
    rest = round(e.eta_seconds - left * mean, 6)
    if rest >= 0:
        due = f" + {exact(rest)} of validations, checkpoints and files" if rest else ""
        yield seconds("eta_seconds", e.eta_seconds, f"{left:,} x {figure(mean)} s{due}")


def _reported(run: Run, e: ev.StepsReported) -> Iterator[Row]:
    batches, steps = run.plan.batches, e.last - e.first + 1
    tokens = (batches.total(e.last) - batches.total(e.first - 1)) * run.plan.sequence_length
    if e.mean_loss is not None:
        yield number("mean_loss", e.mean_loss, f"{e.mean_loss:.4f}", "")
    if e.last_loss is not None:
        yield _loss(run, "last_loss", e.last, e.last_loss)
    if e.last_grad_norm is not None:
        yield number("last_grad_norm", e.last_grad_norm, f"{e.last_grad_norm:.3f}", "")
    took = f"({steps:,} x {exact(e.mean_step_seconds)})"
    yield rate("tokens_per_second", e.tokens_per_second, "tokens", f"{tokens:,} / {took}")
    yield number("learning_rate", e.learning_rate, f"{e.learning_rate:.2e}", rate_formula(run.plan, e.last))
    yield count("first", steps, f"{e.last:,} - {e.first:,} + 1", "steps")


def _skipped(_run: Run, e: ev.StepSkipped) -> Iterator[Row]:
    yield count("next_loss_scale", e.next_loss_scale, f"{e.loss_scale:,} / 2" if e.loss_scale > 1 else "1")


def _sampled(_run: Run, e: ev.FleetSampled) -> Iterator[Row]:
    watts, readable = int(e.power_watts.sum()), int((e.condition != DEAD).sum())
    if readable:
        formula = f"{readable:,} x {watts / readable:.9g} W on average"
        yield number("power_watts", watts, f"{watts:,} W", formula, "W")


def _validating(run: Run, e: ev.ValidationStarted) -> Iterator[Row]:
    yield count("tokens", e.tokens, f"{e.batches:,} x {run.plan.tokens_per_step:,}")
    yield count("index", e.index, "")


def _validated(_run: Run, e: ev.ValidationCompleted) -> Iterator[Row]:
    if e.loss is not None and e.perplexity is not None:
        yield number("perplexity", e.perplexity, figure(e.perplexity), f"exp({e.loss:.4f})")
    if e.loss is not None and e.train_loss is not None and e.loss >= e.train_loss:
        gap = round(e.loss - e.train_loss, 4)
        yield number("gap", gap, f"{gap:.4f}", f"{e.loss:.4f} - {e.train_loss:.4f}")


def _saving(run: Run, e: ev.CheckpointStarted) -> Iterator[Row]:
    yield _checkpoint(run, e.checkpoint_bytes)


def _checkpoint(run: Run, size: int) -> Row:
    each = checkpoint_bytes_each(run.plan)
    return count("checkpoint_bytes", size, f"{each:g} B x {run.figures.parameters:,}", "B")


def _progressed(_run: Run, e: ev.CheckpointProgressed) -> Iterator[Row]:
    done = e.written_bytes / e.checkpoint_bytes
    yield share("written_bytes", done, f"{exact_bytes(e.written_bytes)} / {exact_bytes(e.checkpoint_bytes)}")


def _saved(run: Run, e: ev.CheckpointCompleted) -> Iterator[Row]:
    yield _checkpoint(run, e.checkpoint_bytes)
    speed = e.gb_per_second * 1e9
    formula = f"{exact_bytes(e.checkpoint_bytes)} / {exact(e.seconds)}"
    yield number("gb_per_second", speed, f"{bytes_text(speed)} a second", formula, "B")
    yield count("at_risk", run.plan.checkpoint_interval, "", "steps")


def _completed(run: Run, e: ev.TrainingCompleted) -> Iterator[Row]:
    ended, start = e.time_us / 1e6, run.timeline.start_us / 1e6
    yield seconds("seconds", e.seconds, f"{exact(ended)} - {exact(start)}")


TRAINING: Reckonings = {
    ev.TrainingStarted: _started,
    ev.BatchGrown: _grown,
    ev.StepCompleted: _step,
    ev.StepsReported: _reported,
    ev.StepSkipped: _skipped,
    ev.FleetSampled: _sampled,
    ev.ValidationStarted: _validating,
    ev.ValidationCompleted: _validated,
    ev.CheckpointStarted: _saving,
    ev.CheckpointProgressed: _progressed,
    ev.CheckpointCompleted: _saved,
    ev.TrainingCompleted: _completed,
}
