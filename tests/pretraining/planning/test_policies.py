"""What the operators decide."""

from dataclasses import replace

import pytest

from pysim.pretraining.figures import figures
from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.planning.limits import MOST_FAILURES
from pysim.pretraining.planning.policies import PUBLISHED
from pysim.pretraining.planning.problem import PlanError


def test_things_go_wrong_as_published_unless_something_else_is_said() -> None:
    plan = choose_plan(Request(preset="llama3-405b"))
    assert plan.incident_factor == PUBLISHED
    assert choose_plan(Request(preset="llama3-405b", incidents=PUBLISHED)) == plan
    assert choose_plan(Request(preset="llama3-405b", incidents=0.0)) == replace(plan, incident_factor=0.0)
    assert choose_plan(Request(model="llama-7b", gpus=64)).incident_factor == PUBLISHED


@pytest.mark.parametrize("often", [0, 1, 3])
def test_plans_that_are_equal_are_written_alike(often: int) -> None:
    """Runs are kept by their plans: a whole number of failures is no other plan than the same with a point."""
    one, other = (choose_plan(Request(preset="llama3-8b", incidents=kind(often))) for kind in (int, float))
    assert one == other
    assert repr(one) == repr(other)


def test_nothing_goes_wrong_on_a_single_machine_unless_asked() -> None:
    for preset in ("gpt2-124m", "single-4090"):
        assert choose_plan(Request(preset=preset)).incident_factor == 0.0
        assert choose_plan(Request(preset=preset, incidents=3.0)).incident_factor == 3.0


def test_nothing_goes_wrong_where_a_run_would_get_nowhere_unless_asked() -> None:
    huge = Request(preset="llama3-405b", gpus=131_072, tokens=9 * 10**15, epochs=1000)
    assert choose_plan(huge).incident_factor == 0.0
    with pytest.raises(PlanError):
        choose_plan(replace(huge, incidents=PUBLISHED))


def test_policies_do_not_change_what_is_trained() -> None:
    asked = Request(preset="llama3-70b", incidents=2.0, spares=3, checkpoint_every="100", watchdog=90.0)
    usual, plan = choose_plan(Request(preset="llama3-70b")), choose_plan(asked)
    assert plan == replace(usual, incident_factor=2.0, spares=3, checkpoint_interval=100, watchdog_seconds=90)


def test_how_much_goes_wrong_does_not_change_how_often_a_run_is_saved() -> None:
    intervals = {
        choose_plan(Request(preset="opt-175b", incidents=factor)).checkpoint_interval for factor in (0.0, 1.0, 4.0)
    }
    assert len(intervals) == 1


def test_the_automatic_interval_is_near_the_best_for_what_goes_wrong() -> None:
    plan = choose_plan(Request(preset="llama3-405b", checkpoint_every="auto"))
    near_the_best(plan)


@pytest.mark.parametrize("preset", ["llama3-405b", "llama3-70b", "opt-175b", "gemma-7b"])
def test_presets_that_fail_often_are_saved_near_the_best_interval(preset: str) -> None:
    near_the_best(choose_plan(Request(preset=preset)))


def test_a_drawn_plan_that_fails_often_is_saved_near_the_best_interval() -> None:
    near_the_best(choose_plan(Request(model="llama3-405b", accelerator="h100-sxm", gpus=16_384)))


def near_the_best(plan: Plan) -> None:
    f, failures = figures(plan), Failures(plan)
    best = failures.interval_seconds(f.checkpoint_seconds)
    chosen = plan.checkpoint_interval * f.step_seconds
    assert best / 2.6 <= chosen <= 1.3 * best
    expected = failures.goodput(chosen, f.checkpoint_seconds)
    for other in (chosen / 8, chosen * 8):
        assert failures.goodput(other, f.checkpoint_seconds) < expected


@pytest.mark.parametrize(("asked", "seconds"), [("1800s", 1800.0), ("600s", 600.0)])
def test_an_interval_can_be_a_time(asked: str, seconds: float) -> None:
    plan = choose_plan(Request(preset="llama3-70b", checkpoint_every=asked))
    assert plan.checkpoint_interval * figures(plan).step_seconds == pytest.approx(seconds, rel=0.02)


def test_an_interval_is_at_most_the_run() -> None:
    plan = choose_plan(Request(preset="gpt2-124m", checkpoint_every="1000000000"))
    assert plan.checkpoint_interval == plan.total_steps


def test_more_machines_need_more_spares_and_one_machine_none() -> None:
    large = choose_plan(Request(preset="llama3-405b", incidents=1.0)).spares
    small = choose_plan(Request(preset="bloom-176b", incidents=1.0)).spares
    assert large > small >= 4
    assert choose_plan(Request(preset="gpt2-124m", incidents=1.0)).spares == 0


def test_too_much_is_refused_with_what_works() -> None:
    with pytest.raises(PlanError, match="get nowhere") as refusal:
        choose_plan(Request(preset="llama3-405b", incidents=1000.0))
    assert refusal.value.change is not None
    bearable = refusal.value.change["incidents"]
    assert choose_plan(Request(preset="llama3-405b", incidents=bearable)).incident_factor == bearable


def test_more_failures_than_a_run_can_open_with_are_refused_and_a_factor_that_it_can_is_named() -> None:
    request = Request(preset="llama3-405b", gpus=131_072, tokens=9 * 10**15, epochs=1000, incidents=1.0)
    with pytest.raises(PlanError, match=r"incidents 1: makes \d+,\d+ failures, and 20,000 are the most") as refused:
        choose_plan(request)
    assert refused.value.change
    plan = choose_plan(replace(request, **dict(refused.value.change)))
    assert MOST_FAILURES / 2.2 < Failures(plan).per_day * figures(plan).training_seconds / 86_400 <= MOST_FAILURES


def test_where_nothing_fails_no_interval_is_the_best() -> None:
    calm = choose_plan(Request(preset="llama3-70b", incidents=0.0))
    assert choose_plan(Request(preset="llama3-70b", incidents=0.0, checkpoint_every="auto")) == calm
