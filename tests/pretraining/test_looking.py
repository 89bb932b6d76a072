"""How often every accelerator is shown, and when else."""

from dataclasses import replace

import pytest
from befalling import SMALL, befallen_by, in_step, incident, one
from plans import CLASSIC

from pysim.pretraining.looking import LOG_SHARE, SELDOM, grid_lines, look_interval
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import header
from pysim.story.events import FleetSampled, StepCompleted
from pysim.story.fleet import DEAD, THROTTLED, WORKING
from pysim.story.steps import Executed
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.jsonlines import json_line

SCREENS = [Screen(40, 15), Screen(80, 24), Screen(120, 40), Screen(160, 50)]


def samples(run: Run, since_us: int = 0, until_us: int | None = None) -> list[FleetSampled]:
    return [event for event in narrate(run, since_us, until_us) if isinstance(event, FleetSampled)]


def seldom(plan: Plan) -> Plan:
    return replace(plan, grid_interval=SELDOM)


@pytest.mark.parametrize("preset", presets())
def test_the_grid_fills_a_fifth_of_the_log_at_most_on_usual_screens(preset: str) -> None:
    plan = choose_plan(Request(preset=preset, grid_every="auto", incidents=0.0))
    run, interval = simulate(plan), look_interval(plan)
    sample = run.fleet.sample(run.timeline.end_of_us(Executed(20)), run.figures.memory.total_bytes)
    assert len(Console(header(run), Screen(120, 40)).lines(sample)) <= grid_lines(plan)
    for screen in SCREENS:
        lines = len(Console(header(run), screen).lines(sample))
        assert lines <= LOG_SHARE * (lines + interval), screen


@pytest.mark.parametrize("nodes", [1, 2, 5, 16, 20, 34, 40, 64])
def test_clusters_of_any_size_have_room_for_their_grid(nodes: int) -> None:
    plan = replace(CLASSIC, world_size=8 * nodes, global_batch_size=16 * nodes)
    run = simulate(plan)
    sample = run.fleet.sample(run.timeline.end_of_us(Executed(20)), run.figures.memory.total_bytes)
    assert len(Console(header(run), Screen(120, 40)).lines(sample)) <= grid_lines(plan)


def test_classic_looks_every_ten_steps_and_others_seldom() -> None:
    assert choose_plan(Request(preset="classic")).grid_interval == 10
    assert [name for name in presets() if choose_plan(Request(preset=name)).grid_interval != SELDOM] == ["classic"]
    assert choose_plan(Request(seed=3, gpus=64)).grid_interval == SELDOM
    assert choose_plan(Request(preset="classic", grid_every="auto")).grid_interval == SELDOM
    assert choose_plan(Request(preset="llama3-405b", grid_every="25")).grid_interval == 25


def test_how_often_one_looks_changes_nothing_else() -> None:
    looks = {every: simulate(replace(SMALL, incident_factor=900.0, grid_interval=every)) for every in (SELDOM, 10, 40)}
    told = [
        [json_line(event) for event in narrate(run, until_us=run.end_us // 4) if not isinstance(event, FleetSampled)]
        for run in looks.values()
    ]
    assert told[0] == told[1] == told[2]
    assert len({len(samples(run, 0, run.end_us // 4)) for run in looks.values()}) == len(looks)


def test_a_look_is_due_after_each_so_many_steps() -> None:
    run = simulate(replace(seldom(CLASSIC), incident_factor=0.0))
    until_us = run.timeline.end_of_us(Executed(401)) + 1
    assert [sample.step for sample in samples(run, 0, until_us)] == [100, 200, 300, 400]


def test_it_is_seen_when_a_node_is_lost_out_and_replaced() -> None:
    """Dead when it is noticed, drained, and all at work after the first step with another node."""
    calm = simulate(SMALL)
    run = befallen_by(replace(SMALL, grid_interval=SELDOM), [incident("gpu-off-bus", in_step(calm, 250))])
    befallen = run.befallen[0]
    stretch = run.timeline.stretches[1]
    seen = samples(run, befallen.at_us, run.timeline.end_of_us(stretch.first_step) + 1)
    noticed, *_, replaced = seen
    assert round(noticed.time_seconds * 1e6) == befallen.noticed_us
    assert DEAD in noticed.condition
    assert (replaced.condition == WORKING).all()
    assert replaced.time_seconds == run.timeline.end_of_us(stretch.first_step) / 1e6


def test_it_is_seen_when_clocks_are_held_down_and_set_free() -> None:
    """After the step during which it began, and after the one during which it was over; not at any other time."""
    run = befallen_by(seldom(SMALL), [one("power-cap").befallen[0].incident])
    befallen = run.befallen[0]
    began, over = (run.timeline.step_at(time) for time in (befallen.at_us, run.incidents.over_us(befallen)))
    for step, is_held in ((began, True), (over, False)):
        seen = samples(run, run.timeline.start_of_us(step), run.timeline.end_of_us(Executed(step + 2)))
        assert [sample.time_seconds for sample in seen] == [run.timeline.end_of_us(step) / 1e6]
        assert (THROTTLED in seen[0].condition) == is_held


def test_what_begins_while_a_checkpoint_is_saved_is_seen_after_the_next_step() -> None:
    calm = simulate(SMALL)
    saving_us = calm.timeline.checkpoint_start_us(Executed(120)) + 10
    run = befallen_by(seldom(SMALL), [incident("power-cap", saving_us)])
    seen = samples(run, saving_us, run.timeline.end_of_us(Executed(125)))
    assert [sample.time_seconds for sample in seen] == [run.timeline.end_of_us(Executed(121)) / 1e6]
    assert THROTTLED in seen[0].condition


def test_a_look_at_a_change_is_told_with_a_step_and_once() -> None:
    run = one("gpu-off-bus")
    same = befallen_by(seldom(run.plan), [run.befallen[0].incident])
    steps = {e.time_seconds for e in narrate(same) if isinstance(e, StepCompleted)}
    times = [sample.time_seconds for sample in samples(same)]
    assert len(times) == len(set(times))
    assert len([time for time in times if time not in steps]) == 2, "noticed, drained"
