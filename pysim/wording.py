"""What people typed, said back to them. Imports nothing of pysim, so that any layer may use it."""

from collections.abc import Iterable, Sequence

_SIMILAR = 0.5  # difflib's ratio above which a name is worth suggesting


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The known name that is most like `text`, if any is."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    return next(iter(get_close_matches(text.lower(), list(names), n=1, cutoff=_SIMILAR)), None)


def listed(names: Sequence[str], joint: str = "and") -> str:
    """Names as a sentence has them: `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last
