import re
from dataclasses import replace
from string import Formatter

import pytest

from pysim.catalog.incidents import Cause, Evidence, causes
from pysim.export.corpus.evidence import _pattern, evidence_of, told
from pysim.export.corpus.made import Made
from pysim.export.corpus.roles import ROLES, role_of
from pysim.story.events import LogLine

NUMBERS = "17"


def said(evidence: Evidence) -> LogLine:
    fields = {name: value(name, spec) for _, name, spec, _ in Formatter().parse(evidence.words) if name}
    return LogLine(
        time_seconds=1.0, number=1, speaker=evidence.speaker, host="h1", rank=3, local_rank=3, process_id=9, level=evidence.level,
        place=evidence.place, words=evidence.words.format_map(fields), is_shown=True, unlisted=0,
    )  # fmt: skip


def value(name: str, spec: str | None) -> str | int:
    if spec:
        return 7
    if name == "first_dead_reason":
        return "Signal 6 (SIGABRT) received by PID 4711"
    return {"host": "gpu-0003", "victim_host": "gpu-0007", "collective": "ALLREDUCE"}.get(name, NUMBERS)


@pytest.mark.parametrize("cause", causes().values(), ids=lambda cause: cause.name)
def test_what_is_said_is_found_again(cause: Cause) -> None:
    for evidence in cause.evidence:
        line = said(evidence)
        found = evidence_of(line, cause)
        assert found.words == evidence.words
        words = told(line, found).words
        assert isinstance(words, Made)
        assert words == line.words
        filled = [piece for piece in words.pieces if piece.name is not None]
        assert [piece.name for piece in filled] == [name for _, name, _, _ in Formatter().parse(evidence.words) if name]
        assert all(piece.text == str(value(piece.name or "", None)) or piece.text.isdecimal() for piece in filled)
        assert role_of(found, cause) in ROLES


@pytest.mark.parametrize("cause", causes().values(), ids=lambda cause: cause.name)
def test_there_is_one_way_to_read_it(cause: Cause) -> None:
    """Whether a field takes as little as it can or as much: nothing else fits."""
    for evidence in cause.evidence:
        line, pattern = said(evidence), _pattern(evidence.words)
        greedy = re.compile(pattern.pattern.replace("(.+?)", "(.+)"), re.DOTALL)
        lazy_found, greedy_found = pattern.fullmatch(line.words), greedy.fullmatch(line.words)
        assert lazy_found is not None
        assert greedy_found is not None
        assert lazy_found.groups() == greedy_found.groups()


def test_words_that_no_cause_has_are_no_evidence() -> None:
    cause = causes()["gpu-off-bus"]
    with pytest.raises(LookupError, match="no evidence of"):
        evidence_of(replace(said(cause.evidence[0]), words="something else"), cause)
