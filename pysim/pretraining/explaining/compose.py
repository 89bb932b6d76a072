"""An explanation, put together: the text of the table, the numbers with their formulas, what stands behind them in the plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from pysim.catalog.explanations import Text, explanations
from pysim.catalog.incidents import speakers
from pysim.pretraining.describe import describe
from pysim.pretraining.explaining import cases
from pysim.pretraining.explaining.bring_up import BRING_UP
from pysim.pretraining.explaining.closing import CLOSING
from pysim.pretraining.explaining.parts import PARTS
from pysim.pretraining.explaining.rows import OWN, Reckonings, bytes_text, figure_text, seconds_text
from pysim.pretraining.explaining.training import TRAINING
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.case import Case
from pysim.story.events import Event, FleetSampled, LogLine, NodeDrained, NodeReplaced, Recovered
from pysim.story.explanation import Explanation, Number, Source, Subject
from pysim.story.fleet import DEAD
from pysim.story.kind import Row
from pysim.story.moment import Moment

OF_INCIDENTS = (LogLine, NodeDrained, NodeReplaced, Recovered)  # whose numbers are those of incidents
RECKONINGS: Reckonings = {**BRING_UP, **TRAINING, **CLOSING}
BEHIND: Mapping[str, tuple[str, ...]] = {
    "ModelReady": ("parameters", "active parameters", "model FLOPs per token"),
    "DistributedInitialised": ("replica", "data parallel", "nodes"),
    "DatasetReady": ("steps per epoch", "steps"),
    "OptimizerReady": ("weights", "gradients", "optimizer state", "activations", "workspace"),
    "TrainingStarted": ("step", "steps per epoch", "training"),
    "StepCompleted": ("step", "tokens per step", "model FLOPs per token", "MFU"),
    "StepsReported": ("step", "tokens per step"),
    "ValidationCompleted": ("validation",),
    "CheckpointCompleted": ("checkpoint",),
    "ExportCompleted": ("export",),
    "RunCompleted": ("run", "accelerator hours", "energy", "cost"),
    "FleetSampled": ("power in training",),
    "run-bar": ("steps", "run"),
    "time": ("run",),
}
"""What of the plan stands behind an event or a part: names of rows of `--describe`."""


def explain(run: Run, subject: Subject, now: Moment) -> Explanation:
    """What there is to say of a subject at a moment."""
    if subject.kind == "incident":
        return _of_incident(run, subject.number, now)
    if subject.event is not None:
        return _of_event(run, subject.event, subject.focus, now)
    return _of_part(run, subject.name, now)


# Numbers


def rows_of(run: Run, event: Event) -> Iterator[Row]:
    """The numbers of an event that follow from others."""
    reckon = RECKONINGS.get(type(event))
    yield from reckon(run, event) if reckon else ()


def rows_behind(run: Run, name: str) -> Iterator[Row]:
    """Rows of `--describe`."""
    wanted = BEHIND.get(name, ())
    found = {row.name: row for row in describe(run.plan, run.figures)} if wanted else {}
    return (found[each] for each in wanted)


def _numbers(run: Run, event: Event, focus: str) -> Iterator[Number]:
    kind = type(event).__name__
    reckoned = {row.name: row for row in rows_of(run, event)}
    names = [field.name for field in fields(event)]
    extra = [name for name in reckoned if name not in names]
    for name in (*names, *extra):
        meaning = "" if _is_absent(event, name) else explanations().meaning(kind, name)
        if not meaning or (focus and name != focus):
            continue
        row = reckoned.get(name) or _plain(name, _readable(event, name))
        yield _number(row, "" if focus else meaning)


def _number(row: Row, meaning: str) -> Number:
    name = row.name.replace("_", " ") if row.section == OWN else f"plan: {row.name}"
    return Number(name=name, value=row.value, unit=row.unit, text=row.text, formula=row.formula, meaning=meaning)


def _behind(run: Run, name: str) -> Iterator[Number]:
    return (_number(row, "") for row in rows_behind(run, name))


def _is_absent(event: Event, name: str) -> bool:
    """Whether an event has a field for others only: a speaker without a rank, a step without a loss scale."""
    if name == "loss_scale":
        return bool(getattr(event, name) == 1)
    value = getattr(event, name, 0.0)
    return isinstance(event, LogLine) and (value in (None, "") or (name == "unlisted" and not value))


def _readable(event: Event, name: str) -> Any:  # noqa: ANN401  # whatever an event holds
    """A field; of a look at the fleet what could be read."""
    value = getattr(event, name)
    if isinstance(event, FleetSampled) and isinstance(value, np.ndarray) and name != "condition":
        readable = value[event.condition != DEAD]
        return readable if len(readable) else value
    return value


def _plain(name: str, value: Any) -> Row:  # noqa: ANN401  # whatever an event holds
    """A value that was chosen, measured or counted."""
    unit = next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")
    text = _text(value, unit)
    return Row(OWN, name, value if isinstance(value, (int, float, str)) else text, unit, text, "")


_UNITS = {
    "_seconds": "s",
    "seconds": "s",
    "_bytes": "B",
    "_celsius": "C",
    "_watts": "W",
    "_percent": "%",
    "_mhz": "MHz",
}


def _text(value: Any, unit: str) -> str:  # noqa: ANN401
    if value is None:
        return "not a number"
    if isinstance(value, np.ndarray):
        return f"{value.min():,} to {value.max():,} {unit}".rstrip()
    if isinstance(value, str):
        return value.partition("\n")[0]
    if isinstance(value, tuple):
        return f"{len(value):,}"
    special: Mapping[str, Callable[[float], str]] = {"s": seconds_text, "B": bytes_text}
    if unit in special:
        return special[unit](value)
    return f"{value:,} {unit}".rstrip() if isinstance(value, int) else f"{figure_text(value)} {unit}".rstrip()


# Subjects


def _of_event(run: Run, event: Event, focus: str, now: Moment) -> Explanation:
    name = type(event).__name__
    text = explanations().events[name]
    case = cases.case_of(run, event.number) if isinstance(event, OF_INCIDENTS) else None
    time_us = event.time_us
    numbers = [*_numbers(run, event, focus), *(() if focus else _behind(run, name))]
    return Explanation(
        subject="event",
        name=name,
        title=f"{text.title}: {focus.replace('_', ' ')}" if focus else text.title,
        about=explanations().meaning(name, focus) if focus else _about(text, event),
        time_us=time_us,
        numbers=(*numbers, *_costs(case, now.time_us)),
        better=text.better,
        known=tuple(cases.known(case, now.time_us)) if case else (),
        truth=_truth(case) if case else (),
        read=_read(text),
    )


def _about(text: Text, event: Event) -> str:
    if not isinstance(event, LogLine):
        return text.about
    speaker = speakers()[event.speaker]
    return f"{text.about} Who speaks here: {speaker.title}."


def _of_incident(run: Run, number: int, now: Moment) -> Explanation:
    text, case = explanations().parts["incidents"], cases.case_of(run, number)
    return Explanation(
        subject="incident",
        name=str(number),
        title=f"incident {number}",
        about=text.about,
        time_us=now.time_us,
        numbers=tuple(_costs(case, now.time_us)),
        better=text.better,
        known=tuple(cases.known(case, now.time_us)) if case else ("There is no such incident.",),
        truth=_truth(case) if case else (),
        read=_read(text),
    )


def _of_part(run: Run, name: str, now: Moment) -> Explanation:
    text = explanations().parts[name]
    own = (_number(row, _part_meaning(text, row.name)) for row in PARTS[name](run, now))
    return Explanation(
        subject="part",
        name=name,
        title=text.title,
        about=text.about,
        time_us=now.time_us,
        numbers=(*own, *_behind(run, name)),
        better=text.better,
        read=_read(text),
    )


def _part_meaning(text: Text, name: str) -> str:
    return text.fields.get(name) or explanations().fields.get(name, "")


def _costs(case: Case | None, time_us: int) -> Iterable[Number]:
    rows = cases.costs(case, time_us) if case else ()
    return [_number(row, explanations().fields.get(row.name, "")) for row in rows]


def _truth(case: Case) -> tuple[str, ...]:
    text = explanations().causes[cases.cause_of(case).name]
    more = [f"Read more: {reading.title}, {reading.url}" for reading in text.read]
    return (*cases.truth(case), text.about, text.better, *more)


def _read(text: Text) -> tuple[Source, ...]:
    return tuple(Source(title=reading.title, url=reading.url) for reading in text.read)
