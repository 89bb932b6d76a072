"""The columns of charts against what was told: every step, every validation and checkpoint of runs that something befell."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from befalling import OVERFLOWING, SMALL, befallen_by, in_step, incident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN, CALM, Befallen
from plans import CLASSIC, TINY

from pysim.pretraining.injection import Injection
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.steps import Steps
from pysim.pretraining.story import PretrainingStory, tell
from pysim.story import events as ev
from pysim.story.history import History
from pysim.story.steps import DataStep, Executed

cases = pytest.mark.parametrize("case", BEFALLEN.values(), ids=BEFALLEN.keys())
few = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Told:
    """What a listener remembers at a time: of each step the last telling that counts."""

    steps: dict[int, ev.StepCompleted] = field(default_factory=dict)
    validations: dict[int, float | None] = field(default_factory=dict)
    saved: int = 0
    highest: int = 0

    def hear(self, event: ev.Event) -> None:
        match event:
            case ev.StepCompleted():
                self.steps[event.step] = event
                self.highest = max(self.highest, event.step)
            case ev.ValidationCompleted():
                self.validations[event.step] = event.loss
            case ev.CheckpointCompleted():
                self.saved = event.step
            case ev.TrainingResumed():
                kept = event.step - 1 - event.skipped_batches
                self.steps = {step: each for step, each in self.steps.items() if step <= kept}
                self.validations = {step: loss for step, loss in self.validations.items() if step <= kept}
                self.saved = kept


def told(story: PretrainingStory, time_us: int) -> Told:
    known = Told()
    for event in story.narrate(0, time_us + 1):
        known.hear(event)
    return known


def agree(history: History, known: Told, first: int) -> None:
    """One column for each step, against what was told of them."""
    for index in range(len(history.loss)):
        event = known.steps.get(first + index)
        if event is None:
            assert np.isnan(history.loss[index])
            assert np.isnan(history.loss_low[index])
        else:
            seen = (history.loss[index], history.learning_rate[index], history.grad_norm[index])
            expected = (event.loss, event.learning_rate, event.grad_norm)
            np.testing.assert_array_equal(seen, [np.nan if each is None else each for each in expected])
    validated = {first + int(at): float(history.validation[at]) for at in np.flatnonzero(~np.isnan(history.validation))}
    assert validated == {step: loss for step, loss in known.validations.items() if loss is not None}
    assert (history.saved, history.high_water) == (known.saved, known.highest)


@cases
@few
@given(share=st.floats(0.0, 1.0))
def test_a_column_for_each_step_says_what_was_told_of_it(case: Befallen, share: float) -> None:
    story = PretrainingStory(case.run())
    time_us = round(story.run.timeline.end_us * share)
    agree(story.history(time_us, 1, 300, 300), told(story, time_us), 1)


@pytest.mark.parametrize(
    ("plan", "cause"), [(SMALL, "loss-spike"), (SMALL, "nan"), (SMALL, "divergence"), (OVERFLOWING, "fp16-overflow")]
)
@pytest.mark.parametrize("step", [60, 90, 200, 290])
def test_what_shakes_the_loss_is_seen(plan: Plan, cause: str, step: int) -> None:
    run = befallen_by(plan, [incident(cause, in_step(simulate(plan), 50))])
    story, time_us = PretrainingStory(run), run.timeline.end_of_us(Executed(step))
    known = told(story, time_us)
    history = story.history(time_us, 1, 300, 300)
    for index, loss in enumerate(history.loss.tolist()):
        event = known.steps.get(index + 1)
        expected = np.nan if event is None or event.loss is None else event.loss
        assert np.array_equal(loss, expected, equal_nan=True)


@few
@given(share=st.floats(0.0, 1.0), points=st.integers(1, 90))
def test_wide_columns_end_with_their_last_step(share: float, points: int) -> None:
    story = PretrainingStory(BEFALLEN["in a step"].run())
    time_us = round(story.run.timeline.end_us * share)
    wide, narrow = story.history(time_us, 1, 300, points), story.history(time_us, 1, 300, 300)
    done = int((wide.edges[:-1] < wide.reached).sum())
    ends = np.minimum(wide.edges[1 : done + 1], wide.reached)
    np.testing.assert_array_equal(wide.loss[:done], narrow.loss[ends - 1])
    np.testing.assert_array_equal(wide.grad_norm[:done], narrow.grad_norm[ends - 1])
    assert np.isnan(wide.loss[done:]).all()
    assert (wide.loss_low[:done] <= wide.loss_mean[:done]).all()
    assert (wide.loss_mean[:done] <= wide.loss_high[:done]).all()


def test_steps_that_are_far_apart_are_what_they_are_together() -> None:
    """Few of many steps are drawn one by one: the same numbers."""
    steps = simulate(CLASSIC).steps
    last = np.array([1, 2, 5, 9, 20, 21, 22, 40, 2000, 9000, 14000], np.int64)
    losses, norms = steps.losses_to(last, 8), steps.grad_norms_at(last)
    for place, step in enumerate(last.tolist()):
        first = max(step - 7, 1)
        own = steps.losses(DataStep(first), DataStep(step))
        np.testing.assert_array_equal(losses[8 - len(own) :, place], own)
        assert norms[place] == steps.columns(Executed(step), Executed(step)).grad_norm[0]


def test_nothing_is_looked_at_where_there_is_nothing() -> None:
    steps: Steps = CALM.steps
    none = np.zeros(0, np.int64)
    assert steps.losses_to(none, 8).shape == (8, 0)
    assert steps.grad_norms_at(none).shape == (0,)


@pytest.mark.parametrize("name", ["in a step", "with a hang", "rolled back", "skipping batches"])
def test_the_rates_of_all_columns_make_up_the_time(name: str) -> None:
    """Tokens over rate is time: together from the first step's start to the last one's end, lost time included."""
    run = BEFALLEN[name].run()
    timeline = run.timeline
    history = PretrainingStory(run).history(timeline.end_us, 1, 300, 30)
    tokens = (history.edges[1:] - history.edges[:-1]) * TINY.tokens_per_step
    seconds = float(np.nansum(tokens / history.tokens_per_second))  # batches that were left out took no time
    assert seconds == pytest.approx((timeline.end_of_us(timeline.last_step) - timeline.start_us) / 1e6, rel=1e-9)


def test_rough_rates_are_near_the_true_ones() -> None:
    """Columns of thousands of steps are not looked at step by step."""
    run = simulate(CLASSIC)
    story = PretrainingStory(run)
    rough = story.history(run.timeline.end_us, 1, CLASSIC.total_steps, 10).tokens_per_second
    fine = story.history(run.timeline.end_us, 1, CLASSIC.total_steps, 100).tokens_per_second
    together = 10.0 / (1.0 / fine.reshape(10, 10)).sum(axis=1)
    assert np.abs(rough / together - 1.0).max() < 0.01


@cases
def test_stops_and_steps_to_be_redone_are_where_the_stretches_end(case: Befallen) -> None:
    run = case.run()
    history = PretrainingStory(run).history(run.timeline.end_us, 1, 300, 300)
    ended = [last for _, last in case.stretches[:-1]]
    assert int(history.stops.sum()) == len(ended)
    segments = run.timeline.segments
    given_up = {
        step
        for (_, last), after in zip(case.stretches, segments.resumed_after[1:].tolist(), strict=False)
        for step in range(after + 1, last + 1)
    }
    assert set((np.flatnonzero(history.redone) + 1).tolist()) == given_up


def run_with(injections: list[Injection]) -> Run:
    return tell(SMALL, injections).run


@few
@given(share=st.floats(0.05, 0.9), back=st.floats(0.0, 1.0))
def test_what_comes_changes_nothing_before_it(share: float, back: float) -> None:
    """The same columns, and the same standing, in a run that something befalls later."""
    calm = PretrainingStory(run_with([]))
    at_us = round(calm.end_us * share)
    other = PretrainingStory(befallen_by(SMALL, [incident("gpu-off-bus", at_us)]))
    time_us = round(at_us * back)
    for points in (7, 160):
        one, two = (story.history(time_us, 1, SMALL.total_steps, points) for story in (calm, other))
        for name in History.__slots__:
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert calm.standing(time_us) == other.standing(time_us)
