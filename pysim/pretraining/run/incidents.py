"""What befell a run, found by time: when it truly began and was over, what was done when, which machine is where.

Thousands of incidents are never walked for a moment: those that a span touches are found by bisection. Microseconds of run time.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import RELAUNCH, Cause
from pysim.pretraining.run.befallen import Befallen, Fate
from pysim.pretraining.run.chips import Replacements
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.run.timeline import Timeline
from pysim.story.steps import Executed

Ints = NDArray[np.int64]
_A_STALL_US = 7_200_000_000  # at most, with what the step takes that meets it
_A_MOMENT_US = 1_000_000  # in which a launcher has said the same of all its processes


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDone:
    """A part of a recovery: [begin_us, end_us)."""

    name: str
    begin_us: int
    end_us: int


class Incidents:
    """All that befell one run."""

    def __init__(self, fate: Fate, timeline: Timeline) -> None:
        self._fate = fate
        self._timeline = timeline

    def numbered(self, number: int) -> Befallen | None:
        """The incident of a number; None for 0."""
        return self._fate[number - 1] if number else None

    def touching(self, since_us: int, until_us: int) -> Iterator[Befallen]:
        """Those of which anything can be told in [since_us, until_us), in the order in which they began."""
        last = bisect_left(self._begins, until_us)
        for index in range(bisect_left(self._reached, since_us), last):
            if self._reaches_us[index] >= since_us:
                yield self._fate[int(self._order[index])]

    def slowing(self) -> Iterator[Befallen]:
        """Those that made steps take longer, in the order in which they began."""
        slow = self._fate.by_cause(lambda cause: cause.slowing is not None or cause.stall is not None)
        for index in self._order[slow[self._order] > 0].tolist():
            yield self._fate[index]

    def after(self, time_us: int) -> Befallen | None:
        """The first that began later than a time."""
        index = bisect_right(self._begins, time_us)
        return self._fate[int(self._order[index])] if index < len(self._order) else None

    def before(self, time_us: int) -> Befallen | None:
        """The last that began earlier than a time."""
        index = bisect_left(self._begins, time_us)
        return self._fate[int(self._order[index - 1])] if index else None

    def costliest(self, limit: int, until_us: int) -> Iterator[Befallen]:
        """At most `limit` in the order in which they began: where there are more, of each of so many pieces of the time the one that cost most."""
        fate, order = self._fate, self._order
        if len(order) > limit:
            piece = np.minimum(fate.began_us * limit // until_us, limit - 1)
            lost_us = np.where(fate.interrupts, fate.over_us - fate.at_us, 0)
            ranked = np.lexsort((-lost_us, piece))
            is_first = np.concatenate([[True], piece[ranked[1:]] != piece[ranked[:-1]]])
            order = ranked[is_first]
        yield from map(fate.__getitem__, order.tolist())

    def began_us(self, each: Befallen) -> int:
        """When it truly began to take effect."""
        return each.at_us if each.incident.cause.begins_when_met else min(each.incident.at_us, each.at_us)

    def over_us(self, each: Befallen) -> int:
        """When it was over: the steps fast again, the loss back, the job up again or in the next trouble."""
        if each.incident.cause.disturbs_saves and not each.interrupts:
            return min(each.over_us, self._timeline.segment_at(each.at_us).end_us)
        if each.incident.cause.stall and not each.interrupts:
            return self._passed_us(each, 1)
        if each.incident.cause.loss and not each.interrupts:
            return self._passed_us(each, each.incident.cause.loss.points[-1].step + 1)
        restart = self._restart_of(each)
        return restart.end_us if restart else each.over_us

    def has_recovered(self, each: Befallen) -> bool:
        """Whether the job came up again before something else brought it down."""
        restart = self._restart_of(each)
        return restart is not None and not restart.is_cut

    def relaunched_us(self, each: Befallen) -> int:
        """When its processes were started again."""
        return each.over_us - sum(part.us for part in each.parts if part.name in RELAUNCH)

    def parts(self, each: Befallen) -> Iterator[PartDone]:
        """What was done about it, in order, as planned."""
        ends = accumulate((part.us for part in each.parts), initial=each.noticed_us)
        for part, begin_us in zip(each.parts, ends, strict=False):
            yield PartDone(name=part.name, begin_us=begin_us, end_us=begin_us + part.us)

    def launches_before(self, time_us: int) -> int:
        """How often all processes have been started again by a time."""
        return bisect_right(self._relaunches, time_us)

    def machine_in(self, node: int, time_us: int) -> int:
        """The machine that is a node of the job at a time; a spare counts from the moment of its first launch."""
        nodes, came_us, machines = self._by_node
        first, last = bisect_left(nodes, node), bisect_right(nodes, node)
        index = bisect_right(came_us, time_us, first, last)
        return machines[index - 1] if index > first else node

    @cached_property
    def replacements(self) -> Replacements:
        """When another machine took a node's place, the node, and the machine; in order of time."""
        fate = self._fate
        replaced = fate.replaced_by >= 0
        came_us, node, machine = fate.relaunched_us[replaced], fate.blamed[replaced], fate.replaced_by[replaced]
        order = np.lexsort((machine, node, came_us))
        return came_us[order], node[order], machine[order]

    def resumption(self, each: Befallen) -> Stretch | None:
        """The training that went on after it, if any did."""
        later = self._timeline.segments_on_from(self.relaunched_us(each))
        return next((segment for segment in later if isinstance(segment, Stretch)), None)

    def _restart_of(self, each: Befallen) -> Segment | None:
        if not each.interrupts:
            return None
        segment = self._timeline.segment_at(self.relaunched_us(each))
        return segment if segment.kind == "restart" else None

    def _passed_us(self, each: Befallen, steps: int) -> int:
        """The end of the steps that it took longer, or shook; at once if none was under way."""
        segment = self._timeline.segment_at(each.at_us)
        if not isinstance(segment, Stretch):
            return each.over_us
        last = Executed(self._timeline.running(segment, max(each.at_us - 1, segment.begin_us)) + steps)
        return self._timeline.end_of_us(last) if last <= segment.last_step else segment.end_us

    # All of them as columns, in the order in which they began

    @cached_property
    def _order(self) -> Ints:
        """Which each is of those that befell the run."""
        return self._fate.began_us.argsort(kind="stable")

    @cached_property
    def _begins(self) -> memoryview:
        return self._fate.began_us[self._order].data

    @cached_property
    def _reaches_us(self) -> Ints:
        """Until when anything can be told of each."""
        fate = self._fate
        stall_us = fate.by_cause(lambda cause: _A_STALL_US if cause.stall else 0)
        ends: Ints = np.maximum(fate.noticed_us, fate.over_us + stall_us) + fate.by_cause(_tail_us)
        for index in np.flatnonzero(fate.by_cause(lambda cause: cause.loss is not None)).tolist():
            ends[index] = max(ends[index], self.over_us(fate[index]) + _A_MOMENT_US)
        return ends[self._order]

    @cached_property
    def _reached(self) -> memoryview:
        """The latest of these up to each."""
        return np.maximum.accumulate(self._reaches_us).data

    @cached_property
    def _relaunches(self) -> memoryview:
        return np.sort(self._fate.relaunched_us[self._fate.interrupts]).data

    @cached_property
    def _by_node(self) -> tuple[memoryview, memoryview, memoryview]:
        """The replacements node by node: the nodes, when the machines came, and these."""
        came_us, node, machine = self.replacements
        order = node.argsort(kind="stable")
        return node[order].data, came_us[order].data, machine[order].data


def _tail_us(cause: Cause) -> int:
    """How long after anything that it is counted from the last line of a cause can come."""
    return _A_MOMENT_US + round(1e6 * max((line.after + line.within for line in cause.evidence), default=0.0))
