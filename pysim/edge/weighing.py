"""What is worth comparing with a run: a few changes that make sense for it and can be. Loaded when somebody wonders."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from pysim.edge.comparing import others
from pysim.edge.telling import Turn
from pysim.options.settings import Settings, comparable
from pysim.options.values import comparison
from pysim.physics.workload import Parallelism
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.outcome import plan_value

_LAYOUTS, _SHARDINGS = 2, 1  # that are suggested at most
_OTHER_SHARDINGS = ("zero1", "fsdp", "hsdp", "zero3", "ddp")


class Suggestion(NamedTuple):
    """What to compare with: as the option has it, and in words."""

    change: str
    title: str


def suggestions(settings: Settings, turn: Turn, now: int) -> list[Suggestion]:
    """Those that can be, the likeliest first."""
    plan = turn.plan
    tried = [*_policies(plan), *_deeds(turn)]
    found = [each for each in tried if _can_be(settings, plan, each.change, now)]
    layouts = (each for each in _layouts(plan) if _can_be(settings, plan, each.change, now))
    shardings = (each for each in _shardings(plan) if _can_be(settings, plan, each.change, now))
    return [*found, *islice(layouts, _LAYOUTS), *islice(shardings, _SHARDINGS)]


def _can_be(settings: Settings, plan: Plan, change: str, now: int) -> bool:
    asked = comparable(comparison(change))
    try:
        return bool(others(replace(settings, compare=(asked,)), plan, now))
    except ValueError:
        return False


def _policies(plan: Plan) -> Iterator[Suggestion]:
    every = plan.checkpoint_interval
    if every > 1:
        yield Suggestion(f"checkpoint-every={every // 2}", f"save twice as often, every {every // 2:,} steps")
    if 2 * every <= plan.total_steps:
        yield Suggestion(f"checkpoint-every={2 * every}", f"save half as often, every {2 * every:,} steps")
    if plan.nodes > 1 and plan.spares:
        yield Suggestion("spares=0", "no spare nodes")
    if plan.nodes > 1:
        yield Suggestion(f"spares={2 * plan.spares or 2}", f"{2 * plan.spares or 2:,} spare nodes, not {plan.spares:,}")
    if plan.incident_factor:
        yield Suggestion("incidents=off", "nothing goes wrong")
        yield Suggestion(f"incidents={2 * plan.incident_factor:g}", "things go wrong twice as often")
    else:
        yield Suggestion("incidents=published", "things go wrong as often as published")
    if plan.incident_factor and plan.nodes > 1:
        seconds = max(plan.watchdog_seconds // 2, 1)
        yield Suggestion(
            f"watchdog={seconds}s", f"hangs are given up after {seconds:,} s, not {plan.watchdog_seconds:,}"
        )


def _deeds(turn: Turn) -> Iterator[Suggestion]:
    """Of what was done to the run."""
    if turn.decide:
        yield Suggestion("decide=", "nothing was decided")
    if turn.on_call:
        yield Suggestion("on-call=off", "the automatic policy has the shift")
    if turn.inject:
        yield Suggestion("inject=", "without what was let happen")


def _layouts(plan: Plan) -> Iterator[Suggestion]:
    """Those that divide the model once more or once less."""
    now = plan.parallel
    near = (
        replace(now, pipeline=2 * now.pipeline),
        replace(now, pipeline=now.pipeline // 2),
        replace(now, tensor=2 * now.tensor),
        replace(now, tensor=now.tensor // 2),
    )
    for layout in near:
        if layout.pipeline and layout.tensor:
            yield _layout(plan, layout)


def _layout(plan: Plan, layout: Parallelism) -> Suggestion:
    written = plan_value(replace(plan, parallel=layout), "parallel")
    return Suggestion(f"parallel={written}", f"laid out as {written}, not {plan_value(plan, 'parallel')}")


def _shardings(plan: Plan) -> Iterator[Suggestion]:
    for sharding in _OTHER_SHARDINGS:
        if sharding != plan.sharding:
            yield Suggestion(f"sharding={sharding}", f"sharded as {sharding}, not {plan.sharding}")
