"""DeepSpeed's words: read back and compared with the run."""

import pytest
from auditor.readers.deepspeed import DEEPSPEED
from auditor.record import Record
from lives import compare_golden, events_of, life, log_of, reports_of, steps_within

from pysim.story import events as ev

NAME, EVERY = "deepspeed", 20


def records(kind: str, name: str = "life", log_every: int | None = EVERY) -> list[Record]:
    return [record for record in DEEPSPEED.records(log_of(NAME, name, log_every)) if record.kind == kind]


def test_a_whole_life(*, update_golden: bool) -> None:
    compare_golden(NAME, log_of(NAME, log_every=EVERY), update=update_golden)


@pytest.mark.parametrize(("name", "log_every"), [("life", 20), ("life", 1), ("half", 10)])
def test_steps_are_those_of_the_run(name: str, log_every: int) -> None:
    told = [record for record in records("step", name, log_every) if record.fields["step"]]
    job, header = life(name).header.job, life(name).header
    reports = [report for report in reports_of(NAME, name, log_every) if report.last % log_every == 0]
    for record, report in zip(told, reports, strict=True):
        assert record.fields["step"] == report.last
        following = min(report.last + 1, header.total_steps)
        assert float(record.fields["rate"]) == job.learning_rate(following), "the scheduler has stepped"


def test_skipped_steps_add_up() -> None:
    skipped, told = 0, dict[int, int]()
    for event in life("half").narrate():
        if isinstance(event, ev.StepCompleted):
            skipped += event.grad_norm is None
            told[event.step] = skipped
        elif isinstance(event, ev.TrainingResumed):
            break
    for record in records("step", "half", 10):
        if record.fields["step"] in told:
            assert record.fields["skipped"] == told[record.fields["step"]]
    assert skipped > 0
    overflows = [line for line in log_of(NAME, "half", 10) if "OVERFLOW" in line]
    assert len(overflows) == sum(isinstance(event, ev.StepSkipped) for event in life("half").narrate())


def test_rates_are_those_of_this_process_without_its_first_two_steps() -> None:
    batch = life().header.global_batch_size
    reports = {(r.started_with, r.last - r.started_with + 1): r for r in reports_of(NAME, "life", 1)}
    started, before = 1, 0
    for record in records("speed", "life", 1):
        count = record.fields["count"]
        started = 121 if count < before else started
        before = count
        report = reports[started, count]
        counted = [step.step_seconds for each in range(3, count + 1) for step in steps_within(reports[started, each])]
        assert float(record.fields["last"]) == pytest.approx(batch / counted[-1], rel=1e-6)
        assert float(record.fields["mean"]) == pytest.approx(batch * len(counted) / sum(counted), rel=1e-6)
        assert record.fields["micro"] == count * life().header.job.setup.accumulation
        assert report.last == started + count - 1


def test_the_timer_counts_the_steps_of_its_process() -> None:
    """120 is no multiple of 50: after the restart the two lines no longer come together."""
    counts = [record.fields["count"] for record in records("speed", "life", 50)]
    assert counts == [50, 100, 150, 50, 100, 150]
    assert [record.fields["step"] for record in records("step", "life", 50) if record.fields["step"]] == [
        50, 100, 150, 150, 200, 250, 300,
    ]  # fmt: skip


def test_the_launcher_kills_the_node_that_failed_and_says_what_it_exited_with() -> None:
    (failed,), killed = records("failed"), records("killing")
    assert failed.fields["code"] == -6
    assert "--local_rank=4" in failed.fields["command"]
    job = life().header.job
    assert [record.fields["process"] for record in killed] == [job.process_id(rank) for rank in range(8, 16)]
    spawned = [record.fields["process"] for record in records("spawned")]
    assert spawned[:8] == [job.process_id(rank) for rank in range(8)]
    assert spawned[8:] == [record.fields["process"] for record in records("exited")]


def test_checkpoints_and_the_resume_are_those_of_the_run() -> None:
    saved = [event.step for event in events_of(ev.CheckpointStarted) if isinstance(event, ev.CheckpointStarted)]
    assert [record.fields["step"] for record in records("saving")] == saved
    assert {record.fields["step"] for record in records("loading")} == {120}


def test_its_facts_tie() -> None:
    facts = {record.fields["name"]: record.fields["value"] for record in records("fact")}
    batch = (
        int(facts["train_micro_batch_size_per_gpu"])
        * int(facts["gradient_accumulation_steps"])
        * int(facts["world_size"])
    )
    assert int(facts["train_batch_size"]) == batch
