"""How long the steps of a ramp take: those of a plateau are alike, each as long as a step of a run with that batch.

Fewer micro-batches are in the pipeline, so the bubble is larger, and exchanges and the optimizer take as long as ever.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from pysim.physics.cluster import step_time
from pysim.pretraining.plan import Plan
from pysim.story.rounding import significant

_KEPT = 16  # plans


@dataclass(frozen=True, slots=True)
class Plateau:
    """Steps in a row with one batch."""

    batch: int  # sequences
    accumulation: int  # micro-batches of each replica
    first: int  # data step
    last: int
    step_seconds: float

    @property
    def steps(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def seconds(self) -> float:
        """What they take together."""
        return self.steps * self.step_seconds


@lru_cache(_KEPT)
def plateaus(plan: Plan) -> tuple[Plateau, ...]:
    """Those before the full batch, in order; none without a ramp."""
    batches, first, found = plan.batches, 1, []
    for size, last in zip(batches.sizes, batches.ends, strict=True):
        small = replace(plan, global_batch_size=size, batch_ramp=None)
        seconds = significant(step_time(small).total_seconds)
        found.append(Plateau(size, small.accumulation, first, last, seconds))
        first = last + 1
    return tuple(found)


def ramp_seconds(plan: Plan) -> float:
    """What the steps before the full batch take together."""
    return significant(sum(each.seconds for each in plateaus(plan)))


def steps_seconds(plan: Plan, full_seconds: float) -> float:
    """What all steps of a run take together, those with the full batch `full_seconds` each."""
    return ramp_seconds(plan) + (plan.total_steps - plan.batches.ramp_steps) * full_seconds
