"""Letting something happen in the run on show: what a show asks of whoever can tell the story anew."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pysim.show.troubles import Refused, Trouble
from pysim.story.choices import Choice
from pysim.story.oncall import Score
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

    def offered(self, story: Story, at_us: int, /) -> Sequence[Choice]:
        """What can be decided at a time; all that is known is what can be seen by then."""

    def decide(self, story: Story, at_us: int, words: str, /) -> Retold:
        """The story with one more decision in it: an action by its name, and ,node=N ,checkpoint=STEP and the like; the same before that time.

        Raises:
            Refused: if the moment does not offer it.
        """

    def score(self, story: Story, at_us: int, /) -> Score | None:
        """How the decisions up to a time do beside the automatic policy and nobody at all; None where nobody has decided anything."""


class NoInterventions:
    """A show that nobody can disturb."""

    def possible(self, _story: Story) -> Sequence[Trouble]:
        """Nothing."""
        return ()

    def inject(self, _story: Story, _at_us: int, words: str) -> Retold:
        """Never."""
        message = f"{words} cannot be let happen here"
        raise Refused(message)

    def offered(self, _story: Story, _at_us: int) -> Sequence[Choice]:
        """Nothing."""
        return ()

    def decide(self, _story: Story, _at_us: int, words: str) -> Retold:
        """Never."""
        message = f"{words} cannot be decided here"
        raise Refused(message)

    def score(self, _story: Story, _at_us: int) -> Score | None:
        """None."""
        return None
