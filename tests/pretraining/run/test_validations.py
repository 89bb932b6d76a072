"""Held-out losses and the best of them."""

from dataclasses import replace

import numpy as np
import pytest
from plans import CLASSIC, PLANS, TINY

from pysim.pretraining.plan import Plan
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.validations import Validated
from pysim.story.steps import DataStep, Executed

RUN = simulate(TINY)


def told(run: Run) -> list[Validated]:
    """Every validation of a run in order, those that are done again included."""
    timeline = run.timeline
    due = [Executed(step) for step in range(1, timeline.last_step + 1)]
    return [run.validations.after(step) for step in due if timeline.validation.due(timeline.data_step(step))]


def test_the_best_validation_so_far() -> None:
    validated = told(RUN)
    losses = [each.loss for each in validated if each.loss is not None]
    assert len(losses) == RUN.timeline.validation.occurrences() == 6
    assert [each.best_loss for each in validated] == np.minimum.accumulate(losses).tolist()
    assert [each.index for each in validated] == [1, 2, 3, 4, 5, 6]


def test_without_improvement_the_best_stays_the_best() -> None:
    validated = told(simulate(replace(CLASSIC, loss_curve="exponential")))
    assert max(each.waited for each in validated) > 1, "at the floor of the curve nothing gets better"
    for each in validated:
        assert each.best_step == 250 * (each.index - each.waited)
        assert each.best_loss == validated[each.index - each.waited - 1].loss


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_nobody_waits_longer_than_their_patience(plan: Plan) -> None:
    assert all(each.waited <= each.patience for each in told(simulate(replace(plan, validation_interval=2000))))


def test_patience_knows_nothing_of_what_comes() -> None:
    """It is a tenth or more of the plan's validations, and grows only when somebody has waited for longer."""
    flat = simulate(replace(CLASSIC, loss_curve="exponential", validation_interval=20))
    validated = told(flat)
    base = max(10, flat.timeline.validation.occurrences() // 8)
    longest = 0
    for each in validated:
        longest = max(longest, each.waited)
        assert each.patience == max(base, longest)
    assert longest > base, "the case is one in which somebody waits for long"


def test_after_a_rollback_only_what_the_model_has_seen_counts() -> None:
    """Validations of the steps that were given up, at 150 and 200, are neither the best nor waited for."""
    timeline = RUN.timeline
    cut = Interruption(
        at_us=timeline.end_of_us(Executed(230)) + 1, down_us=10**6, restart_us=10**6, skipped_batches=100
    )
    validated = told(simulate(TINY, [cut]))
    assert [each.index for each in validated] == [1, 2, 3, 4, 5, 6]
    again = simulate(TINY, [cut._replace(skipped_batches=0)])
    assert [each.index for each in told(again)] == [1, 2, 3, 4, 3, 4, 5, 6]
    assert [each.loss for each in told(again)][4:6] == [each.loss for each in told(again)][2:4]
    after = validated[4]
    assert after.best_step in (50, 100, 250)
    assert again.timeline.data_step(Executed(231)) == DataStep(121)
