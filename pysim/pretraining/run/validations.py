"""Held-out losses, and which is the best of those that count.

A validation's loss is addressed by its data step: done again after a restart, it comes out the same. After a rollback only those
before the checkpoint count, and those that follow.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.physics.loss import LossLaw, validation_loss, validation_sigma
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.run.shaking import loss_factors, shaken_losses, together
from pysim.pretraining.run.steps import LOSS_DECIMALS
from pysim.pretraining.run.timeline import Gap, Timeline
from pysim.story.noise import Stream
from pysim.story.steps import DataStep, Executed

_Shaken = tuple[Stretch, DataStep]  # a stretch, and the last step of it that counts
_MIN_PATIENCE = 10
_PATIENCE_SHARE = 8  # an eighth of all validations


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """One validation as it is reported. Losses in nats."""

    index: int  # from 1, by data step
    loss: float | None  # None where it is not a number
    best_loss: float | None  # None while none was
    best_step: DataStep
    improved: bool
    waited: int  # validations since the best one
    patience: int  # after which the run would be stopped; it grows with what was waited, for the run goes on to its end


class Validations:
    """All validations of one run."""

    def __init__(self, plan: Plan, law: LossLaw, timeline: Timeline) -> None:
        self._plan = plan
        self._law = law
        self._timeline = timeline
        self._ranked: dict[tuple[tuple[Gap, ...], tuple[tuple[int, DataStep], ...]], _Ranking] = {}

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Loss of every validation that the plan calls for, in order, shape (validations,)."""
        work = self._timeline.validation
        steps = np.minimum(np.arange(1, work.occurrences() + 1) * work.interval, self._plan.total_steps)
        noise = Stream(self._plan.data_seed, "validation-loss").normals(0, len(steps))
        tokens = self._plan.batches.sizes_of(steps) * self._plan.sequence_length
        jitter = validation_sigma(tokens) * noise
        return np.round(validation_loss(self._law, steps) + jitter, LOSS_DECIMALS)

    def after(self, step: Executed) -> Validated:
        """The validation that follows an executed step."""
        work = self._timeline.validation
        index = work.index(self._timeline.data_step(step))
        ranking = self._ranking(self._timeline.gaps_before(step), self._shaken_before(step))
        best, loss = int(ranking.best[index - 1]), _number(ranking.losses[index - 1])
        return Validated(
            index=index,
            loss=loss,
            best_loss=_number(ranking.losses[best]),
            best_step=DataStep(work.step_of(best + 1)),
            improved=not ranking.waited[index - 1],
            waited=int(ranking.waited[index - 1]),
            patience=max(_MIN_PATIENCE, work.occurrences() // _PATIENCE_SHARE, int(ranking.longest_wait[index - 1])),
        )

    def known(self, step: Executed) -> NDArray[np.float64]:
        """The loss of every validation that the plan calls for as the model of an executed step has them; NaN for batches it never saw."""
        ranking = self._ranking(self._timeline.gaps_before(step), self._shaken_before(step))
        return np.where(ranking.counts, ranking.losses, np.nan)

    def _shaken_before(self, step: Executed) -> tuple[_Shaken, ...]:
        """The stretches that were shaken while the model of an executed step came about, and the last step of each that it has seen."""
        timeline, segments = self._timeline, self._timeline.segments
        number, kept = timeline.stretch_number(step), timeline.data_step(step)
        found: list[_Shaken] = []
        for shaken in np.flatnonzero(segments.shaken[: number + 1])[::-1].tolist():
            kept = min((kept, *segments.resumed_after[shaken + 1 : number + 1].tolist()))
            number, stretch = shaken, timeline.stretches[shaken]
            if min(kept, stretch.last_data_step) >= stretch.first_data_step:
                found.append((stretch, DataStep(min(kept, stretch.last_data_step))))
        return tuple(found)

    def _shaken_losses(self, shaken: tuple[_Shaken, ...]) -> NDArray[np.float64]:
        """The losses as the model that was shaken has them."""
        work, losses = self._timeline.validation, self.losses.copy()
        for stretch, last in shaken:
            index = np.arange(work.index(DataStep(stretch.first_data_step - 1)), work.index(last))
            steps = np.minimum((index + 1) * work.interval, self._plan.total_steps) - stretch.shift
            factors = together(loss_factors(each.shape, steps - each.first) for each in stretch.shaken)
            losses[index] = np.round(shaken_losses(losses[index], factors, self._law.initial_loss), LOSS_DECIMALS)
        return losses

    def _ranking(self, gaps: tuple[Gap, ...], shaken: tuple[_Shaken, ...]) -> "_Ranking":
        key = gaps, tuple((stretch.begin_us, last) for stretch, last in shaken)
        if key not in self._ranked:
            work = self._timeline.validation
            counts = np.ones(len(self.losses), np.bool_)
            for first, last in gaps:
                counts[work.index(DataStep(first - 1)) : work.index(last)] = False
            self._ranked[key] = _rank(self._shaken_losses(shaken) if shaken else self.losses, counts)
        return self._ranked[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranking:
    """For every validation, in order: its loss, whether it counts, the index (from 0) of the best one so far, how many passed since, the most that did."""

    losses: NDArray[np.float64]
    counts: NDArray[np.bool_]
    best: NDArray[np.int64]
    waited: NDArray[np.int64]
    longest_wait: NDArray[np.int64]


def _number(loss: np.float64) -> float | None:
    return None if np.isnan(loss) else float(loss)


def _rank(losses: NDArray[np.float64], counts: NDArray[np.bool_]) -> _Ranking:
    """Rank those that count; the entries of the others mean nothing."""
    counted = np.where(counts & ~np.isnan(losses), losses, np.inf)
    improved = np.concatenate([[counted[0] < np.inf], counted[1:] < np.minimum.accumulate(counted)[:-1]])
    best = np.maximum.accumulate(np.where(improved, np.arange(len(losses)), 0))
    passed = np.cumsum(counts)
    waited: NDArray[np.int64] = passed - np.where(improved[best], passed[best], 0)
    longest_wait = np.maximum.accumulate(np.where(counts, waited, 0))
    return _Ranking(losses=losses, counts=counts, best=best, waited=waited, longest_wait=longest_wait)
