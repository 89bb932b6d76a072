"""nanoGPT's words: read back, compared with the run, and what its rates follow from."""

from typing import TypeGuard

import pytest
from auditor.interval import exactly
from auditor.readers.nanogpt import NANOGPT
from auditor.record import Record
from lives import compare_golden, events_of, life, log_of, reports_of, steps_within

from pysim.story import events as ev
from pysim.views.registry import VIEWS, cadence

NAME, EVERY = "nanogpt", 20
PROMISED = 312e12


def records(kind: str, log_every: int | None = EVERY) -> list[Record]:
    return [record for record in NANOGPT.records(log_of(NAME, "life", log_every)) if record.kind == kind]


def test_a_whole_life(*, update_golden: bool) -> None:
    compare_golden(NAME, log_of(NAME, log_every=EVERY), update=update_golden)


@pytest.mark.parametrize("log_every", [20, 1, None])
def test_iterations_are_steps_counted_from_zero_and_have_what_came_before_them(log_every: int | None) -> None:
    told, reports = records("step", log_every), reports_of(NAME, "life", log_every)
    for record, report in zip(told, reports, strict=True):
        last = steps_within(report)[-1]
        assert record.fields["iteration"] == last.step - 1 == report.last - 1
        assert record.number("loss").middle == pytest.approx(last.loss, abs=1e-9)
        assert record.number("milliseconds").high >= last.step_seconds * 1e3
    (after_validation,) = [each for each in records("step", 1) if each.fields["iteration"] == 100]
    (validation, *_) = [
        e for e in events_of(ev.ValidationCompleted) if isinstance(e, ev.ValidationCompleted) and e.step == 100
    ]
    step = next(step for report in reports_of(NAME, "life", 1) if report.last == 101 for step in steps_within(report))
    expected = (validation.seconds + step.step_seconds) * 1e3
    assert after_validation.number("milliseconds").middle == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("log_every", [20, 1])
def test_mfu_is_a_running_mean_in_units_of_one_a100_and_begins_after_five_iterations_of_a_process(
    log_every: int,
) -> None:
    header = life().header
    flops = header.job.flops_per_token("nanogpt") * header.sequence_length * header.global_batch_size
    running, begun, before = -1.0, 0, -1
    for record in records("step", log_every):
        iteration = record.fields["iteration"]
        if iteration <= before:
            running, begun = -1.0, 120
        before = iteration
        if iteration - begun >= 5:
            mfu = flops / (record.number("milliseconds").middle / 1e3) / (PROMISED * header.world_size)
            running = mfu if running == -1.0 else 0.9 * running + 0.1 * mfu
        assert record.number("mfu").middle == pytest.approx(running * 100, abs=0.03)


def test_the_model_is_counted_as_it_counts() -> None:
    model = life().header.job.model
    decayed, vectors = records("decayed")[0], records("vectors")[0]
    parts = [int(each.fields["parameters"].replace(",", "")) for each in (decayed, vectors)]
    assert sum(parts) == model.parameters
    assert (decayed.fields["tensors"], vectors.fields["tensors"]) == (50, 98), "as its README's run of the same model"
    positions = model.learned_positions * model.hidden_size
    millions = records("parameters")[0].number("millions")
    assert millions.meets(exactly((model.parameters - positions) / 1e6))


def test_every_process_of_the_first_node_says_what_is_said_by_all() -> None:
    assert len(records("batch")) == 2 * 8
    assert len(records("loading")) == 8


def test_validations_and_checkpoints_are_those_of_the_run() -> None:
    for record, event in zip(records("validation"), events_of(ev.ValidationCompleted), strict=True):
        assert isinstance(event, ev.ValidationCompleted)
        assert record.fields["step"] == event.step
        assert record.number("loss").middle == pytest.approx(event.loss)
        assert record.number("train_loss").middle == pytest.approx(event.train_loss)
    assert len(records("saving")) == len(list(events_of(ev.CheckpointStarted)))


def test_a_log_that_leaves_reports_out_has_the_same_running_mean() -> None:
    """As a fast show does, which tells every tenth line."""
    every, reports = cadence(VIEWS[NAME], 10)
    whole, thinned = (
        {event.last: event.running_rate for event in life().narrate(0, None, each, reports) if is_due(event)}
        for each in (every, 10 * every)
    )
    assert len(thinned) < len(whole) / 5
    assert {last: whole[last] for last in thinned} == thinned


def is_due(event: ev.Event) -> TypeGuard[ev.StepsReported]:
    return isinstance(event, ev.StepsReported) and event.is_due


def test_what_fails_is_its_own_script() -> None:
    words = "\n".join(log_of(NAME, log_every=EVERY))
    assert "\ntrain.py FAILED\n" in words
    assert "pretrain.py" not in words
