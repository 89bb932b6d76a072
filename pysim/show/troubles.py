"""What can go wrong in a run on show, as a viewer knows it: by a name, which a few letters find. A leaf, so that a menu opens at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that can go wrong: its name, what it is in a few words, and what it hits."""

    name: str
    title: str
    hits: str


class Refused(ValueError):  # noqa: N818 - it reads as what happened
    """It does not happen; the text is one line that says why."""


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
