"""Events as JSON Lines: what `--view events` writes."""

from typing import BinaryIO

from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.story.events import Event
from pysim.story.opening import opened
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE
from pysim.views.jsonlines import JsonLines


class JsonLinesFile(Quiet):
    """Writes each event as it comes."""

    def __init__(self, file: BinaryIO, _asked: Asked) -> None:
        self._file = file

    def begin(self, story: Story, span: Span, /) -> None:
        """The first line says which run it is."""
        self._view = JsonLines(story.header, PAGE)
        self.event(opened(story.header, span))

    def event(self, event: Event, /) -> None:
        """A line."""
        for line in self._view.lines(event):
            self._file.write(f"{line}\n".encode())
