"""A moment of a run as the live region shows it: what is going on, how far it is, and the last step's numbers."""

from dataclasses import dataclass

from pysim.pretraining.run.phases import Phase, stage_at
from pysim.pretraining.run.run import Place, Run
from pysim.pretraining.scenes.training import step_events
from pysim.story.events import StepCompleted


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of a run at one time. Fractions lie between 0 and 1; steps and epochs are complete ones, never ahead."""

    time_us: int
    phase: Phase
    activity: str  # a stage's name, or the step that is validated or saved
    activity_fraction: float
    completed: int  # executed steps
    step: int  # completed data steps
    epoch: int  # the one that is running, from 1
    step_in_epoch: int  # completed
    run_fraction: float  # of all steps


def moment(run: Run, time_us: int) -> Moment:
    """What is true of `run` at a time."""
    plan, place = run.plan, run.at(time_us)
    step = run.timeline.data_step(place.completed) if place.completed else 0
    epoch = min(step // plan.steps_per_epoch + 1, plan.epochs)
    return Moment(
        time_us,
        place.phase,
        _activity(run, place, time_us),
        min((time_us - place.begin_us) / (place.end_us - place.begin_us), 1.0),
        place.completed,
        step,
        epoch,
        step - (epoch - 1) * plan.steps_per_epoch,
        step / plan.total_steps,
    )


def _activity(run: Run, place: Place, time_us: int) -> str:
    if place.phase in ("bring-up", "exporting"):
        return stage_at(run.bring_up if place.phase == "bring-up" else run.export, time_us).name
    return "done" if place.phase == "done" else f"step {run.timeline.data_step(place.completed):,}"


def step_event(run: Run, step: int) -> StepCompleted | None:
    """Executed step `step` as the event that it was; None for 0."""
    return next(iter(step_events(run, run.steps.columns(step, step))), None) if step else None
