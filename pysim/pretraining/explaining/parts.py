"""What the parts of the screen are made of that are no line of the log: bars, the figures of a dashboard, its panels."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from pysim.pretraining.explaining.closing import saved_before
from pysim.pretraining.explaining.rows import count, exact, hours_formula, number, seconds, share
from pysim.pretraining.run.run import Run
from pysim.story.events import TimeAccounted
from pysim.story.kind import Row
from pysim.story.moment import Moment

_SECONDS_PER_HOUR = 3600


def _progress(run: Run, now: Moment) -> Iterator[Row]:
    total = run.plan.total_steps
    yield share("run_fraction", now.step / total, f"{now.step:,} / {total:,}")


def _place(_run: Run, now: Moment) -> Iterator[Row]:
    if now.last:
        so_far, left = now.time_us / 1e6, now.last.eta_seconds
        yield seconds("whole_run", so_far + left, f"{exact(so_far)} + {exact(left)}")


def _goodput(_run: Run, now: Moment) -> Iterator[Row]:
    wall = now.time_us / 1e6
    if now.accounted:
        a = now.accounted
        yield share(
            "goodput", a.productive_seconds / a.wall_seconds, f"{exact(a.productive_seconds)} / {exact(a.wall_seconds)}"
        )
    elif wall:
        yield share("goodput", now.training_seconds / wall, f"{exact(now.training_seconds)} / {exact(wall)}")


def _cost(run: Run, now: Moment) -> Iterator[Row]:
    hours = now.rented_hours
    rent = run.plan.accelerator.usd_per_hour
    yield number("hours_so_far", hours, f"{hours:,.2f} h", hours_formula(run, now.time_us), "h")
    yield number("usd_so_far", hours * rent, f"${hours * rent:,.2f}", f"{hours:.9f} x ${rent:.2f}", "USD")


def _lost(_run: Run, now: Moment) -> Iterator[Row]:
    if now.accounted is None:
        starting = now.time_us / 1e6 - now.training_seconds
        yield seconds("lost", starting, f"{exact(now.time_us / 1e6)} - {exact(now.training_seconds)}")
        return
    a = now.accounted
    parts = (a.starting_seconds, a.noticing_seconds, a.repairing_seconds, a.restarting_seconds, a.redoing_seconds)
    yield seconds("lost", sum(parts), " + ".join(exact(part) for part in parts))
    yield _between(a)


def _between(a: TimeAccounted) -> Row:
    formula = f"{exact(a.wall_seconds)} / {max(a.interruptions, 1):,}"
    return seconds("between_failures_seconds", a.between_failures_seconds, formula)


def _causes(_run: Run, now: Moment) -> Iterator[Row]:
    """The costliest ones; together they are what was lost after the start."""
    for cost in now.accounted.costs[:3] if now.accounted else ():
        each = cost.seconds / max(cost.interruptions, 1)
        yield seconds(cost.cause, cost.seconds, f"{cost.interruptions:,} x {each:.9g} s" if cost.interruptions else "")


def _saved(run: Run, now: Moment) -> Iterator[Row]:
    saved = saved_before(run, now.time_us)
    if now.step >= saved:
        yield count("at_risk", now.step - saved, f"{now.step:,} - {saved:,}", "steps")


def _throughput(_run: Run, now: Moment) -> Iterator[Row]:
    if now.last and now.training_seconds:
        tokens, took = now.last.tokens, now.training_seconds
        yield number(
            "with_lost_time", tokens / took, f"{tokens / took:,.1f} tokens/s", f"{tokens:,} / {exact(took)}", "1/s"
        )


def _nothing(_run: Run, _now: Moment) -> Iterable[Row]:
    return ()


PARTS: Mapping[str, Callable[[Run, Moment], Iterable[Row]]] = {
    "run-bar": _progress,
    "activity-bar": _nothing,
    "timeline": _nothing,
    "left-out": _nothing,
    "title": _nothing,
    "step": _progress,
    "time": _place,
    "state": _nothing,
    "goodput": _goodput,
    "cost": _cost,
    "loss-chart": _nothing,
    "learning-rate-chart": _nothing,
    "grad-norm-chart": _nothing,
    "throughput-chart": _throughput,
    "validation": _nothing,
    "saved": _saved,
    "redone": _nothing,
    "lost": _lost,
    "lost-by-cause": _causes,
    "incidents": _nothing,
    "log": _nothing,
}
"""All parts that a view can name."""
