"""What somebody asks of the run on show who shows it on a page of his own: its curve, its events, where places are. Pure.

A question is a JSON list of what it names, an answer JSON; what cannot be answered is refused in a line. Answers know the whole run.
"""

import json
from collections.abc import Callable
from itertools import islice
from math import isnan
from typing import Any

from pysim.edge import protocol
from pysim.edge.places import place_us
from pysim.show.troubles import Refused
from pysim.story.story import Story
from pysim.views.jsonlines import json_line

MOST_POINTS = 1_000
MOST_EVENTS = 1_000  # of an answer, which crosses to the page in one piece


def curve(story: Story, asked: str) -> str:
    """A `CurveAnswer` to `[points, from, until]`; the last step or the last of a few, for each of so many points."""
    return _answered(lambda: {"refusal": "", "points": _points(story, *json.loads(asked))}, {"points": []})


def events(story: Story, asked: str) -> str:
    """An `EventsAnswer` to `[from, until]`: the first of what happens from there on, and before the other."""
    return _answered(lambda: {"refusal": "", "events": _events(story, *json.loads(asked))}, {"events": []})


def places(story: Story, asked: str) -> str:
    """A list of `PlaceAnswer` to a list of places."""
    return json.dumps([_placed(story, place) for place in json.loads(asked)])


def _answered(find: Callable[[], dict[str, Any]], nothing: dict[str, Any]) -> str:
    try:
        return json.dumps(find())
    except Refused as refused:
        return json.dumps({"refusal": str(refused), **nothing})


def _points(story: Story, points: int, since: str, until: str) -> list[protocol.CurveRow]:
    total = story.header.total_steps
    first = max(story.moment(_us(story, since, 0)).step + 1, 1)
    last = min(story.moment(_us(story, until, story.end_us)).step, total)
    if last < first:
        message = "no step is completed between these places"
        raise Refused(message)
    columns = story.history(story.end_us, first, last, min(max(points, 2), MOST_POINTS, last - first + 1))
    steps = columns.edges[1:].tolist()
    rows = zip(
        steps,
        *(
            map(_number, each.tolist())
            for each in (
                columns.loss,
                columns.learning_rate,
                columns.grad_norm,
                columns.tokens_per_second,
                columns.validation,
            )
        ),
        strict=True,
    )
    return [
        {
            "step": step,
            "run_seconds": (story.item_begin(step + 1) - 1) / 1e6,
            "loss": loss,
            "learning_rate": rate,
            "grad_norm": norm,
            "tokens_per_second": speed,
            "validation_loss": validation,
        }
        for step, loss, rate, norm, speed, validation in rows
    ]


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def _events(story: Story, since: str, until: str) -> list[object]:
    told = story.narrate(_us(story, since, 0), _us(story, until, story.end_us + 1))
    return [json.loads(json_line(event)) for event in islice(told, MOST_EVENTS)]


def _us(story: Story, place: str, otherwise_us: int) -> int:
    return place_us(story, place) if place else otherwise_us


def _placed(story: Story, place: str) -> protocol.PlaceAnswer:
    try:
        time_us = place_us(story, place)
    except Refused as refused:
        return {"refusal": str(refused), "run_seconds": None, "fraction": None}
    return {"refusal": "", "run_seconds": time_us / 1e6, "fraction": round(time_us / story.end_us, 6)}
