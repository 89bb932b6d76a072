"""litgpt's words: read back and compared with the run, its wrong number among them."""

import re
from datetime import timedelta

import pytest
from auditor.readers.litgpt import LITGPT
from auditor.record import Record
from lives import compare_golden, events_of, launches_of, life, log_of, reports_of, steps_within

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.story import tell
from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.terminal.screen import PAGE
from pysim.views.registry import VIEWS

NAME, LIFE, EVERY = "litgpt", "rotary", 20
_LEFT = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")


def records(kind: str, log_every: int | None = EVERY) -> list[Record]:
    return [record for record in LITGPT.records(log_of(NAME, LIFE, log_every)) if record.kind == kind]


def test_a_whole_life(*, update_golden: bool) -> None:
    compare_golden(NAME, log_of(NAME, LIFE, EVERY), update=update_golden)


def seconds_of(left: str) -> float:
    found = _LEFT.fullmatch(left)
    assert found
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()


@pytest.mark.parametrize("log_every", [20, 1])
def test_steps_are_those_of_the_run(log_every: int) -> None:
    header = life(LIFE).header
    each = header.job.setup.accumulation
    for record, report in zip(records("step", log_every), reports_of(NAME, LIFE, log_every), strict=True):
        last = steps_within(report, LIFE)[-1]
        assert (record.fields["step"], record.fields["iteration"]) == (report.last, report.last * each)
        assert record.number("loss").middle == pytest.approx(last.loss, abs=6e-4)
        if report.last != report.started_with:
            assert record.number("milliseconds").middle * each == pytest.approx(
                last.step_seconds * 1e3, abs=0.006 * each
            )
        left = seconds_of(record.fields["left"])
        done = report.last - report.started_with + 1
        expected = (report.time_seconds - report.started_seconds) / done * (header.total_steps - report.last)
        assert left <= expected < left + 1.01


def test_validations_checkpoints_and_the_resume_are_those_of_the_run() -> None:
    events = [e for e in events_of(ev.ValidationCompleted, LIFE) if isinstance(e, ev.ValidationCompleted)]
    *regular, last = events
    for record, event in zip(records("validation"), regular, strict=True):
        assert record.number("loss").middle == pytest.approx(event.loss)
        assert record.number("milliseconds").middle == pytest.approx(event.seconds * 1e3, abs=0.01)
    (final,) = records("final")
    assert final.number("loss").middle == pytest.approx(last.loss, abs=6e-4)
    assert final.number("perplexity").middle == pytest.approx(last.perplexity, rel=1e-3)
    assert [record.fields.get("step") for record in records("saving")] == [120, 240, None]
    assert [record.fields["step"] for record in records("loading")] == [120]


def test_the_last_validation_stands_in_each_line_until_the_processes_are_gone() -> None:
    first, second = (
        {record.fields["step"]: record.fields["validation"] for record in launch}
        for launch in launches_of(records("step", 1))
    )
    losses = {e.step: e.loss for e in events_of(ev.ValidationCompleted, LIFE) if isinstance(e, ev.ValidationCompleted)}
    assert (first[50], second[121], second[150]) == ("n/a", "n/a", "n/a")
    assert float(first[51]) == pytest.approx(losses[50], abs=6e-4)
    assert float(second[151]) == pytest.approx(losses[150], abs=6e-4)


def test_the_end_has_the_throughput_that_it_has() -> None:
    (tokens,), (seconds,), (rate,) = records("tokens"), records("time"), records("rate")
    count = int(tokens.fields["tokens"].replace(",", ""))
    header = life(LIFE).header
    assert count == header.total_tokens
    assert rate.number("rate").middle < count / seconds.number("seconds").middle / 100, "divided by the host's clock"


def test_flops_are_those_of_products_of_matrices() -> None:
    """As torch's counter had them for litgpt's own pythia-160m: 2 x 128 tokens forward and back, 0.24 TFLOP."""
    header = life(LIFE).header
    per_token = header.job.flops_per_token("palm")
    tokens = header.job.setup.micro_batch_size * header.sequence_length * header.world_size
    (measured, _again) = records("flops")
    assert measured.number("teraflops").middle == pytest.approx(per_token * tokens / 1e12, rel=0.06)


@pytest.mark.parametrize(
    ("accelerator", "gpus", "said"),
    [
        ("h100-sxm", 8, "All GPUs are fully connected via NVLink."),
        ("h100-pcie", 8, "Warning: Not all GPUs are fully connected via NVLink."),
        ("mi300x", 8, "All GPUs are fully connected via XGMI."),
        ("h100-sxm", 1, ""),
    ],
)
def test_several_processes_say_how_they_are_connected_and_who_they_are(accelerator: str, gpus: int, said: str) -> None:
    request = Request(model="tinyllama-1.1b", accelerator=accelerator, gpus=gpus, incidents=0.0)
    story = tell(choose_plan(request))
    first_us = story.item_begin(1)
    told = timed_transcript(story, PAGE, 0, first_us, view=VIEWS[NAME])
    lines = [text.removesuffix("\n") for _, text in told]
    assert not said or any(line.startswith(said) for line in lines)
    assert sum(line.startswith("Initializing distributed: ") for line in lines) == (gpus if gpus > 1 else 0)
    assert [line for line in lines if "Seed set to" in line] == (
        [f"[rank: {rank}] Seed set to 42" for rank in range(gpus)] if gpus > 1 else ["Seed set to 42"]
    )
    assert len([line for line in lines if "connected via" in line]) == bool(said)
