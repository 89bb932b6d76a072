"""Many steps written at once are the lines of each."""

from collections.abc import Iterable

import pytest
from lives import LIVES, life
from plans import CLASSIC

from pysim.pretraining.story import tell
from pysim.story import events as ev
from pysim.terminal.screen import PAGE, Screen
from pysim.views.dialects.table import DIALECTS, SELDOM
from pysim.views.registry import VIEWS, cadence, why_not
from pysim.views.view import Columnar, View, written

SPEAKING = [name for name, row in DIALECTS.items() if row.log_every < SELDOM and not row.look_seconds] + ["console"]
FROM_US = life().item_begin(1) - 1  # starting is told event by event


def at_once_of(view: View, tellings: Iterable[ev.Telling]) -> list[tuple[float, list[str]]]:
    """What a file gets."""
    pairs = (pair for telling in tellings for pair in written(view, telling))
    return [(seconds, list(lines)) for seconds, lines in pairs]


def one_by_one(view: View, tellings: Iterable[ev.Telling]) -> list[tuple[float, list[str]]]:
    """The same without blocks."""
    return [(event.time_seconds, list(view.lines(event))) for event in ev.singly(tellings)]


@pytest.mark.parametrize("name", LIVES)
@pytest.mark.parametrize("view", SPEAKING)
def test_lines_of_a_block_are_those_of_its_events(view: str, name: str) -> None:
    story = life(name)
    if why_not(VIEWS[view], story.header):
        return
    for screen, every in ((PAGE, 1), (Screen(80, 24), 7)):
        tellings = list(story.tellings(FROM_US, None, *cadence(VIEWS[view], every)))
        assert view == "console" or max(len(each) for each in tellings if isinstance(each, ev.Block)) > 5
        at_once, singly = (VIEWS[view](story.header, screen) for _ in range(2))
        assert isinstance(at_once, Columnar)
        assert at_once_of(at_once, tellings) == one_by_one(singly, tellings)


def test_a_first_perplexity_that_needs_its_own_width() -> None:
    story = tell(CLASSIC)
    tellings = list(story.tellings(0, story.item_begin(300)))
    at_once, singly = (VIEWS["console"](story.header, Screen(80, 24)) for _ in range(2))
    assert max(event.perplexity or 0 for event in ev.singly(tellings) if isinstance(event, ev.StepCompleted)) > 10_000
    assert at_once_of(at_once, tellings) == one_by_one(singly, tellings)
