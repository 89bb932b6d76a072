"""What is asked of a run by who shows it on a page of his own."""

import json
from typing import Any

import pytest

from pysim.edge.browser import Session, open_show
from pysim.edge.inquiry import MOST_EVENTS, MOST_POINTS

QUERY = "?preset=classic&seed=3"


def opened(query: str = QUERY) -> Session:
    session = open_show(query, 100, 30)
    session.frame(0.0)
    return session


def curve(session: Session, *asked: object) -> list[dict[str, Any]]:
    answer = json.loads(session.curve(json.dumps(asked)))
    assert answer["refusal"] == ""
    points: list[dict[str, Any]] = answer["points"]
    return points


def test_a_curve_spans_the_run_and_ends_with_its_last_step() -> None:
    session = opened()
    points = curve(session, 50, "", "")
    header = session.show.story.header
    assert len(points) == 50
    assert points[-1]["step"] == header.total_steps
    assert [each["run_seconds"] for each in points] == sorted(each["run_seconds"] for each in points)
    assert points[0]["loss"] > points[-1]["loss"]
    assert any(each["validation_loss"] for each in points)


def test_a_curve_of_few_steps_has_each_of_them_as_it_was_told() -> None:
    session = opened()
    points = curve(session, 500, "step:100", "step:121")
    steps = [event for event in events(session, "step:100", "step:121") if event["event"] == "StepCompleted"]
    assert [each["step"] for each in points] == [event["step"] for event in steps] == list(range(100, 121))
    for name in ("loss", "learning_rate", "grad_norm"):
        assert [each[name] for each in points] == [event[name] for event in steps]
    assert [each["run_seconds"] for each in points] == [event["time_seconds"] for event in steps]


@pytest.mark.parametrize("points", [-5, 0, 10**9])
def test_no_answer_is_larger_than_it_may_be(points: int) -> None:
    session = opened()
    assert 2 <= len(curve(session, points, "", "")) <= MOST_POINTS
    assert len(events(session, "", "")) == MOST_EVENTS


def events(session: Session, *asked: object) -> list[dict[str, Any]]:
    answer = json.loads(session.events(json.dumps(asked)))
    assert answer["refusal"] == ""
    found: list[dict[str, Any]] = answer["events"]
    return found


def test_two_spans_that_touch_have_every_event_once() -> None:
    session = opened()
    whole = events(session, "step:5", "step:40")
    assert events(session, "step:5", "step:20") + events(session, "step:20", "step:40") == whole


@pytest.mark.parametrize("place", ["nowhere", "step:999999999", "900d", "'"])
def test_what_is_no_place_is_refused_in_a_line(place: str) -> None:
    session = opened()
    answers = [
        json.loads(session.curve(json.dumps([5, place, ""]))),
        json.loads(session.events(json.dumps([place, ""]))),
        *json.loads(session.places(json.dumps([place]))),
    ]
    for answer in answers:
        assert place in answer["refusal"]
        assert "\n" not in answer["refusal"]


def test_between_places_without_a_step_is_no_curve() -> None:
    answer = json.loads(opened().curve('[5, "0s", "1s"]'))
    assert answer == {"refusal": "no step is completed between these places", "points": []}


def test_places_are_in_seconds_and_parts_of_the_run() -> None:
    session = opened()
    half, step = json.loads(session.places('["50%", "step:700"]'))
    assert half["fraction"] == 0.5
    assert half["run_seconds"] == pytest.approx(session.show.end_us / 2e6, abs=1e-5)
    assert session.command("goto", "step:700")
    assert json.loads(session.state())["run_seconds"] == step["run_seconds"]


# Values, and what is passed


def test_a_state_has_what_its_step_was_like() -> None:
    session = opened()
    assert json.loads(session.state())["values"]["loss"] is None
    session.command("goto", "step:700")
    values = json.loads(session.state())["values"]
    (last,) = curve(session, 2, "step:699", "step:700")[-1:]
    assert {name: values[name] for name in ("loss", "learning_rate", "grad_norm")} == {
        name: last[name] for name in ("loss", "learning_rate", "grad_norm")
    }
    assert 0.5 < values["goodput"] <= 1.0


def passed(session: Session, frames: int, seconds: float = 1.0) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for _ in range(frames):
        session.frame(seconds)
        told += json.loads(session.news())
    return told


def test_work_is_told_once_and_when_it_is_done() -> None:
    session = opened("?preset=classic&seed=3&incidents=off&from=step:100&speed-factor=40")
    told = passed(session, 40, 0.2)
    assert [each["kind"] for each in told[:3]] == ["checkpoint", "validation", "checkpoint"]
    assert len({(each["kind"], each["step"]) for each in told}) == len(told) > 1
    done = {
        (event["step"], event["time_seconds"]): event
        for event in events(session, "step:100", "step:800")
        if event["event"] in ("ValidationCompleted", "CheckpointCompleted")
    }
    for each in told[:3]:
        event = done[(each["step"], each["run_seconds"])]
        assert each["validation_loss"] == event.get("loss")
        assert each["values"]["loss"] is not None


def test_what_goes_by_too_fast_is_told_now_and_then() -> None:
    session = opened("?preset=classic&seed=3&incidents=off&from=step:100&speed-factor=4000")
    told = passed(session, 5, 0.2)
    assert {each["kind"] for each in told} == {"validation", "checkpoint"}
    assert len(told) == 2


def test_a_checkpoint_that_was_never_done_is_not_told() -> None:
    session = opened("?preset=classic&seed=3&incidents=off")
    story = session.show.story
    save = next(chapter for chapter in story.chapters().some(10_000) if chapter.kind == "checkpoint")
    session.command("seek", str(save.time_us / 1e6 + 0.5))
    session.command("inject", "gpu-off-bus")
    session.command("seek", str(save.time_us / 1e6 - 5))
    told = passed(session, 30)
    assert [each["kind"] for each in told][:1] == ["incident"]


def test_a_show_plays_until_a_place_and_refuses_one_that_has_passed() -> None:
    session = opened()
    session.command("goto", "step:100")
    session.command("pause")
    session.command("play-until", "step:103")
    assert session.refusal == ""
    for _ in range(100):
        session.frame(1.0)
    state = json.loads(session.state())
    assert (state["paused"], state["step"]) == (True, 102)
    session.command("play-until", "step:50")
    assert session.refusal == "that is not after the moment on show"
    session.command("play-until", "never")
    assert "'never'" in session.refusal


def test_a_loop_is_asked_for_by_a_command() -> None:
    session = opened("?preset=classic&seed=3&from=step:10&until=step:20")
    begun = json.loads(session.state())["run_seconds"]
    session.command("loop", "1")
    session.frame(1e6)
    session.frame(0.1)
    assert json.loads(session.state())["run_seconds"] == begun
    session.command("loop", "0")
    session.frame(1e6)
    assert json.loads(session.state())["ended"]
