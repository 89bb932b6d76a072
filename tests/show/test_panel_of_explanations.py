"""Looking: one line is chosen and highlighted, a panel beside it explains it, and the screen is what it was when it is closed."""

import pytest
from explained import DRILL, story_of
from plans import TINY
from screens import Terminal

from pysim.show.player import Player
from pysim.story import events as ev
from pysim.story.explanation import of_event
from pysim.terminal.ansi import strip
from pysim.terminal.screen import Screen
from pysim.views.explaining import HEADINGS
from pysim.views.registry import VIEWS

STORY = story_of(TINY)
DRILLED = story_of(DRILL)
SIZES = [(40, 15), (80, 24), (160, 50)]
MOST_LOOKS = 24
BOTH = pytest.mark.parametrize("view", ["console", "dashboard"])


def looking(size: tuple[int, int] = (80, 24), view: str = "console", part: float = 0.5) -> tuple[Player, Terminal]:
    player = Player(DRILLED, Screen(*size, timeline=True), view=VIEWS[view])
    terminal = Terminal(*size).feed(player.advance(0.0)).feed(player.seek(round(DRILLED.end_us * part)))
    terminal.feed(player.look())
    return player, terminal


def reversed_rows(terminal: Terminal) -> list[int]:
    return [index for index, row in enumerate(terminal.cells) if any(cell.reverse for cell in row)]


@BOTH
@pytest.mark.parametrize("size", SIZES)
def test_the_panel_never_covers_what_it_explains(size: tuple[int, int], view: str) -> None:
    player, terminal = looking(size, view)
    for _ in range(MOST_LOOKS):
        looked = player._looking
        assert looked
        place = looked.picture.places[looked.chosen]
        assert reversed_rows(terminal) == list(range(place.row, place.row + place.rows))
        assert any(row.startswith("e closes") for row in terminal.rows)
        terminal.feed(player.look_on("up"))


@BOTH
@pytest.mark.parametrize("size", SIZES)
def test_closing_it_shows_the_screen_as_it_was(size: tuple[int, int], view: str) -> None:
    player = Player(DRILLED, Screen(*size), view=VIEWS[view])
    terminal = Terminal(*size).feed(player.advance(0.0)).feed(player.seek(DRILLED.end_us // 3))
    before = terminal.rows
    terminal.feed(player.look() + player.look_on("up") + player.look_on("space"))
    assert terminal.rows != before
    assert (player.paused, player.is_looking, player.advance(1.0)) == (True, True, "")
    terminal.feed(player.look_away())
    assert terminal.rows == before
    assert (player.paused, player.is_looking) == (False, False)


def test_a_show_that_was_paused_stays_paused() -> None:
    player = Player(STORY, Screen(80, 24))
    player.advance(0.0)
    player.pause()
    assert "paused" in player.look()
    player.look_away()
    assert player.paused


def test_the_newest_line_is_chosen_first_and_arrows_choose_others() -> None:
    player, terminal = looking()
    rows = reversed_rows(terminal)
    assert rows
    terminal.feed(player.look_on("up"))
    assert reversed_rows(terminal)[0] < rows[0]
    terminal.feed(player.look_on("down") + player.look_on("down"))
    assert reversed_rows(terminal)[0] > rows[0]


def test_a_long_panel_has_pages() -> None:
    player, terminal = looking((40, 15))
    first = terminal.rows
    footer = next(row for row in first if row.startswith("e closes"))
    assert "space more 1/" in footer
    terminal.feed(player.look_on("space"))
    second = terminal.rows
    assert second != first
    terminal.feed(player.look_on("left"))
    assert terminal.rows == first


def text_of_all_pages(player: Player, terminal: Terminal) -> str:
    pages = []
    for _ in range(40):
        pages.append("\n".join(terminal.rows))
        terminal.feed(player.look_on("space"))
    return "\n".join(pages)


def test_the_truth_of_an_incident_is_told_when_it_is_asked_for() -> None:
    noticed = next(each for each in DRILLED.run.befallen if each.interrupts).noticed_us
    player = Player(DRILLED, Screen(100, 40))
    terminal = Terminal(100, 40).feed(player.advance(0.0)).feed(player.seek(noticed + 120_000_000)).feed(player.look())
    for _ in range(30):
        if "t truth" in "\n".join(terminal.rows):
            break
        terminal.feed(player.look_on("up"))
    assert "what it really was" not in text_of_all_pages(player, terminal)
    terminal.feed(player.look_on("t"))
    assert "what it really was" in "\n".join(terminal.rows)
    terminal.feed(player.look_on("t"))
    assert "what it really was" not in "\n".join(terminal.rows)


def test_keys_that_mean_nothing_change_nothing() -> None:
    player, terminal = looking()
    before = terminal.rows
    terminal.feed(player.look_on("y"))
    assert terminal.rows == before


def test_a_resize_keeps_the_panel() -> None:
    player, terminal = looking((80, 24))
    terminal.resize(60, 20)
    terminal.feed(player.resize(Screen(60, 20)))
    assert player.is_looking
    assert any(row.startswith("e closes") for row in terminal.rows)
    assert len(terminal.rows) == 20


def test_whoever_does_not_look_closes_nothing() -> None:
    player = Player(STORY, Screen(80, 24))
    assert (player.look(), player.look_on("up"), player.look_away()) == ("", "", "")


def test_a_screen_without_anything_on_it_is_left_as_it_is() -> None:
    """Before the first event of a view that has no live region."""
    player = Player(STORY, Screen(80, 24), view=VIEWS["events"])
    player.advance(0.0)
    terminal = Terminal().feed(player.look())
    assert not reversed_rows(terminal)
    assert not [row for row in terminal.rows if strip(row).startswith("e closes")]
    terminal.feed(player.look_on("up"))


def test_other_changes_meanwhile_are_drawn_below_it() -> None:
    player, terminal = looking()
    terminal.feed(player.set_speed(1.5))
    assert any(row.startswith("e closes") for row in terminal.rows)
    terminal.feed(player.seek(0))
    assert not player.is_looking


@pytest.mark.parametrize("rows", range(15, 40))
def test_no_page_ends_with_a_heading(rows: int) -> None:
    player, _ = looking((60, rows))
    looked = player._looking
    assert looked
    for _ in range(3):
        assert [row for page in looked._pages for row in page] == looked._all_rows
        assert all(strip(page[-1]) not in HEADINGS for page in looked._pages)
        looked.press("up")


def test_a_trainers_line_is_explained_by_what_it_prints_first() -> None:
    """torchtitan prints the last step's loss, Megatron-LM the mean."""
    for view, first in (("torchtitan", "last loss"), ("megatron", "mean loss")):
        player = Player(STORY, Screen(200, 24), view=VIEWS[view], log_every=10)
        player.seek(STORY.item_begin(205))
        event = next(event for event in STORY.narrate(0, None, *player._cadence) if isinstance(event, ev.StepsReported))
        names = [number.name for number in player.explained(of_event(event)).numbers]
        assert next(name for name in names if "loss" in name) == first
