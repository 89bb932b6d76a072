"""What was true at any moment."""

from dataclasses import replace

import numpy as np
import pytest
from plans import TINY

from pysim.pretraining.run.run import simulate
from pysim.story.steps import Executed

RUN = simulate(TINY)
TIMELINE = RUN.timeline


@pytest.mark.parametrize(
    ("time_us", "phase", "completed"),
    [
        (0, "bring-up", 0),
        (TIMELINE.start_us - 1, "bring-up", 0),
        (TIMELINE.start_us, "training", 0),
        (TIMELINE.end_of_us(Executed(1)) - 1, "training", 0),
        (TIMELINE.end_of_us(Executed(1)), "training", 1),
        (TIMELINE.end_of_us(Executed(50)) - 1, "training", 49),
        (TIMELINE.end_of_us(Executed(50)), "validating", 50),
        (TIMELINE.checkpoint_start_us(Executed(50)) - 1, "validating", 50),
        (TIMELINE.next_start_us(Executed(50)), "training", 50),
        (TIMELINE.end_of_us(Executed(120)), "saving", 120),
        (TIMELINE.next_start_us(Executed(120)) - 1, "saving", 120),
        (TIMELINE.end_of_us(Executed(300)), "validating", 300),
        (TIMELINE.checkpoint_start_us(Executed(300)), "saving", 300),
        (TIMELINE.end_us - 1, "saving", 300),
        (TIMELINE.end_us, "exporting", 300),
        (RUN.end_us - 1, "exporting", 300),
        (RUN.end_us, "done", 300),
        (RUN.end_us + 10**9, "done", 300),
    ],
)
def test_phases_and_completed_steps(time_us: int, phase: str, completed: int) -> None:
    place = RUN.at(time_us)
    assert (place.phase, place.completed, RUN.completed_step(time_us)) == (phase, completed, completed)
    assert place.begin_us <= time_us
    assert time_us < place.end_us or phase == "done"


def test_curves_are_evenly_spaced_samples() -> None:
    curve = RUN.schedule_curve(300)
    assert curve == RUN.steps.learning_rates(np.arange(1, 301)).tolist()
    assert RUN.schedule_curve(2) == [curve[0], curve[-1]]
    assert RUN.loss_curve(5, 9, 5) == RUN.steps.expected_losses(np.arange(5, 10)).tolist()
    assert RUN.loss_curve(5, 5, 1) == RUN.steps.expected_losses(np.array([5])).tolist()


def test_stages_by_name() -> None:
    assert RUN.stage_of("warming up").end_us == TIMELINE.start_us
    assert RUN.stage_of("writing metadata").end_us == RUN.end_us


def test_the_same_plan_is_the_same_run_and_another_seed_another() -> None:
    again, other = simulate(TINY), simulate(replace(TINY, seed=1))
    for name in ("loss", "end_us", "grad_norm"):
        mine = getattr(RUN.steps.columns(Executed(1), Executed(300)), name)
        assert np.array_equal(mine, getattr(again.steps.columns(Executed(1), Executed(300)), name))
        assert not np.array_equal(mine, getattr(other.steps.columns(Executed(1), Executed(300)), name))
