"""A moment of a pre-training run: what is going on, how far it is, and the last step's numbers."""

from functools import lru_cache, partial

from pysim.pretraining.run.phases import stage_at
from pysim.pretraining.run.renting import rented_hours
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Place, Stretch
from pysim.pretraining.scenes.closing import accounted
from pysim.pretraining.scenes.training import step_events
from pysim.story.events import StepCompleted
from pysim.story.moment import DOWN, Moment
from pysim.story.steps import DataStep, Executed

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
    step = run.timeline.step_behind(place)
    epoch = min(plan.epoch_of(int(step) + 1), plan.epochs)
    return Moment(
        time_us=time_us,
        phase=place.phase,
        activity=_activity(run, place, time_us),
        activity_fraction=min((time_us - place.begin_us) / (place.end_us - place.begin_us), 1.0),
        rented_hours=rented_hours(run, time_us),
        training_seconds=max(time_us - run.timeline.start_us, 0) / 1e6,
        completed=place.completed,
        step=step,
        epoch=epoch,
        step_in_epoch=step - plan.before_epoch(epoch),
        run_fraction=step / plan.total_steps,
        last=gauges.last(_told(place)),
        losses=gauges.losses(step),
        accounted=accounted(run, time_us),
    )


def _told(place: Place) -> Executed:
    """The step whose numbers still hold: none before the first one of a stretch."""
    segment = place.segment
    begins = isinstance(segment, Stretch) and place.completed < segment.first_step
    return Executed(0) if begins else place.completed


def _activity(run: Run, place: Place, time_us: int) -> str:
    stages = run.stages_of(place.segment)
    if place.phase == "done" or not stages:
        return {"done": "done", "down": DOWN}.get(place.phase, f"step {run.timeline.step_behind(place):,}")
    return stage_at(stages, time_us).name


def step_event(run: Run, step: Executed) -> StepCompleted | None:
    """Executed step `step` as the event that it was; None for 0."""
    return next(iter(step_events(run, run.steps.columns(step, step))), None) if step else None


def _losses(run: Run, step: DataStep) -> tuple[float, ...]:
    return tuple(run.loss_curve(step // _FIRST_FALL + 1, max(step, 1), LOSS_POINTS))
