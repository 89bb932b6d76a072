"""A run as plain lines."""

from io import StringIO

from plans import TINY

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory, header
from pysim.show.transcript import play, timed_transcript, transcript
from pysim.story.steps import Executed
from pysim.terminal.screen import PAGE, Screen
from pysim.views.console.console import Console

RUN = simulate(TINY)


def test_every_event_as_its_lines() -> None:
    screen = Screen(100, 30, live=False)
    console = Console(header(RUN), screen)
    expected = [f"{line}\n" for event in narrate(RUN) for line in console.lines(event)]
    assert list(transcript(PretrainingStory(RUN), screen)) == expected


def test_no_bars_no_cursor_and_no_colour_on_a_page() -> None:
    text = "".join(transcript(PretrainingStory(RUN), PAGE))
    assert "\x1b" not in text
    assert "\r" not in text


def test_lines_come_with_their_moment() -> None:
    since, until = RUN.timeline.end_of_us(Executed(10)), RUN.timeline.end_of_us(Executed(12))
    lines = list(timed_transcript(PretrainingStory(RUN), PAGE, since, until))
    moments = [time_us for time_us, _ in lines]
    assert moments == sorted(moments)
    assert all(since <= time_us < until for time_us in moments)
    assert [text for _, text in lines] == list(transcript(PretrainingStory(RUN), PAGE, since, until))


def test_a_whole_run_goes_into_a_sink() -> None:
    """TECH-01: all text goes through the sink."""
    sink = StringIO()
    play(PretrainingStory(RUN), sink)
    assert sink.getvalue() == "".join(transcript(PretrainingStory(RUN), PAGE))
