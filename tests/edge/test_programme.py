"""What is let happen in a show, live: the past stays, and the link asks for the very same run."""

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from screens import Terminal

from pysim.edge.browser import Session, open_show
from pysim.edge.programme import Programme
from pysim.options.settings import Settings, parse_query
from pysim.options.values import injection, position, spelled_time
from pysim.pretraining.injection import MOST_INJECTIONS
from pysim.pretraining.planning.request import Request
from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.segments import Segment, Stretch
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.show.troubles import Refused
from pysim.story.story import Span
from pysim.terminal.screen import Screen
from pysim.views.jsonlines import json_line

QUERY = "preset=gpt2-124m&gpus=16&incidents=off"  # two nodes of A100s
CAUSES = [
    "gpu-off-bus",
    "hbm-error",
    "straggler",
    "loss-spike",
    "link-flap",
    "row-remap",
    "collective-hang",
    "preemption",
    "gpu-overheats",
    "pcie-degraded",
    "silent-corruption",
    "divergence",
]
few = hypothesis_settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def opened(query: str = QUERY) -> Session:
    session = open_show(query, 80, 24)
    session.frame(0.0)
    assert session.problems == "[]"
    return session


def story_of(session: Session) -> PretrainingStory:
    story = session.show.story
    assert isinstance(story, PretrainingStory)
    return story


def seek(session: Session, fraction: float) -> None:
    session.command("seek-fraction", str(fraction))


def facts(story: PretrainingStory) -> tuple[tuple[Segment, ...], list[tuple[object, ...]], object]:
    """All that makes a run what it is."""
    return tuple(story.run.timeline.segments), [_told(each) for each in story.run.befallen], story.run.plan


def _told(each: Befallen) -> tuple[object, ...]:
    incident = each.incident
    return incident.cause.name, incident.at_us, incident.node, incident.local_rank, each.noticed_us, each.replaced_by


def last_events(story: PretrainingStory, until_us: int) -> list[str]:
    return [json_line(event) for event in story.narrate(max(until_us - 60_000_000, 0), until_us)]


def test_the_link_has_it_at_its_very_time() -> None:
    session = opened()
    seek(session, 0.5)
    at_us = session.show.time_us
    session.show.inject("gpu-off-bus,node=1")
    (befallen,) = story_of(session).run.befallen
    assert (befallen.incident.at_us, befallen.incident.node) == (at_us + 1, 1)
    settings, problems = parse_query(session.query)
    assert (settings.inject[0].place.time_us, problems) == (at_us + 1, ())
    assert session.show.injected == settings.inject[0].text == f"gpu-off-bus@{spelled_time(at_us + 1)},node=1"


@few
@given(
    asked=st.lists(
        st.tuples(
            st.floats(0.0, 0.99), st.sampled_from(CAUSES), st.sampled_from(["", ",gpu=3", ", NODE=1", ",rack=0"])
        ),
        min_size=1,
        max_size=4,
    ),
    query=st.sampled_from(
        [
            QUERY,
            f"{QUERY}&inject=hbm-error@step:2000&from=25%25",
            f"{QUERY}&spares=1&seed=5",
            "preset=night-shift",
            "preset=llama3-405b&incidents=2",
        ]
    ),
)
def test_nothing_before_changes_and_the_link_is_the_same_run(asked: list[tuple[float, str, str]], query: str) -> None:
    session, terminal = opened(query), Terminal(80, 24)
    for fraction, cause, where in asked:
        seek(session, fraction)
        terminal.feed(session.command("resize", "80x24"))
        before, at_us, screen = story_of(session), session.show.time_us, terminal.rows
        terminal.feed(injected(session, cause + where))
        after = story_of(session)
        assert session.show.time_us == at_us
        assert terminal.rows == screen
        assert last_events(after, at_us + 1) == last_events(before, at_us + 1)
        assert after.moment(at_us) == before.moment(at_us)
        seek(session, 0.0)
        terminal.feed(session.show.seek(at_us // 2))
        assert terminal.rows == shown(before, at_us // 2).rows
    again = opened(session.query)
    assert facts(story_of(again)) == facts(story_of(session))
    assert again.query == session.query


def injected(session: Session, words: str) -> str:
    """What there is to write, which is nothing where it passes unnoticed."""
    before = session.show.story
    try:
        return session.show.inject(words)
    except Refused as refused:
        if session.show.story is before and "passes unnoticed" in str(refused):
            return ""
        raise


def shown(story: PretrainingStory, time_us: int) -> Terminal:
    return Terminal(80, 24).feed(Player(story, Screen(80, 24), span=Span(time_us)).advance(0.0))


def test_one_can_happen_after_the_run_would_have_been_over() -> None:
    """Without what happened before it, that is: the run has become longer by then."""
    session = opened()
    calm_us = session.show.end_us
    seek(session, 0.5)
    session.show.inject("host-reboot")
    longer_us = session.show.end_us
    session.show.seek(story_of(session).run.timeline.end_us - 1_000_000)
    assert calm_us < session.show.time_us < longer_us
    session.show.inject("gpu-off-bus")
    assert len(story_of(session).run.befallen) == 2
    assert facts(story_of(opened(session.query))) == facts(story_of(session))


def test_the_link_begins_where_the_show_began() -> None:
    session = opened(f"{QUERY}&from=25%25")
    began_us = session.show.time_us
    session.show.inject("straggler")
    session.show.inject("host-reboot")
    again = opened(session.query)
    assert again.show.time_us == began_us
    assert again.query == session.query


def test_the_next_run_is_calm_and_can_be_disturbed_too() -> None:
    session = opened("modules=gpt2-124m&modules=classic&incidents=off")
    seek(session, 0.5)
    first = session.query
    session.show.inject("gpu-error")
    assert session.query != first
    session.show.next()
    assert not len(story_of(session).run.befallen)
    assert "inject" not in session.query
    seek(session, 0.25)
    session.show.inject("gpu-error")
    assert session.query.count("inject") == 1
    assert facts(story_of(opened(session.query))) == facts(story_of(session))


def test_the_run_that_was_next_stays_so() -> None:
    session = opened("modules=gpt2-124m&modules=classic&incidents=off")
    seek(session, 1.0)
    session.frame(1.0)
    assert not session.show.ended, "another one follows"
    following = session.show._upcoming
    seek(session, 0.5)
    session.show.inject("gpu-error")
    session.show.next()
    assert session.show.story is following
    assert "inject" not in session.query


def programme_at(fraction: float, settings: Settings | None = None) -> tuple[Programme, PretrainingStory, int]:
    asked = settings or Settings(request=Request(preset="gpt2-124m", gpus=16, incidents=0.0))
    programme = Programme(asked, 0)
    story = next(programme.stories())
    return programme, story, round(story.end_us * fraction)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("gpu-of-bus", "unknown cause 'gpu-of-bus'; did you mean 'gpu-off-bus'?"),
        ("gpu-error,gpu=99", "gpu=99 does not exist in this run; try gpu=15 at most"),
        ("gpu-error,node=2", "node=2 does not exist in this run; try node=1 at most"),
        ("gpu-error,rack=1", "rack=1 does not exist in this run; try rack=0 at most"),
        ("fp16-overflow", "fp16-overflow "),
        ("switch-down", "switch-down cannot hit this cluster: it has not "),
        ("gpu-error,tray=1", "'gpu-error,tray=1' is not a cause, and ,gpu=N ,node=N or ,rack=N for where"),
        ("gpu-error@50%", "'gpu-error@50%' is not a cause"),
        ("", "'' is not a cause"),
        ("x" * 500, "unknown cause 'xxxxx"),
    ],
)
def test_what_cannot_happen_is_refused_in_one_line(words: str, line: str) -> None:
    programme, story, at_us = programme_at(0.5)
    with pytest.raises(Refused) as refused:
        programme.inject(story, at_us, words)
    assert str(refused.value).startswith(line)
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)
    assert programme.instead(story) == {}


@pytest.mark.parametrize("fraction", [0.9999, 1.0, 1.5])
def test_when_the_job_is_over_nothing_can_happen(fraction: float) -> None:
    programme, story, at_us = programme_at(fraction)
    with pytest.raises(Refused, match="the job is over"):
        programme.inject(story, at_us, "gpu-error")


@pytest.mark.parametrize(("kind", "why"), [("hang", "no step is under way"), ("down", "the job is down")])
def test_what_meets_a_job_that_is_down_passes_unnoticed(kind: str, why: str) -> None:
    programme, story, at_us = programme_at(0.5)
    broken, _ = programme.inject(story, at_us, "host-reboot")
    assert isinstance(broken, PretrainingStory)
    segment = next(each for each in broken.run.timeline.segments if each.kind == kind)
    with pytest.raises(Refused, match=f"gpu-error passes unnoticed: {why}"):
        programme.inject(broken, (segment.begin_us + segment.end_us) // 2, "gpu-error")
    assert len(programme.instead(broken)["inject"] or ()) == 1


def test_there_are_so_many_and_no_more() -> None:
    text = "row-remap@5m"
    settings = Settings(
        request=Request(preset="gpt2-124m", gpus=16, incidents=0.0), inject=(injection(text),) * (MOST_INJECTIONS - 1)
    )
    programme, story, at_us = programme_at(0.5, settings)
    story, _ = programme.inject(story, at_us, "row-remap")  # type: ignore[assignment]
    with pytest.raises(Refused, match="1001 are too many incidents; try at most 1,000"):
        programme.inject(story, at_us, "row-remap")


def test_only_what_can_hit_the_cluster_is_offered() -> None:
    programme, story, _ = programme_at(0.5)
    names = [trouble.name for trouble in programme.possible(story)]
    assert "gpu-off-bus" in names
    assert "switch-down" not in names
    single = Programme(Settings(request=Request(model="gpt2-124m", accelerator="rtx-4090", gpus=1)), 0)
    assert "nvlink-error" not in [trouble.name for trouble in single.possible(next(single.stories()))]


def test_luck_goes_on_as_it_was() -> None:
    """With failures of its own, spares that are used up and checkpoints: the past is the same past."""
    settings = Settings(request=Request(preset="llama3-405b", incidents=3.0))
    programme, story, at_us = programme_at(0.01, settings)
    after, _ = programme.inject(story, at_us, "gpu-off-bus")
    assert isinstance(after, PretrainingStory)
    past = [each for each in story.run.befallen if each.over_us < at_us]
    assert past
    assert list(map(_told, past)) == [_told(each) for each in after.run.befallen if each.over_us < at_us]
    stretches = [each for each in story.run.timeline.segments if isinstance(each, Stretch) and each.end_us < at_us]
    assert set(stretches) <= set(after.run.timeline.segments)


@given(st.integers(0, 50 * 366 * 86_400 * 1_000_000))
def test_a_time_is_spelled_to_the_microsecond(time_us: int) -> None:
    place = position(spelled_time(time_us))
    assert (place.is_time, place.time_us) == (True, time_us)


@pytest.mark.parametrize(
    ("time_us", "text"),
    [(0, "0s"), (1, "0.000001s"), (60_000_000, "1m0s"), (93_784_500_000, "1d2h3m4.5s"), (10_000_000, "10s")],
)
def test_a_time_is_spelled_as_people_do(time_us: int, text: str) -> None:
    assert spelled_time(time_us) == text


def test_a_show_ends_where_it_was_asked_to() -> None:
    settings = Settings(request=Request(preset="gpt2-124m", gpus=16, incidents=0.0), until=position("50%"))
    programme = Programme(replace(settings), 0)
    assert len(list(islice(programme.stories(), 2))) == 1


def test_a_decision_looks_up_no_step_that_was_looked_up_before() -> None:
    """The run that is told again goes by the same clock."""
    session, calm = opened("preset=night-shift&on-call&seed=3"), opened("preset=night-shift&seed=3")
    before = story_of(session)
    call_us, _ = before.next_call(0) or (0, 0)
    session.command("seek", str(call_us / 1e6 + 1))
    session.command("decide", "wait")
    after = story_of(session)
    assert after is not before
    blocks, blocks_after, of_another = (
        each.run.timeline._pace.clock._blocks for each in (before, after, story_of(calm))
    )
    assert blocks_after is blocks
    assert of_another is not blocks
