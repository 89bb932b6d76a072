"""Which runs a show is made of: a line of plans without end, each with the next seed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain, count, dropwhile, islice

from pysim.catalog import find
from pysim.catalog.scenarios import scenarios
from pysim.edge.query import Texts
from pysim.edge.telling import Other, Turn, told
from pysim.kinds import RANDOM, Module, modules, playlist
from pysim.options import values
from pysim.options.refusals import roundings
from pysim.options.settings import Problem, Settings
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import choose_plan
from pysim.pretraining.planning.policies import with_policies
from pysim.pretraining.planning.presets import DEFAULT_PRESET, presets
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.request import Request
from pysim.pretraining.story import PretrainingStory

_MOST_SKIPPED = 100  # seeds in a row that do not go with what is asked for
_KEPT = 8  # plans of modules: the first is asked for again and again


def stories(settings: Settings, now: int) -> Iterator[PretrainingStory]:
    """The stories of the show, each computed when its turn comes. `now` (Unix seconds) is what `--start now` means."""
    return map(told, turns(settings, now))


def _others(settings: Settings, plan: Plan, now: int) -> tuple[Other, ...]:
    """What the first run is compared with."""
    if not settings.compare:
        return ()
    from pysim.edge.comparing import others  # noqa: PLC0415 - most shows compare nothing

    return others(settings, plan, now)


def plans(settings: Settings, now: int) -> Iterator[Plan]:
    """The plans of the show in order."""
    return (turn.plan for turn in turns(settings, now))


def turns(settings: Settings, now: int) -> Iterator[Turn]:
    """The runs of the show in order; it ends only where an option says so.

    What is asked for comes again and again with the next seed: the kind of run that the options describe, or the modules in
    an order drawn from the seed. Where nothing is asked for, that is all of them, the default one first. A seed that does not go
    with what is asked for is passed over; the first one, and every module that is named, has to.
    """
    turns = _possible(_turns(settings, now))
    scenario = scenarios()[settings.scenario] if settings.scenario else None
    first = replace(next(turns), instead={}, inject=settings.inject, decide=settings.decide, scenario=scenario)
    first = replace(first, others=_others(settings, first.plan, now))
    called = (replace(turn, node=settings.node, on_call=settings.on_call) for turn in chain((first,), turns))
    return islice(called, run_limit(settings))


def notes(settings: Settings, now: int) -> tuple[Problem, ...]:
    """What was given and is something else in the plans of the show; most shows have none.

    Raises:
        UnknownName, PlanError: as the first plan.
    """
    if settings.request.batch_tokens is None:  # the only part that may be rounded
        return ()
    return roundings(settings.request, next(plans(settings, now)))


def run_limit(settings: Settings) -> int | None:
    """How many runs the show has; None if it goes on. A show that is cut out of a run, has a goal, or is not for watching, has one."""
    if settings.exit_after_modules is not None:
        return settings.exit_after_modules
    return 1 if settings.instant or settings.scenario or settings.until is not None else None


def _possible(turns: Iterator[Callable[[], Turn]]) -> Iterator[Turn]:
    """The turns whose plans can be."""
    yield next(turns)()
    refused = 0
    for turn in turns:
        try:
            yield turn()
        except PlanError:
            refused += 1
            if refused == _MOST_SKIPPED:
                raise
        else:
            refused = 0


def _turns(settings: Settings, now: int) -> Iterator[Callable[[], Turn]]:
    if settings.chooses_plan and not settings.modules:
        return (partial(_again, settings, seed, now) for seed in count(_first_seed(settings.request)))
    if settings.chooses_plan:
        for name in settings.modules:
            _plan(settings, modules()[name], settings.request.seed or 0, now)
    return (partial(_of_module, settings, module, seed, now) for module, seed in _order(settings))


def _first_seed(request: Request) -> int:
    if request.seed is None and request.preset:
        return find(presets(), "preset", request.preset).seed
    return request.seed or 0


def _order(settings: Settings) -> Iterator[tuple[Module, int]]:
    """Modules with seeds; the first with its own seed where none is asked for."""
    asked = settings.request.seed
    order = playlist(settings.modules, asked or 0) if settings.modules else _everything(asked or 0)
    module, seed = next(order)
    return chain([(module, module.seed if asked is None else seed)], order)


def _again(settings: Settings, seed: int, now: int) -> Turn:
    return _turn(_adapted(settings, settings.request.preset, seed, now))


def _of_module(settings: Settings, module: Module, seed: int, now: int) -> Turn:
    return _turn(_plan(settings, module, seed, now), _asked(settings, module))


def _turn(plan: Plan, asked: Mapping[str, Texts] | None = None) -> Turn:
    elsewhere = {"seed": str(plan.seed), "from": None, "until": None, "inject": None, "decide": None, "compare": None}
    return Turn(plan=plan, instead={**(asked or {}), **elsewhere})


def _asked(settings: Settings, module: Module) -> Mapping[str, Texts]:
    """What asks for this module and no other."""
    if module.name != RANDOM:
        return {"modules": None, "preset": module.name}
    return {"modules": None if settings.chooses_plan else RANDOM}


def _everything(seed: int) -> Iterator[tuple[Module, int]]:
    """All modules without end, the default one first."""
    first = modules()[DEFAULT_PRESET]
    rest = dropwhile(lambda turn: turn[0] == first, playlist((), seed + 1))
    return chain([(first, seed)], rest)


def _plan(settings: Settings, module: Module, seed: int, now: int) -> Plan:
    """A module's plan, with the parts that the options change."""
    if settings.chooses_plan:
        return _adapted(settings, None if module.name == RANDOM else module.name, seed, now)
    return _of(module, settings.request, _in_range(seed), now if settings.start == values.NOW else settings.start)


def _adapted(settings: Settings, preset: str | None, seed: int, now: int) -> Plan:
    return choose_plan(replace(settings.asking(now), preset=preset, seed=_in_range(seed)))


@lru_cache(maxsize=_KEPT)
def _of(module: Module, request: Request, seed: int, start: int | None) -> Plan:
    return with_policies(module.plan(seed, start), request)


def _in_range(seed: int) -> int:
    return seed % (values.LARGEST_SEED + 1)
