"""The least that writing some lines can cost: f-strings in a loop over ready-made lists, found from the lines themselves.

Numbers become fields with the width and the digits that they have, whole numbers that never change stand in the string, and so does all
that is no number; time stamps to the second, times and what no format gives back are ready-made texts. Lines of another shape than most are ready-made.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain

_STAMP = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d|(?:\d+ days?, |\d+d )?\d+:\d\d(?::\d\d(?:\.\d+)?)?"
_BAR = r"[█▏▎▍▌▋▊▉]+ *|\r +\r"
_NUMBER = r" *[-+]?\d(?:[\d,]*\d)?(?:\.\d+)?(?:[eE][-+]\d+)?"
_TOKEN = re.compile(rf"({_STAMP}|{_BAR}|{_NUMBER})")
_PLAIN = re.compile(r"( *)([-+]?)(\d(?:[\d,]*\d)?)(\.\d+)?(?:([eE])[-+]\d\d)?")

_FEW = 50  # of which one is of a shape that is formatted

Column = tuple[str, Sequence[object]]  # how it is formatted, and its values


def bare_loop(texts: Sequence[str]) -> Callable[[], list[str]]:
    """What writes the lines of the same texts, a comprehension for those of one shape, and does no work besides."""
    shapes = Counter(map(_shape, texts))
    usual = [shape for shape, count in shapes.items() if count * _FEW > len(texts)]
    loops = [_loop([text for text in texts if _shape(text) == shape]) for shape in usual]
    others = [line for text in texts if _shape(text) not in usual for line in text.split("\n")]

    def write() -> list[str]:
        return [*others, *chain.from_iterable([loop() for loop in loops])]

    same = Counter(write()) == Counter(line for text in texts for line in text.split("\n"))
    assert same, "the bare loop must write the same lines"  # noqa: S101 - a benchmark of something else is worthless
    return write


def _loop(texts: Sequence[str]) -> Callable[[], list[str]]:
    parts, names, columns = [], [], []
    for place, tokens in enumerate(zip(*map(_TOKEN.split, texts), strict=True)):
        if place % 2 == 0 or (len(set(tokens)) == 1 and "." not in tokens[0]):
            parts.append(tokens[0].replace("{", "{{").replace("}", "}}"))
            continue
        blanks, spec, values = _written(tokens)
        names.append(f"x{place}")
        parts.append(f"{blanks}{{x{place}{spec}}}")
        columns.append(values)
    *others, last = [f"f{line!r}" for line in "".join(parts).split("\n")]
    steps = f"for {', '.join(names)}, in zip(*columns)"
    source = f"[line {steps} for line in ({', '.join(others)}, {last})]" if others else f"[{last} {steps}]"
    loop: Callable[[Sequence[Sequence[object]]], list[str]] = eval(f"lambda columns: {source}")  # noqa: S307 - of our own lines
    return lambda: loop(columns)


def _shape(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.split(text)[::2])


def _written(tokens: Sequence[str]) -> tuple[str, str, Sequence[object]]:
    """Blanks that all have, where these are no padding, and the column."""
    spec, values = _column(tokens)
    blanks = min(len(token) - len(token.lstrip(" ")) for token in tokens)
    if spec or not blanks:
        return "", spec, values
    return " " * blanks, *_column([token[blanks:] for token in tokens])


def _column(tokens: Sequence[str]) -> Column:
    """The first way of writing numbers that gives the tokens back."""
    for spec, values in _ways(tokens):
        if [format(value, spec[1:]) if spec[:1] == ":" else repr(value) for value in values] == list(tokens):
            return spec, values
    return "", tokens


def _ways(tokens: Sequence[str]) -> list[Column]:
    found = [_PLAIN.fullmatch(token) for token in tokens]
    if not all(found):
        return []
    first, widths = found[0], {len(token) for token in tokens}
    assert first is not None  # noqa: S101 - see above
    pad = " " if any(token.startswith(" ") for token in tokens) else "0" if len(widths) == 1 else ""
    width = str(max(widths)) if pad and len(widths) == 1 else ""
    sign = "+" if any("+" in token[:2] for token in tokens) else ""
    comma = "," if any("," in token for token in tokens) else ""
    plain = [token.replace(",", "") for token in tokens]
    decimals = len(first[4]) - 1 if first[4] else 0
    if any("." in token or "e" in token.lower() for token in plain):
        floats = [float(token) for token in plain]
        kinds = (first[5],) if first[5] else ("f",)
        forms = [f":{sign}{comma}.{decimals}{kind}" for kind in kinds]
        padded = [f":{sign}{width}{comma}.{decimals}{kind}" for kind in kinds]
        return [*((form, floats) for form in (*forms, *padded)), ("!r", floats)]
    ints = [int(token) for token in plain]
    zeros = "0" if pad == "0" else ""
    return [(f":{sign}{comma}d", ints), (f":{sign}{width}{comma}d", ints), (f":{sign}{zeros}{width}{comma}d", ints)]
