"""A moment of a run: what is going on, how far it is, and the last step's numbers."""

from dataclasses import dataclass
from typing import Literal

from pysim.story.events import StepCompleted, TimeAccounted
from pysim.story.oncall import Call
from pysim.story.steps import DataStep, Executed

Phase = Literal["bring-up", "training", "validating", "saving", "hanging", "down", "restarting", "exporting", "done"]
AT_WORK: tuple[Phase, ...] = ("training", "validating", "saving", "hanging")
"""Phases in which all processes are there, with the model in memory."""

OVER: tuple[Phase, ...] = ("exporting", "done")
"""Phases in which nothing is left to go wrong, or to be decided."""

DOWN = "job is down"  # an activity of which nothing more is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The state of a run at one time. Fractions lie between 0 and 1; steps and epochs are complete ones, never ahead."""

    time_us: int
    phase: Phase
    activity: str  # a stage's name, or the step that is validated or saved
    activity_fraction: float
    rented_hours: float  # accelerator-hours that are paid for so far
    training_seconds: float  # since training started; 0 before
    completed: Executed  # redone steps included
    step: DataStep  # the last completed one, as it is printed
    epoch: int  # the one that is running, from 1
    step_in_epoch: int  # completed
    run_fraction: float  # of all steps
    last: StepCompleted | None  # the last completed step; None before the first
    losses: tuple[float, ...]  # so far, without noise and without their first fall: evenly spaced steps
    accounted: TimeAccounted | None  # where the time went so far; None before the first interruption
    calls: tuple[Call, ...] = ()  # that wait for a decision
