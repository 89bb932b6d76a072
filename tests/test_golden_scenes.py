"""Scenes of a run as the console writes them, colours and all, against small committed files.

ESC is written as ␛. After an intended change: `pytest tests/test_golden_scenes.py --update-golden`, then read the diff.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from befalling import SMALL, one, unseen
from interrupted import BEFALLEN
from plans import HALF, TINY

from pysim.pretraining.moment import moment
from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory, header
from pysim.show.player import Player
from pysim.show.transcript import transcript
from pysim.story.events import StepSkipped, incidents
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.screen import PAGE, Screen
from pysim.views.console.console import Console
from pysim.views.console.live import Live
from pysim.views.jsonlines import json_line

GOLDEN = Path(__file__).parent / "golden"
SCREEN = Screen(100, 30)
FIRST_SKIP_BY = 1201  # by then an FP16 run has overflowed once


def told(run: Run, since_us: int, until_us: int | None, screen: Screen = SCREEN) -> str:
    return "".join(transcript(PretrainingStory(run), screen, since_us, until_us))


def steps(first: int, last: int) -> str:
    """Steps of the tiny run, with all that follows the last one."""
    run = simulate(TINY)
    return told(run, run.timeline.end_of_us(Executed(first)), run.timeline.next_start_us(Executed(last)) + 1)


def bring_up() -> str:
    run = simulate(TINY)
    return told(run, 0, run.timeline.start_us)


def opening() -> str:
    run = simulate(TINY)
    return told(run, run.timeline.start_us, run.timeline.end_of_us(Executed(5)) + 1)


def file() -> str:
    """Bring-up and the first ten steps, with what follows the last one, as a file has them."""
    run = simulate(TINY)
    return told(run, 0, run.timeline.next_start_us(Executed(10)) + 1, PAGE)


def skipped_step() -> str:
    run = simulate(HALF)
    timeline = run.timeline
    span = narrate(run, timeline.start_of_us(Executed(2)), timeline.end_of_us(Executed(FIRST_SKIP_BY)))
    step = next(event.step for event in span if isinstance(event, StepSkipped))
    return told(run, timeline.end_of_us(Executed(step - 1)), timeline.end_of_us(Executed(step + 1)) + 1)


def closing() -> str:
    run = simulate(TINY)
    return told(run, run.timeline.end_us, None)


def closing_of_many(screen: Screen) -> str:
    """Where the time of a run with several causes went."""
    run = simulate(replace(SMALL, incident_factor=300.0))
    lines = told(run, run.end_us - 1, None, screen).splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(" "))


def data() -> str:
    """A validation and a checkpoint as JSON lines."""
    run = simulate(TINY)
    span = narrate(run, run.timeline.end_of_us(Executed(299)), run.timeline.end_us + 1)
    return "".join(f"{json_line(event)}\n" for event in span)


def frames() -> str:
    """What the player writes: the opening frame, steps, a validation in progress, a pause, a new size, the end."""
    run = simulate(TINY)
    player = Player(PretrainingStory(run), Screen(60, 8), span=Span(run.timeline.end_of_us(Executed(48))))
    return "\n".join(text.replace("\r", "\\r") for text in _frames(player, run)) + "\n"


def _frames(player: Player, run: Run) -> Iterator[str]:
    timeline = run.timeline
    yield player.advance(0.0)
    yield player.advance(0.3)
    yield player.advance(0.3)
    yield player.seek((timeline.end_of_us(Executed(50)) + timeline.checkpoint_start_us(Executed(50))) // 2)
    yield player.pause()
    yield player.resize(Screen(40, 6))
    yield player.message("a word from us")
    yield player.seek(run.end_us)
    yield player.finish()


def interruption(case: str) -> str:
    """The last steps before a run is cut, what is told of it, and the first steps after; the live region at each segment."""
    run = BEFALLEN[case].run()
    before, after = run.timeline.stretches[0], run.timeline.stretches[-1]
    log = told(run, before.end_us - 1_500_000, run.timeline.end_of_us(Executed(after.completed + 3)) + 1)
    live = Live(header(run), SCREEN)
    rows = [
        f"-- {segment.kind}\n" + "\n".join(live.lines(moment(run, (segment.begin_us + segment.end_us) // 2), "")) + "\n"
        for segment in run.timeline.segments
        if before.end_us <= segment.begin_us < after.begin_us
    ]
    return log + "".join(rows)


def incident(cause: str) -> str:
    """All that is said and done about a cause, and the live region while it is noticed and in each part of the recovery."""
    run = one(cause)
    (befallen,) = run.befallen
    console, live = Console(header(run), SCREEN), Live(header(run), SCREEN)
    begin_us, end_us = run.incidents.began_us(befallen), max(run.incidents.over_us(befallen), befallen.noticed_us) + 1
    told_of = (event for event in narrate(run, begin_us, end_us) if type(event).__module__ == incidents.__name__)
    log = "".join(f"{line}\n" for event in told_of for line in console.lines(event))
    moments = {"unnoticed": befallen.noticed_us - 1}
    moments |= {part.name: (part.begin_us + part.end_us) // 2 for part in run.incidents.parts(befallen)}
    return log + "".join(f"-- {name}\n{live.lines(moment(run, at_us), '')[2]}\n" for name, at_us in moments.items())


def shaken(run: Run, before: int, after: int) -> str:
    """Steps around the one in which a cause strikes, from `before` of them on."""
    timeline, at_us = run.timeline, run.befallen[0].incident.at_us
    step = timeline.step_at(at_us)
    return told(run, timeline.end_of_us(Executed(step - before)), timeline.end_of_us(Executed(step + after)) + 1)


SCENES: dict[str, Callable[[], str]] = {
    "bring-up": bring_up,
    "opening": opening,
    "file": file,
    "grid": lambda: steps(19, 20),
    "validation": lambda: steps(50, 50),
    "epoch": lambda: steps(100, 101),
    "checkpoint": lambda: steps(119, 120),
    "skipped-step": skipped_step,
    "hang": lambda: interruption("with a hang"),
    "torn-checkpoint": lambda: interruption("during a save"),
    "cut-validation": lambda: interruption("in a validation"),
    "skipped-batches": lambda: interruption("skipping batches"),
    "incident-crash": lambda: incident("gpu-off-bus"),
    "incident-hang": lambda: incident("collective-hang"),
    "incident-slow": lambda: incident("straggler"),
    "incident-stall": lambda: incident("link-flap"),
    "incident-survives": lambda: incident("row-remap"),
    "incident-planned": lambda: incident("planned-maintenance"),
    "incident-data": lambda: incident("nan"),
    "incident-storm": lambda: shaken(one("fp16-overflow", step=241), 1, 7),
    "incident-spike": lambda: shaken(one("loss-spike", step=241), 1, 8),
    "not-a-number": lambda: shaken(unseen("nan", SMALL, 247), 1, 5),
    "closing": closing,
    "closing-interrupted": lambda: closing_of_many(SCREEN),
    "closing-interrupted-narrow": lambda: closing_of_many(Screen(60, 30)),
    "closing-interrupted-in-a-file": lambda: closing_of_many(PAGE),
    "data": data,
    "frames": frames,
}


@pytest.mark.requirement(
    "INIT-01", "INIT-02", "INIT-03", "INIT-04", "INIT-05", "TRAIN-01", "TRAIN-02", "TRAIN-06", "GPU-01", "GPU-04", "VAL-01", "VAL-02",
    "VAL-03", "CKPT-01", "CKPT-02", "EXPORT-01", "EXPORT-02", "ENH-01", "ENH-02", "ENH-03", "ENH-04",
)  # fmt: skip
@pytest.mark.parametrize("name", SCENES)
def test_a_scene_reads_as_it_did(name: str, *, update_golden: bool) -> None:
    file, text = GOLDEN / f"scene-{name}.txt", SCENES[name]().replace("\x1b", "␛")
    if update_golden:
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()


def test_no_scene_is_left_over() -> None:
    assert {file.name for file in GOLDEN.glob("scene-*.txt")} == {f"scene-{name}.txt" for name in SCENES}
