"""What a viewer can let happen in the run on show, and finding it by a few letters of its name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pysim.story.story import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that can go wrong: its name, what it is in a few words, and what it hits."""

    name: str
    title: str
    hits: str


class Refused(ValueError):  # noqa: N818 - it reads as what happened
    """It does not happen; the text is one line that says why."""


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


def matching(troubles: Sequence[Trouble], typed: str) -> list[Trouble]:
    """Those that are meant by what was typed so far, the likeliest first.

    Names that begin with it, names that have it somewhere, titles that have it, and names that have its letters in this order.
    """
    wanted = typed.strip().lower()
    found = (trouble for is_meant in _LIKELY for trouble in troubles if is_meant(trouble, wanted))
    return list(_each_once(found))


def _each_once(troubles: Iterable[Trouble]) -> Iterator[Trouble]:
    return iter({trouble.name: trouble for trouble in troubles}.values())


def _has_in_order(name: str, letters: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


_LIKELY: tuple[Callable[[Trouble, str], bool], ...] = (
    lambda trouble, typed: trouble.name.startswith(typed),
    lambda trouble, typed: typed in trouble.name,
    lambda trouble, typed: typed in trouble.title.lower(),
    lambda trouble, typed: _has_in_order(trouble.name, typed),
)
