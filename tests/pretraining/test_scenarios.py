"""The situations to be on call in: each is reached by a careful operator, and by nobody who does nothing."""

from dataclasses import replace

import pytest
from operators import Shift, careful, idle, watchful

from pysim.catalog.scenarios import Aim, scenarios
from pysim.edge import controls, protocol
from pysim.edge.beforehand import options_schema
from pysim.options.commandline import UsageError, parse
from pysim.options.settings import Settings, parse_query
from pysim.options.table import BY_NAME
from pysim.pretraining.moment import moment
from pysim.pretraining.scenes.closing import summary
from pysim.pretraining.scoring import QUANTITIES, tally
from pysim.pretraining.weighing import RunTally
from pysim.story import events as ev
from pysim.story.oncall import Score

NAMES = tuple(scenarios())


def settings(name: str) -> Settings:
    return parse(["--scenario", name])


def score(shift: Shift) -> Score:
    found = shift.story.score(shift.story.end_us)
    assert found
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_careful_operator_reaches_the_goal_and_who_does_nothing_misses_it(name: str) -> None:
    shift = Shift(settings(name))
    played = watchful(shift) if name == "slow-node" else shift.play(careful)
    own = score(played)
    assert own.is_reached, own.aims
    assert own.title == scenarios()[name].title
    assert own.decisions == len(played.turn.decide) > 0
    nothing = score(Shift(settings(name)).play(idle))
    assert not nothing.is_reached
    assert (nothing.own, nothing.automatic) == (nothing.nobody, own.automatic)
    assert played.refused == []


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_made_of_options_and_of_aims_that_can_be_checked(name: str) -> None:
    scenario = scenarios()[name]
    assert {option for option, _ in scenario.options} <= BY_NAME.keys()
    assert {aim.quantity for aim in scenario.aims} <= QUANTITIES.keys()
    assert scenario.name == name
    assert scenario.briefing.endswith(".")
    assert settings(name).on_call


def test_a_briefing_names_the_key_of_the_edge_that_it_is_read_at() -> None:
    briefed = scenarios()["slow-node"].briefed
    assert "press c when" in briefed(controls.ON_CALL_KEY)
    assert "press o when" in briefed(protocol.ON_CALL_KEY)
    assert "press o when" in options_schema()


def test_options_that_are_given_outweigh_a_scenarios_own() -> None:
    given = parse(["--scenario", "one-bad-gpu", "--seed", "5"])
    assert (given.request.seed, given.request.gpus) == (5, 64)
    on_page, problems = parse_query("scenario=one-bad-gpu")
    assert on_page == settings("one-bad-gpu")
    assert problems == ()


def test_a_scenario_that_is_misspelt_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean 'one-bad-gpu'"):
        parse(["--scenario", "one-bad-gp"])


@pytest.mark.parametrize("goal", ["goodput", "goodput = 1", "goodput >= x", "goodput >= 1 or usd <= 2"])
def test_a_goal_that_cannot_be_checked_is_an_error(goal: str) -> None:
    broken = replace(scenarios()["one-bad-gpu"], goal=goal)
    with pytest.raises(ValueError, match="is no part of a goal"):
        assert broken.aims


def test_an_aim_says_at_most_or_at_least() -> None:
    most, least = (Aim(text="", quantity="hours", is_most=is_most, value=3.0) for is_most in (True, False))
    assert [most.is_reached(value) for value in (2.0, 3.0, 4.0, None)] == [True, True, False, False]
    assert [least.is_reached(value) for value in (2.0, 3.0, 4.0, None)] == [False, True, True, False]


def test_the_score_is_told_at_the_end_and_known_at_any_time() -> None:
    shift = Shift(settings("one-bad-gpu")).play(careful)
    told = [event for event in shift.story.narrate(shift.story.end_us) if isinstance(event, ev.ScoreTold)]
    assert [(each.decisions, each.goodput, each.scenario) for each in told] == [
        (1, score(shift).own.goodput, "One bad GPU in 64")
    ]
    early = shift.story.score(shift.time_us)
    assert early
    assert (early.own.is_over, early.own.loss, early.own.step > 0) == (False, None, True)
    assert [aim.own for aim in early.aims][1] == 0.0
    assert early.own.usd < score(shift).own.usd


def test_machines_that_were_asked_for_are_paid_for() -> None:
    shift = Shift(settings("no-spares")).play(careful)
    own = score(shift).own
    plan = shift.story.run.plan
    alone = own.seconds / 3600 * plan.world_size * plan.accelerator.usd_per_hour
    assert own.usd > alone


def test_a_run_costs_the_same_wherever_that_is_said() -> None:
    """Machines that were asked for stand in all of them."""
    run = Shift(settings("no-spares")).play(careful).story.run
    closed, now = summary(run), moment(run, run.end_us)
    said = [
        tally(run, run.end_us).usd,
        RunTally(run, run.end_us).usd,
        now.rented_hours * run.plan.accelerator.usd_per_hour,
    ]
    assert said == pytest.approx([closed.usd] * 3, abs=0.5)
    assert closed.accelerator_hours * run.plan.accelerator.usd_per_hour == pytest.approx(closed.usd, abs=1.0)
