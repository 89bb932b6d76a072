"""What befalls a run: incidents in order of time, drawn from the rates of their causes.

Hardware fails at the hazard of its generation, more often while it is new; a part of all failures is soon followed by another, and
machines differ in how often they are hit. What has a rate of its own comes by itself. Nothing here knows a policy, or what the run
was doing: luck is drawn in run time, so two policies meet the same. It is drawn in lots of many incidents at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import Cause, Clustering, RatePer, causes, failure_rates
from pysim.physics.failures import aged_by_day
from pysim.pretraining.hazard import failures_of
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.arrivals import Arrivals, Hazard, constant
from pysim.story.noise import Stream, spreads
from pysim.story.rounding import round_significant, significant

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_MICROSECONDS = 1_000_000
_DAY_US = 86_400_000_000
_DRAWS = 32  # of one incident
_MOST_RECURS = 0.9
_FOLLOWERS = 16  # of one failure, at most
_RECURS, _AGE = 30, 31
_CAUSE, NODE_DRAW, LOCAL_RANK_DRAW = 0, 1, 2  # what draws are for; those from `FREE_DRAWS` on are for whoever asks
FREE_DRAWS = 3
_LOT = 4096  # incidents that are expected of one
_LONGEST_LOT_DAYS = 512
_LONGEST_DAYS = 73 * _LONGEST_LOT_DAYS  # nothing befalls a run after a century
RETURNS = 2**36  # addresses beyond those of all incidents
_NEVER = -1
SOME_TIME_US = 2**62  # of what comes when something else does


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

    def draw(self, meaning: int) -> float:
        """One of its own uniforms, by what it is for."""
        return self.stream.spread_at(self.address + meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Incidents in order of time as columns, each of shape (incidents,): what is drawn for one is drawn for all at once."""

    causes: Sequence[Cause]
    streams: Sequence[Stream]
    at_us: Ints
    cause: Ints  # its index among the causes
    node: Ints
    local_rank: Ints
    stream: Ints  # its index among the streams
    address: Ints
    earlier_us: Ints  # when the machine was hit by what recurs; -1 for what does not

    def __len__(self) -> int:
        return len(self.at_us)

    def draws(self, meanings: Sequence[int]) -> Floats:
        """`Incident.draw` of all, shape (meanings, incidents)."""
        rows = np.array(meanings, np.int64)[:, np.newaxis]
        return spreads(origins(self.streams)[self.stream], self.address + rows)

    def incident(self, index: int) -> Incident:
        """One of them."""
        return Incident(
            at_us=int(self.at_us[index]),
            cause=self.causes[self.cause[index]],
            node=int(self.node[index]),
            local_rank=int(self.local_rank[index]),
            stream=self.streams[self.stream[index]],
            address=int(self.address[index]),
        )

    def again(self, which: Ints) -> "Lot":
        """Some of them once more, with draws of their own, at some time."""
        columns = {name: getattr(self, name)[which] for name in _COLUMNS}
        columns["address"] = columns["address"] + RETURNS
        columns["at_us"] = np.full(len(columns["address"]), SOME_TIME_US, np.int64)
        return Lot(causes=self.causes, streams=self.streams, **columns)

    def before(self, time_us: int) -> int:
        """How many begin before a time."""
        return int(np.searchsorted(self.at_us, time_us, side="left"))

    def part(self, first: int, last: int | None) -> "Lot":
        """Those from `first` up to `last`, which is not among them."""
        columns = {name: getattr(self, name)[first:last] for name in _COLUMNS}
        return Lot(causes=self.causes, streams=self.streams, **columns)

    def in_order(self) -> "Lot":
        """The same sorted by time; those of one moment keep their order."""
        order = self.at_us.argsort(kind="stable")
        columns = {name: getattr(self, name)[order] for name in _COLUMNS}
        return Lot(causes=self.causes, streams=self.streams, **columns)


_COLUMNS = ("at_us", "cause", "node", "local_rank", "stream", "address", "earlier_us")


def lot_of(incidents: Iterable[Incident]) -> Lot:
    """Some incidents as a lot, those of one moment in the order in which they are given."""
    given = tuple(incidents)
    columns = {name: np.array([getattr(each, name) for each in given], np.int64) for name in _OWN_COLUMNS}
    numbers = np.arange(len(given), dtype=np.int64)
    streams = tuple(each.stream for each in given)
    named = tuple(each.cause for each in given)
    never = np.full(len(given), _NEVER, np.int64)
    return Lot(causes=named, streams=streams, cause=numbers, stream=numbers, earlier_us=never, **columns).in_order()


_OWN_COLUMNS = ("at_us", "node", "local_rank", "address")


def together(first: Lot, second: Lot) -> Lot:
    """Two lots as one, in order; at one moment, those of the first come first."""
    moved = {"cause": len(first.causes), "stream": len(first.streams)}
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name) + moved.get(name, 0)]) for name in _COLUMNS
    }
    causes, streams = (*first.causes, *second.causes), (*first.streams, *second.streams)
    return Lot(causes=causes, streams=streams, **columns).in_order()


def origins(streams: Sequence[Stream]) -> NDArray[np.uint64]:
    """What sets the draws of each stream apart."""
    return np.array([stream.origin for stream in streams], np.uint64)


class Luck:
    """The luck of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._noise_seed = plan.noise_seed
        self._rates = failure_rates()
        self._hazard = failures_of(plan)

    def incidents(self) -> Iterator[Incident]:
        """All that befalls the run, in order of time and for a century, as long as anything can."""
        return (lot.incident(index) for lot in self.lots() for index in range(len(lot)))

    def lots(self, asked: Lot | None = None) -> Iterator[Lot]:
        """The same in lots, and what else is asked for among it."""
        asked, passed, days = lot_of(()) if asked is None else asked, 0, self._lot_days
        hardware, memory = self._hardware, _Memory(self._rates.clustering)
        own = [self._by_itself(cause) for cause in self._hazard.of_their_own]
        for first_day in range(0, _LONGEST_DAYS, days):
            drawn = [self._failures(*hardware.of_next(days), memory), *(each.of_next(days) for each in own)]
            due = asked.before((first_day + days) * _DAY_US)
            lot = self._placed(drawn)
            yield together(asked.part(passed, due), lot) if due > passed else lot.in_order()
            passed = due
        yield asked.part(passed, None)

    @property
    def _lot_days(self) -> int:
        """How many days make a lot."""
        per_day = self._hazard.per_day + sum(map(self._per_day, self._hazard.of_their_own))
        return int(max(min(_LOT / max(per_day, 1e-9), _LONGEST_LOT_DAYS), 1.0))

    # What comes with saves and restarts

    @property
    def factor(self) -> float:
        """How much more often than on record things go wrong."""
        return self._plan.incident_factor

    def causes_per(self, occasion: RatePer) -> tuple[Cause, ...]:
        """The causes that strike so often for each such occasion."""
        return tuple(cause for cause in self._hazard.of_their_own if cause.rate and cause.rate.per == occasion)

    def stream_of(self, cause: Cause) -> Stream:
        """By which it is drawn whether a cause strikes on an occasion of a number."""
        return self._stream(f"occasions-{cause.name}")

    def on_occasion(self, cause: Cause, numbers: Ints) -> Lot:
        """A cause that strikes on the occasions of some numbers."""
        at_us, named = np.full(len(numbers), SOME_TIME_US, np.int64), np.full(len(numbers), _numbers()[cause.name])
        return self._placed([_Drawn(at_us, named, self._stream(f"details-{cause.name}"), numbers * _DRAWS)])

    # Hardware, and whatever else is counted with it

    @property
    def _hardware(self) -> "_Hardware":
        clustering = self._rates.clustering
        first_share = (1.0 - clustering.followed_share) / (1.0 + self._hazard.returning_share)
        first = Hazard(lambda day, days: self._expected(day, days) * first_share)
        return _Hardware(Arrivals(self._stream("gaps"), first), self._stream("followers"), clustering)

    def _expected(self, day: int, days: int) -> Floats:
        """Expected failures of the job on each of some days."""
        aged = aged_by_day(day, days, self._rates.infancy)
        return round_significant(np.array(aged) * self._hazard.per_day)

    def _failures(self, at_us: Ints, number: Ints, memory: "_Memory") -> "_Drawn":
        """What each failure is of, and where it was before if it recurs."""
        stream, address = self._stream("details"), number * _DRAWS
        chance = stream.spread(address + _CAUSE)
        first, other = (self._causes(ends, chance) for ends in self._divided)
        draws = stream.spread(address + _RECURS), stream.spread(address + _AGE)
        cause, earlier_us = memory.of_next(at_us, first, other, *draws)
        return _Drawn(at_us, cause, stream, address, earlier_us)

    def _causes(self, ends: Floats, chance: Floats) -> Ints:
        named = np.array([_numbers()[name] for name in self._hazard.first_shares], np.int64)
        return named[np.minimum(np.searchsorted(ends, chance, side="right"), len(named) - 1)]

    @cached_property
    def _divided(self) -> tuple[Floats, Floats]:
        """The chance that a failure is of one of the causes up to each; and that one is that could have recurred and did not.

        With those that do recur the latter come to the same shares.
        """
        factor, shares = self._rates.clustering.recurs_factor, np.array(list(self._hazard.first_shares.values()))
        staying = np.array([1.0 - recurrence(causes()[name], factor) for name in self._hazard.first_shares])
        first, other = (round_significant(parts.cumsum() / parts.sum()) for parts in (shares, shares * staying))
        return first, other

    # What has a rate of its own

    def _by_itself(self, cause: Cause) -> "_OfItsOwn":
        gaps = self._stream(f"gaps-{cause.name}")
        arrivals = Arrivals(gaps, constant(significant(self._per_day(cause))))
        return _OfItsOwn(arrivals, self._stream(f"details-{cause.name}"), _numbers()[cause.name])

    def _per_day(self, cause: Cause) -> float:
        """How often it comes in run time; what comes with something that the run does comes from there."""
        rate = cause.rate
        if rate is None or rate.per not in ("accelerator-day", "job-day"):
            return 0.0
        return rate.value * self._plan.incident_factor * (self._plan.world_size if rate.per == "accelerator-day" else 1)

    # Where

    def _placed(self, drawn: Sequence["_Drawn"]) -> Lot:
        """What was drawn in one lot, not in order yet."""
        counts = np.array([len(each.at_us) for each in drawn])
        stream, streams = np.repeat(np.arange(len(drawn)), counts), tuple(each.stream for each in drawn)
        never = [np.full(len(each.at_us), _NEVER, np.int64) for each in drawn]
        earlier_us = [
            each.earlier_us if each.earlier_us is not None else no for each, no in zip(drawn, never, strict=True)
        ]
        address, origin = np.concatenate([each.address for each in drawn]), origins(streams)[stream]
        per_node = self._plan.accelerators_per_node
        return Lot(
            causes=self._all_causes,
            streams=streams,
            at_us=np.concatenate([each.at_us for each in drawn]),
            cause=np.concatenate([each.cause for each in drawn]),
            node=np.searchsorted(self._frailty, spreads(origin, address + NODE_DRAW), side="right"),
            local_rank=(spreads(origin, address + LOCAL_RANK_DRAW) * per_node).astype(np.int64),
            stream=stream,
            address=address,
            earlier_us=np.concatenate(earlier_us),
        )

    @cached_property
    def _all_causes(self) -> tuple[Cause, ...]:
        return tuple(causes().values())

    @cached_property
    def _frailty(self) -> Floats:
        """The chance that a failure hits a node up to each, shape (nodes,): some nodes are hit more often than others.

        A gamma distribution of a whole shape is the sum of so many exponential ones.
        """
        shape = self._rates.clustering.frailty_shape
        weights = self._stream("frailty").exponentials(0, shape * self._plan.nodes).reshape(-1, shape).sum(axis=1)
        ends = np.rint(weights * _MICROSECONDS).astype(np.int64).cumsum()
        chances: Floats = ends / ends[-1]
        return chances

    def _stream(self, meaning: str) -> Stream:
        return Stream(self._noise_seed, f"incidents-{meaning}")


class _Drawn(NamedTuple):
    """Incidents of one stream, as columns."""

    at_us: Ints
    cause: Ints
    stream: Stream
    address: Ints
    earlier_us: Ints | None = None


def recurrence(cause: Cause, factor: float) -> float:
    """The chance that a cause comes back to the machine that it has hit."""
    return min(cause.recurs * factor, _MOST_RECURS) if cause.is_of_a_machine else 0.0


class _Memory:
    """Which failures are those of before on the same machine: each in the place of another one, so there are not more of them."""

    def __init__(self, clustering: Clustering) -> None:
        self._chances = [recurrence(cause, clustering.recurs_factor) for cause in causes().values()]
        self._shares, self._days = np.array(clustering.recurs_days).T
        self._longest_us = int(self._days[-1] * _DAY_US)
        self._at_us = np.zeros(0, np.int64)  # of the failures that can still recur
        self._cause: list[int] = []

    def of_next(self, at_us: Ints, first: Ints, other: Ints, chance: Floats, age: Floats) -> tuple[Ints, Ints]:
        """What the next failures are of, and when the machine of each had the same; -1 for never.

        `first` are their causes where there is none before that could recur, `other` where that does not.
        """
        known = len(self._at_us)
        times = np.concatenate([self._at_us, at_us])
        earlier = np.searchsorted(times, at_us - self._ages_us(age), side="right") - 1
        has_earlier = (earlier >= 0) & (at_us - times[earlier] <= self._longest_us)
        named = [*self._cause, *np.where(has_earlier, other, first).tolist()]
        remembers = has_earlier & (chance < max(self._chances))
        earlier_us, chances = np.full(len(at_us), _NEVER, np.int64), self._chances
        for index in np.flatnonzero(remembers).tolist():
            before = int(earlier[index])
            if chance[index] < chances[named[before]]:
                named[known + index], earlier_us[index] = named[before], times[before]
        kept = int(np.searchsorted(times, times[-1] - self._longest_us)) if len(times) else 0
        self._at_us, self._cause = times[kept:], named[kept:]
        return np.array(named[known:], np.int64), earlier_us

    def _ages_us(self, shares: Floats) -> Ints:
        """How long after it what recurs does, by shares of 0..1; even in the logarithm between the quantiles."""
        days = round_significant(np.exp(np.interp(shares, self._shares, np.log(self._days))))
        return (days * _DAY_US).astype(np.int64)


class _Hardware:
    """First failures, and those that follow them within the hour, each with its number."""

    def __init__(self, first: Arrivals, followers: Stream, clustering: Clustering) -> None:
        self._first = first
        self._followers = followers
        self._clustering = clustering
        self._come = 0  # first failures
        self._until_us = 0
        self._later: tuple[Ints, Ints] = (np.zeros(0, np.int64), np.zeros(0, np.int64))

    def of_next(self, days: int) -> tuple[Ints, Ints]:
        """When those of the next days come, and their numbers, in order of time: at one moment, first failures come last."""
        first_us = self._first.of_next(days)
        first = self._come + np.arange(len(first_us), dtype=np.int64)
        self._come, self._until_us = self._come + len(first), self._until_us + days * _DAY_US
        pairs = (self._later, (first_us, first * _FOLLOWERS), *self._following(first_us, first * _FOLLOWERS))
        at_us, number = map(np.concatenate, zip(*pairs, strict=True))
        order = np.lexsort((number, number % _FOLLOWERS == 0, at_us))
        due = int(np.searchsorted(at_us[order], self._until_us, side="left"))
        self._later = at_us[order[due:]], number[order[due:]]
        return at_us[order[:due]], number[order[:due]]

    def _following(self, at_us: Ints, number: Ints) -> Iterator[tuple[Ints, Ints]]:
        """What follows failures: first the next of each that has one, then those that follow these, and so on."""
        draws, clustering = self._followers, self._clustering
        for _ in range(1, _FOLLOWERS):
            followed = draws.spread(2 * (number + 1)) < clustering.followed_share
            at_us, number = at_us[followed], number[followed] + 1
            waited = draws.spread(2 * number + 1) * clustering.followed_seconds * _MICROSECONDS
            at_us = at_us + 1 + waited.astype(np.int64)
            yield at_us, number


class _OfItsOwn:
    """What comes of one cause that has a rate of its own."""

    def __init__(self, arrivals: Arrivals, details: Stream, cause: int) -> None:
        self._arrivals = arrivals
        self._details = details
        self._cause = cause
        self._come = 0

    def of_next(self, days: int) -> _Drawn:
        """Those of the next days."""
        at_us = self._arrivals.of_next(days)
        number = self._come + np.arange(len(at_us), dtype=np.int64)
        self._come += len(at_us)
        return _Drawn(at_us, np.full(len(at_us), self._cause, np.int64), self._details, number * _DRAWS)


@cache
def _numbers() -> Mapping[str, int]:
    """Of the causes by name."""
    return {name: number for number, name in enumerate(causes())}
