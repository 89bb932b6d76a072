"""Steps in blocks say what the events of single steps say, and everything else is told as it always is."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest
from befalling import MANY_NODES, OVERFLOWING, SMALL
from plans import RAMPED, TINY
from random_failures import failing_run

from pysim.pretraining import blocks
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.columns import Between, StepColumns
from pysim.story.events import Block, Event, FleetSampled, StepCompleted

_HOUR_US = 3_600_000_000


def _crashed() -> Run:
    asked = [Injection(cause="gpu-off-bus", at_us=hours * _HOUR_US, target="node", number=1) for hours in (2, 4)]
    return simulate(SMALL, incidents=incidents(SMALL, asked))


RUNS: dict[str, Callable[[], Run]] = {
    "calm": lambda: simulate(TINY),
    "rolled back twice": _crashed,
    "overflowing": lambda: simulate(OVERFLOWING),
    "growing batch": lambda: simulate(replace(RAMPED, tokens=400 * RAMPED.tokens_per_step, epochs=1)),
    "many nodes": lambda: simulate(MANY_NODES),
    **{f"random {seed}": partial(failing_run, seed) for seed in (1, 2, 3)},
}


def _spans(run: Run) -> Iterator[tuple[int, int | None]]:
    yield 0, None
    yield run.end_us // 3, run.end_us // 2
    yield run.timeline.end_of_us(run.timeline.last_step), run.timeline.end_of_us(run.timeline.last_step) + 1


def _as_events(columns: StepColumns) -> list[StepCompleted]:
    return list(
        Block(StepCompleted, {field.name: partial(getattr, columns, field.name) for field in fields(StepCompleted)})
    )


@pytest.mark.parametrize("name", RUNS)
def test_blocks_say_what_events_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_STEPS", 97)  # so that borders fall everywhere
    run = RUNS[name]()
    story = PretrainingStory(run)
    for since_us, until_us in _spans(run):
        singly = list(story.narrate(since_us, until_us))
        told = list(story.blocks(since_us, until_us))
        rest = [each for each in told if isinstance(each, Event)]
        assert [repr(each) for each in rest] == [repr(each) for each in singly if not isinstance(each, StepCompleted)]
        steps = [each for block in told if isinstance(block, StepColumns) for each in _as_events(block)]
        assert steps == [each for each in singly if isinstance(each, StepCompleted)]


@pytest.mark.parametrize("between", ["no looks", "nothing"])
def test_less_may_be_told_between_blocks(between: Between) -> None:
    story = PretrainingStory(_crashed())
    every, fewer = list(story.blocks()), list(story.blocks(between=between))
    steps = [[repr(each.step) for each in told if isinstance(each, StepColumns)] for told in (every, fewer)]
    assert steps[0] == steps[1]
    kept = [repr(each) for each in fewer if isinstance(each, Event)]
    events = [each for each in every if isinstance(each, Event)]
    assert not any(isinstance(each, FleetSampled) for each in fewer)
    if between == "no looks":
        assert kept == [repr(each) for each in events if not isinstance(each, FleetSampled)]
    assert set(kept) < {repr(each) for each in events}


def test_steps_that_are_done_again_come_again_with_another_attempt() -> None:
    run = _crashed()
    found = [each for each in PretrainingStory(run).blocks() if isinstance(each, StepColumns)]
    steps, attempts = (np.concatenate([getattr(each, name) for each in found]) for name in ("step", "attempt"))
    executed = np.concatenate([each.executed for each in found])
    assert executed.tolist() == list(range(1, run.timeline.last_step + 1))
    assert sorted(set(attempts.tolist())) == [1, 2, 3]
    assert len(set(steps.tolist())) < len(steps)
    assert len({*zip(steps.tolist(), attempts.tolist(), strict=True)}) == len(steps)
    assert (np.diff(attempts) >= 0).all()


def test_a_block_is_made_of_one_kind_of_batch_and_knows_its_size() -> None:
    found = [each for each in PretrainingStory(simulate(RAMPED)).blocks() if isinstance(each, StepColumns)]
    sizes, tokens = (
        np.concatenate([getattr(each, name) for each in found]) for name in ("global_batch_size", "tokens")
    )
    assert sizes[0] == 128
    assert sizes[-1] == RAMPED.global_batch_size
    assert (np.diff(tokens) == sizes[1:] * RAMPED.sequence_length).all()
