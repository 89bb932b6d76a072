"""NeMo's words: read back, compared with the run, and with what its readers look for."""

import ast
import re

import pytest
from auditor.readers.nemo import NEMO
from auditor.record import Record
from lives import compare_golden, events_of, launches_of, life, log_of, reports_of, steps_within
from plans import PIPELINED

from pysim.pretraining.story import tell
from pysim.story import events as ev
from pysim.terminal.screen import UNLIMITED, Screen
from pysim.views.dialects.nemo import Nemo

NAME, EVERY = "nemo", 20
SAVES = re.compile(  # GoogleCloudPlatform/gpu-recipes, its parser of NeMo 2 logs
    r"Global Checkpoint Save : Rank: \d+ : Iteration: (\d+) : Start time: ([\d.]+)s : Save duration: ([\d.]+)s"
)


def records(kind: str, log_every: int | None = EVERY) -> list[Record]:
    return [record for record in NEMO.records(log_of(NAME, "life", log_every)) if record.kind == kind]


def test_a_whole_life(*, update_golden: bool) -> None:
    compare_golden(NAME, log_of(NAME, log_every=EVERY), update=update_golden)


@pytest.mark.parametrize("log_every", [20, 1])
def test_steps_are_those_of_the_run(log_every: int) -> None:
    header = life().header
    for record, report in zip(records("step", log_every), reports_of(NAME, "life", log_every), strict=True):
        steps = steps_within(report)
        losses = [step.loss for step in steps if step.loss is not None]
        assert (record.fields["iteration"], record.fields["step"]) == (report.last - 1, report.last - 1)
        assert record.fields["last"] == header.total_steps - 1
        assert record.number("loss").middle == pytest.approx(sum(losses) / len(losses), rel=1e-3)
        rates = [step.learning_rate for step in steps]
        assert record.number("learning_rate").middle == pytest.approx(sum(rates) / len(rates), rel=1e-3)
        seconds = [step.step_seconds for step in steps]
        assert record.number("seconds").middle == pytest.approx(sum(seconds) / len(seconds), rel=1e-3)
        begins = report.first == report.started_with
        if begins and log_every == 1:
            assert not record.has("sequences"), "the first step of a process has none"
        elif not begins:
            consumed = [step.step * header.global_batch_size for step in steps]
            assert record.number("sequences").middle == pytest.approx(sum(consumed) / len(consumed), rel=1e-3)


def test_a_validation_is_told_with_the_steps_after_it_until_the_processes_are_gone() -> None:
    losses = {
        each.step: each.loss for each in events_of(ev.ValidationCompleted) if isinstance(each, ev.ValidationCompleted)
    }
    told, again = (
        {
            record.fields["step"] + 1: record.number("validation").middle if record.has("validation") else None
            for record in launch
        }
        for launch in launches_of(records("step", 1))
    )
    assert told[50] is None, "a step is told before the validation after it"
    assert told[51] == pytest.approx(losses[50], rel=1e-3)
    assert told[150] == pytest.approx(losses[100], rel=1e-3)
    assert again[121] is None
    assert again[151] == pytest.approx(losses[150], rel=1e-3)


def test_saves_are_found_by_a_reader_of_such_logs() -> None:
    found = [(int(each[1]), float(each[3])) for each in map(SAVES.search, log_of(NAME, "life", EVERY)) if each]
    saved = [e for e in events_of(ev.CheckpointCompleted) if isinstance(e, ev.CheckpointCompleted)]
    assert [step for step, _ in found] == [event.step - 1 for event in saved]
    assert [seconds for _, seconds in found] == pytest.approx([event.seconds for event in saved], abs=6e-4)


def test_it_goes_on_from_the_checkpoint_and_ends() -> None:
    (restoring,), (restored,), (loaded,) = records("restoring"), records("restored"), records("loaded")
    assert restoring.fields == restored.fields
    assert restored.fields["path"].endswith("step=119-last")
    assert loaded.number("seconds").middle > 0
    assert [record.fields["steps"] for record in records("stopped")] == [300]
    assert len(records("sanity")) == 2, "a resumed run has no sanity check"


def test_the_groups_of_ranks_part_the_world() -> None:
    story = tell(PIPELINED)
    view = Nemo(story.header, Screen(UNLIMITED, 50))
    told = [line for event in story.narrate(0, 120_000_000) for line in view.lines(event)]
    lists = [ast.literal_eval(line.partition(": ")[2]) for line in told if "] All " in line]
    assert [len(each[0]) for each in lists] == [16, 1, 32, 8, 4, 4], "of 512: TP 8, PP 4, so DP 16"
    for groups in lists:
        assert sorted(rank for group in groups for rank in group) == list(range(512))
    assert lists[3][0] == list(range(8))
    assert lists[4][0] == [0, 128, 256, 384]
