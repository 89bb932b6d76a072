"""Letting something happen in the run on show: what a show asks of whoever can tell the story anew."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pysim.show.troubles import Refused, Trouble
from pysim.story.story import Story


class Retold(NamedTuple):
    """A story in which something more happens, and how an option asks for that."""

    story: Story
    option: str


class Interventions(Protocol):
    """Whoever can let something happen in a story."""

    def possible(self, story: Story, /) -> Sequence[Trouble]:
        """What can happen in it."""

    def inject(self, story: Story, at_us: int, words: str, /) -> Retold:
        """The story with one more trouble in it, by its name, and ,gpu=N ,node=N or ,rack=N for where; the same before that time.

        Raises:
            Refused: if that cannot happen, or changes nothing.
        """


class NoInterventions:
    """A show that nobody can disturb."""

    def possible(self, _story: Story) -> Sequence[Trouble]:
        """Nothing."""
        return ()

    def inject(self, _story: Story, _at_us: int, words: str) -> Retold:
        """Never."""
        message = f"{words} cannot be let happen here"
        raise Refused(message)
