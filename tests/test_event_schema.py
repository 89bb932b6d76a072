"""The committed schema of events, and real output held against it by a validator of others."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import event_schema
import pytest
from jsonschema import Draft202012Validator
from plans import HUGE, PLANS
from random_plans import random_plan
from thorough import sampled

from pysim.pretraining.plan import Plan
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.story.steps import Executed
from pysim.terminal.screen import Screen
from pysim.views.jsonlines import JsonLines

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent.parent / "docs" / "events.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
BY_KIND = {kind: Draft202012Validator(described) for kind, described in SCHEMA["$defs"].items()}
RANDOM_PLANS, PLANS_TOGETHER = 200, 25
OF_EACH_KIND = 3  # records of a run that are put to the test


def spans(story: PretrainingStory) -> Iterator[tuple[int, int | None]]:
    """Bring-up and some steps, a checkpoint and a validation, the end."""
    timeline, plan = story.run.timeline, story.run.plan
    last = timeline.last_step
    yield 0, timeline.end_of_us(Executed(min(20, last))) + 1
    for due in (plan.checkpoint_interval, plan.validation_interval):
        step = Executed(min(due, last))
        yield timeline.end_of_us(step), timeline.next_start_us(step) + 1
    yield timeline.end_of_us(last), None


def records(plan: Plan) -> Iterator[dict[str, Any]]:
    """Some records of every kind in a run of the plan."""
    story, seen = tell(plan), Counter[str]()
    for since, until in spans(story):
        for _, line in timed_transcript(story, Screen(), since, until, view=JsonLines):
            record = json.loads(line)
            seen[record["event"]] += 1
            if seen[record["event"]] <= OF_EACH_KIND:
                yield record


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]) == {kind.__name__ for kind in event_schema.kinds()}


@pytest.mark.parametrize("first", sampled(range(0, RANDOM_PLANS, PLANS_TOGETHER), every=4))
def test_all_that_random_runs_say_is_as_the_schema_has_it(first: int) -> None:
    for seed in range(first, first + PLANS_TOGETHER):
        for record in records(random_plan(seed)):
            problems = [problem.message for problem in BY_KIND[record["event"]].iter_errors(record)]
            assert not problems, (seed, record, problems)


@pytest.mark.parametrize("plan", [PLANS["small-wren-7"], HUGE], ids=lambda plan: plan.name)
def test_a_line_is_valid_as_a_whole(plan: Plan) -> None:
    """The schema tells kinds of events apart: each line fits one of its alternatives, and only one."""
    for record in records(plan):
        VALIDATOR.validate(record)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"loss": "2.5"}, "is not of type 'number'"),
        ({"grad_norm": True}, "is not of type"),
        ({"surprise": 1}, "Additional properties"),
        ({"time": "yesterday"}, "does not match"),
        ({"event": "StepSkipped"}, "was expected"),
    ],
)
def test_what_is_wrong_is_refused(change: dict[str, object], problem: str) -> None:
    step = next(record for record in records(HUGE) if record["event"] == "StepCompleted")
    found = [error.message for error in BY_KIND["StepCompleted"].iter_errors(step | change)]
    assert any(problem in message for message in found), found


def test_a_missing_field_is_missed() -> None:
    step = next(record for record in records(HUGE) if record["event"] == "StepCompleted")
    del step["mfu"]
    assert not BY_KIND["StepCompleted"].is_valid(step)


@pytest.mark.parametrize(
    ("kind", "field", "words"),
    [
        (ev.FleetSampled, "power_watts", "list of integers, one for each rank, or null"),
        (ev.TreesBuilt, "parents", "list of integers, one for each channel"),
        (ev.TreesBuilt, "children", "list of lists of integers, one for each channel, one for each child"),
        (ev.StepCompleted, "grad_norm", "number or null"),
        (ev.ValidationCompleted, "improved", "boolean"),
        (ev.Opened, "ends_at", "string or null"),
    ],
)
def test_types_in_words(kind: type[ev.Event], field: str, words: str) -> None:
    assert event_schema.words(event_schema.schema_of(kind)["properties"][field]) == words


def test_a_type_without_a_form_in_json_is_refused() -> None:
    @dataclass
    class Odd:
        values: set[int]

    with pytest.raises(TypeError, match="has no form in JSON"):
        event_schema.properties(Odd)
