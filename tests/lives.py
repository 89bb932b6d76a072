"""One small life, with one failure and one resume, that every dialect tells: what the program would write, and the events of the same run."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from auditor.record import Record
from plans import HALF, TINY

from pysim.catalog import models
from pysim.pretraining.injection import Injection
from pysim.pretraining.plan import Plan
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.terminal.screen import PAGE
from pysim.views.dialects.table import DIALECTS
from pysim.views.registry import VIEWS, cadence

GOLDEN = Path(__file__).parent / "golden" / "dialects"
CAUSE, STEP = "gpu-off-bus", 170
LIVES: dict[str, Plan] = {
    "life": TINY,
    "half": replace(HALF, name="half-a-day-3", tokens=300 * HALF.tokens_per_step, validation_interval=50),
    "rotary": replace(TINY, name="turning-wren-7", model=models()["tinyllama-1.1b"], micro_batch_size=4),
}
"""Three hundred steps each, in BF16 and FP16; and a model with rotary positions, for those who know no others."""


@cache
def life(name: str = "life", cause: str = CAUSE, step: int = STEP) -> PretrainingStory:
    """The story, in which something befalls a step; checkpoints are behind it, so some steps are done again."""
    calm = tell(LIVES[name])
    at_us = calm.item_begin(step) + round(calm.header.step_seconds * 5e5)
    return tell(LIVES[name], [Injection(cause=cause, at_us=at_us)])


@cache
def log_of(view: str, name: str = "life", log_every: int | None = None) -> tuple[str, ...]:
    """Every line of a life as a file has them."""
    told = timed_transcript(life(name), PAGE, view=VIEWS[view], log_every=log_every)
    return tuple(text.removesuffix("\n") for _, text in told)


def reports_of(view: str, name: str = "life", log_every: int | None = None) -> list[ev.StepsReported]:
    """What a dialect was told of steps, as far as the program prints it."""
    told = life(name).narrate(0, None, *cadence(VIEWS[view], log_every))
    return [event for event in told if isinstance(event, ev.StepsReported) and event.is_due]


@cache
def single_steps(name: str = "life") -> tuple[ev.StepCompleted, ...]:
    """Every step of the same run, as `events` has them, in the order in which they were done."""
    return tuple(event for event in life(name).narrate() if isinstance(event, ev.StepCompleted))


def launches_of(told: Sequence[Record], count: str = "step") -> list[list[Record]]:
    """What each launch of the job told, one after the other: where a count goes back, another one begins."""
    launches: list[list[Record]] = [[]]
    for record in told:
        if launches[-1] and record.fields[count] <= launches[-1][-1].fields[count]:
            launches.append([])
        launches[-1].append(record)
    return launches


def events_of(kind: type[ev.Event], name: str = "life") -> Iterator[ev.Event]:
    """What else happened, of a kind."""
    return (event for event in life(name).narrate() if isinstance(event, kind))


def steps_within(report: ev.StepsReported, name: str = "life") -> list[ev.StepCompleted]:
    """The single steps that a report is about: those that end within its time."""
    done = [step for step in single_steps(name) if step.time_seconds <= report.time_seconds + 1e-6]
    return done[len(done) - (report.last - report.first + 1) :]


def compare_golden(view: str, log: tuple[str, ...], *, update: bool) -> None:
    """A whole life against its committed file."""
    path, text = GOLDEN / f"{view}.log", "\n".join(log) + "\n"
    if update:
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_bytes().decode() == text  # bars are carriage returns, which are not to become line ends


def spoken_of() -> tuple[str, ...]:
    """All dialects that are there."""
    return tuple(DIALECTS)
