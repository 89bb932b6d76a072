"""Many events as one: columns that are events when somebody looks."""

from functools import partial
from heapq import merge
from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pysim.story import events as ev

MOMENTS = st.lists(st.integers(0, 12), max_size=8).map(sorted)


def made(**columns: NDArray[Any]) -> ev.Makers:
    """Columns that are there already."""
    return {name: partial(np.asarray, column) for name, column in columns.items()}


def skipped(times: list[int]) -> "ev.Block[ev.StepSkipped]":
    """Steps at those seconds."""
    seconds = np.array(times, np.float64)
    steps = np.arange(len(times), dtype=np.int64)
    columns = made(time_seconds=seconds, step=steps, loss_scale=steps * 4, next_loss_scale=steps * 2)
    return ev.Block(ev.StepSkipped, columns)


def test_a_block_is_a_sequence_of_its_events() -> None:
    block = skipped([3, 4, 9])
    assert (block.kind, len(block)) == (ev.StepSkipped, 3)
    assert block[1] == ev.StepSkipped(time_seconds=4.0, step=1, loss_scale=4, next_loss_scale=2)
    assert list(block[1:]) == list(block)[1:]
    assert list(block[1:][:1]) == [block[1]]
    assert block[1:].values("step") == [1, 2]


def test_what_is_not_a_number_is_none() -> None:
    columns = made(time_seconds=np.array([1.0, 2.0]), loss=np.array([np.nan, 0.5]))
    assert ev.Block(ev.Event, columns).values("loss") == [None, 0.5]


def test_a_column_is_worked_out_once_and_only_if_it_is_asked_for() -> None:
    asked: list[str] = []

    def make(name: str) -> NDArray[Any]:
        asked.append(name)
        return np.arange(3.0)

    block = ev.Block(ev.StepSkipped, {name: partial(make, name) for name in ("time_seconds", "step", "loss_scale")})
    assert block[1:].values("step") == block.array("step").tolist()[1:]
    assert asked == ["time_seconds", "step"]


def test_columns_that_are_no_fields_are_refused_when_events_are_made() -> None:
    with pytest.raises(ValueError, match="not of a StepSkipped"):
        list(ev.Block(ev.StepSkipped, made(time_seconds=np.zeros(1))))


@given(MOMENTS, st.integers(0, 12), st.integers(0, 12))
def test_a_part_in_time_has_its_end_no_more(times: list[int], since: int, until: int) -> None:
    inside = [event for event in skipped(times) if since <= event.time_seconds < until]
    assert list(skipped(times).within(since, until)) == inside


@given(MOMENTS, MOMENTS, st.integers(0, 8))
def test_two_accounts_are_one_in_order_of_time(times: list[int], others: list[int], cut: int) -> None:
    block, noticed = skipped(times), [ev.Event(time_seconds=float(second)) for second in others]
    tellings = [
        part
        for part in (block[:cut], *block[cut : cut + 1], block[cut + 1 :])
        if not isinstance(part, ev.Block) or part
    ]
    expected = list(merge(block, noticed, key=attrgetter("time_seconds")))
    woven = list(ev.woven(tellings, noticed))
    assert list(ev.singly(woven)) == expected
    assert all(len(telling) for telling in woven if isinstance(telling, ev.Block))
