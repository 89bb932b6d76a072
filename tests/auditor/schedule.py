"""The printed learning rates against the formula that the schedule's name promises."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from auditor.interval import Interval
from auditor.ledger import Ledger
from auditor.record import Record

_SLACK = 4e-3  # of a rate: the peak and the final one are printed with three digits
_NEAR_THE_END = 0.9  # of a decay, from where on its beginning can no longer be told
_DECAY_POWERS = {"root": 0.5, "linear": 1.0}  # of the final decay of a schedule that is stable before


@dataclass(frozen=True, slots=True)
class Course:
    """What was said of the schedule: rates at its peak and at its end, the warm-up and the whole in steps."""

    peak: Interval
    final: Interval
    warmup: float
    total: float
    clock: Callable[[float], float]  # what the schedule goes by: steps, or the full batches that their sequences make

    def now(self, step: Record) -> float:
        """What it goes by at a step."""
        return self.clock(step.number("step").low)

    def share(self, step: Record) -> float:
        """How much of the way from the warm-up to the end a step has behind it, 0 to 1."""
        return (self.now(step) - self.warmup) / (self.total - self.warmup)

    def between(self, height: float) -> Interval:
        """The rate so high above the final one, 1 being the peak."""
        return self.final + (self.peak - self.final) * height


def schedule(audit: Ledger) -> None:
    """Where the last step was read and says where the rate ends."""
    steps = [step for piece in audit.pieces for step in piece if step.has("learning_rate")]
    course, kind = _course(audit, steps), audit.word("OptimizerReady", "schedule")
    if course:
        audit.claim("schedule falls", (kind == "constant") == course.final.meets(course.peak), kind)
        _KINDS[kind](audit, course, [step for step in steps if course.share(step) > 0])


def _course(audit: Ledger, steps: Sequence[Record]) -> Course | None:
    setup, total = audit.facts.get("OptimizerReady"), audit.fact("TrainingStarted", "total_steps")
    if not (setup and setup.has("schedule") and total and steps and steps[-1].number("step").low == total.low):
        return None
    peak, warmup = setup.number("peak_learning_rate"), setup.number("warmup_steps")
    clock = audit.full_batches
    return Course(peak, steps[-1].number("learning_rate"), clock(warmup.low), clock(total.low), clock)


Check = Callable[[Ledger, Course, Sequence[Record]], None]


def _falling(height: Callable[[float], float]) -> Check:
    """From the peak to the final rate along a curve of the share behind it."""

    def check(audit: Ledger, course: Course, steps: Sequence[Record]) -> None:
        for step in steps:
            expected = course.between(height(course.share(step)))
            audit.tie("schedule", step, step.number("learning_rate"), expected, _SLACK)

    return check


def _inverse_sqrt(audit: Ledger, course: Course, steps: Sequence[Record]) -> None:
    """With the root of the steps, the peak being at the end of the warm-up, down to a floor."""
    for step in steps:
        falling = course.peak * math.sqrt((course.warmup or 1.0) / course.now(step))
        expected = Interval(max(falling.low, course.final.low), max(falling.high, course.final.high))
        audit.tie("schedule", step, step.number("learning_rate"), expected, _SLACK)


def _stable_then_decay(audit: Ledger, course: Course, steps: Sequence[Record]) -> None:
    """Every step tells something of when the decay began, and by one of the usual shapes they must tell the same."""
    beginnings = {name: _beginning(course, steps, power) for name, power in _DECAY_POWERS.items()}
    audit.claim("schedule", any(beginnings.values()), f"no decay of a usual shape: {beginnings}")


def _beginning(course: Course, steps: Sequence[Record], power: float) -> Interval | None:
    """The last stable step of a decay of this shape that fits all of them; None if there is no such step."""
    low, high = course.warmup - 1.0, course.total
    for step in steps:
        told = _begun(course, step, power)
        low, high = max(low, told.low), min(high, told.high)
    return Interval(low, high) if low <= high else None


def _begun(course: Course, step: Record, power: float) -> Interval:
    """When the decay began if it is where this step has it; open to the side of which the step knows nothing."""
    rate, now = step.number("learning_rate"), course.now(step)
    rate = Interval(rate.low * (1 - _SLACK), rate.high * (1 + _SLACK))
    fallen = (course.peak - rate) / (course.peak - course.final)
    least, most = (min(max(end, 0.0), 1.0) ** (1 / power) for end in (fallen.low, fallen.high))
    earliest = (now - most * course.total) / (1 - most) if most < _NEAR_THE_END else -math.inf
    latest = (now - least * course.total) / (1 - least) if 0 < least < _NEAR_THE_END else math.inf
    return Interval(earliest, latest)


def _between_its_ends(audit: Ledger, course: Course, steps: Sequence[Record]) -> None:
    """At the peak, then down a half cosine; where that begins is not told."""
    for step in steps:
        between = Interval(course.final.low, course.peak.high)
        audit.tie("schedule", step, step.number("learning_rate"), between, _SLACK)


def _stable_cosine_tail(audit: Ledger, course: Course, steps: Sequence[Record]) -> None:
    """The same, then at rates that are kept."""
    _between_its_ends(audit, course, steps)
    rates = [step.number("learning_rate") for step in steps]
    kept = sum(rate.meets(course.final) for rate in rates)
    audit.claim("schedule", kept > 1 or len(rates) == 1, "the last rate is kept")


_KINDS: Mapping[str, Check] = {
    "wsd-cosine": _between_its_ends,
    "wsd-cosine-tail": _stable_cosine_tail,
    "cosine": _falling(lambda share: 0.5 * (1 + math.cos(math.pi * share))),
    "linear": _falling(lambda share: 1 - share),
    "constant": _falling(lambda _share: 1.0),
    "inverse-sqrt": _inverse_sqrt,
    "wsd": _stable_then_decay,
}
