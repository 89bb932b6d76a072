"""The learning rate of a step as arithmetic, piece by piece of its schedule. `physics/schedule.py` has the law."""

from math import pi

from pysim.physics.workload import Schedule
from pysim.pretraining.plan import Plan

_HALF_COSINE = "(1 + cos({pi:.9f} x {since} / {span})) / 2"


def rate_formula(plan: Plan, step: int) -> str:
    """How the rate of a data step follows from the peak; in full batches where the batch grows."""
    schedule = plan.schedule
    place, warmup, total = _in_full_batches(plan, step)
    if place < warmup:
        return f"{schedule.peak_lr:g} x {_plain(place)} / {_plain(warmup)}"
    return _AFTER[schedule.kind](schedule, place - warmup, max(total - warmup, 1.0))


def _in_full_batches(plan: Plan, step: int) -> tuple[float, float, float]:
    warmup, total = float(plan.schedule.warmup_steps), float(plan.total_steps)
    if not plan.batches.ends:
        return float(step), warmup, total
    import numpy as np  # noqa: PLC0415  # where the batch grows only

    place, warmup, total = plan.batches.in_full_batches(np.array([step, warmup, total], np.float64)).tolist()
    return place, warmup, total


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.9g}"


def _cosine(schedule: Schedule, since: float, span: float) -> str:
    fall = _HALF_COSINE.format(pi=pi, since=_plain(min(since, span)), span=_plain(span))
    return f"{schedule.final_lr:g} + ({schedule.peak_lr:g} - {schedule.final_lr:g}) x {fall}"


def _linear(schedule: Schedule, since: float, span: float) -> str:
    part = f"{_plain(min(since, span))} / {_plain(span)}"
    return f"{schedule.peak_lr:g} - ({schedule.peak_lr:g} - {schedule.final_lr:g}) x {part}"


def _wsd(schedule: Schedule, since: float, span: float) -> str:
    """Level, then the decay, then what is kept."""
    begin = max(span - sum(steps for _, steps in schedule.tail), 1.0)
    for kept, steps in reversed(schedule.tail):
        span -= steps
        if since > max(span, begin):
            return f"{kept:g}"
    decay = min(float(max(schedule.decay_steps, 1)), begin)
    gone = min(max(since - (begin - decay), 0.0), decay)
    if not gone:
        return f"{schedule.peak_lr:g}"
    part = f"{_plain(gone)} / {_plain(decay)}"
    lost = {
        "sqrt": f"sqrt({part})",
        "linear": part,
        "cosine": f"(1 - cos({pi:.9f} x {part})) / 2",
    }[schedule.decay_shape]
    return f"{schedule.peak_lr:g} - ({schedule.peak_lr:g} - {schedule.final_lr:g}) x {lost}"


def _inverse_sqrt(schedule: Schedule, since: float, _span: float) -> str:
    scale = float(schedule.warmup_steps or 1.0)
    made = schedule.peak_lr * (scale / (scale + since)) ** 0.5
    if made < schedule.final_lr:
        return f"{schedule.final_lr:g}"
    return f"{schedule.peak_lr:g} x sqrt({_plain(scale)} / {_plain(scale + since)})"


def _constant(schedule: Schedule, _since: float, _span: float) -> str:
    return f"{schedule.peak_lr:g}"


_AFTER = {"cosine": _cosine, "linear": _linear, "wsd": _wsd, "inverse-sqrt": _inverse_sqrt, "constant": _constant}
