"""A show from settings: places, errors in the words of the options, and the lines before the first screen."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from plans import TINY

from pysim.catalog import UnknownName
from pysim.edge import playlist, telling
from pysim.edge.playlist import plans, run_limit, stories, turns
from pysim.edge.staging import Misplaced, explain, opening, plain_lines, span_of, tempo_of
from pysim.options.settings import Settings
from pysim.options.values import injection, position
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import choose_plan
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.request import Request
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.tempo import fitted_tempo, real_tempo, show_tempo
from pysim.story.events import Block, StepCompleted, Telling
from pysim.terminal.ansi import strip
from pysim.terminal.screen import Screen

NOW = 1_800_000_000
SCREEN = Screen(columns=100, rows=30, color=False)


def asked(settings: Settings = Settings(), **parts: Any) -> Settings:  # noqa: B008 - it is frozen
    """Settings that ask for parts of a plan."""
    return replace(settings, request=Request(**parts))


@pytest.fixture(scope="module")
def run() -> PretrainingStory:
    return next(stories(asked(preset="classic"), NOW))


def test_a_plan_error_is_told_in_the_words_of_the_options() -> None:
    error = PlanError("gpus", 100, "not a multiple of 8", change={"gpus": 104})
    assert explain(error) == "--gpus: 100 does not work: not a multiple of 8; try --gpus 104"


def test_other_errors_are_not_explained_away() -> None:
    assert explain(ValueError("a fault of ours")) is None
    assert explain(UnknownName("model", "x", [])) == "unknown model 'x'"


def test_a_span_is_a_part_of_the_run(run: PretrainingStory) -> None:
    span = span_of(run, Settings(from_=position("50%"), until=position("100%")))
    assert span == (round(run.end_us / 2), run.end_us + 1)
    assert span_of(run, Settings()) == (0, None)


# A step, and what follows it: a validation, a checkpoint, both, a new epoch, nothing; the first and the last but one.
CUT_AT = (1, 50, 99, 100, 103, 120, 299)


def told(settings: Settings) -> list[str]:
    stories = iter([tell(TINY)])
    return [line.text for line in plain_lines(stories, replace(settings, instant=True), SCREEN)]


@pytest.mark.parametrize("step", CUT_AT)
@pytest.mark.parametrize("view", ["console", "events"])
def test_two_parts_that_meet_at_a_step_are_the_whole(step: int, view: str) -> None:
    whole = told(Settings(view=view))
    first = told(Settings(view=view, until=position(f"step:{step}")))
    second = told(Settings(view=view, from_=position(f"step:{step + 1}")))
    openings = view == "events"  # each part begins with its own
    assert first[openings:] + second[openings:] == whole[openings:]


@pytest.mark.parametrize("place", ["90s", f"{tell(TINY).run.timeline.start_us / 1e6}s", "33%", "50%", "99.9%"])
def test_two_parts_that_meet_at_a_time_are_the_whole(place: str) -> None:
    first, second = told(Settings(until=position(place))), told(Settings(from_=position(place)))
    assert first + second == told(Settings())


@pytest.mark.parametrize("step", CUT_AT)
def test_a_part_begins_and_ends_with_its_step(step: int) -> None:
    """What belongs to a step: its line, what is told at its end, its validation and checkpoint; before it, its epoch."""
    settings = Settings(view="events", from_=position(f"step:{step}"), until=position(f"step:{step}"))
    events = [json.loads(line) for line in told(settings)][1:]
    assert {event["step"] for event in events if "step" in event} == {step}
    assert [event["step"] for event in events if event["event"] == "StepCompleted"] == [step]
    assert ("EpochStarted" in [event["event"] for event in events]) == (step in (1, 101, 201))
    assert ("CheckpointCompleted" in [event["event"] for event in events]) == (step in (120, 240, 300))


def test_the_whole_length_includes_the_end() -> None:
    assert told(Settings(until=position("100%"))) == told(Settings())


@pytest.mark.parametrize(
    "settings",
    [
        Settings(from_=position("step:99999999")),
        Settings(until=position("9000d")),
        Settings(from_=position("50%"), until=position("1s")),
    ],
)
def test_places_that_are_not_there(run: PretrainingStory, settings: Settings) -> None:
    with pytest.raises(Misplaced, match=r"--(from|until): '.*' is "):
        span_of(run, settings)


def test_tempos(run: PretrainingStory) -> None:
    assert tempo_of(Settings())(run.acts()) == show_tempo(run.acts())
    assert tempo_of(Settings(tempo="real"))(run.acts()) == real_tempo(run.acts())
    assert tempo_of(Settings(tempo=240.0))(run.acts()) == fitted_tempo(run.acts(), 240.0)


@pytest.mark.parametrize("count", [1, 26, 27, 28, 60, 200])
def test_the_first_lines_come_once_each_and_in_order(count: int) -> None:
    settings = asked(Settings(instant_print_lines=count), preset="classic")
    opened = opening(stories(settings, NOW), settings, SCREEN)
    shown = strip("".join(opened) + opened.show().advance(0.0)).replace("\r\n", "\n").splitlines()[:-3]
    lines = (
        strip(line.text).rstrip("\n") for line in plain_lines(stories(settings, NOW), Settings(instant=True), SCREEN)
    )
    assert len(shown) >= count
    assert shown == list(islice(lines, len(shown)))


def test_more_first_lines_than_the_run_has_are_all_of_them() -> None:
    settings = asked(Settings(from_=position("99.9%"), instant_print_lines=10**9), preset="classic")
    opened = opening(stories(settings, NOW), settings, SCREEN)
    assert "".join(opened)
    show = opened.show()
    show.advance(0.0)
    assert show.time_us == show.end_us


def test_first_lines_come_as_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours: all of them were told, and told again, before the first was written."""
    steps = []
    tellings = PretrainingStory.tellings

    def counted(story: PretrainingStory, *span: Any) -> Iterator[Telling]:
        for told in tellings(story, *span):
            steps.append(len(told) if isinstance(told, Block) and told.kind is StepCompleted else 0)
            yield told

    monkeypatch.setattr(PretrainingStory, "tellings", counted)
    settings = asked(Settings(instant_print_lines=10**9), preset="llama3-405b")
    assert len(list(islice(opening(stories(settings, NOW), settings, SCREEN), 500))) == 500
    assert 0 < sum(steps) < 500 + 1024  # a block more than was asked for


def test_plain_lines_of_the_next_run_wait_for_the_first() -> None:
    settings = asked(Settings(from_=position("99.99%"), exit_after_modules=2), preset="classic")
    due = [line.due_seconds for line in islice(plain_lines(stories(settings, NOW), settings, SCREEN), 200)]
    assert due == sorted(due)
    assert due[-1] > due[0] + 8  # a few seconds between two runs


def test_the_next_run_has_the_next_seed() -> None:
    for settings in (asked(preset="classic", seed=5), asked(seed=5), asked(Settings(modules=("classic",)), seed=5)):
        assert [plan.seed for plan in islice(plans(settings, NOW), 3)] == [5, 6, 7]


def test_the_last_seed_is_followed_by_the_first() -> None:
    settings = asked(preset="classic", seed=2**63 - 1)
    assert [plan.seed for plan in islice(plans(settings, NOW), 2)] == [2**63 - 1, 0]


def test_modules_take_turns_and_options_change_them() -> None:
    """ADV-01: kinds of run, one after the other."""
    settings = asked(Settings(modules=("classic", "gpt2-124m", "random"), exit_after_modules=6), schedule="linear")
    models = [plan.model.name for plan in plans(settings, NOW)]
    assert len(models) == 6
    assert "gpt2-124m" in models
    assert {plan.schedule.kind for plan in plans(settings, NOW)} == {"linear"}


def test_every_module_that_is_named_goes_with_what_is_asked_for() -> None:
    """Else the show would end when the turn of the one that does not comes."""
    settings = asked(Settings(modules=("gpt2-124m", "llama3-405b")), gpus=16)
    with pytest.raises(PlanError, match=r"gpus 16: weights .*; try gpus="):
        plans(settings, NOW)


def test_a_seed_that_does_not_go_with_what_is_asked_for_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def even_only(request: Request) -> Plan:
        if (request.seed or 0) % 2:
            field = "seed"
            raise PlanError(field, request.seed, "odd")
        return choose_plan(request)

    monkeypatch.setattr(playlist, "choose_plan", even_only)
    assert [plan.seed for plan in islice(plans(asked(preset="classic", gpus=128, seed=4), NOW), 3)] == [4, 6, 8]
    with pytest.raises(PlanError, match="odd"):
        next(plans(asked(preset="classic", gpus=128, seed=5), NOW))


def test_a_show_without_a_next_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(request: Request) -> Plan:
        if request.seed:
            field = "seed"
            raise PlanError(field, request.seed, "not again")
        return choose_plan(request)

    monkeypatch.setattr(playlist, "choose_plan", once)
    following = plans(asked(preset="classic", gpus=128, seed=0), NOW)
    assert next(following).seed == 0
    with pytest.raises(PlanError, match="not again"):
        next(following)


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        (Settings(), None),
        (Settings(instant=True), 1),
        (Settings(until=position("50%")), 1),
        (Settings(instant=True, exit_after_modules=3), 3),
    ],
)
def test_how_many_runs(settings: Settings, limit: int | None) -> None:
    assert run_limit(settings) == limit


def test_what_is_let_happen_is_in_the_first_run_and_finds_machines_to_replace_what_breaks() -> None:
    settings = asked(Settings(inject=(injection("gpu-off-bus@step:300,node=1"),)), preset="classic", incidents=0.0)
    first, second = islice(turns(settings, NOW), 2)
    (befallen,) = telling.told(first).run.befallen
    assert (befallen.host, befallen.replaced_by) == (1, first.plan.nodes)
    assert not telling.told(second).run.befallen
    assert next(turns(replace(settings, request=replace(settings.request, spares=0)), NOW)).plan.spares == 0


def test_policies_go_for_every_module() -> None:
    settings = asked(Settings(modules=("bloom-176b",)), incidents=2.0)
    assert [plan.incident_factor for plan in islice(plans(settings, NOW), 2)] == [2.0, 2.0]


def test_what_is_let_happen_where_the_run_is_not_is_refused() -> None:
    settings = asked(Settings(inject=(injection("gpu-off-bus@9000d"),)), preset="classic")
    with pytest.raises(Misplaced, match="--inject: 'gpu-off-bus@9000d' is after the end of the run"):
        next(stories(settings, NOW))
