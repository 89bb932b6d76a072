"""What telemetry shows of every accelerator: who works, is held back, spins in a collective, sits idle, is drained, or is dead.

It follows from what kept the accelerators busy, and from the looks of the incidents that are under way.
"""

from dataclasses import dataclass

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
        """What is shown just before a time; None where it is what the load brings."""
        under_way = list(self._incidents.touching(time_us - 1, time_us))
        if not under_way and load not in _OF_LOAD:
            return None
        shown = Shown.of_all(self._plan.world_size, _OF_LOAD.get(load, WORKING))
        usual = looks()["spinning" if load == "hang" else "normal"]
        for each in under_way:
            self._mark(shown, each, time_us, usual, steps=load not in _OF_LOAD)
        return shown

    def held_back_us(self, timeline: Timeline) -> float:
        """What slow and waiting accelerators drew less in training, as microseconds of one that draws what its load brings."""
        held_back, until_us, normal = 0.0, dict[range, int](), looks()["normal"]
        for each in self._incidents.slowing():
            ranks, look = ranks_hit(self._plan, each.incident), looks()[each.incident.cause.looks.victim]
            begin_us = max(self._incidents.began_us(each), until_us.get(ranks, 0))
            end_us = self._looks_so_until_us(each)
            if end_us > begin_us:
                until_us[ranks] = end_us
                held_back += len(ranks) * (1.0 - look.load / normal.load) * timeline.trained_us(begin_us, end_us)
        return held_back

    def _looks_so_until_us(self, each: Befallen) -> int:
        """When what an incident does by itself ends, or is ended."""
        return each.noticed_us if each.interrupts else self._incidents.over_us(each)

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
            if cause.cure.replaces:
                node = ranks_of(self._plan, each.blamed)
                shown.condition[node.start : node.stop] = DRAINING
            if not victim.readable:
                shown.look(ranks_hit(self._plan, each.incident), victim, usual)


def _condition(look: Look) -> int:
    if not look.readable:
        return DEAD
    if look.clock < 1.0:
        return THROTTLED
    return IDLE if not look.utilization else SPINNING if look.name == "spinning" else WORKING
