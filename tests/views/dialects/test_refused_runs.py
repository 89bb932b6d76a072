"""What a trainer could not have trained its words do not tell, and one line says why."""

from functools import cache

import pytest

from pysim.pretraining.planning.presets import presets
from pysim.pretraining.story import tell
from pysim.story.header import Header
from pysim.views.dialects.table import DIALECTS

NAMES = ("hf", "nanogpt", "nemo", "deepspeed", "llmc", "litgpt")


@cache
def headers() -> tuple[tuple[str, Header], ...]:
    return tuple((name, tell(preset.plan()).header) for name, preset in presets().items())


def told(name: str) -> set[str]:
    return {preset for preset, header in headers() if DIALECTS[name].refuses(header) is None}


def test_some_run_of_ours_is_told_by_each() -> None:
    assert all(told(name) for name in NAMES)


def test_programs_with_one_architecture_tell_no_other() -> None:
    assert "gpt2-124m" in told("nanogpt") & told("llmc")
    assert "classic" not in told("nanogpt") | told("llmc")
    assert "gpt2-124m" not in told("litgpt"), "positions are learned"


@pytest.mark.parametrize("name", NAMES)
def test_why_not_is_said_in_a_few_words(name: str) -> None:
    reasons = {DIALECTS[name].refuses(header) for _, header in headers()} - {None}
    assert all(reason and reason.startswith("cannot tell this run: it ") and len(reason) < 100 for reason in reasons)


def test_pipelines_and_tpus_are_refused_where_nothing_runs_them() -> None:
    for preset, header in headers():
        if header.pipeline_parallel > 1:
            assert preset not in told("hf") | told("deepspeed") | told("litgpt")
        if header.vendor == "google":
            assert not any(preset in told(name) for name in NAMES)
