"""A run told with its steps in blocks: columns of very many at once, and every other event as `narrate` tells it."""

from collections.abc import Iterator
from heapq import merge

import numpy as np

from pysim.pretraining.narrate import narrated
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.run.steps import StepColumns as Executions
from pysim.pretraining.scenes.training import between_steps, cut, left_undone, printed, resuming, steps_in
from pysim.story.columns import Between, StepColumns
from pysim.story.events import Event
from pysim.story.reports import SINGLY
from pysim.story.steps import Executed

BLOCK_STEPS = 32_768  # at a time: what is computed of them stays in a cache


def narrate_in_blocks(
    run: Run, since_us: int = 0, until_us: int | None = None, between: Between = "all"
) -> Iterator[Event | StepColumns]:
    """What happened in [since_us, until_us), in order of the time at which each event is told or the first step of a block was done."""
    looks = between == "all"

    def tell(stretch: Stretch, since_us: int, until_us: int) -> Iterator[Event | StepColumns]:
        yield from resuming(run, stretch, since_us, until_us)
        if stretch.steps:
            yield from _steps_within(run, stretch, (since_us, until_us), between)
        yield from left_undone(run, stretch, since_us, until_us)

    return narrated(run, (since_us, until_us), SINGLY, tell, _in_order, looks=looks)


def _in_order(told: Iterator[Event | StepColumns], others: Iterator[Event]) -> Iterator[Event | StepColumns]:
    return merge(told, others, key=_told_at)


def _told_at(told: Event | StepColumns) -> float:
    return told.time_seconds if isinstance(told, Event) else float(told.time_seconds[0])


def _steps_within(
    run: Run, stretch: Stretch, span_us: tuple[int, int], between: Between
) -> Iterator[Event | StepColumns]:
    first, last = steps_in(run, stretch, *span_us)
    while first <= last:
        end = Executed(min(last, first + BLOCK_STEPS - 1))
        done = run.steps.columns(first, end)
        inside = slice(*done.end_us.searchsorted(span_us).tolist())
        if inside.start < inside.stop:
            yield columns_of(run, stretch, done.rows(inside))
        if between != "nothing":
            yield from cut(between_steps(run, done, looks=between == "all"), *span_us)
        first = Executed(end + 1)


def columns_of(run: Run, stretch: Stretch, done: Executions) -> StepColumns:
    """Steps of a stretch as exporters know them."""
    return StepColumns(
        executed=done.step,
        attempt=np.full_like(done.step, run.incidents.launches_before(stretch.begin_us) + 1),
        time_us=done.end_us,
        global_batch_size=np.full_like(done.step, 1) * run.plan.batches.sizes_of(done.data_step),
        skipped=done.overflow,
        **{name: make() for name, make in printed(run, done).items()},
    )
