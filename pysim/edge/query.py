"""Query strings with other options: the rest of them stays as it was written."""

from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, urlencode


def changed(query: str, options: Mapping[str, str | None]) -> str:
    """The query with these options in place of its own of those names; None leaves an option out."""
    missing = {name: text for name, text in options.items() if text is not None}
    pairs = []
    for key, text in _pairs(query):
        name = option_name(key)
        if name not in options:
            pairs.append((key, text))
        elif name in missing:
            pairs.append((name, missing.pop(name)))
    return urlencode([*pairs, *missing.items()])


def only(query: str, names: Collection[str]) -> str:
    """The query without all other options."""
    return urlencode([(key, text) for key, text in _pairs(query) if option_name(key) in names])


def option_name(key: str) -> str:
    """The name that a query's key means."""
    return key.strip().lower().replace("_", "-")


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query.removeprefix("?"), keep_blank_values=True)
