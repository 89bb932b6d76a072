"""What befalls a run: incidents in order of time, drawn from the rates of their causes.

Hardware fails at the hazard of its generation, more often while it is new; a part of all failures is soon followed by another, and
machines differ in how often they are hit. What has a rate of its own comes by itself. Nothing here knows a policy, or what the run
was doing: luck is drawn in run time, so two policies meet the same.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import Cause, RatePer, causes, failure_rates
from pysim.physics.failures import aged_days
from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.arrivals import Hazard, arrivals_us, constant
from pysim.story.noise import Stream
from pysim.story.rounding import round_significant, significant

Floats = NDArray[np.float64]
_MICROSECONDS = 1_000_000
_DRAWS = 32  # of one incident
_RETURNS = 2**36  # addresses beyond those of all incidents
_FOLLOWERS = 16  # of one failure, at most
_CAUSE, NODE_DRAW, LOCAL_RANK_DRAW = 0, 1, 2  # what draws are for; those from `FREE_DRAWS` on are for whoever asks
FREE_DRAWS = 3


def draws_of(index: int) -> int:
    """Where the draws of an incident begin in its stream, by its number in it."""
    return index * _DRAWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that goes wrong: when it truly begins, what it is, and where."""

    at_us: int
    cause: Cause
    node: int  # the slot of the job that is hit
    local_rank: int
    stream: Stream  # of what else is drawn for it
    address: int  # in that stream
    returns: int = 0  # number of what it is the return of, which was not cured; 0 for none

    def draw(self, meaning: int) -> float:
        """One of its own uniforms, by what it is for."""
        return self.stream.spread_at(self.address + meaning)

    def same(self, meaning: int) -> float:
        """The same each time that it returns."""
        return self.stream.spread_at(self.address - (_RETURNS if self.returns else 0) + meaning)

    def again(self, at_us: int, number: int) -> "Incident":
        """The same once more, with draws of its own."""
        return replace(self, at_us=at_us, address=self.address + _RETURNS, returns=number)


class Luck:
    """The luck of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rates = failure_rates()
        self._hazard = Failures(plan)

    def incidents(self) -> Iterator[Incident]:
        """All that befalls the run, in order of time and without end, as long as anything can."""
        processes = [self._failures(), *(self._by_itself(cause) for cause in self._hazard.of_their_own)]
        return heapq.merge(*processes, key=lambda incident: incident.at_us)

    # What comes with saves and restarts

    @property
    def factor(self) -> float:
        """How much more often than on record things go wrong."""
        return self._plan.incident_factor

    def causes_per(self, occasion: RatePer) -> Iterator[Cause]:
        """The causes that strike so often for each such occasion."""
        return (cause for cause in self._hazard.of_their_own if cause.rate and cause.rate.per == occasion)

    def stream_of(self, cause: Cause) -> Stream:
        """By which it is drawn whether a cause strikes on an occasion of a number."""
        return self._stream(f"occasions-{cause.name}")

    def befalling(self, at_us: int, cause: Cause, number: int) -> Incident:
        """A cause that strikes on the occasion of a number."""
        return self._incident(at_us, cause, self._stream(f"details-{cause.name}"), draws_of(number))

    # Hardware, and whatever else is counted with it

    def _failures(self) -> Iterator[Incident]:
        """First failures, and those that follow them within the hour, in order of time."""
        first_share = (1.0 - self._rates.clustering.followed_share) / (1.0 + self._hazard.returning_share)
        first = Hazard(lambda day, days: self._expected(day, days) * first_share)
        waiting: list[tuple[int, int]] = []
        for index, at_us in enumerate(arrivals_us(self._stream("gaps"), first)):
            while waiting and waiting[0][0] <= at_us:
                yield self._failure(*heapq.heappop(waiting))
            for follower in self._followers(index, at_us):
                heapq.heappush(waiting, follower)
            yield self._failure(at_us, index * _FOLLOWERS)

    def _followers(self, index: int, at_us: int) -> Iterator[tuple[int, int]]:
        """What follows a failure: when, and its number."""
        clustering, draws = self._rates.clustering, self._stream("followers")
        for number in range(index * _FOLLOWERS + 1, (index + 1) * _FOLLOWERS):
            if draws.spread_at(2 * number) >= clustering.followed_share:
                return
            at_us += 1 + int(draws.spread_at(2 * number + 1) * clustering.followed_seconds * _MICROSECONDS)
            yield at_us, number

    def _expected(self, day: int, days: int) -> Floats:
        """Expected failures of the job on each of some days."""
        infancy = self._rates.infancy
        aged = [aged_days(each, each + 1, infancy) for each in range(day, day + days)]
        return round_significant(np.array(aged) * self._hazard.per_day)

    def _failure(self, at_us: int, number: int) -> Incident:
        stream, address = self._details, number * _DRAWS
        names, ends = self._divided
        drawn = bisect_right(ends, stream.spread_at(address + _CAUSE))
        return self._incident(at_us, causes()[names[min(drawn, len(names) - 1)]], stream, address)

    @cached_property
    def _details(self) -> Stream:
        return self._stream("details")

    @cached_property
    def _divided(self) -> tuple[list[str], list[float]]:
        """The causes, and the chance that a failure is of one up to each."""
        parts = np.array(list(self._hazard.shares.values()))
        return list(self._hazard.shares), round_significant(np.cumsum(parts) / parts.sum()).tolist()

    # What has a rate of its own

    def _by_itself(self, cause: Cause) -> Iterator[Incident]:
        rate = cause.rate
        if rate is None or rate.per not in ("accelerator-day", "job-day"):
            return
        per_day = (
            rate.value * self._plan.incident_factor * (self._plan.world_size if rate.per == "accelerator-day" else 1)
        )
        stream = self._stream(f"details-{cause.name}")
        for index, at_us in enumerate(arrivals_us(self._stream(f"gaps-{cause.name}"), constant(significant(per_day)))):
            yield self._incident(at_us, cause, stream, index * _DRAWS)

    # Where

    def _incident(self, at_us: int, cause: Cause, stream: Stream, address: int) -> Incident:
        node = bisect_right(self._frailty, stream.spread_at(address + NODE_DRAW))
        local_rank = int(stream.spread_at(address + LOCAL_RANK_DRAW) * self._plan.accelerators_per_node)
        return Incident(at_us=at_us, cause=cause, node=node, local_rank=local_rank, stream=stream, address=address)

    @cached_property
    def _frailty(self) -> list[float]:
        """The chance that a failure hits a node up to each, shape (nodes,): some nodes are hit far more often than others.

        The trace's gamma distribution has a shape of 0.93; an exponential one, whose shape is 1, is close enough to draw from.
        """
        weights = self._stream("frailty").exponentials(0, self._plan.nodes)
        ends = np.cumsum(np.rint(weights * _MICROSECONDS).astype(np.int64))
        chances: list[float] = (ends / ends[-1]).tolist()
        return chances

    def _stream(self, meaning: str) -> Stream:
        return Stream(self._plan.seed, f"{self._key}-{meaning}")

    @property
    def _key(self) -> str:
        plan = self._plan
        return f"incidents-{plan.model.name}-{plan.accelerator.name}-{plan.world_size}"
