"""What people typed, said back to them. Imports nothing of pysim, so that any layer may use it."""

from collections.abc import Iterable, Sequence

MOST_SHOWN = 60  # characters of what was typed
_SIMILAR = 0.5  # difflib's ratio above which a name is worth suggesting


def quoted(text: str) -> str:
    """What was typed, in quotes: nothing in it can reach a terminal as a control, and a long one is cut."""
    return f"{text[:MOST_SHOWN]!r}{_cut(text)}"


def escaped(text: str) -> str:
    """The same without the quotes."""
    return repr(text[:MOST_SHOWN])[1:-1] + _cut(text)


def _cut(text: str) -> str:
    return f"... ({len(text):,} characters)" if len(text) > MOST_SHOWN else ""


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The known name that is most like `text`, if any is."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    return next(iter(get_close_matches(text[:MOST_SHOWN].lower(), list(names), n=1, cutoff=_SIMILAR)), None)


def listed(names: Sequence[str], joint: str = "and") -> str:
    """Names as a sentence has them: `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last
