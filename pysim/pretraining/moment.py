"""A moment of a pre-training run: what is going on, how far it is, and the last step's numbers."""

from functools import lru_cache, partial

from pysim.pretraining.run.phases import stage_at
from pysim.pretraining.run.run import Place, Run
from pysim.pretraining.scenes.training import step_events
from pysim.story.events import StepCompleted
from pysim.story.moment import Moment

LOSS_POINTS = 48  # of the curve so far
_FIRST_FALL = 20  # part of the steps so far that the curve leaves out: the first fall would dwarf the rest


class Gauges:
    """What changes from step to step only; most moments that are asked for fall into the same step as the one before."""

    def __init__(self, run: Run) -> None:
        self.last = lru_cache(maxsize=1)(partial(step_event, run))
        self.losses = lru_cache(maxsize=1)(partial(_losses, run))


def moment(run: Run, time_us: int, gauges: Gauges | None = None) -> Moment:
    """What is true of `run` at a time; with the same gauges, quicker within a step."""
    plan, place, gauges = run.plan, run.at(time_us), gauges or Gauges(run)
    step = run.timeline.data_step(place.completed) if place.completed else 0
    epoch = min(step // plan.steps_per_epoch + 1, plan.epochs)
    return Moment(
        time_us=time_us,
        phase=place.phase,
        activity=_activity(run, place, time_us),
        activity_fraction=min((time_us - place.begin_us) / (place.end_us - place.begin_us), 1.0),
        training_seconds=(time_us - run.timeline.start_us) / 1e6,
        completed=place.completed,
        step=step,
        epoch=epoch,
        step_in_epoch=step - (epoch - 1) * plan.steps_per_epoch,
        run_fraction=step / plan.total_steps,
        last=gauges.last(place.completed),
        losses=gauges.losses(step),
    )


def _activity(run: Run, place: Place, time_us: int) -> str:
    if place.phase in ("bring-up", "exporting"):
        return stage_at(run.bring_up if place.phase == "bring-up" else run.export, time_us).name
    return "done" if place.phase == "done" else f"step {run.timeline.data_step(place.completed):,}"


def step_event(run: Run, step: int) -> StepCompleted | None:
    """Executed step `step` as the event that it was; None for 0."""
    return next(iter(step_events(run, run.steps.columns(step, step))), None) if step else None


def _losses(run: Run, step: int) -> tuple[float, ...]:
    return tuple(run.loss_curve(step // _FIRST_FALL + 1, max(step, 1), LOSS_POINTS))
