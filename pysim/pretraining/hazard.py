"""How often a plan's hardware and software fail: the rate of its generation, or of the run's own record where there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pysim.catalog.incidents import Cause, Record, causes, failure_rates, shares, what_it_has
from pysim.physics.failures import (
    SECONDS_PER_DAY,
    checkpoint_interval_seconds,
    effective_time_ratio,
    mean_seconds_between_failures,
    settled_rate,
)
from pysim.pretraining.plan import Plan
from pysim.story.rounding import significant

_KEPT = 16  # opening a run asks for those of two or three plans several times


@lru_cache(maxsize=_KEPT)
def failures_of(plan: Plan) -> "Failures":
    """The failures of a plan, what was found out of them included."""
    return Failures(plan)


@dataclass(frozen=True)
class Failures:
    """The failures of one plan that are divided into causes; what has a rate of its own comes on top."""

    plan: Plan

    @cached_property
    def shares(self) -> Mapping[str, float]:
        """How they divide into causes; those that cannot hit this cluster are missing, and their share with them."""
        return {name: share for name, share in shares(self._generation).items() if causes()[name].can_hit(self.has)}

    @cached_property
    def has(self) -> frozenset[str]:
        """What the cluster has that can be hit."""
        plan = self.plan
        return what_it_has(plan.accelerator, plan.world_size, plan.precision, saves=True)

    @cached_property
    def per_accelerator_day(self) -> float:
        """Failures that a day of one accelerator brings in the end, when it is not new any more."""
        rates, plan = failure_rates(), self.plan
        record, generation = rates.records.get(plan.preset or ""), rates.generations[self._generation]
        if record:
            settled = settled_rate(self._of_record(record), record.days, rates.infancy)
        else:
            settled = settled_rate(generation.per_accelerator_day, generation.observed_days, rates.infancy)
        return significant(settled * plan.incident_factor * sum(self.shares.values()))

    def _of_record(self, record: Record) -> float:
        """What a run's own interruptions say: failures that met a job which was down already interrupted nothing, and are not in them."""
        clustering, down_seconds = failure_rates().clustering, self._down_seconds
        down_days = (record.unexpected / record.days * down_seconds + self._down_otherwise_seconds) / SECONDS_PER_DAY
        met_up = record.up or 1.0 / (1.0 + down_days)
        met_after_another = clustering.followed_share * min(down_seconds / clustering.followed_seconds, 1.0)
        return record.per_accelerator_day / (met_up * (1.0 - met_after_another))

    @cached_property
    def first_shares(self) -> Mapping[str, float]:
        """How those divide that come by themselves: the others come again, since the first diagnosis named a wrong node.

        With them there are as many failures of each cause as are known.
        """
        return {name: share / (1.0 + self._returns(name)) for name, share in self.shares.items()}

    @cached_property
    def returning_share(self) -> float:
        """Failures that come again over those that come by themselves."""
        first = self.first_shares
        returning = sum(share * self._returns(name) for name, share in first.items())
        return significant(returning / max(sum(first.values()), 1e-9))

    def _returns(self, name: str) -> float:
        """The chance that a failure comes again; on one node nobody can err."""
        return causes()[name].returns if self.plan.nodes > 1 else 0.0

    @property
    def per_day(self) -> float:
        """Failures of the whole job in a day."""
        return significant(self.per_accelerator_day * self.plan.world_size)

    @property
    def between_seconds(self) -> float:
        """Mean time between two; infinite where nothing fails."""
        return significant(mean_seconds_between_failures(self.per_day))

    @cached_property
    def recovery_seconds(self) -> float:
        """What a recovery takes on average, but for the wait for a machine where none is left."""
        known, nodes = causes(), self.plan.nodes
        total = sum(share * known[name].cure.seconds_on(nodes) for name, share in self.shares.items())
        return significant(total / max(sum(self.shares.values()), 1e-9))

    @property
    def _down_seconds(self) -> float:
        """The part of it in which there is nothing that a further failure could interrupt."""
        known, nodes = causes(), self.plan.nodes
        total = sum(share * known[name].cure.down_seconds_on(nodes) for name, share in self.shares.items())
        return total / max(sum(self.shares.values()), 1e-9)

    @property
    def _down_otherwise_seconds(self) -> float:
        """How long a day's other incidents keep the job down; most of it is planned."""
        nodes = self.plan.nodes
        return sum(self.usual_per_day(cause) * cause.cure.down_seconds_on(nodes) for cause in self.of_their_own)

    def interval_seconds(self, checkpoint_seconds: float) -> float:
        """Seconds of work between two checkpoints that lose the least."""
        return significant(checkpoint_interval_seconds(checkpoint_seconds, self.between_seconds))

    def goodput(self, interval_seconds: float, checkpoint_seconds: float) -> float:
        """The share of the time in which the job is expected to get on."""
        return significant(
            effective_time_ratio(self.per_day, self.recovery_seconds, interval_seconds, checkpoint_seconds)
        )

    @cached_property
    def of_their_own(self) -> tuple[Cause, ...]:
        """Causes that can hit this cluster and have a rate of their own."""
        return tuple(each for each in causes().values() if each.rate and each.rate.value and each.can_hit(self.has))

    def usual_per_day(self, cause: Cause) -> float:
        """How often a cause that has a rate of its own by time strikes the job in a day, where things go wrong as published."""
        count = {"accelerator-day": self.plan.world_size, "job-day": 1}
        return cause.rate.value * count.get(cause.rate.per, 0) if cause.rate else 0.0

    @cached_property
    def possible(self) -> tuple[Cause, ...]:
        """Every cause that can hit this cluster."""
        return tuple(each for each in causes().values() if each.can_hit(self.has))

    @property
    def _generation(self) -> str:
        return failure_rates().generation_of(self.plan.accelerator.name).name
