"""How often a run validates and saves: what its length and pace make sensible, in round numbers of steps."""

from dataclasses import replace

from pysim.pretraining.figures import figures
from pysim.pretraining.hazard import failures_of
from pysim.pretraining.plan import Plan

_MINUTE = 60.0  # seconds
_VALIDATION_SECONDS = (30 * _MINUTE, 120 * _MINUTE)  # between two validations, unless that makes too few or too many
_FEWEST_VALIDATIONS, _MOST_VALIDATIONS, _USUAL_VALIDATIONS = 20, 400, 100
_VALIDATION_SHARE = 0.01  # of the time between two
_MOST_BATCHES = 100
_CHECKPOINT_SECONDS = (15 * _MINUTE, 60 * _MINUTE)
_USUAL_CHECKPOINTS = 60
_ROUND = (1, 2, 5)


def with_intervals(plan: Plan) -> Plan:
    """The same plan with intervals that suit its step time and its number of steps."""
    one = figures(replace(plan, validation_interval=1, validation_batches=1, checkpoint_interval=1))
    pace, steps = one.step_seconds, plan.total_steps
    validation = _validation_interval(pace, steps)
    batches = round(_VALIDATION_SHARE * validation * pace / one.validation_seconds)
    return replace(
        plan,
        validation_interval=validation,
        validation_batches=min(max(batches, 1), _MOST_BATCHES),
        checkpoint_interval=_checkpoint_interval(pace, steps, _best_seconds(plan, one.checkpoint_seconds)),
    )


def round_steps(steps: float) -> int:
    """The largest of 1, 2, 5, 10, 20, 50, ... up to `steps`, and 1 for less."""
    unit = 1
    while unit * 10 <= steps:
        unit *= 10
    return max((unit * digit for digit in _ROUND if unit * digit <= steps), default=1)


def _validation_interval(pace: float, steps: int) -> int:
    wanted = _within(steps * pace / _USUAL_VALIDATIONS, _VALIDATION_SECONDS) / pace
    interval = round_steps(min(wanted, steps / _FEWEST_VALIDATIONS))
    while steps > interval * _MOST_VALIDATIONS:
        interval = round_steps(3 * interval)
    return interval


def _checkpoint_interval(pace: float, steps: int, best_seconds: float) -> int:
    wanted = min(_within(steps * pace / _USUAL_CHECKPOINTS, _CHECKPOINT_SECONDS), best_seconds)
    return round_steps(min(wanted / pace, steps))


def _best_seconds(plan: Plan, checkpoint_seconds: float) -> float:
    """Work between two checkpoints that loses the least where things go wrong as often as published."""
    return failures_of(replace(plan, incident_factor=1.0)).interval_seconds(checkpoint_seconds)


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
