"""What a trainer, and what watches over it, tell of the job. The names are pysim's own; docs/exports.md lists them.

While no process of the job runs, what it told of itself is not there; what an orchestrator knows is.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from pysim.export.metrics.families import Family
from pysim.story import events as ev
from pysim.story.header import Header
from pysim.story.moment import AT_WORK, Moment, Phase
from pysim.story.story import Story

_JOULES_PER_KWH = 3.6e6

Number = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The job at a time, and the last of what it did besides steps."""

    moment: Moment
    restarts: int
    goodput: float
    joules: float
    validation_loss: float | None
    checkpoint: int  # the step after which the last one was written; 0 for none
    is_single: bool  # a precision without a loss scale

    @property
    def phase(self) -> Phase:
        """What it does, as far as anybody sees: who hangs seems to train, only that no step comes."""
        return "training" if self.moment.phase == "hanging" else self.moment.phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity(Family):
    """One number of the job; None where there is none."""

    value: Callable[[Known], Number]


def _of_last(read: Callable[[ev.StepCompleted], Number]) -> Callable[[Known], Number]:
    """Of the last step, as long as the processes are there that did it."""

    def value(known: Known) -> Number:
        last = known.moment.last
        return None if last is None or known.moment.phase not in AT_WORK else read(last)

    return value


def _loss(last: ev.StepCompleted) -> float:
    """A trainer that has a loss which is not a number says so."""
    return math.nan if last.loss is None else last.loss


def _loss_scale(known: Known) -> Number:
    return None if known.is_single else _of_last(lambda e: e.loss_scale)(known)


QUANTITIES = (
    Quantity(name="training_step", help="Last completed step.", value=_of_last(lambda e: e.step)),
    Quantity(name="training_loss", help="Loss of the last step, in nats.", value=_of_last(_loss)),
    Quantity(
        name="training_grad_norm",
        help="Norm of all gradients of the last step before clipping.",
        value=_of_last(lambda e: e.grad_norm),
    ),
    Quantity(
        name="training_learning_rate",
        help="Learning rate of the last step.",
        value=_of_last(lambda e: e.learning_rate),
    ),
    Quantity(name="training_loss_scale", help="Loss scale of the last step (FP16 only).", value=_loss_scale),
    Quantity(name="training_step_seconds", help="Duration of the last step.", value=_of_last(lambda e: e.step_seconds)),
    Quantity(
        name="training_tokens_per_second",
        help="Tokens of the last step over its duration.",
        value=_of_last(lambda e: e.tokens_per_second),
    ),
    Quantity(
        name="training_mfu_ratio",
        help="Model FLOPs utilization of the last step, from 0 to 1.",
        value=_of_last(lambda e: e.mfu),
    ),
    Quantity(
        name="training_seen_tokens",
        help="Tokens that the weights have been trained on; falls where a run goes back to a checkpoint.",
        value=_of_last(lambda e: e.tokens),
    ),
    Quantity(
        name="training_validation_loss", help="Loss of the last validation, in nats.", value=lambda k: k.validation_loss
    ),
    Quantity(
        name="training_checkpoint_step",
        help="Step after which the newest checkpoint was written; 0 for none.",
        value=lambda k: k.checkpoint,
    ),
    Quantity(
        name="training_goodput_ratio",
        help="Productive time over all time since the launch, from 0 to 1.",
        value=lambda k: k.goodput,
    ),
    Quantity(
        name="training_restarts_total",
        help="How often all processes were started again.",
        kind="counter",
        value=lambda k: k.restarts,
    ),
    Quantity(
        name="training_energy_joules_total",
        help="Energy of all accelerators since the launch.",
        kind="counter",
        value=lambda k: round(k.joules),
    ),
)
PHASE = Family(name="training_phase", help="What the job does: 1 for what it does, 0 for all else.")
PHASES: tuple[Phase, ...] = tuple(phase for phase in get_args(Phase) if phase != "hanging")
INFO = Family(name="training_info", help="The run in words.")


class Trainer:
    """Keeps what is told once and stays true, and looks up the rest."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._validation_loss: float | None = None
        self._checkpoint = 0

    def hear(self, event: ev.Event) -> None:
        """What was done besides steps."""
        match event:
            case ev.ValidationCompleted():
                self._validation_loss = event.loss
            case ev.CheckpointCompleted():
                self._checkpoint = event.step
            case _:
                pass

    def at(self, time_us: int) -> Known:
        """The job at a time."""
        tally = self._story.tally(time_us)
        return Known(
            moment=self._story.moment(time_us),
            restarts=self._story.header.job.launches(time_us),
            goodput=round(tally.goodput, 6),
            joules=tally.energy_kwh * _JOULES_PER_KWH,
            validation_loss=self._validation_loss,
            checkpoint=self._checkpoint,
            is_single=self._story.header.precision != "fp16",
        )


def labels(header: Header) -> list[tuple[str, str]]:
    """What every sample of the job has."""
    return [("run", header.run_name), ("run_id", header.run_id)]


def facts(header: Header) -> Iterator[tuple[str, str]]:
    """What `training_info` says besides."""
    yield "model", header.model_title
    yield "dataset", header.dataset_title
    yield "accelerator", header.accelerator_title
    yield "world_size", str(header.world_size)
    yield "nodes", str(header.nodes)
    yield "precision", header.precision
    yield "sharding", header.sharding
    yield "tensor_parallel", str(header.tensor_parallel)
    yield "pipeline_parallel", str(header.pipeline_parallel)
