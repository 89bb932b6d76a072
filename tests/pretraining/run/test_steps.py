"""What every step printed, from any address."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HALF, MIXTURE, PLANS, TINY

from pysim.physics.loss import EXPONENTIAL_FLOOR, noise_sigma, perplexity
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.run import simulate
from pysim.pretraining.run.steps import StepColumns
from pysim.story.steps import DataStep, Executed

TINY_RUN, CLASSIC_RUN, HALF_RUN = simulate(TINY), simulate(CLASSIC), simulate(HALF)
EXPONENTIAL_RUN = simulate(replace(CLASSIC, loss_curve="exponential"))


def row(columns: StepColumns, index: int) -> list[float]:
    return [getattr(columns, name)[index] for name in StepColumns.__annotations__]


@settings(deadline=None, max_examples=30)
@given(first=st.integers(1, HALF.total_steps), count=st.integers(1, 50))
def test_a_step_does_not_depend_on_what_it_is_asked_with(first: int, count: int) -> None:
    last = min(first + count - 1, HALF.total_steps)
    together, alone = (
        HALF_RUN.steps.columns(Executed(first), Executed(last)),
        HALF_RUN.steps.columns(Executed(last), Executed(last)),
    )
    np.testing.assert_array_equal(row(together, last - first), row(alone, 0))


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_every_number_is_finite_and_in_range(plan: Plan) -> None:
    run = simulate(plan)
    for first in {1, plan.total_steps // 2, plan.total_steps - 99}:
        columns = run.steps.columns(Executed(first), Executed(first + 99))
        skipped = np.isnan(columns.grad_norm)
        assert np.isfinite(columns.loss).all()
        assert (columns.loss > 1.0).all()
        assert (columns.grad_norm[~skipped] > 0.0).all()
        assert skipped.sum() <= (22 if first == 1 and plan.precision == "fp16" else 1)
        assert (columns.duration_us > 0).all()
        assert (columns.eta_us >= 0).all()
        assert (columns.learning_rate > 0.0).all()
        assert (columns.learning_rate <= plan.schedule.peak_lr).all()
        assert (columns.memory_bytes <= plan.accelerator.memory_mib * 2**20).all()


def test_perplexity_is_that_of_the_printed_loss() -> None:
    """TRAIN-03."""
    columns = CLASSIC_RUN.steps.columns(Executed(1), Executed(2000))
    assert np.array_equal(columns.loss, np.round(columns.loss, 4))
    assert np.array_equal(columns.perplexity, perplexity(columns.loss))


def test_loss_noise_has_the_size_that_public_logs_have() -> None:
    first, last = 5000, 9000
    steps = np.arange(first, last + 1)
    residuals = CLASSIC_RUN.steps.losses(DataStep(first), DataStep(last)) - CLASSIC_RUN.steps.expected_losses(steps)
    assert residuals.std() == pytest.approx(noise_sigma(CLASSIC.tokens_per_step), rel=0.05)
    assert residuals.mean() == pytest.approx(0.0, abs=0.001)


def test_the_exponential_curve_falls_to_its_floor_and_not_below() -> None:
    """TRAIN-07: the original's recipe, without its compounding."""
    steps = EXPONENTIAL_RUN.steps
    start = steps.expected_losses(np.array([0]))[0]
    fallen = steps.expected_losses(np.array([500, 1000, CLASSIC.total_steps])) - EXPONENTIAL_FLOOR
    assert fallen / (start - EXPONENTIAL_FLOOR) == pytest.approx(np.exp([-1.0, -2.0, -28.6]), abs=1e-4)
    late = steps.losses(DataStep(CLASSIC.total_steps - 2000), DataStep(CLASSIC.total_steps))
    assert late.min() >= EXPONENTIAL_FLOOR
    middle = np.arange(200, 1200)
    relative = steps.losses(DataStep(200), DataStep(1199)) / steps.expected_losses(middle) - 1.0
    assert relative.std() == pytest.approx(0.03, rel=0.08)


def test_gradient_norms_spike_now_and_then_and_fall() -> None:
    norms = CLASSIC_RUN.steps.columns(Executed(1), Executed(10_000)).grad_norm
    assert norms[:20].mean() > 5 * norms[5000:].mean()
    assert 0 < (norms[5000:] > 2 * np.median(norms[5000:])).sum() < 20


def test_overflowing_steps_have_no_gradient_norm() -> None:
    """ENH-03: FP16 with loss scaling."""
    early, later = (HALF_RUN.steps.columns(Executed(first), Executed(first + 4999)) for first in (1, 7001))
    assert np.flatnonzero(np.isnan(early.grad_norm)).tolist() == list(range(22)), "2^32 halves until it fits"
    skipped = np.isnan(later.grad_norm)
    assert 3 <= skipped.sum() <= 5
    assert set(later.loss_scale.tolist()) == {2**16, 2**17}
    assert (later.loss_scale[skipped] == 2**17).all()


def test_other_precisions_have_no_scale() -> None:
    columns = TINY_RUN.steps.columns(Executed(1), Executed(300))
    assert set(columns.loss_scale.tolist()) == {1}
    assert not np.isnan(columns.grad_norm).any()


def test_memory_is_constant_unless_tokens_are_routed() -> None:
    dense = CLASSIC_RUN.steps.columns(Executed(1), Executed(500)).memory_bytes
    routed = simulate(MIXTURE).steps.columns(Executed(1), Executed(500)).memory_bytes
    total = figures(MIXTURE).memory.total_bytes
    assert set(dense.tolist()) == {figures(CLASSIC).memory.total_bytes}
    assert len(set(routed.tolist())) > 100
    assert total * 0.9 < routed.min() <= routed.max() <= total


def test_eta_comes_down_to_what_is_left() -> None:
    """TRAIN-05: at the end, the last validation and checkpoint are left, and they are known."""
    timeline, columns = TINY_RUN.timeline, TINY_RUN.steps.columns(Executed(1), Executed(300))
    assert columns.eta_us[-1] == timeline.end_us - timeline.end_of_us(Executed(300))
    left = timeline.end_us - columns.end_us
    assert np.abs(columns.eta_us - left).max() < 0.03 * (timeline.end_us - timeline.start_us)


def test_means_are_those_of_the_printed_losses() -> None:
    losses = TINY_RUN.steps.losses(DataStep(1), DataStep(300))
    assert TINY_RUN.steps.mean_loss(np.arange(201, 301), Executed(300)) == pytest.approx(
        losses[200:].mean(), abs=5.1e-5
    )
    assert TINY_RUN.steps.mean_loss(np.arange(1, 4), Executed(3)) == pytest.approx(losses[:3].mean(), abs=5.1e-5)
    assert TINY_RUN.steps.mean_loss(np.array([7]), Executed(7)) == losses[6]


def test_redone_data_steps_show_the_same_loss() -> None:
    """Loss noise is addressed by the data step, step time by the executed step."""
    cut = Interruption(at_us=TINY_RUN.timeline.end_of_us(Executed(170)) + 1, down_us=600_000_000, restart_us=10**6)
    steps = simulate(TINY, [cut]).steps
    before, again = steps.columns(Executed(121), Executed(170)), steps.columns(Executed(171), Executed(220))
    assert before.data_step.tolist() == again.data_step.tolist() == list(range(121, 171))
    for name in ("loss", "perplexity", "learning_rate", "grad_norm", "tokens"):
        assert np.array_equal(getattr(before, name), getattr(again, name)), name
    assert not np.array_equal(before.duration_us[1:], again.duration_us[1:])
    assert (again.end_us > before.end_us.max()).all()
