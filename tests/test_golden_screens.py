"""What a viewer sees: screens through a terminal in memory, of several sizes at several moments, against committed files.

One file for each size; after an intended change: `pytest tests/test_golden_screens.py --update-golden`, then look.
"""

from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest
from plans import CLASSIC, PLANS

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory, header
from pysim.show.player import Player
from pysim.story.events import Event
from pysim.story.steps import Executed
from pysim.terminal.ansi import visible_width
from pysim.terminal.screen import Screen
from pysim.views.console import console as views_console
from pysim.views.console.console import Console

GOLDEN = Path(__file__).parent / "golden"
ALL = ("start", "bring-up", "training", "validation", "checkpoint", "export", "done")
SIZES = {
    (40, 15): ("training", "checkpoint", "done"),
    (40, 20): ALL,
    (80, 24): ALL,
    (120, 40): ALL,
    (200, 60): ("bring-up", "training", "done"),
}
MIDDLE_STEP = 7000  # has a validation and a checkpoint


def moment_us(run: Run, name: str) -> int:
    timeline = run.timeline
    return {
        "start": 0,
        "bring-up": timeline.start_us - 1,
        "training": timeline.end_of_us(Executed(MIDDLE_STEP - 9)) + 1,
        "validation": (timeline.end_of_us(Executed(MIDDLE_STEP)) + timeline.checkpoint_start_us(Executed(MIDDLE_STEP)))
        // 2,
        "checkpoint": (
            timeline.checkpoint_start_us(Executed(MIDDLE_STEP)) + timeline.next_start_us(Executed(MIDDLE_STEP))
        )
        // 2,
        "export": run.stage_of("writing shards").at_us(0.4),
        "done": run.end_us + 1,
    }[name]


def shown(run: Run, columns: int, rows: int, name: str) -> pyte.Screen:
    terminal = pyte.Screen(columns, rows)
    pyte.Stream(terminal).feed(Player(PretrainingStory(run), Screen(columns, rows)).seek(moment_us(run, name)))
    return terminal


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(CLASSIC)


@pytest.mark.requirement("TRAIN-01", "GPU-04", "VAL-02", "CKPT-01", "EXPORT-01", "EXPORT-02", "ENH-01", "ENH-04")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_screen_looks_as_it_did(run: Run, size: tuple[int, int], *, update_golden: bool) -> None:
    file = GOLDEN / f"screen-{size[0]}x{size[1]}.txt"
    pictures = []
    for name in SIZES[size]:
        rows = [row.rstrip() for row in shown(run, *size, name).display]
        pictures.append("\n".join([f"== {name} ".ljust(size[0], "="), *rows]))
    text = "\n".join(pictures) + "\n"
    if update_golden:
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()


def tellings(run: Run) -> Iterator[Event]:
    """Every kind of event: the start, a validation with a checkpoint, the end."""
    timeline, last = run.timeline, run.timeline.last_step
    due = min(run.plan.checkpoint_interval, last)
    yield from narrate(run, 0, timeline.end_of_us(Executed(3)))
    yield from narrate(run, timeline.end_of_us(Executed(due)), timeline.next_start_us(Executed(due)) + 1)
    yield from narrate(run, timeline.end_of_us(last), None)


@pytest.mark.requirement("TRAIN-02", "CKPT-02")
@pytest.mark.parametrize("columns", [40, 56, 80, 120])
@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_cut(monkeypatch: pytest.MonkeyPatch, name: str, columns: int) -> None:
    """A number without its last digit is a wrong number, so lines are folded before they are ever clipped."""
    cut: list[str] = []
    monkeypatch.setattr(
        views_console, "clip", lambda line, width: cut.append(line) if visible_width(line) > width else line
    )
    run = simulate(PLANS[name])
    console = Console(header(run), Screen(columns, 24))
    for event in tellings(run):
        lines = console.lines(event)
        assert cut == []
        assert all(visible_width(line) <= columns for line in lines)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ALL)
def test_the_live_region_closes_the_screen(run: Run, size: tuple[int, int], name: str) -> None:
    """Nothing wraps: the rule stands where the region begins, and the cursor is on the region's last row."""
    terminal = shown(run, *size, name)
    rules = [row for row, text in enumerate(terminal.display) if set(text) == {"─"}]
    assert rules[-1] == terminal.cursor.y - 2
    full = terminal.cursor.y == size[1] - 1
    assert full or name in ("start", "bring-up"), "only a log that has just begun leaves rows free"
    assert not any(terminal.buffer[terminal.cursor.y + 1 + below] for below in range(size[1] - 1 - terminal.cursor.y))
