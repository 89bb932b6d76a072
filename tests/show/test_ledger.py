"""Which event a row belongs to: whatever was played, left out, sought or resized, the row that is counted up to is its own."""

from collections.abc import Sequence
from random import Random

import pytest
from explained import DRILL, story_of
from plans import CLASSIC, TINY
from screens import Terminal
from thorough import sampled

from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.ledger import KEPT_ENTRIES, Ledger
from pysim.show.player import Player
from pysim.show.show import Show
from pysim.story import events as ev
from pysim.story.explanation import Subject
from pysim.story.reports import SINGLY
from pysim.terminal.ansi import strip
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.dialects.table import DIALECTS
from pysim.views.registry import VIEWS

SCREEN = Screen(100, 24)
STORY = story_of(TINY)
TELLING = {name for name, dialect in DIALECTS.items() if not dialect.refuses(STORY.header)}
MOST_ROWS = 40  # that are looked at closely


def event_of(subject: Subject | None) -> ev.Event | None:
    return subject.event if subject else None


def wrong_rows(player: Player, terminal: Terminal) -> list[str]:
    """Of all rows above the live region, those that are not among the lines of the event that they are said to be of."""
    all_rows = [*terminal.scrolled, *terminal.rows][: len(terminal.scrolled) + terminal.cursor[1] + 1]
    wrong = []
    view = player.view(player.story.header, player.screen)
    ups = range(player.live_rows, len(all_rows))
    for up in (*ups[:MOST_ROWS:2], *ups[MOST_ROWS::37]):
        row = all_rows[-1 - up]
        event = event_of(player.subject_at(up, 0))
        if event is None:
            if row and "not shown" not in row:
                wrong.append(f"{up}: nothing: {row}")
        elif row not in [strip(line).rstrip() for line in view.lines(event)]:
            wrong.append(f"{up}: {type(event).__name__}: {row}")
    return wrong


@pytest.mark.parametrize(("view", "every"), [("console", None), ("console", 3), ("megatron", 2)])
def test_every_row_of_a_run_that_was_played_is_its_events(view: str, every: int | None) -> None:
    player, terminal = Player(STORY, SCREEN, view=VIEWS[view], log_every=every), Terminal(100, 24)
    for _ in range(60):
        terminal.feed(player.advance(0.5))
    assert len(terminal.scrolled) > 50
    assert wrong_rows(player, terminal) == []


@pytest.mark.parametrize("view", sorted(TELLING))
def test_every_row_of_another_programs_words_is_its_events(view: str) -> None:
    player, terminal = Player(STORY, SCREEN, view=VIEWS[view], log_every=10), Terminal(100, 24)
    terminal.feed(player.advance(0.0)).feed(player.seek(2 * STORY.end_us // 5))
    for _ in range(40):
        terminal.feed(player.advance(0.5))
    assert wrong_rows(player, terminal) == []


@pytest.mark.parametrize("view", ["console", "megatron", "torchtitan"])
def test_above_a_panel_stands_what_stood_there_without(view: str) -> None:
    """It takes its rows from the beginning of the log on the screen, and says nothing otherwise."""
    player, terminal = Player(STORY, SCREEN, view=VIEWS[view], log_every=10), Terminal(100, 24)
    terminal.feed(player.advance(0.0)).feed(player.seek(STORY.end_us // 2))
    log = terminal.rows[: -player.live_rows]
    terminal.feed(player.panel(["one", "two", "three"]))
    assert terminal.rows[: len(log)] == [*log[3:], "one", "two", "three"]


@pytest.mark.parametrize("seed", sampled(range(100), 25))
def test_every_row_is_its_events_whatever_was_done(seed: int) -> None:
    """But for what had scrolled away when the screen was resized: nobody knows how its rows are folded now."""
    chance = Random(seed)  # noqa: S311  # moves, not secrets
    story = story_of(DRILL)
    player, terminal = Player(story, SCREEN), Terminal(100, 24)
    moves = (
        lambda: player.advance(chance.choice((0.1, 1.0, 7.0))),
        lambda: player.advance(0.03),
        lambda: player.seek(int(story.end_us * chance.random())),
        lambda: player.skip_show(chance.choice((-5.0, 5.0))),
        lambda: player.set_speed(chance.choice((0.5, 1.0, 20.0, 300.0))),
        lambda: player.switch_view() + player.advance(0.2) + player.switch_view(),
        lambda: player.look() + player.look_on("up") + player.look_away(),
        player.pause,
        player.resume,
    )
    terminal.feed(player.advance(0.0))
    for _ in range(25):
        terminal.feed(chance.choice(moves)())
        assert wrong_rows(player, terminal) == []


def test_events_of_one_moment_are_told_apart() -> None:
    """A validation, its parts and a checkpoint come at the time of their step."""
    ledger, found = Ledger(), list(STORY.narrate())
    console = Console(STORY.header, SCREEN)
    told = [(event, console.lines(event)) for event in found]
    ledger.wrote(STORY, SINGLY, told[-KEPT_ENTRIES:])
    owners = [event for event, lines in told for _ in lines]
    for up in range(0, len(owners), 7):
        assert same(ledger.event(up), owners[-1 - up])


def same(one: ev.Event | None, other: ev.Event) -> bool:
    """Arrays say whether each of their values is."""
    return type(one) is type(other) and str(one) == str(other)


def test_a_later_run_stands_below_the_one_before() -> None:
    stories: Sequence[PretrainingStory] = (STORY, tell(TINY))
    show = Show(iter(stories), SCREEN)
    terminal = Terminal(100, 24).feed(show.advance(0.0)).feed(show.seek(STORY.end_us + 1)).feed(show.next())
    for _ in range(4):
        terminal.feed(show.advance(0.3))
    rows = [*terminal.scrolled, *terminal.rows][: len(terminal.scrolled) + terminal.cursor[1] + 1]
    up = next(up for up, row in enumerate(reversed(rows)) if "saved to" in row)
    assert isinstance(event_of(show.subject_at(up, 0)), ev.RunCompleted)
    between = next(up for up, row in enumerate(reversed(rows)) if row.startswith("Run complete"))
    assert show.subject_at(between, 0) is None


def test_rows_above_a_resize_belong_to_nothing() -> None:
    player = Player(STORY, SCREEN)
    for _ in range(40):
        player.advance(0.5)
    assert player.subject_at(60, 0)
    player.resize(Screen(60, 24))
    assert player.subject_at(60, 0) is None
    assert player.subject_at(player.live_rows, 0)


def test_more_rows_than_are_kept_belong_to_nothing() -> None:
    ledger = Ledger()
    step = next(each for each in STORY.narrate() if isinstance(each, ev.StepCompleted))
    ledger.wrote(STORY, SINGLY, [(step, ["a line"])])
    assert ledger.event(0) == step
    ledger.wrote(STORY, SINGLY, [(None, ["words"])] * KEPT_ENTRIES)
    assert ledger.event(KEPT_ENTRIES) is None


def test_part_of_an_event_may_be_erased() -> None:
    ledger = Ledger()
    step = next(each for each in STORY.narrate() if isinstance(each, ev.StepCompleted))
    ledger.wrote(STORY, SINGLY, [(step, ["one", "two", "three"]), (None, ["words"])])
    ledger.erased(3)
    assert ledger.event(0) == step
    assert ledger.event(1) is None
    ledger.erased(5)
    assert ledger.event(0) is None


def test_what_can_no_longer_be_told_is_nothing() -> None:
    """A story that tells less than it did."""
    ledger = Ledger()
    step = next(each for each in STORY.narrate() if isinstance(each, ev.StepCompleted))
    ledger.wrote(story_of(CLASSIC), SINGLY, [(step, ["a line"])])
    assert ledger.event(0) is None or ledger.event(0) != step


# Beside the log


@pytest.mark.parametrize("view", ["console", "dashboard"])
@pytest.mark.parametrize("size", [(40, 15), (80, 24), (160, 50)])
def test_what_stands_in_the_live_region_is_found(view: str, size: tuple[int, int]) -> None:
    """Every number that an explanation names stands in the cells that are said to be its own."""
    player = Player(story_of(DRILL), Screen(*size, timeline=True), view=VIEWS[view])
    terminal = Terminal(*size).feed(player.advance(0.0)).feed(player.seek(story_of(DRILL).end_us // 2))
    found: set[str] = set()
    for spot in player._spots():
        subject = player.subject_at(player.live_rows - 1 - spot.row, spot.column)
        assert subject
        found.add(subject.focus or subject.name or subject.kind)
        words = terminal.rows[terminal.cursor[1] + 1 - player.live_rows + spot.row][spot.column :][: spot.columns]
        if subject.name == "goodput":
            assert words.startswith("goodput")
            assert words.endswith("%")
        assert player.explained(subject).title
    wanted = {"run-bar", "timeline"} if view == "console" else {"step", "goodput", "cost", "state", "loss-chart"}
    assert wanted <= found
    assert player.subject_at(player.live_rows - 1, size[0]) is None


def test_a_view_that_knows_nothing_of_its_region_has_no_spots() -> None:
    player = Player(STORY, SCREEN, view=VIEWS["events"])
    player.advance(0.0)
    player.seek(STORY.end_us // 2)
    assert player.subject_at(0, 0)


def test_the_newest_event_by_a_time_is_the_last_that_was_written() -> None:
    player = Player(STORY, SCREEN)
    assert player.newest_by(-1) is None
    first = event_of(player.newest_by(0))
    assert isinstance(first, ev.JobLaunched)
    last = event_of(player.newest_by(STORY.end_us))
    assert isinstance(last, ev.RunCompleted)
