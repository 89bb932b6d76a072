"""The console in a file, which has no right edge: one line a record, and all that there is to say."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from plans import PLANS, TINY

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import header
from pysim.story import events as ev
from pysim.story.steps import Executed
from pysim.terminal.screen import PAGE, Screen
from pysim.views.console.console import Console

RUNS = {name: simulate(plan) for name, plan in PLANS.items()}
STAMP = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] (?:INFO   |WARNING) (?! )")
BLOCKS = (ev.LibraryLogged, ev.FleetSampled, ev.RunCompleted)  # of lines without a stamp
PICTURE = re.compile(r"[ \d.e-]{9}[⠀-⣿ \d]")


def telling(run: Run) -> Iterator[ev.Event]:
    """Bring-up and a few steps, a checkpoint, the closing."""
    timeline, saved = run.timeline, Executed(run.plan.checkpoint_interval)
    yield from narrate(run, 0, timeline.end_of_us(Executed(11)))
    yield from narrate(run, timeline.end_of_us(saved), timeline.next_start_us(saved))
    yield from narrate(run, timeline.end_of_us(Executed(run.plan.total_steps)))


def words(run: Run, screen: Screen) -> list[tuple[ev.Event, list[str]]]:
    console = Console(header(run), screen)
    return [(event, console.lines(event)) for event in telling(run)]


@pytest.mark.parametrize("name", PLANS)
def test_every_record_begins_with_its_time(name: str) -> None:
    """No line goes on where another ended."""
    for event, lines in words(RUNS[name], PAGE):
        if isinstance(event, BLOCKS):
            continue
        stamped = [line for line in lines if STAMP.match(line)]
        others = [line for line in lines if line not in stamped]
        assert all(line.startswith("$ ") or re.match(r"W\d{4} ", line) or PICTURE.match(line) for line in others), (
            others
        )


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_cut(name: str) -> None:
    """What any screen shows, the file says; and no sign says that something is missing."""
    in_file = "\n".join(line for _, lines in words(RUNS[name], PAGE) for line in lines)
    assert "…" not in in_file
    assert not re.search(r"\.\.\.(?! and )", in_file)
    said = set(re.findall(r"[\w.,/:%+-]+", in_file))
    for event, lines in words(RUNS[name], Screen(300, PAGE.rows, color=False)):
        if not isinstance(event, ev.FleetSampled):
            told = {word for line in lines if "…" not in line for word in re.findall(r"[\w.,/:%+-]+", line)}
            assert told <= said


def test_a_step_has_all_its_fields() -> None:
    """ENH-02, TRAIN-07: what stands below the log on a terminal stands on the line."""
    run = simulate(replace(TINY, precision="fp16"))
    lines = [lines for event, lines in words(run, PAGE) if type(event) is ev.StepCompleted]
    number = r" *[\d.,e+-]+"
    form = re.compile(
        rf".*\] INFO    \[Rank 0/16\] \[Node 0/2\] step{number}/300 \| loss{number} \| ppl{number} \| lr{number} \| grad_norm *(?:{number}|inf)"
        rf" \| loss scale{number} \|{number} s \|{number} tok/s \|{number} samples/s \| MFU{number}%"
        r" \| elapsed (\d+d )?\d+:\d\d:\d\d \| ETA (\d+d )?\d+:\d\d:\d\d"
    )
    assert len(lines) > 10
    for (line,) in lines:
        assert form.fullmatch(line), line


@pytest.mark.parametrize("name", PLANS)
def test_pictures_have_a_width_all_the_same(name: str) -> None:
    """The grid of accelerators is drawn, not written: it stays as wide as a page."""
    samples = [lines for event, lines in words(RUNS[name], PAGE) if type(event) is ev.FleetSampled]
    same = [lines for event, lines in words(RUNS[name], replace(PAGE, columns=120)) if type(event) is ev.FleetSampled]
    assert samples
    assert [lines[1:] for lines in samples] == [lines[1:] for lines in same]
