"""What a cause that shakes the training does to loss and gradient norm."""

from dataclasses import replace

import numpy as np
import pytest
from plans import TINY

from pysim.catalog.incidents import causes
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.shaking import grad_norm_factors, loss_factors
from pysim.story.steps import DataStep, Executed

PLAN = replace(TINY, epochs=1, tokens=90_000 * TINY.tokens_per_step, validation_interval=500, checkpoint_interval=700)
CALM = simulate(PLAN)
AT = 800


def shaken(cause: str) -> Run:
    at_us = CALM.timeline.start_of_us(Executed(AT)) - 1
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
    (befallen,) = run.befallen
    assert befallen.rolled_back
    first, second = run.timeline.stretches
    assert second.resumed_after < AT
    before = run.steps.columns(first.last_step, first.last_step).loss[0]
    assert before > 1.01 * CALM.steps.losses(first.last_data_step, first.last_data_step)[0]
    after = run.steps.columns(second.first_step, second.first_step)
    assert after.loss[0] == CALM.steps.losses(second.first_data_step, second.first_data_step)[0]


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
