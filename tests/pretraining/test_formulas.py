"""Whoever works out a printed formula with a pocket calculator gets the number that is printed beside it; a name means one thing."""

from dataclasses import asdict, replace

import pytest
from auditor.description import on_a_calculator
from plans import CLASSIC, PLANS, TINY
from random_plans import random_plan
from thorough import sampled

from pysim.pretraining.describe import describe
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.scenes.closing import closing
from pysim.story import events as ev
from pysim.story.kind import Row

NAMED = {**PLANS, **{f"preset {name}": preset.plan(0) for name, preset in presets().items()}}
FORMULAS = 29  # of a plan to which nothing happens


def rows(plan: Plan) -> tuple[Row, ...]:
    return describe(plan, figures(plan))


def disagreements(plan: Plan) -> list[str]:
    found = []
    worked_out = 0
    for row in rows(plan):
        both = on_a_calculator(asdict(row))
        if both is not None:
            worked_out += 1
            printed, made = both
            if not printed.low - 1e-9 * abs(made) <= made <= printed.high + 1e-9 * abs(made):
                found.append(f"{row.name}: {row.text} is not {row.formula}: {made:.9g}")
    assert worked_out >= FORMULAS
    return found


@pytest.mark.parametrize("plan", NAMED.values(), ids=NAMED)
def test_every_formula_makes_what_stands_beside_it(plan: Plan) -> None:
    assert disagreements(plan) == []
    assert disagreements(replace(plan, incident_factor=1.0)) == []


@pytest.mark.parametrize("seed", sampled(range(600), 10))
def test_those_of_random_plans_do(seed: int) -> None:
    assert disagreements(random_plan(seed)) == []


def test_a_formula_that_is_off_in_the_last_digit_is_found() -> None:
    """By two per cent."""
    wrong = {row.name for row in rows(CLASSIC) if is_off(row)}
    assert {"step", "tokens per second", "accelerator hours", "energy", "cost", "initial", "total"} <= wrong


def is_off(row: Row) -> bool:
    both = on_a_calculator(asdict(row))
    return both is not None and not both[0].low <= both[1] * 1.02 <= both[0].high


def summary(run: Run) -> ev.RunCompleted:
    return next(event for event in closing(run) if isinstance(event, ev.RunCompleted))


@pytest.mark.parametrize("plan", [TINY, replace(CLASSIC, checkpoint_interval=4000)], ids=["tiny", "classic"])
def test_hours_energy_and_cost_are_those_of_the_summary(plan: Plan) -> None:
    """Of a run to which nothing happens, but for what nobody can know before: steps and periodic work vary."""
    run = simulate(plan)
    told, said = summary(run), {row.name: row.value for row in rows(plan)}
    assert told.time_seconds == pytest.approx(said["run"], rel=0.02)
    assert told.accelerator_hours == pytest.approx(said["accelerator hours"], rel=0.02)
    assert told.energy_kwh == pytest.approx(said["energy"], rel=0.03)
    assert told.usd == pytest.approx(said["cost"], rel=0.02)
    completed = next(event for event in closing(run) if isinstance(event, ev.TrainingCompleted))
    assert completed.seconds == pytest.approx(said["training"], rel=0.02)
