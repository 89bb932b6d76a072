"""The same run with one thing changed: its plan, and what became otherwise with that. Loaded when something is compared."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pysim.edge.staging import Misplaced
from pysim.edge.telling import Other, refused
from pysim.options.settings import Problem, Settings
from pysim.options.values import Compared
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import choose_plan
from pysim.pretraining.planning.outcome import PARTS, plan_value
from pysim.pretraining.planning.policies import with_policies
from pysim.pretraining.planning.request import Request

_POLICIES = ("incidents", "spares", "checkpoint_every", "watchdog")
_FOLLOWS: Mapping[str, tuple[str, ...]] = {  # parts of a plan that are left open where another is asked for
    "parallel": ("pipeline_split",),
    "pipeline_split": ("parallel",),
    "precision": ("param_precision", "grad_precision"),
    "epochs": ("tokens",),
    "tokens": ("epochs",),
}
_UNSAID = ("name",)  # of what became otherwise: nobody has chosen it


def others(settings: Settings, plan: Plan, now: int) -> tuple[Other, ...]:
    """The runs that a run of the show is compared with.

    Raises:
        Misplaced: if one of them cannot be, or would be another run.
    """
    return tuple(_other(settings, plan, asked, now) for asked in settings.compare)


def _other(settings: Settings, plan: Plan, asked: Compared, now: int) -> Other:
    if asked.name in ("inject", "decide", "on-call"):
        return Other(asked=asked, plan=plan)
    field = asked.name.replace("-", "_")
    try:
        changed = _changed(settings.asking(now), plan, field, asked.value)
    except ValueError as error:
        raise refused(asked, error) from None
    if changed.noise_seed != plan.noise_seed:
        raise Misplaced(
            str(Problem("compare", asked.text, f"makes another run, with other luck: {_run_of(plan, changed)}"))
        )
    return Other(asked=asked, plan=changed, with_it=tuple(_with_it(plan, changed, field)))


def _changed(request: Request, plan: Plan, field: str, value: object) -> Plan:
    """The plan with one thing changed; what is decided for it stays as it is."""
    asked = replace(request, preset=plan.preset, seed=plan.seed, **{field: value})  # type: ignore[arg-type]  # read by its option
    if field in _POLICIES:
        return with_policies(plan, asked)
    if plan.preset is None:
        left_open = (field, *_FOLLOWS.get(field, ()))
        parts = {part: plan_value(plan, part) for part in PARTS if part not in left_open and _is_chosen(plan, part)}
        asked = replace(asked, **parts)
    chosen = choose_plan(asked)
    return replace(
        chosen,
        start_time=plan.start_time,
        incident_factor=plan.incident_factor,
        spares=plan.spares,
        watchdog_seconds=plan.watchdog_seconds,
        grid_interval=plan.grid_interval,
        validation_batches=plan.validation_batches,
        validation_interval=min(plan.validation_interval, chosen.total_steps),
        checkpoint_interval=min(plan.checkpoint_interval, chosen.total_steps),
    )


def _is_chosen(plan: Plan, part: str) -> bool:
    """Whether it was chosen, and is not what is usual for the rest."""
    return bool(getattr(plan, part, True))


def _run_of(plan: Plan, changed: Plan) -> str:
    """In what it is another run."""
    parts = (
        ("accelerators", plan.world_size, changed.world_size),
        ("tokens a step", plan.tokens_per_step, changed.tokens_per_step),
    )
    return " and ".join(f"{new:,} {what} instead of {old:,}" for what, old, new in parts if old != new)


def _with_it(plan: Plan, changed: Plan, field: str) -> Iterator[str]:
    """What is otherwise besides the one thing that was asked for."""
    before, after = _flat(plan.chosen), _flat(changed.chosen)
    for name in before:
        new = after.get(name)
        is_asked = field in (name, _FIELDS.get(name.partition(".")[0], name.partition(".")[0]))
        if new != before[name] and not is_asked and name not in _UNSAID:
            yield f"{name.rpartition('.')[2].replace('_', ' ')} {_written(new)} (was {_written(before[name])})"


_FIELDS: Mapping[str, str] = {  # of a plan, as a request calls them
    "checkpoint_interval": "checkpoint_every",
    "incident_factor": "incidents",
    "watchdog_seconds": "watchdog",
    "sequence_length": "seq_length",
    "micro_batch_size": "micro_batch",
}


def _flat(chosen: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in chosen.items():
        flat |= {f"{name}.{part}": each for part, each in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
