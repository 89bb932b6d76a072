"""What is written before a show goes on below it."""

import pytest
from plans import TINY

from pysim.pretraining.story import tell
from pysim.show.staging import Opening, Staging
from pysim.show.transcript import timed_transcript
from pysim.story.story import Span
from pysim.terminal.screen import Screen

STORY = tell(TINY)
SCREEN = Screen(80, 24)
SPAN = Span(0, STORY.run.timeline.start_us + 60_000_000)
LINES = list(timed_transcript(STORY, SCREEN, SPAN.since_us, SPAN.until_us))


def opening(lines: int) -> Opening:
    return Opening(iter((STORY,)), Staging(screen=SCREEN, span=SPAN, lines_at_once=lines))


def test_without_lines_at_once_nothing_is_written_and_the_show_begins_at_its_beginning() -> None:
    opened = opening(0)
    assert list(opened) == []
    assert opened.show().time_us == 0


@pytest.mark.parametrize("missing", [0, 1])
def test_all_lines_at_once_leave_nothing_to_show(missing: int) -> None:
    opened = opening(len(LINES) - missing)
    written = list(opened)
    assert written == [text for _, text in LINES[: len(written)]]
    assert len(written) > 10
    last_us, _ = LINES[-1 - missing]
    assert opened.show().time_us == last_us + 1


def test_more_lines_than_there_are_end_with_the_part_that_is_shown() -> None:
    opened = opening(len(LINES) + 1)
    list(opened)
    assert opened.show().time_us == SPAN.until_us
