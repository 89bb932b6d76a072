"""The panel of whoever is on call: choosing, writing values, and what it says at every width."""

from dataclasses import replace

import pytest

from pysim.edge.panel import KEYS, Panel
from pysim.story.choices import Argument, Choice, Costs, Value
from pysim.story.oncall import Aim, Call, Result, Score
from pysim.terminal.ansi import palette, strip, visible_width

PLAIN = palette(color=False)
MINUTE_US = 60_000_000
CALL = Call(number=1, kind="down", title="the job is down", since_us=0, escalates_us=120 * MINUTE_US)
NODE = Argument(
    name="node",
    title="which",
    values=(Value(text="7", title="named"), Value(text="3", title="hot")),
    is_needed=True,
    least=0,
    most=63,
    meaning=lambda text: f"host{text}" if text else "",
)
CHECKPOINT = Argument(
    name="checkpoint",
    title="from",
    values=(Value(text="200", title="newest"), Value(text="100", title="older")),
    is_needed=False,
    least=0,
    most=200,
)
OTHER_NODE = Argument(name="node", title="which", values=(), is_needed=True, least=0, most=63)


def costs(minutes: float | None, redone: int | None = 0, usd: float | None = 0.0, risk: str = "") -> Costs:
    return Costs(minutes=minutes, steps_redone=redone, usd=usd, risk=risk)


CHOICES = [
    Choice(
        name="drain",
        title="drain a node",
        costs=costs(5.0, 84, 9000.0, "another may be ill"),
        arguments=(NODE, CHECKPOINT),
    ),
    Choice(name="restart", title="restart", costs=costs(None), arguments=(CHECKPOINT,)),
    Choice(name="diagnose", title="test a node", costs=costs(10.0), arguments=(OTHER_NODE,)),
    Choice(name="wait", title="wait", costs=costs(0.0)),
]
TALLY = Result(goodput=0.5, usd=10.0, interruptions=1, steps_redone=2, step=300, seconds=60.0, is_over=False, loss=None)
AIMS = (Aim(text="hours <= 3", own=1.0, automatic=4.0, is_reached=True, is_reached_by_policy=False),)
SCORE = Score(time_us=1, own=TALLY, automatic=TALLY, nobody=TALLY, decisions=1, title="A night", aims=AIMS)


def after(*keys: str) -> Panel:
    panel = Panel([CALL], CHOICES, 6 * MINUTE_US)
    for key in keys:
        panel.press(key)
    return panel


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ((), "drain,node=7"),
        (("right",), "drain,node=3"),
        (("left",), "drain,node=3"),
        (("right", "right"), "drain,node=7"),
        (("1", "2"), "drain,node=12"),
        (("1", "2", "backspace"), "drain,node=1"),
        (("5", "right"), "drain,node=7"),
        (("tab", "right"), "drain,node=7,checkpoint=100"),
        (("tab", "tab", "right"), "drain,node=3"),
        (("down", "right"), "restart,checkpoint=100"),
        (("down", "down", "right", "4"), "diagnose,node=4"),
        (("up",), "wait"),
        (("up", "tab", "1"), "wait"),
        (("down", "x", "escape"), "restart"),
    ],
)
def test_keys_choose_and_write(keys: tuple[str, ...], words: str) -> None:
    assert after(*keys).words == words


def test_it_says_what_shows_and_what_everything_costs() -> None:
    head, *rows, given, risk, keys = after().lines(100, 20, PLAIN)
    assert head == "on call the job is down 6 min ago; escalates in 114"
    assert rows == [
        "> drain a node  5 min, 84 steps redone, $9,000",
        "  restart  unknown time",
        "  test a node  10 min",
        "  wait  free",
    ]
    assert given == "  [node 7 (named)]  checkpoint 200"
    assert (risk, keys) == ("another may be ill", KEYS)
    assert "[node ? (0 to 63)]" in after("down", "down").lines(100, 20, PLAIN)[-2]


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (("1",), "[node 1 (host1)]"),
        (("1", "2"), "[node 12 (host12)]"),
        (("7",), "[node 7 (named)]"),
        (("1", "backspace"), "[node ? (0 to 63)]"),
    ],
)
def test_a_number_that_is_written_has_its_host_beside_it(keys: tuple[str, ...], shown: str) -> None:
    assert shown in after(*keys).lines(100, 20, PLAIN)[-3]


@pytest.mark.parametrize(("columns", "rows"), [(40, 10), (40, 5), (64, 6), (120, 30)])
@pytest.mark.parametrize("keys", [(), ("down", "down", "down"), ("up",)])
def test_it_fits_every_screen_and_shows_what_is_chosen(columns: int, rows: int, keys: tuple[str, ...]) -> None:
    lines = after(*keys).lines(columns, rows, palette(color=True))
    assert len(lines) <= rows
    assert all(visible_width(line) <= columns for line in lines)
    assert sum(strip(line).startswith("> ") for line in lines) == 1


def test_a_narrow_screen_has_the_same_in_fewer_words() -> None:
    head, *rows, given, risk, keys = after().lines(40, 20, PLAIN)
    assert head == "on call 114 min: the job is down"
    assert [row[2:].split("  ")[0] for row in rows] == ["drain", "restart", "diagnose", "wait"]
    assert (given, risk) == ("  [node 7 (named)]  checkpoint 200", "another may be ill")
    assert keys == "enter decide  esc go on  arrows  s score"
    long = replace(CALL, title="the job is down: ranks have lost each other", escalates_us=None)
    assert Panel([long], CHOICES, 0).lines(40, 20, PLAIN)[0] == "on call the job is down: ranks have l..."
    assert Panel([], CHOICES, 0).lines(40, 20, PLAIN)[0] == "on call: nothing waits"


def test_a_refusal_and_the_score_stand_there_until_the_next_key() -> None:
    panel = after()
    panel.refuse("there is no node 99")
    assert panel.lines(80, 20, PLAIN)[-1] == "there is no node 99"
    panel.tell(SCORE)
    assert panel.lines(80, 20, PLAIN)[-4:] == [
        "       you: goodput 50.0%, step 300, 2 redone, $10",
        "the policy: goodput 50.0%, step 300, 2 redone, $10",
        "    nobody: goodput 50.0%, step 300, 2 redone, $10",
        "  the goal  reached: hours <= 3",
    ]
    assert panel.lines(40, 20, PLAIN)[-4:-1] == [
        "       you: 50.0%, 2 redone, $10",
        "the policy: 50.0%, 2 redone, $10",
        "    nobody: 50.0%, 2 redone, $10",
    ]
    panel.tell(None)
    assert panel.lines(80, 20, PLAIN)[-1] == "there is no score where nobody decides"
    panel.press("down")
    assert panel.lines(80, 20, PLAIN)[-1] == KEYS


def test_nothing_may_be_left_to_decide() -> None:
    panel = Panel([], [], 0)
    panel.press("down")
    assert panel.is_empty
    assert panel.lines(80, 20, PLAIN) == [
        "on call: nothing shows that waits for a decision",
        "nothing is left to be decided",
    ]


def test_a_call_that_nobody_else_will_see_to_has_no_end() -> None:
    call = Call(number=2, kind="loss", title="the loss has left its way", since_us=0, escalates_us=None)
    assert Panel([call], CHOICES, 0).lines(80, 20, PLAIN)[0] == "on call the loss has left its way"
