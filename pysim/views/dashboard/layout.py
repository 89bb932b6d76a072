"""How a screen's rows are given to panels: the least that each needs, the most wanted first, and what is left by weight."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A panel's rows: none where there are not as many as `least`; more in turn, `weight` at a time, up to `most`."""

    name: str
    least: int
    most: int
    weight: int = 1


def allot(rows: int, wishes: Sequence[Wish]) -> dict[str, int]:
    """Rows for each panel by name, the first wish first; who gets less than its least gets none, and all after it too."""
    given: dict[str, int] = dict.fromkeys((wish.name for wish in wishes), 0)
    left = rows
    served: list[Wish] = []
    for wish in wishes:
        if wish.least > left:
            break
        given[wish.name] = wish.least
        left -= wish.least
        served.append(wish)
    while left > 0 and any(given[wish.name] < wish.most for wish in served):
        for wish in served:
            more = min(wish.weight, wish.most - given[wish.name], left)
            given[wish.name] += more
            left -= more
    if served:
        given[served[0].name] += left
    return given
