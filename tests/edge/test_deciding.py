"""What is decided in a show, live, by its link and from the command line: the past stays, and the link asks for the very same run."""

import json
import re

import pytest

from pysim.edge.browser import Session, open_show
from pysim.edge.playlist import turns
from pysim.edge.telling import told
from pysim.options.commandline import parse
from pysim.options.settings import parse_query
from pysim.options.values import Decided, decision
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.interventions import NoInterventions
from pysim.show.troubles import Refused
from pysim.views.jsonlines import json_line

QUERY = "scenario=one-bad-gpu"
_A_LONG_TIME = 4000  # frames


def opened(query: str = QUERY) -> Session:
    session = open_show(query, 80, 24)
    session.frame(0.0)
    return session


def stopped(session: Session) -> dict[str, object]:
    """The state when the show has stopped for a call."""
    session.command("seek", str(1.99 * 3600))
    for _ in range(_A_LONG_TIME):
        session.frame(0.25)
        state: dict[str, object] = json.loads(session.state())
        if state["stopped_for"]:
            return state
    raise AssertionError(session)


def narrated(session: Session) -> list[str]:
    story = session.show.story
    assert isinstance(story, PretrainingStory)
    return [json_line(event) for event in story.narrate()]


def test_the_show_stops_for_a_call_and_goes_on_when_it_is_decided() -> None:
    session = opened()
    state = stopped(session)
    assert state["on_call"]
    assert state["paused"]
    calls = state["calls"]
    assert isinstance(calls, list)
    assert [call["kind"] for call in calls] == ["down"]
    offers = json.loads(session.offers())
    assert [choice["name"] for choice in offers["choices"]][:2] == ["drain", "restart"]
    assert offers["calls"] == calls
    session.command("decide", "drain,node=4")
    assert session.refusal == ""
    after = json.loads(session.state())
    assert (after["stopped_for"], after["paused"]) == (0, False)
    assert "decide=drain%40" in after["query"]
    again = opened(after["query"])
    assert again.problems == "[]"
    assert narrated(again) == narrated(session)
    command = [word for name, text in _pairs(after["query"]) for word in (f"--{name}", text)]
    from_command = told(next(turns(parse(command), 0)))
    assert [json_line(event) for event in from_command.narrate()] == narrated(session)


def _pairs(query: str) -> list[tuple[str, str]]:
    settings, _ = parse_query(query)
    return [("scenario", "one-bad-gpu"), *(("decide", each.text) for each in settings.decide)]


def test_nothing_tells_how_long_the_night_will_be_before_it_is_over() -> None:
    """What a trainer prints is known: two nights that are alike so far are as long as each other."""
    lengths = {}
    for more in ("", "&inject=power-supply@9h,node=2"):
        session = opened(QUERY + more)
        session.command("seek", str(1.5 * 3600))
        state = json.loads(session.state())
        lengths[state["total_seconds"]] = state["expected_seconds"]
        assert state["run_seconds"] < state["expected_seconds"]
        session.command("seek-fraction", "1")
        over = json.loads(session.state())
        assert over["expected_seconds"] == over["total_seconds"]
    assert len(lengths) == 2
    assert len(set(lengths.values())) == 1
    calm = json.loads(opened("gpus=64&tokens=30B").state())
    assert calm["expected_seconds"] == calm["total_seconds"]


def test_before_the_first_step_it_is_as_long_as_it_is_planned_and_while_it_is_down_longer_and_longer() -> None:
    session = opened()
    story = session.show.story
    planned_us = story.expected_end_us(0)
    assert planned_us == session.show.expected_end_us == round(story.header.training_seconds * 1e6)
    call = story.next_call(0)
    assert call is not None
    minute_us = 60_000_000
    later, sooner = story.expected_end_us(call[0] + 9 * minute_us), story.expected_end_us(call[0])
    assert later - sooner == 9 * minute_us


def test_a_number_that_is_written_means_a_host() -> None:
    session = opened()
    stopped(session)
    assert re.fullmatch(r"r\d\ds\d\d", session.meaning("drain,node=3"))
    nothing = ("drain,node=64", "drain,node=", "drain", "wait,node=3", "drain,checkpoint=5", "x,y=z")
    assert [session.meaning(words) for words in nothing] == [""] * len(nothing)


def test_the_next_incident_is_the_next_call() -> None:
    session = opened()
    session.command("incident", "1")
    before = json.loads(session.state())
    assert before["calls"]
    session.frame(0.1)
    after = json.loads(session.state())
    assert (after["stopped_for"], after["paused"]) == (1, True)
    assert after["run_seconds"] - before["run_seconds"] < 1e-5


def test_who_lets_time_go_on_is_not_stopped_again_for_the_same() -> None:
    session = opened()
    time = stopped(session)["run_seconds"]
    session.command("resume", "")
    session.frame(0.5)
    state = json.loads(session.state())
    assert not state["stopped_for"]
    assert state["run_seconds"] > time


def test_the_score_can_be_asked_for_at_any_time_where_somebody_decides() -> None:
    session = opened()
    stopped(session)
    score = json.loads(session.score())
    assert score["title"] == "One bad GPU in 64"
    assert [aim["text"] for aim in score["aims"]] == ["interruptions <= 1", "drained_in_vain <= 0", "goodput >= 0.94"]
    assert score["own"]["step"] == score["automatic"]["step"]
    assert opened("preset=classic").score() == "null"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("maintenance", "maintenance is not possible now; there is drain, restart"),
        ("drain", "which node? add ,node=N"),
        ("drain,node=900", "there is no node 900; the last one is 7"),
        ("restart,checkpoint=7", "there is no checkpoint of step 7: "),
        ("dance", "'dance' is no decision: drain, "),
        ("drain,node=x", "'drain,node=x' is no decision: "),
    ],
)
def test_what_the_moment_does_not_offer_is_one_line_and_the_show_goes_on(words: str, why: str) -> None:
    session = opened()
    before = stopped(session)
    session.command("decide", words)
    assert session.refusal.startswith(why)
    after = json.loads(session.state())
    assert {**after, "query": ""} == {**before, "query": ""}


def test_when_the_job_is_over_nothing_is_offered() -> None:
    session = opened("preset=classic")
    session.command("seek-fraction", "1")
    session.command("decide", "restart")
    assert session.refusal == "restart is not possible now: nothing is left to be decided"
    assert json.loads(session.offers()) == {"calls": [], "choices": []}


def test_a_decision_in_a_link_that_does_not_fit_is_named_and_left_out_and_no_other() -> None:
    session = opened(f"{QUERY}&decide=drain@2h10m,node=4&decide=drain@3h,node=77&decide=restart@900h")
    problems = json.loads(session.problems)
    assert [problem["option"] for problem in problems] == ["decide", "decide"]
    assert "there is no node 77; the last one is 7" in problems[0]["message"]
    settings, _ = parse_query(session.query)
    assert [each.text for each in settings.decide] == ["drain@2h10m,node=4"]


def test_another_seed_is_another_run_which_nobody_has_decided_about() -> None:
    session = opened(f"{QUERY}&decide=drain@2h10m,node=4")
    session.command("seed", "5")
    assert "decide" not in session.query
    assert json.loads(session.state())["on_call"]


def test_what_was_decided_comes_on_top_of_what_was_let_happen() -> None:
    session = opened("preset=classic&incidents=off&on-call")
    session.command("seek-fraction", "0.3")
    session.command("inject", "gpu-error,node=2")
    session.command("seek", str(session.show.time_us / 1e6 + 300))
    session.command("decide", "drain,node=2")
    assert session.refusal == ""
    assert session.query.count("inject=") == session.query.count("decide=") == 1


def test_places_of_decisions_are_read_like_all_places() -> None:
    assert decision("Drain@3h5m,node=3") == Decided(
        "drain", decision("drain@3h5m").place, (("node", 3.0),), "Drain@3h5m,node=3"
    )
    assert decision("rate@50%,factor=0.5,checkpoint=12").arguments == (("factor", 0.5), ("checkpoint", 12.0))
    story = told(next(turns(parse(["--preset", "classic", "--incidents", "off", "--decide", "restart@step:700"]), 0)))
    (placed,) = story.run.orders.decisions
    assert placed.at_us == tell(story.run.plan).item_begin(700)


@pytest.mark.parametrize(
    "text", ["drain", "drain@", "@3h", "dance@3h", "drain@3h,node", "drain@3h,node=1,node=2", "drain@3h,gpu=1"]
)
def test_what_is_no_decision_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        decision(text)


def test_nobody_decides_in_a_show_without_interventions() -> None:
    nobody = NoInterventions()
    story = opened("preset=classic").show.story
    assert (nobody.offered(story, 0), nobody.score(story, 0)) == ((), None)
    with pytest.raises(Refused, match="cannot be decided here"):
        nobody.decide(story, 0, "restart")
