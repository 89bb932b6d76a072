"""Which runs a show is made of: a line of plans without end, each with the next seed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count, dropwhile, islice
from typing import Literal

from pysim.catalog import find
from pysim.edge.query import Texts
from pysim.edge.staging import Misplaced
from pysim.kinds import RANDOM, Module, modules, playlist
from pysim.options import values
from pysim.options.refusals import roundings
from pysim.options.settings import Problem, Settings
from pysim.options.values import Injected, Wrong
from pysim.pretraining.injection import Injection
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import choose_plan
from pysim.pretraining.planning.policies import with_policies
from pysim.pretraining.planning.presets import DEFAULT_PRESET, presets
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.request import Request
from pysim.pretraining.story import PretrainingStory, tell
from pysim.story.header import Header

_MOST_SKIPPED = 100  # seeds in a row that do not go with what is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A run's turn in a show: its plan, and how the options would have to read for a show that begins with this run."""

    plan: Plan
    instead: Mapping[str, Texts]  # by option name; None: without that option
    inject: tuple[Injected, ...] = ()  # what is let happen in it
    node: int | Literal["all"] | None = None  # whose words are shown where machines speak


def stories(settings: Settings, now: int) -> Iterator[PretrainingStory]:
    """The stories of the show, each computed when its turn comes. `now` (Unix seconds) is what `--start now` means."""
    return map(told, turns(settings, now))


def told(turn: Turn) -> PretrainingStory:
    """The story of a turn.

    Raises:
        Misplaced: if something is let happen where the run is not.
        UnknownName, PlanError: if it cannot happen.
    """
    story = tell(turn.plan, list(_placed(turn)))
    for asked in turn.inject:
        if asked.place.is_time:
            _resolved(asked, story)
    if turn.node is not None:
        story.header = _looking_at(turn.node, story.header)
    return story


def _looking_at(node: int | Literal["all"], header: Header) -> Header:
    """The header of a run of which one node is looked at."""
    if node != "all" and node >= header.nodes:
        raise Misplaced(str(Problem("node", str(node), f"does not exist in this run; try {header.nodes - 1} at most")))
    return replace(header, looked_at=node)


def _placed(turn: Turn) -> Iterator[Injection]:
    """Incidents at their places: a step or a part of the run is meant as the run would be without any of them, a time is a time."""
    calm = None if all(asked.place.is_time for asked in turn.inject) else tell(turn.plan)
    for asked in turn.inject:
        at_us = asked.place.time_us if asked.place.is_time or calm is None else _resolved(asked, calm)
        yield Injection(cause=asked.cause, at_us=at_us, target=asked.target, number=asked.number)


def _resolved(asked: Injected, story: PretrainingStory) -> int:
    try:
        return asked.place.resolve(story)
    except Wrong as wrong:
        raise Misplaced(str(Problem("inject", asked.text, str(wrong)))) from None


def plans(settings: Settings, now: int) -> Iterator[Plan]:
    """The plans of the show in order."""
    return (turn.plan for turn in turns(settings, now))


def turns(settings: Settings, now: int) -> Iterator[Turn]:
    """The runs of the show in order; it ends only where an option says so.

    What is asked for comes again and again with the next seed: the kind of run that the options describe, or the modules in
    an order drawn from the seed. Where nothing is asked for, that is all of them, the default one first. A seed that does not go
    with what is asked for is passed over; the first one, and every module that is named, has to.
    """
    turns = (replace(turn, node=settings.node) for turn in _possible(_turns(settings, now)))
    first = replace(next(turns), instead={}, inject=settings.inject)
    return islice(chain((first,), turns), run_limit(settings))


def notes(settings: Settings, now: int) -> tuple[Problem, ...]:
    """What was given and is something else in the plans of the show; most shows have none.

    Raises:
        UnknownName, PlanError: as the first plan.
    """
    if settings.request.batch_tokens is None:  # the only part that may be rounded
        return ()
    return roundings(settings.request, next(plans(settings, now)))


def run_limit(settings: Settings) -> int | None:
    """How many runs the show has; None if it goes on. A show that is cut out of a run, or not for watching, has one."""
    if settings.exit_after_modules is not None:
        return settings.exit_after_modules
    return 1 if settings.instant or settings.until is not None else None


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
    elsewhere = {"seed": str(plan.seed), "from": None, "until": None, "inject": None}
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
    plan = module.plan(_in_range(seed), now if settings.start == values.NOW else settings.start)
    return with_policies(plan, settings.request)


def _adapted(settings: Settings, preset: str | None, seed: int, now: int) -> Plan:
    return choose_plan(replace(settings.asking(now), preset=preset, seed=_in_range(seed)))


def _in_range(seed: int) -> int:
    return seed % (values.LARGEST_SEED + 1)
