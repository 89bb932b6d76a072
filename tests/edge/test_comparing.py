"""The same run with one thing changed: what can be, what that changes besides, and that the luck is the same."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pysim.edge.browser import open_show
from pysim.edge.cli import main
from pysim.edge.playlist import stories, turns
from pysim.edge.staging import Misplaced
from pysim.options.commandline import UsageError, parse
from pysim.options.settings import COMPARABLE
from pysim.pretraining.run.segments import Segment
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.story.story import Beside, Story
from pysim.views.jsonlines import json_line
from pysim.views.registry import VIEWS


def told(line: str) -> PretrainingStory:
    return next(stories(parse(line.split()), 0))


def compared(line: str) -> Beside:
    (other,) = told(line).beside
    return other


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("gpus=128", "makes another run, with other luck; what can be compared is checkpoint-every, spares, watchdog"),
        ("seed=3", "makes another run"),
        ("model=llama-7b", "makes another run"),
        ("batch-tokens=8M", "makes another run"),
        ("view=console", "does not change how the run goes"),
        ("checkpoint-evry=5", "did you mean checkpoint-every?"),
        ("zzzzzz=5", "names no option; what can be compared is"),
        ("spares", "is not an option and its value, such as checkpoint-every=500 or spares=0"),
        ("=5", "is not an option and its value"),
        ("spares=-1", "has '-1', which is not a whole number from 0"),
        ("schedule=cosin", "has 'cosin', which is not known; did you mean 'cosine'?"),
        ("inject=gpu-off-bus", "has 'gpu-off-bus', which is not a cause and a place"),
    ],
)
def test_what_cannot_be_compared_is_one_line(asked: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(["--compare", asked])
    line = str(refused.value)
    assert line.startswith(f"--compare: '{asked}' ")
    assert says in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("layout=tp=7", "cannot be: --parallel: tp=7 does not work"),
        ("inject=no-such-thing@50%", "cannot be: unknown cause"),
        ("seq-length=3000", "makes another run, with other luck: "),
    ],
)
def test_what_turns_out_to_be_no_such_run_is_one_line(
    asked: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Misplaced, match=says):
        told(f"--preset llama3-8b --compare {asked}")
    assert main(["--preset", "llama3-8b", "--compare", asked, "--instant"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("pysim: --compare: ")
    assert error.count("\n") == 1


def test_a_view_of_nothing_and_too_many_are_refused() -> None:
    with pytest.raises(UsageError, match="--view: 'compare' needs something to compare with"):
        parse(["--view", "compare"])
    with pytest.raises(UsageError, match="--compare: 4 are too many at once; try at most 3"):
        parse([word for spares in range(4) for word in ("--compare", f"spares={spares}")])


def test_a_comparison_is_shown_unless_another_view_is_asked_for() -> None:
    assert parse(["--compare", "spares=0"]).view == "compare"
    assert parse(["--compare", "spares=0", "--view", "console"]).view == "console"


def test_names_can_be_written_as_options_are() -> None:
    (asked,) = parse(["--compare=--Checkpoint_Every=500"]).compare
    assert (asked.name, asked.value) == ("checkpoint-every", "500")
    assert parse(["--compare", "layout=tp=8,pp=2"]).compare[0].name == "parallel"


@pytest.mark.parametrize(
    ("asked", "parted"),
    [
        ("inject=straggler@60%", lambda first: first.end_us * 6 // 10),
        ("spares=0", lambda first: stops_us(first)[0]),
        ("watchdog=60s", lambda first: next(each.begin_us for each in segments(first) if each.kind == "hang")),
        ("spares=64", lambda first: first.end_us + 1),
        ("inject=", lambda first: first.end_us + 1),
    ],
)
def test_before_the_first_difference_both_tell_the_same(asked: str, parted: Callable[[PretrainingStory], int]) -> None:
    """Byte by byte, up to where the one thing that was changed can make a difference."""
    first = told(f"--preset night-shift --compare {asked}")
    mine, others = ([json_line(event) for event in story.narrate(0, parted(first))] for story in both(first))
    assert len(mine) > 20
    assert mine == others


@settings(deadline=None, max_examples=3, phases=[Phase.explicit, Phase.generate])
@given(
    asked=st.sampled_from(["spares=0", "watchdog=60s", "spares=900"]),
    seed=st.integers(0, 2**32),
)
def test_both_meet_the_same_luck(asked: str, seed: int) -> None:
    """The first thing that goes wrong is the same, at the same time, in the same place."""
    befell = [
        next(
            (event.time_seconds, event.cause, event.node, event.rank)
            for event in story.narrate()
            if isinstance(event, ev.IncidentBegan)
        )
        for story in both(told(f"--preset llama3-70b --incidents 5 --seed {seed} --compare {asked}"))
    ]
    assert befell[0] == befell[1]


def both(first: PretrainingStory) -> tuple[Story, Story]:
    return first, first.beside[0].story


def segments(story: PretrainingStory) -> list[Segment]:
    return list(story.run.timeline.segments)


def stops_us(story: PretrainingStory) -> list[int]:
    return [each.begin_us for each in segments(story) if each.kind == "down"]


@pytest.mark.parametrize(
    "line",
    [
        "--preset classic --compare layout=tp=2",
        "--preset llama3-70b --compare sharding=fsdp",
        "--preset classic --compare precision=fp8",
        "--model llama-7b --gpus 64 --seed 4 --compare recompute=full",
        "-m random --seed 6 --compare checkpoint-every=100",
        "--compare spares=9",
    ],
)
def test_only_what_is_asked_for_is_otherwise_or_it_is_said(line: str) -> None:
    (turn,) = (next(turns(parse(line.split()), 0)),)
    (other,) = turn.others
    assert other.plan.noise_seed == turn.plan.noise_seed
    mine, others = turn.plan.chosen, other.plan.chosen
    differs = {name for name in mine if name != "name" and mine[name] != others.get(name)}
    policies = {
        "checkpoint_interval",
        "validation_interval",
        "validation_batches",
        "incident_factor",
        "seed",
        "start_time",
    }
    assert len(differs - {"parallel", "sharding", "precision", "recompute", "spares", "checkpoint_interval"}) <= len(
        other.with_it
    )
    assert differs & policies <= ({"checkpoint_interval"} if "checkpoint" in line else set())


def test_what_is_let_happen_happens_in_both_and_can_be_taken_away() -> None:
    line = "--preset classic --inject gpu-off-bus@50%"
    more = told(f"{line} --compare inject=gpu-off-bus@70%")
    assert [story.tally(story.end_us).stops for story in (more, more.beside[0].story)] == [2, 3]
    less = told(f"{line} --compare inject=")
    assert less.beside[0].change == "inject=none"
    assert less.beside[0].story.tally(10**15).stops == less.tally(10**15).stops - 1


def test_only_the_first_run_of_a_show_is_compared() -> None:
    first, second = (story for story, _ in zip(stories(parse(["--compare", "spares=0"]), 0), range(2), strict=False))
    assert len(first.beside) == 1
    assert not second.beside


@pytest.mark.parametrize("name", COMPARABLE)
def test_every_name_that_is_offered_can_be_given(name: str) -> None:
    with pytest.raises(UsageError, match=f"--compare: '{name}=\\?\\?' has"):
        parse(["--compare", f"{name}=??"])


def test_a_table_where_no_terminal_is(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--preset", "night-shift", "--compare", "spares=0", "--from", "50%"]) == 0
    text = capfd.readouterr().out
    assert "B  spares=0" in text
    assert "so far, 11:20:51 after the launch" in text
    assert main(["--preset", "night-shift", "--compare", "spares=0", "--json"]) == 0
    assert '"letter": "B"' in capfd.readouterr().out


def test_a_page_shows_it_and_its_link_asks_for_it() -> None:
    session = open_show("?preset=night-shift&compare=spares%3D0&from=50%25", 80, 24)
    assert session.problems == "[]"
    assert session.show.view is VIEWS["compare"]
    assert "B" in session.frame(0.0)
    session.command("view", "")
    assert session.show.view is VIEWS["console"]
    session.command("view", "")
    session.command("view", "")
    assert session.show.view is VIEWS["compare"]
    assert "compare=spares%3D0" in session.query


def test_a_page_says_what_cannot_be_compared_and_goes_on() -> None:
    for asked, says in (("gpus%3D8", "makes another run"), ("layout%3Dtp%3D7", "cannot be")):
        session = open_show(f"?preset=classic&compare={asked}", 80, 24)
        assert says in session.problems
        assert session.show.view is VIEWS["console"]
        assert session.frame(0.0)


def test_what_happens_while_it_is_on_show_happens_in_both() -> None:
    session = open_show("?preset=classic&compare=spares%3D0&from=50%25", 80, 24)
    session.frame(0.0)
    before = [session.show.story, *(each.story for each in session.show.story.beside)]
    session.command("inject", "gpu-off-bus")
    after = [session.show.story, *(each.story for each in session.show.story.beside)]
    assert session.refusal == ""
    stops = [[story.tally(story.end_us).stops for story in stories] for stories in (before, after)]
    assert [after - before for before, after in zip(*stops, strict=True)] == [1, 1]
