"""What programs say of an incident, with the template that it was said by: that of the table of causes."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from string import Formatter

from pysim.catalog.incidents import Cause, Evidence
from pysim.export.corpus.made import Made, Piece, literal
from pysim.story.events import LogLine


def evidence_of(line: LogLine, cause: Cause) -> Evidence:
    """The row of the table by which something was said.

    Raises:
        LookupError: if the cause has no such words.
    """
    for evidence in cause.evidence:
        same = (evidence.speaker, evidence.place, evidence.level) == (line.speaker, line.place, line.level)
        if same and _pattern(evidence.words).fullmatch(line.words):
            return evidence
    message = f"no evidence of {cause.name} says {line.words!r}"
    raise LookupError(message)


def told(line: LogLine, evidence: Evidence) -> LogLine:
    """The same with words that know what was filled in."""
    found = _pattern(evidence.words).fullmatch(line.words)
    assert found is not None  # noqa: S101 - it was found by these words
    names = _fields(evidence.words)
    pieces, place = [], 0
    for index, name in enumerate(names, start=1):
        begin, end = found.span(index)
        pieces += [Piece(line.words[place:begin]), Piece(line.words[begin:end], name)]
        place = end
    words = Made((*pieces, Piece(line.words[place:])))
    return replace(line, words=words, place=literal(line.place), level=literal(line.level))


@cache
def _fields(words: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(words) if name is not None)


@cache
def _pattern(words: str) -> re.Pattern[str]:
    """Words with something in the place of each field, the same wherever it is the same field."""
    return re.compile("".join(_parts(words)), re.DOTALL)


def _parts(words: str) -> Iterator[str]:
    for text, name, spec, _ in Formatter().parse(words):
        yield re.escape(text)
        if name is not None:
            yield r"(\d+)" if spec else "(.+?)"
