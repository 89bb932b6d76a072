"""Where the time went, so far and in the end."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from itertools import pairwise

import pytest
from accounted import Whole, whole
from befalling import SMALL, befallen_by, in_step, incident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interrupted import BEFALLEN, CALM, Befallen
from plans import TINY

from pysim.pretraining.run.costs import UNKNOWN, Cost
from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.goodput import Goodput
from pysim.pretraining.run.run import Run, simulate
from pysim.story.steps import DataStep, Executed

MINUTE_US = 60_000_000
MOMENTS = 300  # of a run that much befalls
NEVER_LESS = (
    "wall_us",
    "starting_us",
    "noticing_us",
    "repairing_us",
    "redoing_us",
    "interruptions",
    "steps_redone",
    "lost_us",
)

cases = pytest.mark.parametrize("case", BEFALLEN.values(), ids=BEFALLEN.keys())
random_runs = given(seed=st.integers(0, 10_000), factor=st.sampled_from([300.0, 1e4, 4e4]), spares=st.integers(0, 3))
few = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])


@cache
def run_of(name: str) -> Run:
    return BEFALLEN[name].run()


def moments(run: Run) -> Iterator[int]:
    """Around every seam of a run, some within each segment, and beyond its end."""
    for segment in run.timeline.segments:
        length_us = segment.end_us - segment.begin_us
        yield from (segment.begin_us - 1, segment.begin_us, segment.begin_us + 1)
        yield from (segment.begin_us + length_us * sixth // 6 for sixth in range(1, 6))
    yield from (run.end_us, run.end_us + MINUTE_US)


def parts(found: Goodput) -> tuple[int, ...]:
    return found.starting_us, found.noticing_us, found.repairing_us, found.restarting_us, found.redoing_us


def adds_up(run: Run, time_us: int) -> bool:
    """The parts to the whole, and the causes to the parts."""
    found, costs = run.account.at(time_us), run.account.by_cause(time_us)
    by_part = found.productive_us + sum(parts(found)) == found.wall_us and min(*parts(found), found.productive_us) >= 0
    by_cause = sum(cost.lost_us for cost in costs) == found.lost_us and min([0, *(cost.lost_us for cost in costs)]) == 0
    return by_part and by_cause and sum(cost.interruptions for cost in costs) == found.interruptions


def in_the_end(run: Run) -> Whole:
    found = run.goodput
    return Whole(**{name: getattr(found, name) for name in asdict(whole(run.timeline))})


def test_a_calm_run_loses_its_start_only() -> None:
    found = CALM.goodput
    assert (found.interruptions, found.steps_redone, found.lost_us) == (0, 0, 0)
    assert found.starting_us == CALM.timeline.start_us
    assert found.productive_us == CALM.timeline.end_us - CALM.timeline.start_us
    assert found.availability == 1.0
    assert CALM.account.by_cause(CALM.end_us) == []


def test_at_the_launch_there_is_nothing_to_account_for() -> None:
    found = CALM.account.at(0)
    assert (found.wall_us, found.share, found.availability, found.between_failures_us) == (0, 0.0, 1.0, 0)
    assert CALM.account.at(-1) == found


@cases
def test_in_the_end_it_is_what_the_whole_run_comes_to(case: Befallen) -> None:
    run = case.run()
    assert in_the_end(run) == whole(run.timeline)
    assert 0.0 < run.goodput.share <= 1.0
    executed = sum(stretch.steps for stretch in run.timeline.stretches)
    skipped = sum(last - first + 1 for first, last in run.timeline.gaps_before(run.timeline.last_step))
    assert run.goodput.steps_redone == executed + skipped - TINY.total_steps


@cases
def test_it_adds_up_at_any_time_and_nothing_is_ever_taken_back(case: Befallen) -> None:
    run = case.run()
    assert all(adds_up(run, time_us) for time_us in moments(run))
    found = [run.account.at(time_us) for time_us in sorted(moments(run))]
    for name in NEVER_LESS:
        assert all(getattr(one, name) <= getattr(other, name) for one, other in pairwise(found)), name


@cases
def test_whichever_way_one_goes_through_a_run_the_account_is_the_same(case: Befallen) -> None:
    forwards, backwards = case.run(), case.run()
    later_first = {time_us: backwards.account.at(time_us) for time_us in sorted(moments(forwards), reverse=True)}
    assert {time_us: forwards.account.at(time_us) for time_us in sorted(moments(forwards))} == later_first
    assert [forwards.account.by_cause(time_us) for time_us in moments(forwards)] == [
        backwards.account.by_cause(time_us) for time_us in moments(forwards)
    ]


def test_what_counts_is_what_a_calm_run_takes() -> None:
    """Each step counts once: interruptions change what is lost, and but for jitter not what is productive."""
    calm = CALM.goodput.productive_us
    for name in ("between steps", "in a step", "in a validation", "with a hang", "twice in a row", "rolled back"):
        assert run_of(name).goodput.productive_us == pytest.approx(calm, rel=0.02), name


def test_a_hang_is_time_to_notice() -> None:
    assert run_of("with a hang").goodput.noticing_us == 8 * MINUTE_US


@few
@random_runs
def test_elapsed_is_productive_and_lost_whatever_befalls(seed: int, factor: float, spares: int) -> None:
    run = simulate(replace(TINY, seed=seed, incident_factor=factor, spares=spares))
    assert in_the_end(run) == whole(run.timeline)
    assert run.goodput.productive_us > 0
    found = list(moments(run))
    assert all(adds_up(run, time_us) for time_us in found[:: len(found) // MOMENTS + 1])


@few
@given(
    cuts=st.lists(
        st.tuples(
            st.floats(0.0, 1.3),
            st.sampled_from([None, None, DataStep(0), DataStep(120), DataStep(240)]),
            st.sampled_from([0, 0, 40]),
            st.sampled_from([0, MINUTE_US]),
        ),
        max_size=8,
    )
)
def test_however_far_a_run_goes_back_it_is_what_the_whole_comes_to(
    cuts: list[tuple[float, DataStep | None, int, int]],
) -> None:
    interruptions = [
        Interruption(
            at_us=int(CALM.end_us * at),
            hang_us=hang_us,
            down_us=MINUTE_US,
            restart_us=MINUTE_US,
            resume_after=resume_after,
            skipped_batches=skipped,
        )
        for at, resume_after, skipped, hang_us in cuts
    ]
    run = simulate(TINY, interruptions)
    assert in_the_end(run) == whole(run.timeline)
    assert all(adds_up(run, time_us) for time_us in moments(run))
    for time_us in moments(run):
        assert run.account.is_interrupted_by(time_us) == (run.account.at(time_us).interruptions > 0)


def test_a_run_that_starts_all_over_gives_up_all_its_stretches() -> None:
    cuts = [
        Interruption(at_us=CALM.timeline.end_of_us(Executed(step)), down_us=MINUTE_US, restart_us=MINUTE_US)
        for step in (130, 131)
    ]
    twice = simulate(TINY, cuts)
    at_us = twice.timeline.end_of_us(Executed(280))
    run = simulate(TINY, [*cuts, Interruption(at_us=at_us, down_us=1, restart_us=1, resume_after=DataStep(0))])
    assert in_the_end(run) == whole(run.timeline)
    assert run.goodput.steps_redone == run.timeline.last_step - TINY.total_steps


def test_a_run_that_goes_back_further_and_further_gives_up_each_step_once() -> None:
    """To its last checkpoint, then to the one before, then to its start, each time after a few steps."""
    run = CALM
    cuts: list[Interruption] = []
    for step, back in ((250, None), (255, DataStep(120)), (260, DataStep(0))):
        at_us = run.timeline.end_of_us(Executed(step))
        cuts.append(Interruption(at_us=at_us, down_us=MINUTE_US, restart_us=MINUTE_US, resume_after=back))
        run = simulate(TINY, cuts)
    assert [stretch.resumed_after for stretch in run.timeline.stretches] == [0, 240, 120, 0]
    assert in_the_end(run) == whole(run.timeline)
    assert run.goodput.steps_redone == run.timeline.last_step - TINY.total_steps


@few
@given(
    name=st.sampled_from(sorted(BEFALLEN)),
    later=st.floats(0.0, 1.0),
    hang_us=st.sampled_from([0, MINUTE_US]),
    back=st.sampled_from([None, DataStep(0), DataStep(120)]),
)
def test_what_comes_later_changes_nothing(name: str, later: float, hang_us: int, back: DataStep | None) -> None:
    case, run = BEFALLEN[name], run_of(name)
    at_us = int(run.end_us * later)
    cut = Interruption(at_us=at_us, hang_us=hang_us, down_us=MINUTE_US, restart_us=MINUTE_US, resume_after=back)
    cut_again = simulate(TINY, (*case.cuts, cut), case.slowdowns)
    before = [time_us for time_us in (*moments(run), at_us - 1) if time_us < at_us]
    assert [run.account.at(time_us) for time_us in before] == [cut_again.account.at(time_us) for time_us in before]
    assert [run.account.by_cause(time_us) for time_us in before] == [
        cut_again.account.by_cause(time_us) for time_us in before
    ]


def test_steps_are_lost_when_the_run_goes_on() -> None:
    """As long as it is down they may have been saved somewhere."""
    run = run_of("in a step")
    again_us = run.timeline.stretches[1].begin_us
    before, after = run.account.at(again_us - 1), run.account.at(again_us)
    assert (before.steps_redone, before.redoing_us) == (0, 0)
    assert after.steps_redone == 50
    assert before.productive_us - after.productive_us == after.redoing_us > 0


def test_a_first_step_that_warms_up_is_a_restart() -> None:
    stretch = run_of("in a step").timeline.stretches[1]
    begun, warming, warm = (
        run_of("in a step").account.at(stretch.begin_us + stretch.warmup_us * part // 2) for part in range(3)
    )
    later = run_of("in a step").account.at(stretch.begin_us + 2 * stretch.warmup_us)
    assert warming.restarting_us - begun.restarting_us == stretch.warmup_us // 2
    assert warm.restarting_us - begun.restarting_us == stretch.warmup_us
    assert begun.productive_us == warming.productive_us == warm.productive_us < later.productive_us
    assert later.restarting_us == warm.restarting_us


def test_a_warm_up_that_led_to_no_step_was_done_for_nothing() -> None:
    """While it lasted it was a restart."""
    run = run_of("twice in a row")
    cut, again = run.timeline.stretches[1:3]
    warming, gone_on = run.account.at(cut.end_us), run.account.at(again.begin_us)
    length_us = cut.end_us - cut.begin_us
    assert gone_on.redoing_us - warming.redoing_us == length_us
    restarts_us = sum(s.end_us - s.begin_us for s in run.timeline.segments if s.kind == "restart")
    assert gone_on.restarting_us == restarts_us


def test_what_a_restart_makes_longer_is_lost_and_the_run_s_own_first_step_is_not() -> None:
    """Unless that is given up with all that followed it."""
    again = run_of("before a checkpoint").goodput
    warmup_us = CALM.timeline.stretches[0].warmup_us
    assert CALM.goodput.productive_us - again.productive_us == pytest.approx(warmup_us, rel=0.05)
    assert again.steps_redone == 59


def test_an_interruption_is_one_even_if_nothing_has_to_be_repaired() -> None:
    cut_us = CALM.timeline.end_us // 2
    torn = Interruption(at_us=cut_us, hang_us=20_000_000, down_us=0, restart_us=30_000_000)
    run = simulate(TINY, [torn])
    assert run.goodput.interruptions == 1
    assert run.account.at(cut_us + torn.hang_us - 1).interruptions == 0, "nobody has noticed"
    assert run.account.at(cut_us + torn.hang_us).interruptions == 1


def test_what_nothing_is_known_of_is_unknown() -> None:
    run = run_of("in a step")
    assert run.account.by_cause(run.end_us) == [Cost(UNKNOWN, run.goodput.lost_us, 1)]


def two_causes() -> Run:
    calm = simulate(SMALL)
    causes = ("gpu-off-bus", "software-bug", "gpu-off-bus")
    struck = (incident(cause, in_step(calm, step)) for cause, step in zip(causes, (300, 1200, 2100), strict=True))
    return befallen_by(SMALL, struck)


def test_each_cause_pays_for_its_own() -> None:
    """From the moment in which it strikes to the end of the warm-up, and for the steps that it made the run give up."""
    run = two_causes()
    seams = [*(each.at_us for each in run.befallen), run.end_us]
    wanted: dict[str, int] = {}
    for each, next_us in zip(run.befallen, seams[1:], strict=True):
        lost_us = run.account.at(next_us).lost_us - run.account.at(each.at_us).lost_us
        wanted[each.incident.cause.name] = wanted.get(each.incident.cause.name, 0) + lost_us
    costs = run.account.by_cause(run.end_us)
    assert {cost.cause: cost.lost_us for cost in costs} == wanted
    assert {cost.cause: cost.interruptions for cost in costs} == {"gpu-off-bus": 2, "software-bug": 1}
    assert [cost.lost_us for cost in costs] == sorted((cost.lost_us for cost in costs), reverse=True)


def test_a_cause_pays_while_it_lasts() -> None:
    run = two_causes()
    first = run.befallen[0]
    assert run.account.by_cause(first.at_us) == []
    assert run.account.by_cause(first.noticed_us - 1) == [Cost("gpu-off-bus", first.noticed_us - 1 - first.at_us, 0)]
    assert run.account.by_cause(first.noticed_us + 7) == [Cost("gpu-off-bus", first.noticed_us + 7 - first.at_us, 1)]


def test_who_makes_a_run_go_back_further_pays_for_that() -> None:
    """A crash costs what was not saved; a damage that is found later, all that was trained since it came."""
    run = befallen_by(SMALL, [incident("silent-corruption", in_step(simulate(SMALL), 1500))])
    damage = next(each for each in run.befallen if each.rolled_back)
    cut = next(stretch for stretch in run.timeline.stretches if stretch.end_us == damage.at_us)
    again = run.incidents.resumption(damage)
    assert again is not None
    saved = run.timeline.checkpoint.step_of(run.timeline.checkpoint.index(cut.last_data_step))
    assert again.resumed_after < saved, "else it would not be further"
    given_up_us = cut.end_us - run.timeline.next_start_us(cut.executed(again.resumed_after))
    recovered_us = again.begin_us + again.warmup_us
    assert run.account.by_cause(recovered_us) == [
        Cost("silent-corruption", recovered_us - damage.at_us + given_up_us, 1)
    ]


def test_who_finds_no_good_checkpoint_pays_only_for_going_back_further() -> None:
    """What was not saved when a job crashed would have been lost with any checkpoint."""
    calm = simulate(SMALL)
    crash = incident("gpu-off-bus", in_step(calm, 2100))
    alone = befallen_by(SMALL, [crash])
    restart = next(segment for segment in alone.timeline.segments if segment.kind == "restart")
    unreadable = incident("torn-checkpoint", restart.end_us - 2)
    run = befallen_by(SMALL, [crash, unreadable])
    first, again = run.timeline.stretches[:2]
    saved = run.timeline.checkpoint.step_of(run.timeline.checkpoint.index(first.last_data_step))
    assert again.resumed_after < saved
    unsaved_us = first.end_us - run.timeline.next_start_us(first.executed(DataStep(saved)))
    further_us = run.account.at(again.begin_us).redoing_us - unsaved_us
    by_cause = {cost.cause: cost.lost_us for cost in run.account.by_cause(again.begin_us)}
    assert by_cause["gpu-off-bus"] == restart.end_us - 2 - first.end_us + unsaved_us
    assert by_cause["torn-checkpoint"] == again.begin_us - restart.end_us + 2 + further_us
