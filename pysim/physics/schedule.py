"""Learning-rate schedules and their areas, in closed form.

`learning_rate` is the rate used in optimizer step `step`, counted from 1. `learning_rate_area` is the integral of
lr / peak_lr from 0 to `step`, in steps: what the learning-rate-annealing law calls S1 (Tissue et al. 2024, arXiv 2408.11029).
Warm-up is linear from 0. Arrays in, arrays out (int64 or float64, any shape).

Where the batch grows (`batches.py`), a schedule goes by the sequences that were taken, as Megatron-LM wants it: it is read in full
batches. The end of the warm-up and all that is counted back from the end of the run is still named by steps.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pysim.physics.batches import EVEN, Batches
from pysim.physics.workload import DecayShape, Schedule, ScheduleKind

FloatArray = NDArray[np.float64]
Steps = int | float | NDArray[np.int64] | FloatArray
Shape = Callable[[Schedule, FloatArray, float], FloatArray]


def learning_rate(schedule: Schedule, step: Steps, total_steps: int, batches: Batches = EVEN) -> FloatArray:
    """The learning rate used in `step` (1-based); float64, the shape of `step`."""
    return schedule.peak_lr * relative_rate(schedule, step, total_steps, batches)


def relative_rate(schedule: Schedule, step: Steps, total_steps: int, batches: Batches = EVEN) -> FloatArray:
    """The share lr / peak_lr in `step` (1-based); float64, the shape of `step`, between 0 and 1."""
    return _rate(*_in_full_batches(schedule, step, total_steps, batches))


def learning_rate_area(
    schedule: Schedule, step: Steps, total_steps: int, warmup_exponent: float = 1.0, batches: Batches = EVEN
) -> FloatArray:
    """The integral of lr / peak_lr over steps 0 to `step`, that of its power during the warm-up; float64, in steps of a full batch."""
    return _area(*_in_full_batches(schedule, step, total_steps, batches), warmup_exponent)


def learning_rate_sum(schedule: Schedule, step: Steps, total_steps: int, batches: Batches = EVEN) -> FloatArray:
    """The sum of lr / peak_lr over the steps 1 to `step`: the area by its trapezoids; float64, in steps."""
    if batches.ends:
        return _sum_over_plateaus(schedule, np.asarray(step, dtype=np.float64), total_steps, batches)
    first, last = (relative_rate(schedule, end, total_steps) for end in (0.0, step))
    return learning_rate_area(schedule, step, total_steps) + (last - first) / 2.0


def _in_full_batches(
    schedule: Schedule, step: Steps, total_steps: int, batches: Batches
) -> tuple[Schedule, FloatArray, float]:
    """The schedule, the steps and the whole run, by what all of them would be with full batches."""
    steps = np.asarray(step, dtype=np.float64)
    if not batches.ends:
        return schedule, steps, total_steps
    warmup, total = batches.in_full_batches(np.array([schedule.warmup_steps, total_steps], np.float64)).tolist()
    return replace(schedule, warmup_steps=warmup), batches.in_full_batches(steps), total


def _rate(schedule: Schedule, steps: FloatArray, total: float) -> FloatArray:
    warmup, rate = float(schedule.warmup_steps), _SHAPES[schedule.kind][0]
    span = max(total - warmup, 1.0)
    if _are_past(steps, warmup):
        return rate(schedule, steps - warmup, span)
    rising = np.minimum(steps / (warmup or 1.0), 1.0)
    return np.where(steps < warmup, rising, rate(schedule, np.maximum(steps - warmup, 0.0), span))


def _area(schedule: Schedule, steps: FloatArray, total: float, warmup_exponent: float = 1.0) -> FloatArray:
    warmup, area = float(schedule.warmup_steps), _SHAPES[schedule.kind][1]
    power, span = warmup_exponent + 1.0, max(total - warmup, 1.0)
    if _are_past(steps, warmup):
        return warmup / power + area(schedule, steps - warmup, span)
    rising = (np.minimum(steps, warmup) / (warmup or 1.0)) ** power * warmup / power
    return rising + area(schedule, np.maximum(steps - warmup, 0.0), span)


def _are_past(steps: FloatArray, warmup: float) -> bool:
    """Whether the warm-up is over at all of them, so that nobody need compute it."""
    return bool(steps.size) and float(steps.min()) >= warmup


def _sum_over_plateaus(schedule: Schedule, steps: FloatArray, total_steps: int, batches: Batches) -> FloatArray:
    """Plateau by plateau, for a step of a small batch is a short piece of the area: a prefix sum, and the rest of one plateau."""
    ends = np.array((0, *batches.ends), np.float64)
    shares = np.array((*batches.sizes, batches.full), np.float64) / batches.full
    plateau = np.searchsorted(ends[1:], steps, side="left")
    areas, rates = _areas_and_rates(schedule, ends, total_steps, batches)
    now, rate = _areas_and_rates(schedule, steps, total_steps, batches)
    whole = (areas[1:] - areas[:-1]) / shares[:-1] + (rates[1:] - rates[:-1]) / 2.0
    before = np.concatenate([[0.0], whole.cumsum()])
    within = (now - areas[plateau]) / shares[plateau] + (rate - rates[plateau]) / 2.0
    return np.asarray(before[plateau] + within, dtype=np.float64)


def _areas_and_rates(
    schedule: Schedule, steps: FloatArray, total_steps: int, batches: Batches
) -> tuple[FloatArray, FloatArray]:
    counted = _in_full_batches(schedule, steps, total_steps, batches)
    return _area(*counted), _rate(*counted)


def _floor(schedule: Schedule) -> float:
    return schedule.final_lr / schedule.peak_lr


def _cosine(schedule: Schedule, since: FloatArray, span: float) -> FloatArray:
    angle = np.pi * np.minimum(since / span, 1.0)
    return _floor(schedule) + (1.0 - _floor(schedule)) * 0.5 * (1.0 + np.cos(angle))


def _cosine_area(schedule: Schedule, since: FloatArray, span: float) -> FloatArray:
    angle = np.pi * np.minimum(since / span, 1.0)
    falling = 0.5 * (np.minimum(since, span) + span / np.pi * np.sin(angle))
    return _floor(schedule) * since + (1.0 - _floor(schedule)) * falling


def _linear(schedule: Schedule, since: FloatArray, span: float) -> FloatArray:
    return 1.0 - (1.0 - _floor(schedule)) * np.minimum(since / span, 1.0)


def _linear_area(schedule: Schedule, since: FloatArray, span: float) -> FloatArray:
    inside = np.minimum(since, span)
    falling = inside - inside**2 / (2.0 * span)
    return _floor(schedule) * since + (1.0 - _floor(schedule)) * falling


def _decay_steps(schedule: Schedule, span: float) -> float:
    """Steps of the final decay, which cannot begin before the warm-up ends."""
    return min(float(max(schedule.decay_steps, 1)), span)


def _decay_part(schedule: Schedule, since: FloatArray, span: float) -> FloatArray:
    """How far the final decay of a warmup-stable-decay schedule has come, 0 to 1."""
    decay = _decay_steps(schedule, span)
    return np.clip((since - (span - decay)) / decay, 0.0, 1.0)


def _wsd(schedule: Schedule, since: FloatArray, span: float) -> FloatArray:
    """Stable, then 1 - sqrt(x) (Hägele et al. 2024, arXiv 2405.18392; Megatron-LM calls it minus_sqrt), 1 - x or a half cosine; the tail."""
    begin = _tail_begin(schedule, span)
    rate = 1.0 - (1.0 - _floor(schedule)) * _lost(schedule, _decay_part(schedule, since, begin))
    for kept, steps in schedule.tail:
        rate = np.where(since > begin, kept / schedule.peak_lr, rate)
        begin += steps
    return rate


def _wsd_area(schedule: Schedule, since: FloatArray, span: float) -> FloatArray:
    begin = _tail_begin(schedule, span)
    before = np.minimum(since, begin) if schedule.tail else since
    lost = _decay_steps(schedule, begin) * _lost_area(schedule, _decay_part(schedule, before, begin))
    area = before - (1.0 - _floor(schedule)) * (lost + np.maximum(before - begin, 0.0))
    for index, (kept, steps) in enumerate(schedule.tail, start=1):
        longest = float(steps) if index < len(schedule.tail) else np.inf
        area = area + kept / schedule.peak_lr * np.clip(since - begin, 0.0, longest)
        begin += steps
    return area


def _tail_begin(schedule: Schedule, span: float) -> float:
    """Steps from the warm-up to the end of the decay."""
    return max(span - sum(steps for _, steps in schedule.tail), 1.0)


def _lost(schedule: Schedule, part: FloatArray) -> FloatArray:
    """What the decay took of the way to the final rate when a part of it is over."""
    if schedule.decay_shape == "cosine":
        return 0.5 * (1.0 - np.cos(np.pi * part))
    return part ** _DECAY_POWERS[schedule.decay_shape]


def _lost_area(schedule: Schedule, part: FloatArray) -> FloatArray:
    """The integral of what it took, over the decay's own length."""
    if schedule.decay_shape == "cosine":
        return 0.5 * (part - np.sin(np.pi * part) / np.pi)
    power = _DECAY_POWERS[schedule.decay_shape] + 1.0
    return part**power / power


def _inverse_sqrt(schedule: Schedule, since: FloatArray, _span: float) -> FloatArray:
    """sqrt(warmup / step), never below the final rate (Vaswani et al. 2017, section 5.3)."""
    scale = float(schedule.warmup_steps or 1.0)
    return np.maximum(np.sqrt(scale / (scale + since)), _floor(schedule))


def _inverse_sqrt_area(schedule: Schedule, since: FloatArray, _span: float) -> FloatArray:
    scale, floor = float(schedule.warmup_steps or 1.0), _floor(schedule)
    meets_floor = scale / floor**2 - scale if floor > 0.0 else np.inf
    falling = np.minimum(since, meets_floor)
    return 2.0 * (np.sqrt(scale * (scale + falling)) - scale) + floor * np.maximum(since - meets_floor, 0.0)


def _constant(_schedule: Schedule, since: FloatArray, _span: float) -> FloatArray:
    return np.ones_like(since)


def _constant_area(_schedule: Schedule, since: FloatArray, _span: float) -> FloatArray:
    return since


_DECAY_POWERS: Mapping[DecayShape, float] = {"sqrt": 0.5, "linear": 1.0}
_SHAPES: dict[ScheduleKind, tuple[Shape, Shape]] = {
    "cosine": (_cosine, _cosine_area),
    "linear": (_linear, _linear_area),
    "wsd": (_wsd, _wsd_area),
    "inverse-sqrt": (_inverse_sqrt, _inverse_sqrt_area),
    "constant": (_constant, _constant_area),
}
"""Rate and area after the warm-up, as functions of (schedule, steps since the warm-up, steps from there to the end)."""
