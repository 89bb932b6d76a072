"""What every export offers."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from pysim.story.columns import Between, StepColumns
from pysim.story.events import Event
from pysim.story.story import Span, Story


class Exporter(Protocol):
    """Writes one run. It is given a stream to write to, or an empty folder, and closes neither.

    `begin` comes first, `end` last; whatever is raised meanwhile ends the export, and what was written is thrown away.
    """

    @property
    def between(self) -> Between:
        """What it wants to know of what happens between steps that come in blocks."""

    def begin(self, story: Story, span: Span, /) -> None:
        """The run, and the part of it that is exported."""

    def event(self, event: Event, /) -> None:
        """The next event, in order of time."""

    def steps(self, columns: StepColumns, /) -> None:
        """The next steps, whole blocks of one attempt."""

    def end(self) -> None:
        """That was all."""


@runtime_checkable
class Paced(Protocol):
    """An exporter that looks at the story by itself."""

    def advance(self) -> Iterator[int]:
        """Go on to the end; yields, now and then, up to which microsecond of the run it is done."""


@runtime_checkable
class Foretelling(Protocol):
    """An exporter that has something to say before it begins."""

    def foretell(self, story: Story, span: Span, /) -> str:
        """What will come of it.

        Raises:
            TooMuchError: if that is more than anybody wants.
        """


class TooMuchError(ValueError):
    """What was asked for would be larger than anybody wants, or empty; the text says how to get what makes sense."""


class Quiet:
    """An exporter that does nothing: what each begins with."""

    between: Between = "all"

    def begin(self, story: Story, span: Span, /) -> None:
        """Nothing."""

    def event(self, event: Event, /) -> None:
        """Nothing."""

    def steps(self, columns: StepColumns, /) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""
