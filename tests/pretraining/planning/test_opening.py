"""Every plan that is accepted opens at once, however large: what is allocated on the way is counted, not the time."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from pysim.catalog import accelerators, datasets, models
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan
from pysim.pretraining.planning.limits import LARGEST_WORLD, LONGEST_YEARS, MOST_STEPS, YEAR_SECONDS
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.run import Run, simulate
from pysim.story.steps import Executed

MEGABYTE = 10**6
MOST_MEGABYTES = 120  # of the 200 that are promised: the interpreter and NumPy take the rest
MOST_EVENTS = 500  # from the launch to the first step
LARGE: dict[str, dict[str, Any]] = {
    "steps": {"model": "gpt2-124m", "batch_tokens": 2**19, "tokens": 2**19 * MOST_STEPS},
    "steps of a preset": {"preset": "gpt2-124m", "epochs": 104_857},
    "epochs": {"epochs": 1_000_000},
    "years": {"preset": "potato", "tokens": 3 * 10**12, "dataset": "fineweb"},
    "accelerators": {"model": "gpt2-124m", "gpus": LARGEST_WORLD},
    "accelerators of a large model": {"model": "llama3-405b", "gpus": LARGEST_WORLD, "accelerator": "h100-sxm"},
    "a batch": {"batch_tokens": 10**12},
    "a model": {"preset": "hal-9000b", "tokens": 10**14, "dataset": "fineweb", "epochs": 10},
}


@contextmanager
def allocating_at_most(megabytes: float) -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTE
    finally:
        tracemalloc.stop()


def opens(plan: Plan) -> Run:
    """Simulated, and told from its launch, its middle and its end, as a viewer may open it."""
    run = simulate(plan)
    timeline = run.timeline
    opening = sum(1 for _ in narrate(run, 0, timeline.start_us + 1))
    assert opening < MOST_EVENTS
    middle = (timeline.last_step + 1) // 2
    assert list(narrate(run, timeline.start_of_us(Executed(middle)), timeline.end_of_us(Executed(middle)) + 1))
    assert list(narrate(run, timeline.end_us - 1, run.end_us))
    return run


def accepted(request: Request) -> Plan:
    """The plan, or that of what is suggested instead."""
    try:
        return choose_plan(request)
    except PlanError as error:
        return choose_plan(replace(request, **dict(error.change or {})))


SLOW = ("years",)  # nine thousand incidents, whose every allocation is counted


@pytest.mark.parametrize(
    "asked",
    [pytest.param(asked, id=name, marks=[pytest.mark.thorough] * (name in SLOW)) for name, asked in LARGE.items()],
)
def test_the_largest_plans_open(asked: dict[str, Any]) -> None:
    with allocating_at_most(MOST_MEGABYTES):
        opens(choose_plan(Request(**asked)))


LEAST_GOODPUT = 0.1  # with which a plan is accepted


@pytest.mark.parametrize("incidents", [0.0, pytest.param(None, marks=pytest.mark.thorough)])
@given(number=st.integers(0, 10**6))
@settings(max_examples=examples(10))
def test_whatever_is_accepted_opens_and_ends_within_decades(number: int, incidents: float | None) -> None:
    chance = Random(number)  # noqa: S311 - choices, not secrets
    parts: dict[str, Any] = {
        "preset": chance.choice(tuple(presets())),
        "model": chance.choice(tuple(models())),
        "accelerator": chance.choice(tuple(accelerators())),
        "dataset": chance.choice(tuple(datasets())),
        "gpus": round(2 ** chance.uniform(0, 19)),
        "batch_tokens": round(10 ** chance.uniform(3, 12)),
        "tokens": round(10 ** chance.uniform(6, 18)),
        "epochs": round(10 ** chance.uniform(0, 6)),
    }
    asked = {name: value for name, value in parts.items() if chance.random() < 0.3}
    plan = accepted(Request(seed=number, incidents=incidents, **asked))
    with allocating_at_most(MOST_MEGABYTES):
        run = opens(plan)
    seconds = run.end_us / 1e6 * (1.0 if incidents == 0.0 else LEAST_GOODPUT)
    assert seconds < 1.05 * LONGEST_YEARS * YEAR_SECONDS  # slow hours come on top of what a plan expects
    assert plan.total_steps <= MOST_STEPS
