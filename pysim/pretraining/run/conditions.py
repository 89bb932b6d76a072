"""What telemetry shows of every accelerator: who works, is held back, spins in a collective, sits idle, is drained, or is dead.

It follows from what kept the accelerators busy, and from the looks of the incidents that are under way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import Look, looks
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.hit import ranks_hit, ranks_of
from pysim.pretraining.run.incidents import Incidents
from pysim.pretraining.run.loads import Load
from pysim.pretraining.run.timeline import Timeline
from pysim.story.fleet import DEAD, DRAINING, IDLE, SPINNING, THROTTLED, WORKING

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_KEPT_TIMES = 4096
_OF_LOAD: dict[Load, int] = {"hang": SPINNING, "context": IDLE, "down": IDLE}


@dataclass(frozen=True, slots=True)
class Shown:
    """Arrays of shape (world_size,): the condition, and shares of what the present load would bring. `busy` is 0 or 1."""

    condition: Ints
    busy: Floats
    power: Floats  # of the way from idle to the power of the load
    clock: Floats
    marked: list[range]  # the ranks with another look: the shares of all others are 1

    @classmethod
    def of_all(cls, accelerators: int, condition: int) -> "Shown":
        """All in the same condition."""
        ones = np.ones(accelerators)
        return cls(np.full(accelerators, condition, np.int64), ones, ones.copy(), ones.copy(), [])

    def look(self, ranks: range, look: Look, usual: Look) -> None:
        """How some of them look where all others look as usual."""
        self.marked.append(ranks)
        part = slice(ranks.start, ranks.stop)
        self.condition[part] = _condition(look)
        self.busy[part] = look.utilization
        self.power[part] = look.load / usual.load
        self.clock[part] = look.clock


class Conditions:
    """Of the accelerators of one run."""

    def __init__(self, plan: Plan, incidents: Incidents) -> None:
        self._plan = plan
        self._incidents = incidents

    def at(self, time_us: int, load: Load) -> Shown | None:
        """What is shown just before a time; None where it is what the load brings. Where two hold the same back, the stronger is seen."""
        under_way = sorted(self._incidents.touching(time_us - 1, time_us), key=_victim_load, reverse=True)
        if not under_way and load not in _OF_LOAD:
            return None
        shown = Shown.of_all(self._plan.world_size, _OF_LOAD.get(load, WORKING))
        usual = looks()["spinning" if load == "hang" else "normal"]
        for each in under_way:
            self._mark(shown, each, time_us, usual, steps=load not in _OF_LOAD)
        return shown

    def held_back_us(self, timeline: Timeline, until_us: int | None = None) -> float:
        """What slow and waiting accelerators drew less in training up to a time, as microseconds of one that draws what its load brings."""
        return sum(
            spared * self._trained_us(timeline, begin_us, end_us if until_us is None else min(end_us, until_us))
            for spared, begin_us, end_us in self._spared
            if until_us is None or begin_us < until_us
        )

    @cached_property
    def _spared(self) -> list[tuple[float, int, int]]:
        """What accelerators together draw less, since when and until when."""
        return [
            (spell.spared * accelerators, begin_us, end_us)
            for spell, stronger in _with_stronger(map(self._spell, self._incidents.slowing()))
            for begin_us, end_us, accelerators in spell.outside(stronger)
        ]

    @cached_property
    def _trained_us(self) -> Callable[[Timeline, int, int], int]:
        """How much of a time was training; of what is over the answer stays the same."""
        return lru_cache(_KEPT_TIMES)(lambda timeline, since_us, until_us: timeline.trained_us(since_us, until_us))

    def _spell(self, each: Befallen) -> "_Spell":
        spared = 1.0 - looks()[each.incident.cause.looks.victim].load / looks()["normal"].load
        begin_us = self._incidents.began_us(each)
        return _Spell(ranks_hit(self._plan, each.incident), begin_us, self._looks_so_until_us(each), spared)

    def _looks_so_until_us(self, each: Befallen) -> int:
        """When what an incident does by itself ends, or is ended."""
        if not each.interrupts:
            return self._incidents.over_us(each)
        return each.noticed_us if each.incident.cause.stops_steps else each.acted_us

    def _mark(self, shown: Shown, each: Befallen, time_us: int, usual: Look, *, steps: bool) -> None:
        """What an incident does to it: its own look until somebody notices, then what is done about it.

        What only slows steps, or passes, looks like nothing where none are done.
        """
        cause = each.incident.cause
        victim = looks()[cause.looks.victim]
        noticed_us = self._looks_so_until_us(each)
        if self._incidents.began_us(each) < time_us <= noticed_us:
            if steps or cause.stops_steps:
                shown.look(ranks_hit(self._plan, each.incident), victim, usual)
        elif each.interrupts and noticed_us < time_us <= self._incidents.relaunched_us(each):
            if cause.cure.replaces and time_us > each.acted_us:
                node = ranks_of(self._plan, each.blamed)
                shown.condition[node.start : node.stop] = DRAINING
            if not victim.readable:
                shown.look(ranks_hit(self._plan, each.incident), victim, usual)


@dataclass(frozen=True, slots=True)
class _Spell:
    """Some accelerators that draw less for a while, by a share of what their load brings."""

    ranks: range
    begin_us: int
    end_us: int
    spared: float

    def outside(self, others: Sequence["_Spell"]) -> Iterator[tuple[int, int, int]]:
        """What the others leave of it: since, until, and how many accelerators."""
        edges = (
            min(max(edge, self.begin_us), self.end_us) for other in others for edge in (other.begin_us, other.end_us)
        )
        for begin_us, end_us in pairwise(sorted({self.begin_us, self.end_us, *edges})):
            covered = (other.ranks for other in others if other.begin_us <= begin_us and end_us <= other.end_us)
            yield begin_us, end_us, len(set(self.ranks).difference(*covered)) if others else len(self.ranks)

    def hides(self, other: "_Spell") -> bool:
        """Whether it is seen where both are: of two alike, the one that began first."""
        return self.spared >= other.spared


def _with_stronger(spells: Iterable[_Spell]) -> list[tuple[_Spell, list[_Spell]]]:
    """Each with those that hide a part of it; of two that meet, one hides the other."""
    found, lasting = [], list[tuple[_Spell, list[_Spell]]]()
    real = (spell for spell in spells if spell.spared and spell.begin_us < spell.end_us)
    for spell in sorted(real, key=lambda spell: spell.begin_us):
        lasting = [entry for entry in lasting if entry[0].end_us > spell.begin_us]
        stronger = list[_Spell]()
        for earlier, its_stronger in lasting:
            if earlier.ranks.start < spell.ranks.stop and spell.ranks.start < earlier.ranks.stop:
                (stronger if earlier.hides(spell) else its_stronger).append(earlier if earlier.hides(spell) else spell)
        entry = (spell, stronger)
        found.append(entry)
        lasting.append(entry)
    return found


def _victim_load(each: Befallen) -> float:
    return looks()[each.incident.cause.looks.victim].load


def _condition(look: Look) -> int:
    if not look.readable:
        return DEAD
    if look.clock < 1.0:
        return THROTTLED
    return IDLE if not look.utilization else SPINNING if look.name == "spinning" else WORKING
