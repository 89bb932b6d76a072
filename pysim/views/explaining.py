"""An explanation as rows of a panel: text that is folded between words, whatever the width."""

from collections.abc import Iterable, Iterator

from pysim.story.explanation import Explanation, Number
from pysim.terminal.ansi import Palette

TRUTH_KEY, TRUTH_HEADING = "t", "what it really was"
_BETTER, _KNOWN, _READ = "better or worse", "known so far", "read more"
HEADINGS = (_BETTER, _KNOWN, TRUTH_HEADING, _READ)
_INDENT = "  "


_FEW = 2  # numbers, whose meaning a brief panel has room for


def panel(
    explanation: Explanation, columns: int, palette: Palette, *, tells_truth: bool = False, is_brief: bool = False
) -> list[str]:
    """All rows, at most so wide: what it is, numbers, better or worse, what is known, the truth if it is asked for, where to read more."""
    means = not is_brief or len(explanation.numbers) <= _FEW
    return list(_rows(explanation, columns, palette, tells_truth=tells_truth, means=means))


def _rows(e: Explanation, columns: int, p: Palette, *, tells_truth: bool, means: bool) -> Iterator[str]:
    yield from _painted(_folded(e.title, columns), p.bold, p)
    yield from _folded(e.about, columns)
    for number in e.numbers:
        yield from _number(number, columns, p)
        if means:
            yield from _painted(_folded(number.meaning, columns, _INDENT, _INDENT), p.dim, p)
    yield from _section(_BETTER, [e.better], columns, p)
    yield from _section(_KNOWN, e.known, columns, p)
    if tells_truth:
        yield from _section(TRUTH_HEADING, e.truth, columns, p)
    yield from _section(_READ, [f"{source.title}, {source.url}" for source in e.read], columns, p)


def _number(number: Number, columns: int, p: Palette) -> Iterator[str]:
    made = f" = {number.formula}" if number.formula and number.formula != number.text else ""
    first, *rest = _folded(f"{number.name}  {number.text}{made}", columns, _INDENT)
    name = number.name[: len(first)]
    yield f"{p.accent}{name}{p.reset}{first[len(name) :]}"
    yield from rest


def _section(heading: str, texts: Iterable[str], columns: int, p: Palette) -> Iterator[str]:
    told = [text for text in texts if text]
    if told:
        yield from _painted([heading[:columns]], p.bold, p)
    for text in told:
        yield from _folded(text, columns, _INDENT, _INDENT)


def _painted(lines: Iterable[str], color: str, p: Palette) -> Iterator[str]:
    return (f"{color}{line}{p.reset}" for line in lines)


def _folded(text: str, columns: int, indent: str = "", first: str = "") -> list[str]:
    """Words in rows; one that is longer than a row is cut into several."""
    if not text:
        return []
    lines, begin = [first], len(first)
    for whole in text.split(" "):
        word = whole
        if len(lines[-1]) > begin and len(lines[-1]) + 1 + len(word) > columns:
            lines.append(indent)
            begin = len(indent)
        elif len(lines[-1]) > begin:
            word = f" {word}"
        while len(lines[-1]) + len(word) > columns:
            room = columns - len(lines[-1])
            lines[-1] += word[:room]
            word = word[room:]
            lines.append(indent)
            begin = len(indent)
        lines[-1] += word
    return lines
