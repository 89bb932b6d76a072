"""Which runs a show is made of: a line of plans without end, each with the next seed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, count, dropwhile, islice

from pysim.kinds import RANDOM, Module, modules, playlist
from pysim.options import values
from pysim.options.refusals import roundings
from pysim.options.settings import Problem, Settings
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import choose_plan
from pysim.pretraining.planning.presets import DEFAULT_PRESET
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.run.run import Run, simulate

Turn = Callable[[], Plan]

_MOST_SKIPPED = 100  # seeds in a row that do not go with what is asked for


def runs(settings: Settings, now: int) -> Iterator[Run]:
    """The runs of the show, each computed when its turn comes. `now` (Unix seconds) is what `--start now` means."""
    return map(simulate, plans(settings, now))


def plans(settings: Settings, now: int) -> Iterator[Plan]:
    """The plans of the show in order; it ends only where an option says so.

    What is asked for comes again and again with the next seed: the kind of run that the options describe, or the modules in
    an order drawn from the seed. Where nothing is asked for, that is all of them, the default one first. A seed that does not go
    with what is asked for is passed over; the first one, and every module that is named, has to.
    """
    return islice(_possible(_turns(settings, now)), run_limit(settings))


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


def _possible(turns: Iterator[Turn]) -> Iterator[Plan]:
    """The plans of the turns that have one."""
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


def _turns(settings: Settings, now: int) -> Iterator[Turn]:
    seed = settings.request.seed
    if settings.chooses_plan and not settings.modules:
        return (partial(_adapted, settings, settings.request.preset, following, now) for following in count(seed))
    if settings.chooses_plan:
        for name in settings.modules:
            _plan(settings, modules()[name], seed, now)
    turns = playlist(settings.modules, seed) if settings.modules else _everything(seed)
    return (partial(_plan, settings, module, following, now) for module, following in turns)


def _everything(seed: int) -> Iterator[tuple[Module, int]]:
    """All modules without end, the default one first."""
    first = modules()[DEFAULT_PRESET]
    rest = dropwhile(lambda turn: turn[0] == first, playlist((), seed + 1))
    return chain([(first, seed)], rest)


def _plan(settings: Settings, module: Module, seed: int, now: int) -> Plan:
    """A module's plan, with the parts that the options change."""
    if settings.chooses_plan:
        return _adapted(settings, None if module.name == RANDOM else module.name, seed, now)
    return module.plan(_in_range(seed), now if settings.start == values.NOW else settings.start)


def _adapted(settings: Settings, preset: str | None, seed: int, now: int) -> Plan:
    return choose_plan(replace(settings.asking(now), preset=preset, seed=_in_range(seed)))


def _in_range(seed: int) -> int:
    return seed % (values.LARGEST_SEED + 1)
