"""llm.c's words: read back, compared with the run, and recomputed as its source does."""

from math import isnan, sqrt

import pytest
from auditor.readers.llmc import LLMC
from auditor.record import Record
from lives import compare_golden, events_of, launches_of, life, log_of, reports_of, steps_within

from pysim.story import events as ev

NAME, EVERY, WINDOW = "llmc", 20, 128


def records(kind: str, log_every: int | None = EVERY) -> list[Record]:
    return [record for record in LLMC.records(log_of(NAME, "life", log_every)) if record.kind == kind]


def processes() -> list[list[Record]]:
    """Steps of the two launches."""
    return launches_of(records("step", None))


def test_a_whole_life(*, update_golden: bool) -> None:
    compare_golden(NAME, log_of(NAME, log_every=EVERY), update=update_golden)


def test_steps_are_those_of_the_run() -> None:
    for record, report in zip(records("step", None), reports_of(NAME, "life"), strict=True):
        (step,) = steps_within(report)
        assert record.fields["step"] == step.step
        assert record.number("loss").middle == pytest.approx(step.loss, abs=6e-5)
        assert record.number("norm").middle == pytest.approx(step.grad_norm, abs=6e-4)
        assert record.number("learning_rate").middle == pytest.approx(step.learning_rate, rel=6e-3)
        assert record.number("milliseconds").middle == pytest.approx(step.step_seconds * 1e3, abs=0.006)


@pytest.mark.parametrize("name", ["loss", "norm"])
def test_deviations_are_from_the_window_that_a_process_has_seen(name: str) -> None:
    for told in processes():
        values = [record.number(name).middle for record in told]
        for index, record in enumerate(told):
            z = record.number(f"{name}_z").middle
            if index < WINDOW:
                assert isnan(z)
                continue
            window = values[index - WINDOW + 1 : index + 1]
            mean = sum(window) / WINDOW
            spread = sqrt(sum(value * value for value in window) / WINDOW - mean * mean)
            assert z == pytest.approx((values[index] - mean) / spread, abs=0.03)


def test_the_rate_is_corrected_for_the_start_of_the_run_and_not_of_the_process() -> None:
    tokens = life().header.global_batch_size * life().header.sequence_length
    for told in processes():
        mean = 0.0
        for record in told:
            rate, step = tokens / (record.number("milliseconds").middle / 1e3), record.fields["step"] - 1
            expected = rate
            if step > 0:
                mean = 0.95 * mean + 0.05 * rate
                expected = mean / (1 - 0.95**step)
            assert record.number("rate").middle == pytest.approx(expected, rel=1e-4)
    assert processes()[1][0].number("rate").middle < 1e6, "after a restart it begins near nothing"


def test_mfu_and_memory_follow_from_the_table() -> None:
    rows = {record.fields["name"]: record.fields["value"] for record in records("row")}
    parameters, layers, width = (int(rows[name]) for name in ("num_parameters", "num_layers L", "channels C"))
    tokens, length = int(rows["total batch size"]), int(rows["sequence length T"])
    world, promised = int(rows["num_processes"]), float(rows["peak TFlops"]) * 1e12
    assert parameters == 124_475_904, "as llm.c prints it for d12"
    for record in records("step")[1:]:
        seconds = record.number("milliseconds").middle / 1e3
        flops = (6 * parameters + 6 * layers * width * length) * tokens / seconds
        assert record.number("mfu").middle == pytest.approx(100 * flops / promised / world, abs=0.06)
    (batch, _again) = records("batch")
    assert (
        batch.fields["micro"]
        * batch.fields["length"]
        * batch.fields["world"]
        * records("accumulation")[0].fields["steps"]
        == tokens
    )


def test_validations_checkpoints_and_the_resume_are_those_of_the_run() -> None:
    for record, event in zip(records("validation"), events_of(ev.ValidationCompleted), strict=True):
        assert isinstance(event, ev.ValidationCompleted)
        assert record.number("loss").middle == pytest.approx(event.loss, abs=6e-5)
    saved = [event.step for event in events_of(ev.CheckpointStarted) if isinstance(event, ev.CheckpointStarted)]
    assert [record.fields["step"] for record in records("saving")] == saved
    assert [record.fields["rank"] for record in records("state")] == list(range(16)) * len(saved)
    methods = [record.fields["value"] for record in records("row") if record.fields["name"] == "weight init method"]
    assert methods == ["d12", "intermediate checkpoint"]


def test_the_end_is_the_time_of_this_process_by_the_steps_of_the_run() -> None:
    (end,) = records("end")
    seconds = sum(record.number("milliseconds").middle for record in processes()[1])
    assert end.number("milliseconds").middle == pytest.approx(seconds / 299, rel=1e-4)
