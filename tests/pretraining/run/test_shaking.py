"""What a cause that shakes the training does to loss and gradient norm."""

import re
from dataclasses import replace

import numpy as np
import pytest
from befalling import one, unseen
from plans import TINY

from pysim.catalog.incidents import causes
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.shaking import grad_norm_factors, loss_factors, shaken_losses, together
from pysim.pretraining.story import header
from pysim.story import events as ev
from pysim.story.steps import DataStep, Executed
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.jsonlines import json_line

PLAN = replace(TINY, epochs=1, tokens=90_000 * TINY.tokens_per_step, validation_interval=500, checkpoint_interval=700)
CALM = simulate(PLAN)
AT = 800


def shaken(cause: str, at: int = AT) -> Run:
    at_us = CALM.timeline.start_of_us(Executed(at)) - 1
    return simulate(PLAN, incidents=incidents(PLAN, [Injection(cause=cause, at_us=at_us)]))


def test_between_two_points_the_logarithm_is_linear() -> None:
    shape = causes()["loss-spike"].loss
    assert shape is not None
    points = np.array([point.step for point in shape.points])
    assert loss_factors(shape, points).tolist() == pytest.approx(
        [point.loss_factor for point in shape.points], rel=1e-5
    )
    first, second = shape.points[-2:]
    middle = np.array([(first.step + second.step) // 2])
    assert loss_factors(shape, middle)[0] == pytest.approx((first.loss_factor * second.loss_factor) ** 0.5, rel=1e-5)
    assert grad_norm_factors(shape, np.array([-1]))[0] == 1.0
    assert loss_factors(shape, np.array([10**6]))[0] == shape.points[-1].loss_factor


def test_a_spike_shows_in_the_gradient_norm_first_and_is_over_within_forty_steps() -> None:
    """BLOOM's: 0.24, 0.95, 2.4, 15.9, 145, 960; the loss to about 5.1 from 2.2, and back within 30 steps."""
    spiked, calm = (run.steps.columns(Executed(AT - 5), Executed(AT + 60)) for run in (shaken("loss-spike"), CALM))
    norms, losses = spiked.grad_norm / calm.grad_norm, spiked.loss / calm.loss
    assert np.array_equal(norms[:5], np.ones(5))
    assert norms[5:11] == pytest.approx([1.0, 3.91, 9.88, 65.6, 600.0, 3968.0], rel=0.01)
    assert losses[8] < 1.05
    assert losses[10] > 2.0
    assert losses[-20:] == pytest.approx(np.ones(20), abs=1e-4)
    assert np.array_equal(spiked.end_us, calm.end_us)


@pytest.mark.parametrize("cause", ["divergence", "silent-corruption"])
def test_what_goes_wrong_unseen_is_rolled_back_to_before_it(cause: str) -> None:
    run = shaken(cause)
    assert run.befallen[0].rolled_back
    first, second = run.timeline.stretches[:2]
    assert second.resumed_after < AT
    before = run.steps.columns(first.last_step, first.last_step).loss[0]
    assert before > 1.01 * CALM.steps.losses(first.last_data_step, first.last_data_step)[0]
    after = run.steps.columns(second.first_step, second.first_step)
    assert after.loss[0] == CALM.steps.losses(second.first_data_step, second.first_data_step)[0]


@pytest.mark.parametrize("cause", ["loss-spike", "divergence"])
def test_who_goes_back_to_before_it_meets_it_again(cause: str) -> None:
    """At the same batch and in the same way; what was saved amid it goes on with it."""
    at_us = CALM.timeline.start_of_us(Executed(AT)) - 1
    saved_us = CALM.timeline.next_start_us(Executed(1400))
    for crash_us in (CALM.timeline.end_of_us(Executed(AT + 25)), saved_us + 1_000_000):
        asked = [Injection(cause=cause, at_us=at_us), Injection(cause="software-bug", at_us=crash_us)]
        first, second, *_ = simulate(PLAN, incidents=incidents(PLAN, asked)).timeline.stretches
        (shaken_first,) = first.shaken
        met = [(second.data_step(each.first), each.shape) for each in second.shaken]
        is_over = cause == "loss-spike" and second.resumed_after > AT + 100
        assert met == ([] if is_over else [(first.data_step(shaken_first.first), shaken_first.shape)])


def test_batches_that_are_left_out_do_not_come_back() -> None:
    """Neither what was wrong with them, nor they themselves when the run falls back on the same checkpoint."""
    late = 5_900
    run = shaken("divergence", late)
    resumed = run.timeline.stretches[1]
    assert resumed.shaken == ()
    assert resumed.first_data_step > resumed.resumed_after + 200
    crash = Injection(cause="software-bug", at_us=resumed.begin_us + 5_000_000)
    at_us = CALM.timeline.start_of_us(Executed(late)) - 1
    asked = [Injection(cause="divergence", at_us=at_us), crash]
    again = simulate(PLAN, incidents=incidents(PLAN, asked)).timeline.stretches[2]
    assert (again.resumed_after, again.first_data_step) == (resumed.resumed_after, resumed.first_data_step)
    assert again.shaken == ()


@pytest.mark.parametrize("at", [AT, 1700])
def test_nobody_leaves_out_more_than_a_tenth_of_what_was_learned(at: int) -> None:
    """A run that begins anew leaves nothing out."""
    resumed = shaken("divergence", at).timeline.stretches[1]
    assert resumed.resumed_after == (0 if at == AT else 1400)
    assert resumed.first_data_step - resumed.resumed_after - 1 == resumed.resumed_after // 10


def no_number(step: int = AT) -> Run:
    """A loss that nobody notices for as long as it takes at most."""
    return unseen("nan", PLAN, step - 1)


def test_a_loss_that_is_no_number_is_printed_until_somebody_sees_it() -> None:
    run = no_number()
    first, second = run.timeline.stretches
    assert second.resumed_after < AT
    assert first.last_data_step > AT
    events = list(narrate(run, first.end_us - 60_000_000, first.end_us))
    steps = [event for event in events if isinstance(event, ev.StepCompleted)]
    assert {event.loss is None for event in steps if event.step >= AT} == {True}
    assert not any(None in (event.loss, event.perplexity, event.grad_norm) for event in steps if event.step < AT)
    assert not any(isinstance(event, ev.StepSkipped) for event in events), "BF16 has no scale to skip steps by"
    line = Console(header(run), Screen(200, 60, color=False)).lines(steps[-1])[0]
    assert re.search(r"loss +nan +\| ppl +nan +\| lr .* \| grad_norm +nan ", line)
    assert '"loss":null,"perplexity":null,' in json_line(steps[-1])
    assert "NaN" not in json_line(steps[-1])
    after = run.steps.columns(second.first_step, second.last_step)
    assert not np.isnan(after.loss).any()


def test_no_number_is_never_the_best() -> None:
    run = no_number(step=999)
    due = run.timeline.stretches[0].executed(DataStep(1000))
    validated = run.validations.after(due)
    calm = CALM.validations.after(Executed(500))
    assert (validated.loss, validated.improved, validated.waited) == (None, False, 1)
    assert (validated.best_loss, validated.best_step) == (calm.loss, 500)
    assert run.steps.mean_loss(np.arange(901, 1001), due) is None
    again = run.validations.after(run.timeline.stretches[1].last_step)
    assert again.loss is not None


def test_a_first_validation_without_a_number_leaves_none_for_the_best() -> None:
    run = no_number(step=499)
    due = run.timeline.stretches[0].executed(DataStep(500))
    validated = run.validations.after(due)
    assert (validated.loss, validated.best_loss, validated.improved) == (None, None, False)
    told = list(narrate(run, run.timeline.end_of_us(due), run.timeline.checkpoint_start_us(due) + 1))
    console = Console(header(run), Screen(200, 60, color=False))
    words = "\n".join(line for event in told for line in console.lines(event))
    assert "validation loss nan" in words
    assert "no best so far" in words


def test_scales_halve_at_each_step_of_a_storm_and_climb_back() -> None:
    """As in the log of BigScience's tr8b: five in a row, at four decimals of one loss."""
    run = one("fp16-overflow")
    (befallen,) = run.befallen
    over_us = run.incidents.over_us(befallen)
    events = list(narrate(run, befallen.at_us, over_us + 1))
    skipped = [event for event in events if isinstance(event, ev.StepSkipped)]
    assert [event.loss_scale for event in skipped] == [2**16, 2**15, 2**14, 2**13, 2**12]
    assert befallen.noticed_us == round(skipped[0].time_seconds * 1e6)
    steps = [event for event in events if isinstance(event, ev.StepCompleted) and event.step >= skipped[0].step]
    assert [event.grad_norm is None for event in steps[:7]] == [True] * 5 + [False] * 2
    assert {event.loss_scale for event in steps[5:]} == {2**11}
    calm_losses = run.steps.losses(DataStep(steps[0].step), DataStep(steps[-1].step))
    assert steps[0].loss == pytest.approx(1.64 * calm_losses[0], abs=1e-4)
    assert len(steps) == 100, "then the loss is back, and it is over"


def test_means_and_validations_are_shaken_as_the_losses_are() -> None:
    run = shaken("divergence")
    first = run.timeline.stretches[0]
    due = first.executed(DataStep(1000))
    assert due <= first.last_step
    validated, calm = run.validations.after(due), CALM.validations.after(Executed(1000))
    shape = causes()["divergence"].loss
    assert shape is not None
    factor = loss_factors(shape, np.array([1000 - AT]))[0]
    assert validated.loss == pytest.approx(factor * calm.loss, abs=1e-4)
    assert (validated.waited, validated.best_loss) == (1, calm.best_loss if calm.waited else validated.best_loss)
    mean = run.steps.mean_loss(np.arange(901, 1001), due)
    assert mean == pytest.approx(run.steps.columns(first.executed(DataStep(901)), due).loss.mean(), abs=5.1e-5)


def test_several_at_once_are_as_bad_as_the_worst() -> None:
    factors = [np.array([1.0, 2.0, 3.0]), np.array([1.5, 1.0, 4.0])]
    assert together(factors).tolist() == [1.5, 2.0, 4.0]
    assert float(together([])) == 1.0


def test_no_loss_is_far_above_that_of_a_model_that_knows_nothing() -> None:
    losses = shaken_losses(np.array([2.0, 11.0, 14.0]), np.array([2.3, 2.3, 1.0]), untrained=11.0)
    assert losses == pytest.approx([4.6, 12.1, 14.0])
