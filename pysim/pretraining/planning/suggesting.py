"""What to ask for instead of what cannot be: the nearest change of what was asked for that works, found by trying.

One part is changed if that is enough, the one that the problem is due to first: to a value near the one that was asked for,
or to the one that a plan without it would have. Several are changed only where no single one helps.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations, islice
from math import log2, prod
from typing import Any

from pysim.physics.axes import read_layout, written
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.limits import LARGEST_WORLD
from pysim.pretraining.planning.outcome import plan_value
from pysim.pretraining.planning.problem import Change, PlanError
from pysim.pretraining.planning.request import Names, Request, offers

Choose = Callable[[Request], Plan]

_NEAR = 8  # values of a part that are tried
_EASY = ("parallel", "sharding", "precision", "batch_tokens", "gpus", "epochs", "tokens")  # to change before all others
_DEGREES = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64)


def refused(request: Request, error: PlanError, choose: Choose) -> PlanError:
    """The error with the change of the request that helps, in terms of what was asked for."""
    if error.hint or error.change:  # nobody knows what was meant, or it was tried already
        return error
    given = dict(request.given)
    given.pop("preset", None)
    change = next(
        (change for change in _changes(request, given, error, choose) if _works(request, change, choose)), None
    )
    blamed = [name for name in (*(change or ()), error.field, *error.others) if name in given]
    field = blamed[0] if blamed else error.field
    value = given.get(field, error.value) if field != "parallel" or error.field != field else error.value
    return PlanError(field, value, error.problem, change=change, hint=error.hint)


def _works(request: Request, change: Change, choose: Choose) -> bool:
    try:
        choose(replace(request, **change))
    except PlanError:
        return False
    return True


def _changes(request: Request, given: Change, error: PlanError, choose: Choose) -> Iterator[Change]:
    yield from (change for change in error.near if change.keys() <= given.keys() and all(change.values()))
    likely = [name for name in dict.fromkeys((error.field, *error.others)) if name in given]
    rest = [name for name in dict.fromkeys((*_EASY, *given)) if name in given and name not in likely]
    for names in (likely, rest):
        for name in names:
            yield from ({name: value} for value in islice(_near(name, given, error), _NEAR))
        for name in names:
            yield from _free(request, (name,), choose)
    for count in range(2, len(given) + 1):
        for several in combinations((*likely, *rest), count):
            yield from _free(request, several, choose)


def _free(request: Request, names: Iterable[str], choose: Choose) -> Iterator[Change]:
    """What the plan would be if these parts were not asked for."""
    try:
        plan = choose(_without(request, names))
    except PlanError:
        return
    yield {name: plan_value(plan, name) for name in names}


def _without(request: Request, names: Iterable[str]) -> Request:
    nothing: Any = dict.fromkeys(names)
    return replace(request, **nothing)


def _near(name: str, given: Change, error: PlanError) -> Iterable[Any]:
    """Other values of a part, nearest first."""
    value = given[name]
    if name == "gpus":
        return _near_worlds(value, _replica(given))
    if name == "parallel":
        return _near_layouts(value, str(error.value).partition("=")[0])
    if name in ("precision", "sharding"):
        return [word for word in _words(name) if word != value]
    return ()


def _words(name: str) -> Names:
    names = dict(offers())[name].names
    return names() if callable(names) else names


def _replica(given: Change) -> int:
    """Accelerators of a replica of the layout that is asked for."""
    layout = read_layout(given["parallel"]) if "parallel" in given else {}
    return prod(degree for axis, degree in layout.items() if axis.divides == "replica")


def _near_worlds(world: int, replica: int) -> list[int]:
    """Numbers of replicas that are powers of two."""
    powers = (replica << power for power in range(LARGEST_WORLD.bit_length()))
    others = [other for other in powers if other <= LARGEST_WORLD and other != world]
    return sorted(others, key=lambda other: (abs(log2(other / world)), other))


def _near_layouts(text: str, key: str) -> list[str]:
    """Layouts with one degree changed, that of the axis of this key first."""
    layout = read_layout(text)
    others = [(axis, degree) for axis in layout for degree in _DEGREES if degree != layout[axis]]
    others.sort(key=lambda other: (other[0].key != key, abs(log2(other[1] / layout[other[0]]))))
    return [written({**layout, axis: degree}) for axis, degree in others]
