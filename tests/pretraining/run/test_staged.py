"""What is bound to happen: a drill, and what a published run is known for."""

from dataclasses import replace
from itertools import pairwise

from plans import CLASSIC

from pysim.pretraining.hazard import Failures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.luck import Incident
from pysim.pretraining.run.run import simulate
from pysim.pretraining.run.staged import staged
from pysim.story.steps import DataStep

NIGHT = choose_plan(Request(preset="night-shift"))
RUN = simulate(NIGHT)
DAY_US = 86_400_000_000


def drill(plan: Plan) -> list[Incident]:
    return [each.incident for each in staged(plan)]


def test_every_cause_that_can_hit_the_cluster_is_rehearsed_once_evenly() -> None:
    rehearsed = drill(NIGHT)
    assert sorted(each.cause.name for each in rehearsed) == sorted(cause.name for cause in Failures(NIGHT).possible)
    gaps_us = [after.at_us - before.at_us for before, after in pairwise(rehearsed)]
    assert max(gaps_us) - min(gaps_us) <= 1
    assert all(each.node < NIGHT.nodes and each.local_rank < NIGHT.accelerators_per_node for each in rehearsed)


def test_all_of_it_befalls_the_run_within_a_day() -> None:
    befallen = {each.incident.cause.name for each in RUN.befallen}
    assert befallen >= {cause.name for cause in Failures(NIGHT).possible}
    assert 0.9 * DAY_US < RUN.end_us < 1.1 * DAY_US


def test_the_order_is_drawn_from_the_seed() -> None:
    other = [each.cause.name for each in drill(replace(NIGHT, seed=NIGHT.seed + 1))]
    assert other != [each.cause.name for each in drill(NIGHT)]


def test_nothing_is_rehearsed_elsewhere_or_where_nothing_goes_wrong() -> None:
    assert not drill(replace(CLASSIC, incident_factor=1.0))
    assert not drill(replace(NIGHT, incident_factor=0.0))


def test_what_a_run_is_known_for_happens_in_its_step_whatever_happened_before() -> None:
    for factor in (1.0, 3.0):
        run = simulate(choose_plan(Request(preset="bloom-176b", incidents=factor)))
        timeline = run.timeline
        spike = next(
            each
            for each in run.befallen
            if each.incident.cause.name == "loss-spike" and each.at_us > timeline.first_start_us(DataStep(31_000))
        )
        assert timeline.data_step(timeline.step_at(run.incidents.began_us(spike))) == 31_215
        assert (
            timeline.first_start_us(DataStep(31_215))
            <= run.incidents.began_us(spike)
            <= timeline.first_start_us(DataStep(31_216))
        )
