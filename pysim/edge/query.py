"""Query strings with other options: the rest of them stays as it was written."""

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import parse_qsl, urlencode

Texts = str | tuple[str, ...] | None
"""An option's text, all of a repeatable one, or None for no such option."""


def changed(query: str, options: Mapping[str, Texts]) -> str:
    """The query with these options in place of its own of those names; None leaves an option out."""
    missing = dict(options)
    pairs: list[tuple[str, str]] = []
    for key, text in _pairs(query):
        name = option_name(key)
        if name not in options:
            pairs.append((key, text))
        elif name in missing:
            pairs += _each(name, missing.pop(name))
    return urlencode([*pairs, *(pair for name, texts in missing.items() for pair in _each(name, texts))])


def _each(name: str, texts: Texts) -> Iterator[tuple[str, str]]:
    for text in (texts,) if isinstance(texts, str) else texts or ():
        yield name, text


def only(query: str, names: Collection[str]) -> str:
    """The query without all other options."""
    return urlencode([(key, text) for key, text in _pairs(query) if option_name(key) in names])


def given(query: str) -> int:
    """How many options it has."""
    return len(_pairs(query))


def option_name(key: str) -> str:
    """The name that a query's key means."""
    return key.strip().lower().replace("_", "-")


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query.removeprefix("?"), keep_blank_values=True)
