"""A run: what was true at any moment, as a pure function of the plan.

Nothing is replayed and almost nothing is kept: every answer is computed from closed forms and addressed noise, so a run
of ten million steps opens in the middle as fast as one of a thousand at its start.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.physics.durations import shard_read_seconds
from pysim.physics.loss import loss_law, validation_loss, validation_sigma
from pysim.pretraining.figures import Figures, figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.chapters import Chapters
from pysim.pretraining.run.clock import StepClock
from pysim.pretraining.run.fleet import Fleet
from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.phases import BRING_UP, EXPORT, Stage, stages
from pysim.pretraining.run.shards import Shards
from pysim.pretraining.run.steps import LOSS_DECIMALS, Steps
from pysim.pretraining.run.timeline import Stretch, Timeline
from pysim.story.moment import Phase
from pysim.story.noise import Stream

_VALIDATION_JITTER = 0.03  # share of its duration
_CHECKPOINT_JITTER = 0.10  # shared storage: more than a validation
_SHARD_JITTER = 0.10  # a local disk
_MIN_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A phase at work: between when, in microseconds, and how many executed steps are behind it."""

    phase: Phase
    completed: int
    begin_us: int
    end_us: int


class Run:
    """The truth of one run. Times are microseconds since the job was launched."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.figures: Figures = figures(plan)
        self.law = loss_law(plan)
        self.bring_up = stages(BRING_UP, 0, _us(self.figures.bring_up_seconds))
        self.timeline = self._timeline()
        self.export = stages(EXPORT, self.timeline.end_us, _us(self.figures.export_seconds))
        self.end_us = self.export["writing metadata"].end_us
        self.steps = Steps(plan, self.figures, self.law, self.timeline)
        self.fleet = Fleet(plan, self.figures, self.timeline)
        self.chapters = Chapters(self.timeline, self.end_us)

    def at(self, time_us: int) -> Place:
        """What is going on at a time."""
        timeline = self.timeline
        if time_us < timeline.start_us:
            return Place("bring-up", 0, 0, timeline.start_us)
        if time_us >= timeline.end_us:
            phase: Phase = "exporting" if time_us < self.end_us else "done"
            return Place(phase, timeline.last_step, timeline.end_us, self.end_us)
        return self._between_steps(timeline.step_at(time_us), time_us)

    def _between_steps(self, step: int, time_us: int) -> Place:
        timeline = self.timeline
        end_us = timeline.end_of_us(step)
        if time_us < end_us:
            return Place("training", step - 1, timeline.start_of_us(step), end_us)
        saving_us = timeline.checkpoint_start_us(step)
        if time_us < saving_us:
            return Place("validating", step, end_us, saving_us)
        return Place("saving", step, saving_us, timeline.next_start_us(step))

    def completed_step(self, time_us: int) -> int:
        """The last executed step that has ended by a time; 0 before the first."""
        return self.at(time_us).completed

    @cached_property
    def validation_losses(self) -> NDArray[np.float64]:
        """Loss of every validation of the run, in order, shape (validations,)."""
        work = self.timeline.validation
        steps = np.minimum(np.arange(1, work.occurrences() + 1) * work.interval, self.plan.total_steps)
        noise = Stream(self.plan.seed, "validation-loss").normals(0, len(steps))
        jitter = validation_sigma(self.plan.tokens_per_step) * noise
        return np.round(validation_loss(self.law, steps) + jitter, LOSS_DECIMALS)

    @cached_property
    def best_validations(self) -> NDArray[np.int64]:
        """For every validation, the index (from 0) of the best one so far, shape (validations,)."""
        losses = self.validation_losses
        improved = np.concatenate([[True], losses[1:] < np.minimum.accumulate(losses)[:-1]])
        return np.maximum.accumulate(np.where(improved, np.arange(len(losses)), 0))

    @cached_property
    def patience(self) -> int:
        """Validations without improvement after which the run would be stopped; it goes on to its end, so there are never more."""
        waited = np.arange(len(self.best_validations)) - self.best_validations
        return max(_MIN_PATIENCE, self.timeline.validation.occurrences() // 8, int(waited.max()))

    def schedule_curve(self, points: int) -> list[float]:
        """The learning rate at evenly spaced steps from the first to the last."""
        rates: list[float] = self.steps.learning_rates(_spaced(1, self.plan.total_steps, points)).tolist()
        return rates

    def loss_curve(self, first: int, last: int, points: int) -> list[float]:
        """The training loss without noise at evenly spaced data steps."""
        losses: list[float] = self.steps.expected_losses(_spaced(first, last, points)).tolist()
        return losses

    def _timeline(self) -> Timeline:
        plan, f = self.plan, self.figures
        start_us = self.bring_up["warming up"].end_us
        stretch = Stretch(1, 1, plan.total_steps, start_us, _us(f.first_step_extra_seconds))
        routed = plan.model.moe is not None
        clock = StepClock(plan.seed, plan.total_steps, f.step_seconds, plan.world_size, routed=routed)
        return Timeline(
            (stretch,),
            clock,
            validation=self._periodic("validation", plan.validation_interval, f.validation_seconds, _VALIDATION_JITTER),
            checkpoint=self._periodic("checkpoint", plan.checkpoint_interval, f.checkpoint_seconds, _CHECKPOINT_JITTER),
            shards=self._shards(),
        )

    def _shards(self) -> Shards:
        plan, seconds = self.plan, shard_read_seconds(self.plan)
        stream = Stream(plan.seed, "shard-read-time")
        reads = Periodic(1, plan.total_steps, _us(seconds), _us(seconds * _SHARD_JITTER), stream)
        return Shards(plan.tokens_per_step, plan.dataset.shard_tokens if seconds else 0, reads)

    def _periodic(self, name: str, interval: int, seconds: float, jitter: float) -> Periodic:
        stream = Stream(self.plan.seed, f"{name}-time")
        return Periodic(interval, self.plan.total_steps, _us(seconds), _us(seconds * jitter), stream)

    def stage_of(self, name: str) -> Stage:
        """A stage of bring-up or export by name."""
        return self.bring_up[name] if name in self.bring_up else self.export[name]


def simulate(plan: Plan) -> Run:
    """The run that a plan leads to."""
    return Run(plan)


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


def _spaced(first: int, last: int, points: int) -> NDArray[np.int64]:
    return first + (last - first) * np.arange(points, dtype=np.int64) // max(points - 1, 1)
