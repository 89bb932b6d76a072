"""Megatron-LM's words: read back, compared with the run as events, and with what others look for in them."""

import re
import tomllib
from math import exp
from pathlib import Path
from typing import Any

import pytest
from auditor.readers.megatron import MEGATRON
from auditor.record import Record
from lives import compare_golden, events_of, life, log_of, reports_of, steps_within

from pysim.story import events as ev

NAME, EVERY = "megatron", 20
PATTERNS = tomllib.loads(Path(__file__).with_name("megatron_patterns.toml").read_text("utf-8"))["pattern"]


def records(kind: str, name: str = "life", log_every: int | None = EVERY) -> list[Record]:
    return [record for record in MEGATRON.records(log_of(NAME, name, log_every)) if record.kind == kind]


def test_a_whole_life(*, update_golden: bool) -> None:
    compare_golden(NAME, log_of(NAME, log_every=EVERY), update=update_golden)


@pytest.mark.parametrize(("name", "log_every"), [("life", 20), ("life", 1), ("life", None), ("half", 7)])
def test_steps_are_those_of_the_run(name: str, log_every: int | None) -> None:
    told, reports = records("step", name, log_every), reports_of(NAME, name, log_every)
    assert [record.fields["last"] for record in told] == [report.last for report in reports]
    header = life(name).header
    for record, report in zip(told, reports, strict=True):
        steps = steps_within(report, name)
        applied = [step.loss for step in steps if step.loss is not None and step.grad_norm is not None]
        if applied:
            assert record.number("loss").middle == pytest.approx(sum(applied) / len(applied), abs=1.1e-4)
        seconds = sum(step.step_seconds for step in steps) / len(steps)
        assert record.number("milliseconds").middle == pytest.approx(seconds * 1e3, abs=0.06)
        assert record.number("learning_rate").middle == pytest.approx(steps[-1].learning_rate, rel=1e-6)
        assert record.number("loss_scale").middle == steps[-1].loss_scale
        assert record.has("grad_norm") == (steps[-1].grad_norm is not None)
        assert record.fields["skipped_steps"] == sum(step.grad_norm is None for step in steps)
        assert record.fields["sequences"] * header.sequence_length == steps[-1].tokens
        assert record.fields["total_steps"] == header.total_steps


def test_teraflops_follow_from_the_time_that_is_printed() -> None:
    header = life().header
    each = header.job.flops_per_token("megatron") * header.sequence_length / header.world_size / 1e12
    for record in records("step"):
        flops = record.number("tflops") * record.number("milliseconds") / 1e3
        assert flops.meets(record.number("global_batch_size") * each, 1e-3)


def test_validations_checkpoints_and_the_resume_are_those_of_the_run() -> None:
    for record, event in zip(records("validation"), events_of(ev.ValidationCompleted), strict=True):
        assert isinstance(event, ev.ValidationCompleted)
        assert record.fields["step"] == event.step
        assert round(record.number("loss").middle, 4) == event.loss
        assert record.number("perplexity").middle == pytest.approx(exp(record.number("loss").middle), rel=1e-6)
    saved = [event.step for event in events_of(ev.CheckpointCompleted) if isinstance(event, ev.CheckpointCompleted)]
    assert [record.fields["step"] for record in records("saved")] == saved
    assert [record.fields["step"] for record in records("saving")] == saved
    assert [record.fields["step"] for record in records("loaded")] == [120]
    assert [record.fields["step"] for record in records("loading")] == [120]


def test_the_first_step_of_every_process_is_told_twice_and_memory_after_the_first_two_reports() -> None:
    assert [record.fields["last"] for record in records("step")][:3] == [1, 20, 40]
    lasts = [record.fields["last"] for record in records("step")]
    assert lasts[lasts.index(121) - 1 : lasts.index(121) + 2] == [160, 121, 140]
    assert [record.fields["step"] for record in records("memory")] == [1, 20, 121, 140]


def test_arguments_are_in_order_and_say_what_the_run_is() -> None:
    read = [(record.fields["name"], record.fields["value"]) for record in records("argument")]
    half = len(read) // 2
    assert read[:half] == read[half:], "both launches are the same"
    assert [name.lower() for name, _ in read[:half]] == sorted(name.lower() for name, _ in read[:half])
    named = dict(read)
    assert named["train_iters"] == "300"
    assert named["bf16"] == "True"
    assert named["world_size"] == "16"
    half_named = {record.fields["name"]: record.fields["value"] for record in records("argument", "half")}
    assert half_named["fp16"] == "True"


@pytest.mark.parametrize("row", PATTERNS, ids=lambda row: row["reader"])
def test_public_readers_find_what_they_look_for(row: dict[str, Any]) -> None:
    found = re.findall(row["regex"], "\n".join(log_of(NAME, log_every=EVERY)), re.MULTILINE)
    assert len(found) >= row["finds"]
    if row.get("numbers"):
        assert all(float(number) > 0 for each in found for number in ([each] if isinstance(each, str) else each))
