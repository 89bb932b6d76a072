"""What befell a run, found by time: when it truly began and was over, what was done when, which machine is where.

Thousands of incidents are never walked for a moment: those that a span touches are found by bisection. Microseconds of run time.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from pysim.catalog.incidents import Cause
from pysim.pretraining.run.life import RESTART_PARTS, Befallen
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.run.timeline import Timeline
from pysim.story.steps import Executed

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

    def __init__(self, befallen: Sequence[Befallen], timeline: Timeline) -> None:
        self._timeline = timeline
        self._by_number = {each.number: each for each in befallen}
        self._in_order = sorted(befallen, key=self.began_us)

    def numbered(self, number: int) -> Befallen | None:
        """The incident of a number; None for 0."""
        return self._by_number.get(number)

    def touching(self, since_us: int, until_us: int) -> Iterator[Befallen]:
        """Those of which anything can be told in [since_us, until_us), in the order in which they began."""
        last = bisect_left(self._begins, until_us)
        for index in range(bisect_left(self._reached, since_us), last):
            if self._reach_us[index] >= since_us:
                yield self._in_order[index]

    def began_us(self, each: Befallen) -> int:
        """When it truly began to take effect."""
        cause = each.incident.cause
        stops = cause.effect in ("crash", "hang") or cause.disturbs_saves
        return each.at_us if stops else min(each.incident.at_us, each.at_us)

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
        return each.over_us - sum(part.us for part in each.parts if part.name in RESTART_PARTS)

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
        came, machines = self._machines.get(node, ([], []))
        index = bisect_right(came, time_us)
        return machines[index - 1] if index else node

    @cached_property
    def replacements(self) -> tuple[tuple[int, int, int], ...]:
        """When another machine took a node's place, the node, and the machine; in order of time."""
        replaced = (each for each in self._in_order if each.replaced_by is not None)
        return tuple(sorted((self.relaunched_us(each), each.blamed, each.replaced_by or 0) for each in replaced))

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

    @cached_property
    def _begins(self) -> list[int]:
        return [self.began_us(each) for each in self._in_order]

    @cached_property
    def _reach_us(self) -> list[int]:
        """Until when anything can be told of each."""
        tails = {each.incident.cause.name: _tail_us(each.incident.cause) for each in self._in_order}
        return [self._mostly_over_us(each) + tails[each.incident.cause.name] for each in self._in_order]

    def _mostly_over_us(self, each: Befallen) -> int:
        """When it is noticed and over, or later."""
        if each.incident.cause.loss:
            return max(each.noticed_us, self.over_us(each))
        return max(each.noticed_us, each.over_us + (_A_STALL_US if each.incident.cause.stall else 0))

    @cached_property
    def _reached(self) -> list[int]:
        """The latest of these up to each."""
        return list(accumulate(self._reach_us, max))

    @cached_property
    def _relaunches(self) -> list[int]:
        return sorted(self.relaunched_us(each) for each in self._in_order if each.interrupts)

    @cached_property
    def _machines(self) -> Mapping[int, tuple[list[int], list[int]]]:
        found: dict[int, tuple[list[int], list[int]]] = {}
        for time_us, node, machine in self.replacements:
            came, machines = found.setdefault(node, ([], []))
            came.append(time_us)
            machines.append(machine)
        return found


def _tail_us(cause: Cause) -> int:
    """How long after anything that it is counted from the last line of a cause can come."""
    return _A_MOMENT_US + round(1e6 * max((line.after + line.within for line in cause.evidence), default=0.0))
