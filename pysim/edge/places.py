"""A place in the run on show, as somebody typed it who watches. Pure; both edges ask."""

from pysim.options.values import PLACE, Position, Timeline, Wrong, typed_place
from pysim.show.troubles import Refused
from pysim.wording import quoted


def place_us(run: Timeline, typed: str) -> int:
    """The moment that is meant.

    Raises:
        Refused: if nobody can tell which, or the run does not have it.
    """
    place = _read(typed)
    try:
        return place.resolve(run)
    except Wrong as wrong:
        message = f"{quoted(typed)} {wrong}"
        raise Refused(message) from None


def _read(typed: str) -> Position:
    try:
        return typed_place(typed)
    except ValueError:
        message = f"{quoted(typed)} is not {PLACE.wants}"
        raise Refused(message) from None
