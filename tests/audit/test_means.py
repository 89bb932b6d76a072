"""Means over many steps, worked out anew from the single steps: in the text and in the data."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce
from operator import add

import pytest
from auditor.interval import Interval, exactly
from auditor.readers.console import Console as ConsoleReader
from auditor.readers.jsonlines import JsonLines as DataReader
from auditor.record import Record
from befalling import SMALL, befallen_by, in_step, incident

from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.events import Event
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.jsonlines import json_line

SHORT = replace(SMALL, tokens=500 * SMALL.tokens_per_step)
RUN: Run = befallen_by(SHORT, [incident("gpu-off-bus", in_step(simulate(SHORT), 257))])
STORY = PretrainingStory(RUN)
AVERAGED = {"loss": "mean_loss", "grad_norm": "mean_grad_norm", "step_seconds": "mean_step_seconds"}
HALF_DIGITS = {"loss": 0.5e-4, "grad_norm": 0.5e-3, "step_seconds": 0.5e-6}  # that a mean is rounded by


def text_of(events: Iterable[Event], columns: int) -> Iterator[Record]:
    view = Console(STORY.header, Screen(columns, 50, color=False, live=False))
    return ConsoleReader().records(line for event in events for line in view.lines(event))


def data_of(events: Iterable[Event], _columns: int) -> Iterator[Record]:
    return DataReader().records(map(json_line, events))


def number(record: Record, name: str) -> float:
    value = record.fields[name]
    return value.middle if isinstance(value, Interval) else float(str(value))


def mean(steps: list[Record], name: str) -> Interval:
    values = [step.fields[name] for step in steps]
    assert all(isinstance(value, Interval) for value in values)
    return reduce(add, values, exactly(0.0)) / len(values)


def steps_of(report: Record, single: Iterator[Record]) -> list[Record]:
    """The single steps that come next, as many as a report names."""
    return [next(single) for _ in range(int(number(report, "last") - number(report, "first")) + 1)]


@pytest.mark.parametrize("every", [10, 100, 1000])
@pytest.mark.parametrize(("read", "columns"), [(text_of, 300), (text_of, 120), (data_of, 0)])
def test_each_mean_is_that_of_the_steps_that_are_named(read: object, columns: int, every: int) -> None:
    assert callable(read)
    single = (r for r in read(STORY.narrate(), columns) if r.kind == "StepCompleted")
    reports = [r for r in read(STORY.narrate(every=every), columns) if r.kind == "StepsReported"]
    assert len(reports) >= 2
    for report in reports:
        steps = steps_of(report, single)
        assert [number(step, "step") for step in (steps[0], steps[-1])] == [
            number(report, name) for name in ("first", "last")
        ]
        for name, mean_name in AVERAGED.items():
            printed = report.fields[mean_name]
            assert isinstance(printed, Interval)
            half = HALF_DIGITS[name]
            assert printed.meets(mean(steps, name) + Interval(-half, half)), (report.where, mean_name)
        rate = report.fields["tokens_per_second"]
        assert isinstance(rate, Interval)
        assert rate.meets(exactly(float(SHORT.tokens_per_step)) / mean(steps, "step_seconds"), 1e-6)
    assert next(single, None) is None, "each step is in a report"
