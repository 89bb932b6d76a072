"""A show as a recording: what a terminal would have been sent, and when, as an asciicast file. Incidents are marks on its timeline."""

from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from pysim.export.exporter import Quiet, TooMuchError
from pysim.export.format import Asked
from pysim.show.cast import Frame, Version, event_lines, first_line
from pysim.show.player import Player
from pysim.show.tempo import tempo_named
from pysim.story.story import Span, Story
from pysim.terminal.ansi import HIDE_CURSOR, SHOW_CURSOR
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS, Screen
from pysim.views.registry import VIEWS

FRAMES_PER_SECOND = 10
LONGEST_SECONDS = 6 * 3600  # of a recording
_HOUR = 3600


class Asciicast(Quiet):
    """Records a show of one run, from its first frame to its last."""

    version: ClassVar[Version] = 3

    def __init__(self, file: BinaryIO, asked: Asked) -> None:
        self._file = file
        self._asked = asked
        self._before = 0.0

    def begin(self, story: Story, span: Span, /) -> None:
        """The file's first line.

        Raises:
            TooMuchError: if it would take too long to watch.
        """
        settings = self._asked.settings
        tempo = tempo_named(settings.tempo)
        until_us = span.ends_us(story.end_us)
        self._tempo = tempo(story.acts())
        self._begun = self._tempo.show_seconds(span.since_us)
        lasts = (self._tempo.show_seconds(until_us) - self._begun) / settings.speed_factor
        if lasts > LONGEST_SECONDS:
            message = f"a recording of {lasts / _HOUR:,.0f} hours is too long; try --tempo 10m, --from and --until, or --speed-factor"
            raise TooMuchError(message)
        self._screen = _screen(self._asked)
        self._player = Player(
            story,
            self._screen,
            view=VIEWS[self._asked.view],
            log_every=self._asked.log_every,
            tempo=lambda _acts: self._tempo,
            speed=settings.speed_factor,
            span=span,
        )
        self._story, self._span = story, span
        header = story.header
        self._file.write(
            first_line(self.version, self._screen, f"{header.run_name}: {header.title}", header.start_time).encode()
        )

    def advance(self) -> Iterator[int]:
        """Frame by frame."""
        marks, seconds, number = self._marks(), 0.0, 0
        mark = next(marks, None)
        self._write(Frame(0.0, HIDE_CURSOR))
        while not self._player.ended:
            text = self._player.advance(1 / FRAMES_PER_SECOND if number else 0.0)
            seconds = round(number / FRAMES_PER_SECOND, 3)
            while mark and mark.seconds <= seconds:
                self._write(mark)
                mark = next(marks, None)
            if text:
                self._write(Frame(seconds, text))
            number += 1
            yield self._player.time_us
        self._write(Frame(seconds, self._player.finish() + SHOW_CURSOR))
        if self.version != 2:  # noqa: PLR2004 - it knows no status
            self._write(Frame(seconds, "0", "x"))

    def _write(self, frame: Frame) -> None:
        for line in event_lines(self.version, [frame], self._before):
            self._file.write(line.encode())
        self._before = frame.seconds

    def _marks(self) -> Iterator[Frame]:
        """Where incidents begin."""
        speed, marks = self._asked.settings.speed_factor, self._story.marks()
        found = marks.incident_after(self._span.since_us - 1)
        while found and (self._span.until_us is None or found.time_us < self._span.until_us):
            seconds = (self._tempo.show_seconds(found.time_us) - self._begun) / speed
            yield Frame(round(seconds, 3), f"{found.cause} at {found.place}", "m")
            found = marks.incident_after(found.time_us)


class AsciicastOfTwo(Asciicast):
    """The same in the version that every reader knows."""

    version = 2


def _screen(asked: Asked) -> Screen:
    """The terminal that the show is recorded in."""
    settings, usual = asked.settings, Screen()
    columns, rows = settings.size or (usual.columns, usual.rows)
    return Screen(
        columns=max(columns, MIN_COLUMNS),
        rows=max(rows, MIN_ROWS),
        color=settings.color != "never",
        timeline=not settings.on_call,  # it knows what is to come
        parts=settings.show,
    )
