"""The mean loss that an epoch ends with is that of all its steps, as they were printed."""

from dataclasses import replace
from statistics import fmean

import pytest
from plans import CLASSIC, TINY

from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.scenes.training import EPOCH_STEPS
from pysim.story import events as ev
from pysim.story.steps import DataStep, Executed

LONG_EPOCHS = replace(CLASSIC, tokens=CLASSIC.tokens // 4)


def epochs(run: Run) -> tuple[list[ev.EpochCompleted], dict[int, float | None]]:
    """The epochs that ended, and the last loss of every step."""
    told = list(narrate(run))
    losses = {event.step: event.loss for event in told if isinstance(event, ev.StepCompleted)}
    return [event for event in told if isinstance(event, ev.EpochCompleted)], losses


def test_it_is_the_mean_of_all_losses_that_were_printed() -> None:
    ended, losses = epochs(simulate(LONG_EPOCHS))
    per_epoch = LONG_EPOCHS.steps_per_epoch
    assert [event.mean_steps for event in ended] == [per_epoch] * 3
    for event in ended:
        mean = fmean(losses[step] or 0.0 for step in range(event.step - per_epoch + 1, event.step + 1))
        assert event.mean_loss == pytest.approx(mean, abs=5.1e-5)


@pytest.mark.parametrize("cause", ["loss-spike", "divergence", "software-bug"])
def test_what_befell_its_steps_is_in_it(cause: str) -> None:
    """A spike counts, what was done again counts once, a batch that was left out does not."""
    calm = simulate(LONG_EPOCHS)
    asked = [Injection(cause=cause, at_us=calm.timeline.start_of_us(Executed(700)) - 1)]
    run = simulate(LONG_EPOCHS, incidents=incidents(LONG_EPOCHS, asked))
    ended, losses = epochs(run)
    left_out = {
        batch for first, last in run.timeline.gaps_before(run.timeline.last_step) for batch in range(first, last + 1)
    }
    assert bool(left_out) == (cause == "divergence")
    first = [event for event in ended if event.epoch == 1][-1]  # it ends again where it is done again
    counted = [losses[step] or 0.0 for step in range(1, first.step + 1) if step not in left_out]
    assert first.mean_steps == len(counted)
    assert first.mean_loss == pytest.approx(fmean(counted), abs=5.1e-5)


def test_of_a_very_long_epoch_it_says_how_many_steps_it_covers() -> None:
    plan = replace(TINY, tokens=(EPOCH_STEPS + 1000) * TINY.tokens_per_step, epochs=1, checkpoint_interval=10_000)
    run = simulate(plan)
    last = run.timeline.last_step
    (event,) = (each for each in narrate(run, run.timeline.end_of_us(last)) if isinstance(each, ev.EpochCompleted))
    assert event.mean_steps == EPOCH_STEPS
    losses = run.steps.losses(DataStep(1001), DataStep(plan.total_steps))
    assert event.mean_loss == pytest.approx(losses.mean(), abs=5.1e-5)
