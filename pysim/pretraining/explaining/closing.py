"""What the numbers of an end are made of, and of what went wrong before it."""

from collections.abc import Iterator

from pysim.physics import durations
from pysim.pretraining.explaining.rows import (
    Reckonings,
    count,
    exact,
    hours_formula,
    number,
    seconds,
    share,
)
from pysim.pretraining.quantities import figure, whole
from pysim.pretraining.run.renting import rented_hours
from pysim.pretraining.run.run import Run
from pysim.story import events as ev
from pysim.story.kind import Row
from pysim.story.steps import DataStep

_TOLERANCE_SECONDS = 1e-6


def _interrupted(run: Run, e: ev.TrainingInterrupted) -> Iterator[Row]:
    saved = saved_before(run, e.time_us)
    if e.step >= saved:
        yield count("at_risk", e.step - saved, f"{e.step:,} - {saved:,}", "steps")


def saved_before(run: Run, time_us: int) -> int:
    """The step of the last checkpoint that was completed by a time."""
    last = DataStep(run.plan.total_steps)
    return run.histories.at(time_us, DataStep(1), last, 1).saved


def _resumed(_run: Run, e: ev.TrainingResumed) -> Iterator[Row]:
    left = e.total_steps - e.step + 1
    yield count("left", left, f"{e.total_steps:,} - {e.step:,} + 1", "steps")


def _recovered(_run: Run, e: ev.Recovered) -> Iterator[Row]:
    parts = (e.noticing_seconds, e.repairing_seconds, e.restarting_seconds)
    for kept in (parts, parts[1:]):
        if abs(sum(kept) - e.lost_seconds) < _TOLERANCE_SECONDS:
            yield seconds("lost_seconds", e.lost_seconds, " + ".join(exact(part) for part in kept))
            return


def _exporting(run: Run, e: ev.ExportStarted) -> Iterator[Row]:
    each = durations.EXPORT_BYTES_PER_PARAMETER
    yield count("export_bytes", e.export_bytes, f"{each} B x {run.figures.parameters:,}", "B")


def _written(_run: Run, e: ev.ExportFileWritten) -> Iterator[Row]:
    yield share("index", e.index / e.files, f"{e.index:,} / {e.files:,}")


def _accounted(_run: Run, e: ev.TimeAccounted) -> Iterator[Row]:
    lost = (e.starting_seconds, e.noticing_seconds, e.repairing_seconds, e.restarting_seconds, e.redoing_seconds)
    yield share("goodput", e.goodput, f"{exact(e.productive_seconds)} / {exact(e.wall_seconds)}")
    down = f"({exact(e.repairing_seconds)} + {exact(e.restarting_seconds)})"
    yield share("availability", e.availability, f"1 - {down} / {exact(e.wall_seconds)}")
    yield seconds("lost", sum(lost), " + ".join(exact(part) for part in lost))
    kept = " - ".join((exact(e.wall_seconds), *(exact(part) for part in lost)))
    yield seconds("productive_seconds", e.productive_seconds, kept)
    yield seconds(
        "between_failures_seconds", e.between_failures_seconds, f"{exact(e.wall_seconds)} / {max(e.interruptions, 1):,}"
    )


def _done(run: Run, e: ev.RunCompleted) -> Iterator[Row]:
    plan, f = run.plan, run.figures
    trained = (run.timeline.end_us - run.timeline.start_us) / 1e6
    rate = f"{e.tokens:,} / {exact(trained)}"
    yield number(
        "mean_tokens_per_second", e.mean_tokens_per_second, f"{e.mean_tokens_per_second:,.1f} tokens/s", rate, "1/s"
    )
    peak = f"{f.peak_flops_per_second / 1e12:.6g} TFLOP/s"
    yield share(
        "mean_mfu",
        e.mean_mfu,
        f"{e.tokens:,} tokens x {f.flops_per_token:,} FLOP / ({exact(trained)} x {plan.world_size:,} x {peak})",
    )
    hours = rented_hours(run, e.time_us)
    yield number("accelerator_hours", e.accelerator_hours, f"{whole(hours)} h", hours_formula(run, e.time_us), "h")
    rent = plan.accelerator.usd_per_hour
    yield number("usd", e.usd, f"${whole(hours * rent)}", f"{hours:,.6f} x ${rent:.2f}", "USD")
    joules = e.energy_kwh / hours * 1000 if hours else 0.0
    yield number(
        "energy_kwh",
        e.energy_kwh,
        f"{whole(e.energy_kwh)} kWh",
        f"{hours:,.6f} h x {figure(joules)} W on average",
        "kWh",
    )


CLOSING: Reckonings = {
    ev.TrainingInterrupted: _interrupted,
    ev.TrainingResumed: _resumed,
    ev.Recovered: _recovered,
    ev.ExportStarted: _exporting,
    ev.ExportFileWritten: _written,
    ev.TimeAccounted: _accounted,
    ev.RunCompleted: _done,
}
