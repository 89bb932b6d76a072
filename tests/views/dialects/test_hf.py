"""The words of Hugging Face's Trainer: read back, compared with the run, and linted by a program that reads its metrics."""

import json
from pathlib import Path

import pytest
from auditor.readers.hf import HF
from auditor.record import Record
from lives import compare_golden, events_of, life, log_of, reports_of, steps_within
from losslint.cli import main

from pysim.story import events as ev
from pysim.terminal.screen import Screen
from pysim.views.dialects.hf import HuggingFace
from pysim.views.view import Glance

NAME, EVERY = "hf", 20


def records(kind: str, name: str = "life", log_every: int | None = EVERY) -> list[Record]:
    return [record for record in HF.records(log_of(NAME, name, log_every)) if record.kind == kind]


def test_a_whole_life(*, update_golden: bool) -> None:
    compare_golden(NAME, log_of(NAME, log_every=EVERY), update=update_golden)


@pytest.mark.parametrize(("name", "log_every"), [("life", 20), ("life", 1), ("half", 7)])
def test_steps_are_those_of_the_run(name: str, log_every: int) -> None:
    told, reports = records("step", name, log_every), reports_of(NAME, name, log_every)
    bars, header = records("bar", name, log_every), life(name).header
    for record, report, bar in zip(told, reports, bars, strict=True):
        steps = steps_within(report, name)
        losses = [step.loss for step in steps if step.loss is not None]
        assert record.number("loss").middle == pytest.approx(sum(losses) / len(losses), rel=1e-3)
        assert record.number("learning_rate").middle == pytest.approx(steps[-1].learning_rate, rel=1e-3)
        assert record.number("epoch").middle == pytest.approx(steps[-1].step / header.steps_per_epoch, rel=1e-3)
        norm = steps[-1].grad_norm
        assert record.number("grad_norm").middle == pytest.approx(float("inf") if norm is None else norm, rel=1e-3)
        assert (bar.fields["done"], bar.fields["total"]) == (report.last, header.total_steps)


def test_evaluations_are_those_of_the_run_and_their_rates_tie() -> None:
    header = life().header
    examples = header.validation_batches * header.global_batch_size
    for record, event in zip(records("evaluation"), events_of(ev.ValidationCompleted), strict=True):
        assert isinstance(event, ev.ValidationCompleted)
        assert record.number("loss").middle == pytest.approx(event.loss, rel=1e-3)
        assert (record.number("samples_rate") * record.number("seconds")).middle == pytest.approx(examples, rel=1e-3)
        batches = record.number("batches_rate") * record.number("seconds")
        assert batches.middle == pytest.approx(examples / (32 * header.world_size), rel=1e-3)


def test_the_block_says_what_is_trained_and_ties() -> None:
    facts = {record.fields["name"]: int(record.fields["value"].replace(",", "")) for record in records("fact")}
    header = life().header
    devices = facts["Total train batch size (w. parallel, distributed & accumulation)"] // (
        facts["Instantaneous batch size per device"] * facts["Gradient Accumulation steps"]
    )
    assert devices == header.world_size
    assert facts["Total optimization steps"] == facts["Num update steps per epoch"] * facts["Num Epochs"]
    assert facts["Number of trainable parameters"] == header.job.model.parameters


def test_after_the_failure_it_goes_on_from_the_checkpoint_and_counts_this_process_only() -> None:
    assert [record.fields["step"] for record in records("loading")] == [120]
    assert [record.fields["step"] for record in records("resuming")] == [120]
    (forward,), (end,) = records("forward"), records("end")
    assert (forward.fields["epochs"], forward.fields["batches"]) == (1, 20)
    assert (end.number("steps_rate") * end.number("seconds")).middle == pytest.approx(180, rel=1e-3)
    assert (end.number("samples_rate") * end.number("seconds")).middle == pytest.approx(180 * 512, rel=1e-3)
    last = [step.loss for step in steps_within(reports_of(NAME, "life", 20)[-1])]
    assert end.number("loss").middle > max(filter(None, last))


def test_checkpoints_are_those_of_the_run_and_large_ones_are_split() -> None:
    saved = [event.step for event in events_of(ev.CheckpointCompleted) if isinstance(event, ev.CheckpointCompleted)]
    assert [record.fields["step"] for record in records("saving")] == saved
    assert [record.fields["step"] for record in records("saved")] == saved


def test_a_linter_of_metrics_finds_the_steps_that_are_done_again_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"step": bar.fields["done"], "loss": record.number("loss").middle, "learning_rate": record.number("learning_rate").middle}
        for bar, record in zip(records("bar"), records("step"), strict=True)
    ]  # fmt: skip
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    main(["check", str(tmp_path), "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert [each["check"] for each in found["findings"]] == ["step_backtrack"]


def test_on_a_terminal_the_bar_stands_below_and_lines_have_none() -> None:
    story = life()
    view = HuggingFace(story.header, Screen(100, 30))
    (report, *_) = reports_of(NAME, "life", 20)
    assert "\r" not in "".join(view.lines(report))
    moments = [round(each.time_seconds * 1e6) + 1 for each in reports_of(NAME, "life", 20) if each.last == 160]
    first_run, second_run = (view.live(Glance(story, story.moment(time_us)))[0] for time_us in moments)
    assert first_run.startswith(" 53%|")
    assert len(first_run) == len(second_run) == 100
    assert "[00:" in second_run, "a new process has a new bar"
