"""What a corpus needs of whoever makes a run of what was drawn: a story, and the part of it that is told."""

from collections.abc import Sequence
from typing import Protocol

from pysim.export.corpus.sampling import Drawn
from pysim.story.story import Span, Story


class ToldRun(Protocol):
    """A run, and the part of it that is told."""

    @property
    def story(self) -> Story:
        """All of it."""

    @property
    def span(self) -> Span:
        """The part."""

    @property
    def view(self) -> str:
        """The dialect that was drawn."""

    @property
    def log_every(self) -> int | None:
        """Steps in a line of its log."""

    @property
    def asked(self) -> Sequence[tuple[str, int]]:
        """What was let happen in it: causes, and from when on, in microseconds."""


class TellRun(Protocol):
    """What makes a run of what was drawn; raises ValueError if that cannot be one."""

    def __call__(self, drawn: Drawn, *, left_out: int = 0) -> ToldRun:
        """The run, without the first so many of what is let happen in it."""
