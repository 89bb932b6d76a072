"""Facts: frozen, with a moment, and as JSON."""

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass
from inspect import getdoc, isclass
from math import isfinite
from typing import Any

import numpy as np
import pytest
from plans import TINY

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import simulate
from pysim.story import events as ev
from pysim.views.jsonlines import DERIVED, json_line

KINDS = [kind for kind in vars(ev).values() if isclass(kind) and issubclass(kind, ev.Event)]
EVENTS = list(narrate(simulate(TINY)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_events_are_frozen_slotted_and_explained(kind: type[ev.Event]) -> None:
    assert is_dataclass(kind)
    assert kind.__slots__ is not None
    assert getdoc(kind)
    assert fields(kind)[0].name == "time_seconds"
    assert all(field.kw_only for field in fields(kind))


def test_a_fact_cannot_be_changed() -> None:
    event = ev.EpochStarted(time_seconds=1.0, epoch=1, epochs=3, step=1)
    with pytest.raises(FrozenInstanceError):
        event.epoch = 2  # type: ignore[misc]


def test_events_from_columns_are_those_of_the_constructor() -> None:
    columns: dict[str, list[Any]] = {
        "time_seconds": [1.0, 2.0],
        "step": [4, 5],
        "loss_scale": [2, 4],
        "next_loss_scale": [1, 2],
    }
    assert list(ev.from_columns(ev.StepSkipped, columns)) == [
        ev.StepSkipped(time_seconds=1.0, step=4, loss_scale=2, next_loss_scale=1),
        ev.StepSkipped(time_seconds=2.0, step=5, loss_scale=4, next_loss_scale=2),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {"time_seconds": [1.0], "step": [4], "loss_scale": [2]},
        {"time_seconds": [1.0], "step": [4], "loss_scale": [2], "next_loss_scale": [1], "loss": [3.0]},
        {"time_seconds": [1.0], "step": [4], "loss_scale": [2], "next_loss_scale": [1, 2]},
    ],
)
def test_columns_that_do_not_fit_are_refused(columns: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match=r"columns|argument"):
        list(ev.from_columns(ev.StepSkipped, columns))


def test_every_event_is_one_line_of_json_with_its_own_fields() -> None:
    for event in EVENTS:
        line = json_line(event)
        assert "\n" not in line
        data = json.loads(line)
        assert data.pop("event") == type(event).__name__
        own = [field.name for field in fields(event)]
        assert data.pop("ground_truth", False) is isinstance(event, ev.GroundTruth)
        assert list(data)[: len(own)] == own
        assert set(data) - set(own) == set(DERIVED.get(type(event), {}))
        for name in own:
            assert as_json(getattr(event, name)) == data[name]


def as_json(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def test_numbers_are_python_numbers_and_finite() -> None:
    for event in EVENTS:
        for field in fields(event):
            value = getattr(event, field.name)
            assert isinstance(value, int | float | str | np.ndarray) or value is None, field.name
            assert not isinstance(value, np.generic), field.name
            assert not isinstance(value, float) or isfinite(value)
