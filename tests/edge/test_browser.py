"""What the page's worker calls: text and JSON, one call a frame."""

import json
import re
from dataclasses import fields
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import pytest

from pysim.edge.beforehand import options_schema, poster, prologue
from pysim.edge.browser import (
    LISTED_CHAPTERS,
    RECORDED_SECONDS,
    Session,
    open_beforehand,
    open_show,
)
from pysim.edge.passing import MOST_AT_ONCE
from pysim.edge.playlist import plans
from pysim.options.settings import parse_query
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.story import _undisturbed, header
from pysim.pretraining.watching import acts
from pysim.show.show import HOLD_SECONDS
from pysim.show.transcript import LATEST_LINES, LATEST_LOOKS, timed_transcript
from pysim.show.work import Work
from pysim.story.story import Story
from pysim.terminal.screen import PAGE
from pysim.views.registry import VIEWS

QUERY = "?preset=classic&seed=3"


def opened(query: str = QUERY, columns: int = 100, rows: int = 30) -> Session:
    session = open_show(query, columns, rows)
    session.frame(0.0)
    return session


def facts(session: Session) -> dict[str, object]:
    """What is constant in the run on show."""
    header = session.show.story.header
    return {field.name: getattr(header, field.name) for field in fields(header) if field.name != "job"}


def state(session: Session) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(session.state())
    return found


def test_the_first_frame_opens_the_screen_and_later_ones_add_to_it() -> None:
    session = open_show(QUERY, 100, 30)
    assert session.frame(0.0).startswith(session.opening)
    assert "run " in session.frame(1.0)
    assert state(session)["show_seconds"] == pytest.approx(1.0)


def test_what_was_opened_beforehand_is_what_is_opened_then() -> None:
    """The page starts from a memory in which that has been done, whatever is asked of it."""
    queries = ("", "seed=5", "preset=classic&start=now", "inject=gpu-error@50%")

    def played() -> list[str]:
        sessions = [open_show(query, 90, 30, now=1_700_000_000) for query in queries]
        return [session.frame(0.0) + session.frame(40.0) + session.state() for session in sessions]

    for known in (_undisturbed, header, acts, parse_query):
        known.cache_clear()
    fresh = played()
    open_beforehand()
    run = _undisturbed(next(plans(parse_query("")[0], 0)))
    assert not run.timeline._pace.clock._blocks, "single steps are the largest part of it, and soon found again"
    assert open_show("", 90, 30).show.story.run is run  # type: ignore[attr-defined]  # a story of the first kind
    assert played() == fresh


def slowly(work: Work[str]) -> str:
    """As a page does it: one bit after the other."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return str(end.value)


@pytest.mark.parametrize("speed", ["1", "100", "10000"])
@pytest.mark.parametrize(
    "query", ["?preset=classic&from=25%", "?preset=llama3-405b&from=50%", "?preset=potato&from=99%"]
)
def test_a_frame_bit_by_bit_is_the_same_frame(query: str, speed: str) -> None:
    whole, sliced = opened(query), opened(query)
    for session in (whole, sliced):
        session.command("speed", speed)
    for _ in range(8):
        assert slowly(sliced.framing(0.4)) == whole.frame(0.4)
    assert state(whole) == state(sliced)


def test_a_busy_frame_comes_in_many_bits() -> None:
    session = opened("?preset=llama3-405b&from=50%")
    session.command("speed", "10000")
    assert sum(1 for _ in session.framing(0.4)) > 10


@pytest.mark.parametrize(
    ("name", "argument", "field", "value"),
    [
        ("pause", "", "paused", True),
        ("speed", "250", "speed", 250.0),
        ("seek", "60", "run_seconds", 60.0),
        ("skip", "5", "show_seconds", 5.0),
        ("seed", "9", "query", "preset=classic&seed=9"),
        ("restart", "", "run_seconds", 0.0),
        ("seek-fraction", "2", "phase", "done"),
    ],
)
def test_commands(name: str, argument: str, field: str, value: object) -> None:
    session = opened()
    assert session.command(name, argument)
    assert state(session)[field] == (pytest.approx(value, abs=0.01) if isinstance(value, float) else value)


def test_a_half_and_the_next_chapter() -> None:
    session = opened()
    session.command("seek-fraction", "0.5")
    half = state(session)
    assert half["run_seconds"] == pytest.approx(half["total_seconds"] / 2, rel=1e-6)
    session.command("chapter", "1")
    assert state(session)["run_seconds"] > half["run_seconds"]


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("fly", ""),
        ("key", "space"),
        ("speed", "fast"),
        ("speed", "nan"),
        ("skip", "inf"),
        ("seek-fraction", "nan"),
        ("seek", "1e400"),
        ("resize", "wide"),
        ("seed", "x"),
        ("skip", ""),
    ],
)
def test_a_command_that_means_nothing_changes_nothing(name: str, argument: str) -> None:
    session = opened()
    session.frame(3.0)
    before = state(session)
    session.command(name, argument)
    assert state(session) == before


def test_resize_keeps_the_moment_and_a_seed_keeps_speed_and_pause() -> None:
    session = opened()
    session.frame(4.0)
    session.command("speed", "3")
    session.command("pause")
    before = state(session)
    assert session.command("resize", "60x20")
    assert state(session)["run_seconds"] == before["run_seconds"]
    session.command("seed", "77")
    after = state(session)
    assert (after["speed"], after["paused"], after["run_seconds"]) == (3.0, True, 0.0)
    assert after["query"] == "preset=classic&seed=77"


def in_the_next_run(query: str) -> tuple[Session, dict[str, Any], dict[str, Any]]:
    """A session whose second run has begun, and its states in the first and in the second."""
    session = opened(query)
    first = state(session)
    session.command("seek-fraction", "1")
    session.frame(HOLD_SECONDS + 1)
    session.frame(20.0)
    second = state(session)
    assert second["title"] != first["title"] or second["query"] != first["query"]
    return session, first, second


EVERYTHING = ("", "tempo=4m&from=50%25", "modules=llama3-8b&modules=gpt2-124m", "modules=random", "preset=classic")


@pytest.mark.parametrize("query", EVERYTHING)
def test_the_query_asks_for_the_run_on_show(query: str) -> None:
    session, first, second = in_the_next_run(query)
    assert first["query"] == query
    again = state(opened(second["query"]))
    assert (again["title"], again["total_seconds"]) == (second["title"], second["total_seconds"])
    assert again["query"] == second["query"]
    assert facts(session) == facts(opened(second["query"]))


@pytest.mark.parametrize("query", EVERYTHING)
def test_start_again_begins_the_run_on_show_and_the_rest_follows_as_before(query: str) -> None:
    session, _, second = in_the_next_run(query)
    other, _, _ = in_the_next_run(query)
    session.command("restart")
    again = state(session)
    assert (again["query"], again["run_seconds"], again["total_seconds"]) == (
        second["query"],
        0.0,
        second["total_seconds"],
    )
    for one in (session, other):
        one.command("seek-fraction", "1")
        one.frame(HOLD_SECONDS + 1)
    assert facts(session) == facts(other)


def test_start_again_begins_the_first_run_where_the_show_began() -> None:
    session = opened("preset=classic&from=50%25")
    began = state(session)["run_seconds"]
    session.command("seek-fraction", "0.9")
    session.command("restart")
    assert state(session)["run_seconds"] == began > 0


def test_a_new_seed_is_of_the_run_on_show() -> None:
    session, _, second = in_the_next_run("")
    session.command("seed", "77")
    after = state(session)
    assert after["title"] == second["title"]
    assert dict(parse_qsl(after["query"])) == {**dict(parse_qsl(second["query"])), "seed": "77"}


def test_a_run_that_cannot_be_is_not_what_is_shared() -> None:
    session = opened("model=llama3-405b&gpus=1&seed=5&tempo=4m")
    assert state(session)["query"] == "model=llama3-405b&seed=5&tempo=4m"
    session.command("seed", "6")
    assert state(session)["query"] == "model=llama3-405b&seed=6&tempo=4m"


def test_a_tiny_box_gets_the_smallest_screen() -> None:
    assert open_show(QUERY, 1, 1).frame(0.0)


@pytest.mark.parametrize(
    ("query", "option"),
    [
        ("?preset=none-such", "preset"),
        ("?seed=x", "seed"),
        ("?speed-factor=-1", "speed-factor"),
        ("?instant=1", "instant"),
        ("?nonsense=1", "nonsense"),
        ("?from=soon", "from"),
        ("?model=llama3-405b&gpus=1", "gpus"),
    ],
)
def test_a_bad_value_is_named_and_replaced(query: str, option: str) -> None:
    session = opened(query)
    (problem, *_) = json.loads(session.problems)
    assert problem["option"] == option
    assert problem["message"]
    assert session.frame(1.0)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("?preset=gpt2-124m&seed=3&from=9000h", "preset=gpt2-124m&seed=3"),
        ("?preset=gpt2-124m&until=0:00:01&from=50%25", "preset=gpt2-124m&from=50%25"),
        ("?preset=gpt2-124m&tempo=real&inject=gpu-error@9000h", "preset=gpt2-124m&tempo=real"),
        ("?preset=gpt2-124m&inject=no-such-cause@50%25&from=50%25", "preset=gpt2-124m&from=50%25"),
        ("?preset=llama3-405b&gpus=1&from=50%25", "preset=llama3-405b&from=50%25"),
        ("?preset=llama3-8b&from=9000d&until=9000d", "preset=llama3-8b"),
        ("?model=llama3-405b&gpus=1&speed-factor=10", "model=llama3-405b&speed-factor=10"),
    ],
)
def test_a_bad_value_takes_nothing_else_along(query: str, kept: str) -> None:
    session, wanted = opened(query), opened(f"?{kept}")
    assert json.loads(session.problems)
    now, then = json.loads(session.state()), json.loads(wanted.state())
    assert (now["title"], now["run_seconds"], now["speed"]) == (then["title"], then["run_seconds"], then["speed"])
    assert dict(parse_qsl(now["query"])) == dict(parse_qsl(kept))


def test_the_rows_that_are_no_log_are_told() -> None:
    session = opened("?preset=classic", 80, 24)
    session.frame(0)
    session.command("pause", "")
    rows = json.loads(session.state())["live_rows"]
    assert 0 < rows < 24
    assert json.loads(prologue("?preset=classic", 80, 24, 1.0, 10))["live_rows"] == rows


def test_a_poster_says_what_the_show_begins_with() -> None:
    known = json.loads(poster("?preset=classic&seed=3", 50))
    state = json.loads(opened("?preset=classic&seed=3").state())
    assert {name: state[name] for name in ("title", "total_seconds", "total_steps")} == {
        name: known[name] for name in ("title", "total_seconds", "total_steps")
    }
    assert known["cluster"].startswith("64 ")
    assert len(known["curve"]) == 50


def test_a_value_that_is_rounded_is_named() -> None:
    (note,) = json.loads(opened("?preset=classic&batch-tokens=4M").problems)
    assert (note["option"], note["value"]) == ("batch-tokens", "4M")
    assert note["message"].startswith("becomes 4194304, ")


def test_names_of_the_page_are_passed_over() -> None:
    assert json.loads(opened("?theme=dark&autoplay=0&loading=eager&seed=1").problems) == []


def test_the_story_is_what_the_slider_draws() -> None:
    session = opened()
    story = json.loads(session.story(50))
    times = [chapter["run_seconds"] for chapter in story["chapters"]]
    assert times == sorted(times)
    assert len(times) <= LISTED_CHAPTERS + 4
    assert all(0 <= chapter["fraction"] <= 1 for chapter in story["chapters"])
    assert len(story["curve"]) == 50
    assert all(a[0] < b[0] for a, b in pairwise(story["curve"]))
    assert story["curve"][0][1] > story["curve"][-1][1]


def test_the_story_has_what_is_marked_on_a_timeline() -> None:
    session = opened("?preset=night-shift")
    story, end_us = json.loads(session.story(50)), session.show.end_us
    assert {mark["kind"] for mark in story["marks"]} == {"checkpoint", "validation", "incident"}
    for mark in story["marks"]:
        assert mark["fraction"] == round(mark["run_seconds"] * 1e6 / end_us, 6)
        is_incident = mark["kind"] == "incident"
        assert (mark["over_seconds"] is not None, bool(mark["cause"]), bool(mark["number"])) == (is_incident,) * 3
    kinds = {passage["kind"] for passage in story["passages"]}
    assert kinds == {"bring-up", "hang", "down", "restart", "redone", "export"}
    for passage in story["passages"]:
        assert 0 <= passage["begin"] <= passage["end"] <= 1
        assert passage["begin"] == round(passage["begin_seconds"] * 1e6 / end_us, 6)


def test_from_incident_to_incident_and_to_what_is_typed() -> None:
    session = opened("?preset=night-shift")
    session.command("pause", "")
    moments = [mark["run_seconds"] for mark in json.loads(session.story(9))["marks"] if mark["kind"] == "incident"]
    for seconds in moments[:3]:
        assert session.command("incident", "1")
        assert state(session)["run_seconds"] == seconds
    assert session.command("incident", "-1")
    assert state(session)["run_seconds"] == moments[1]
    assert session.command("goto", "1:00:00")
    assert state(session)["run_seconds"] == 3600
    for name, argument, refusal in (
        ("goto", "9,999,999", "'9,999,999' is after the last step of the run, which has 6,556 steps"),
        ("goto", "soon", "'soon' is not a step or a time of the run, such as 12,000, 17d 6h, 3:25:10 or 50%"),
    ):
        assert session.command(name, argument) == ""
        assert session.refusal == refusal
        assert state(session)["run_seconds"] == 3600
    assert session.command("goto", "step 7")
    assert session.refusal == ""
    session.command("seek-fraction", "1")
    assert session.command("incident", "1") == ""
    assert session.refusal == "nothing goes wrong after this"
    assert session.command("incident", "soon") == ""


def test_the_status_is_a_sentence() -> None:
    session = opened()
    assert state(session)["status"].startswith("Bring-up: ")
    session.command("seek-fraction", "0.5")
    session.command("pause")
    assert state(session)["status"].startswith("Paused. Training, step ")
    session.command("seek-fraction", "1")
    assert "The run is complete" in state(session)["status"]


def test_the_asciicast_holds_the_last_minutes() -> None:
    session = opened()
    session.command("seek-fraction", "0.5")
    header, *frames = [json.loads(line) for line in session.asciicast().splitlines()]
    assert (header["width"], header["height"]) == (100, 30)
    assert 0 < frames[-1][0] <= RECORDED_SECONDS
    assert {kind for _, kind, _ in frames} == {"o"}


def transcript_of(story: Story, view: str, since_us: int, until_us: int | None) -> str:
    told = timed_transcript(story, PAGE, since_us, until_us, view=VIEWS[view])
    return "".join(text for _, text in told)


@pytest.mark.parametrize("view", ["console", "dashboard", "megatron", "nvidia-smi", "nanogpt"])
def test_the_log_is_what_a_file_has(view: str) -> None:
    session = opened(f"?preset=gpt2-124m&view={view}&from=step:300&tempo=10m", 40, 15)
    session.frame(2.0)
    show = session.show
    written = transcript_of(show.story, view, show.start_us, show.time_us)
    assert session.log() == written
    assert max(map(len, written.splitlines())) > 40, "nothing is cut or wrapped for the page"


def test_at_the_end_of_a_run_the_log_has_all_of_it() -> None:
    session = opened()
    session.command("seek-fraction", "1")
    assert session.log() == transcript_of(session.show.story, "console", 0, None)


def test_of_a_long_log_there_is_the_end() -> None:
    session = opened("?preset=llama3-70b&view=torchtitan&log-every=1")
    session.command("seek-fraction", "0.5")
    steps = sum(" step: " in line for line in session.log().splitlines())
    assert LATEST_LINES <= steps <= LATEST_LINES * 1.01
    session.command("view", "dcgmi")
    rows = sum(line.startswith("GPU ") for line in session.log().splitlines())
    assert LATEST_LOOKS <= rows / 8 <= LATEST_LOOKS + 1


def test_a_prologue_is_what_the_frames_say() -> None:
    recorded = json.loads(prologue("", 80, 24, 2.0, 10))
    session = open_show("", 80, 24)
    text = session.frame(0.0) + "".join(session.frame(0.1) for _ in range(20))
    assert "".join(frame for _, frame, _ in recorded["frames"]) == text
    assert recorded["title"] == json.loads(session.state())["title"]


def test_a_prologue_says_which_moment_of_the_run_each_frame_is() -> None:
    recorded = json.loads(prologue("", 80, 24, 12.0, 10))
    session = open_show("", 80, 24)
    session.frame(0.0)
    moments = {0.0: 0.0}
    for frame in range(1, 121):
        session.frame(0.1)
        moments[frame / 10] = json.loads(session.state())["run_seconds"]
    assert recorded["total_seconds"] == json.loads(session.state())["total_seconds"]
    assert all(abs(run - moments[seconds]) < 0.001 for seconds, _, run in recorded["frames"])
    assert json.loads(session.state())["step"] > 5, "it reaches into the training"


@cache
def schema() -> dict[str, Any]:
    """The form, which is made once."""
    made: dict[str, Any] = json.loads(options_schema())
    return made


def test_the_form_knows_every_preset_and_no_option_of_the_command_line_only() -> None:
    assert [preset["name"] for preset in schema()["presets"]] == list(presets())
    assert all(preset["title"] and preset["summary"] for preset in schema()["presets"])
    assert not {"instant", "help"} & {option["name"] for option in schema()["options"]}


def test_the_form_draws_every_preset_as_its_own_run_goes() -> None:
    for preset in schema()["presets"]:
        session = open_show(f"?preset={preset['name']}", 80, 24)
        assert preset["run"] == json.loads(session.state())["title"]
        places = [place for place, _ in preset["curve"]]
        assert places == sorted(places)
        assert 0 <= places[0] < places[-1] <= 1
        assert preset["curve"][0][1] > preset["curve"][-1][1]


# What is let happen


def disturbed(words: str = "gpu-off-bus,node=1", query: str = QUERY) -> Session:
    session = opened(query)
    session.command("seek-fraction", "0.3")
    session.command("inject", words)
    return session


def test_what_is_let_happen_is_in_the_query() -> None:
    session = disturbed()
    assert session.refusal == ""
    (text,) = dict(parse_qsl(state(session)["query"]))["inject"].splitlines()
    assert text.startswith("gpu-off-bus@")
    assert text.endswith("s,node=1")
    again = opened(state(session)["query"])
    assert state(again)["total_seconds"] == state(session)["total_seconds"] > state(opened())["total_seconds"]


def test_what_cannot_be_let_happen_changes_nothing_and_says_why() -> None:
    session = opened()
    session.command("seek-fraction", "0.3")
    before = state(session)
    assert session.command("inject", "gpu-off-buss") == ""
    assert session.refusal == "unknown cause 'gpu-off-buss'; did you mean 'gpu-off-bus'?"
    assert state(session) == before
    session.command("inject", "gpu-off-bus")
    assert session.refusal == ""


def test_a_new_seed_is_calm_but_for_what_the_options_say() -> None:
    session = disturbed()
    session.command("seed", "5")
    assert state(session)["query"] == "preset=classic&seed=5"
    session = disturbed(query=f"{QUERY}&inject=loss-spike@50%25")
    session.command("seed", "5")
    assert dict(parse_qsl(state(session)["query"])) == {"preset": "classic", "seed": "5", "inject": "loss-spike@50%"}


def test_a_few_letters_find_what_can_be_let_happen() -> None:
    session = opened()
    names = [trouble["name"] for trouble in json.loads(session.possible("gpu"))]
    assert names[:3] == ["gpu-off-bus", "gpu-error", "gpu-overheats"]
    assert len(json.loads(session.possible(""))) > 30
    assert json.loads(session.possible("zzzz")) == []


def explained(session: Session, wish: str = "") -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(session.explain(wish))
    return found


def test_a_row_is_explained_by_its_event() -> None:
    """Counted up from the last row, through the log that has scrolled away."""
    session = opened()
    for _ in range(60):
        session.frame(0.5)
    live = session.show.live_rows
    newest = explained(session, f"row {live} 0")
    assert newest
    assert newest["subject"] == "event"
    assert newest["run_seconds"] <= state(session)["run_seconds"]
    above = explained(session, f"row {live + 40} 3")
    assert above
    assert above["run_seconds"] < newest["run_seconds"]
    bar = explained(session, f"row {live - 2} 3")
    assert bar
    assert (bar["subject"], bar["name"]) == ("part", "run-bar")


def test_a_chart_is_read_where_it_is_pointed_at_and_where_it_is_explained() -> None:
    session = open_show("preset=classic&from=40%&view=dashboard", 120, 40)
    session.frame(0.0)
    said = session.reading("30 12")
    assert re.fullmatch(r"step [\d,]+, loss \d\.\d{4}.* into the run", said)
    explained = json.loads(session.explain("row 30 12"))
    assert explained["name"] == "loss-chart"
    assert explained["numbers"][0] == {"name": "here", "text": said, "formula": "", "meaning": ""}
    for nothing in ("30 119", "-1 12", "99 12", "x y", "", "3"):
        assert session.reading(nothing) == ""


def test_what_was_told_last_by_a_time_or_a_place_is_explained() -> None:
    session = opened()
    launch, step = explained(session, "at 0"), explained(session, "place step 700")
    assert launch
    assert step
    assert launch["name"] == "JobLaunched"
    assert "699" in json.dumps(step["numbers"]) or "700" in json.dumps(step["numbers"])
    assert all(number["text"] for number in step["numbers"])
    now = explained(session)
    assert now
    assert now["run_seconds"] <= state(session)["run_seconds"]


@pytest.mark.parametrize(
    "wish", ["row", "row x y", "row 1", "row 9999 0", "at noon", "at nan", "place nowhere", "what"]
)
def test_what_nobody_can_mean_is_explained_by_nothing(wish: str) -> None:
    assert explained(opened(), wish) is None


def test_news_comes_when_it_is_noticed_and_when_it_is_over() -> None:
    session = disturbed()
    told: list[tuple[float, dict[str, Any]]] = []
    for _ in range(400):
        session.frame(0.1)
        told += [
            (state(session)["run_seconds"], each)
            for each in json.loads(session.news())
            if each["kind"] in ("incident", "recovered")
        ]
    (before, noticed), (after, recovered) = told
    assert (noticed["kind"], noticed["cause"]) == ("incident", "gpu-off-bus")
    assert noticed["number"] == recovered["number"] >= 1
    assert "rank" in noticed["place"]
    assert (recovered["kind"], recovered["cause"]) == ("recovered", "gpu-off-bus")
    assert noticed["run_seconds"] <= before < recovered["run_seconds"] <= after
    assert recovered["lost_seconds"] > 60
    assert recovered["steps_redone"] > 0
    assert recovered["step"] == noticed["step"] + 1 - recovered["steps_redone"]


def test_what_is_jumped_over_is_no_news() -> None:
    session = disturbed()
    session.command("skip", "60")
    session.frame(1.0)
    assert json.loads(session.news()) == []


def test_of_much_news_the_last_is_told() -> None:
    session = opened("?preset=llama3-405b&incidents=2&from=10%25")
    session.command("speed", "10000")
    for _ in range(60):
        session.frame(1.0)
    told = json.loads(session.news())
    assert sum(each["kind"] == "incident" for each in told) > 1
    assert MOST_AT_ONCE <= len(told) <= MOST_AT_ONCE + 2
    session.frame(1.0)
    assert json.loads(session.news()) == []  # it is told now and then
    assert [each["run_seconds"] for each in told] == sorted(each["run_seconds"] for each in told)


# Views


def test_the_page_asks_for_a_view_and_switches_it_in_place() -> None:
    session = opened("?preset=classic&seed=3&view=dashboard&from=50%")
    assert json.loads(session.problems) == []
    assert session.show.view is VIEWS["dashboard"]
    before = state(session)["run_seconds"]
    assert "goodput" not in session.command("view", "console")
    assert "goodput" in session.command("view", "")
    assert "goodput" not in session.command("view", "")
    assert "goodput" in session.command("view", "dashboard")
    assert state(session)["run_seconds"] == before


def test_a_view_that_was_switched_to_is_part_of_what_asks_for_the_show() -> None:
    session = opened()
    assert dict(parse_qsl(state(session)["query"])) == {"preset": "classic", "seed": "3"}
    session.command("view", "dashboard")
    assert dict(parse_qsl(state(session)["query"])) == {"preset": "classic", "seed": "3", "view": "dashboard"}
    session.command("view", "console")
    assert "view" not in state(session)["query"]


def test_another_seed_keeps_the_view_and_the_zoom() -> None:
    session = opened()
    session.command("view", "dashboard")
    session.command("zoom", "hundred")
    assert "goodput" in session.command("seed", "7")
    assert session.show.zoom == "hundred"
    assert dict(parse_qsl(state(session)["query"]))["view"] == "dashboard"


def test_zooms_by_name_or_one_after_the_other() -> None:
    session = opened("?preset=classic&view=dashboard&from=50%")
    session.command("zoom", "tenth")
    assert session.show.zoom == "tenth"
    session.command("zoom", "")
    assert "100 steps" in session.command("resize", "100x30")


@pytest.mark.parametrize(("command", "name"), [("view", "events"), ("view", "<b>"), ("zoom", "most")])
def test_what_is_no_view_or_zoom_changes_nothing_and_says_so(command: str, name: str) -> None:
    session = opened()
    assert session.command(command, name) == ""
    assert "there are" in session.refusal
    assert session.show.view is VIEWS["console"]
    session.command(command, "")
    assert session.refusal == ""


def test_the_page_has_no_view_of_lines() -> None:
    session = opened("?preset=classic&view=events")
    (problem,) = json.loads(session.problems)
    assert (problem["option"], problem["value"]) == ("view", "events")
    assert problem["message"].startswith("is not known; it can be one of ")
    assert session.show.view is VIEWS["console"]
    (view,) = (option for option in json.loads(options_schema())["options"] if option["name"] == "view")
    assert view["choices"] == [name for name in VIEWS if name != "events"]


def test_a_downloaded_recording_is_of_the_view_on_show() -> None:
    session = opened("?preset=classic&view=dashboard&from=50%", 80, 24)
    session.frame(1.0)
    assert "goodput" in session.asciicast()
