"""The line of every step."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HALF, HUGE, PLANS, TINY

from pysim.pretraining.moment import step_event
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import header
from pysim.story.events import StepCompleted
from pysim.story.steps import Executed
from pysim.terminal.ansi import palette, strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.prefix import Prefix
from pysim.views.console.stepline import StepLine

RUNS = {name: simulate(plan) for name, plan in PLANS.items()}
FIELDS = ("[Rank", "[Node", "step", "loss", "ppl", "lr", "grad_norm", "tok/s", "samples/s", "MFU")


def event_of(run: Run, step: int) -> StepCompleted:
    event = step_event(run, Executed(step))
    assert event
    return event


def line_of(run: Run, columns: int, event: StepCompleted, *, color: bool = False) -> str:
    p = palette(color=color)
    return StepLine(header(run), Screen(columns), p, Prefix(run.plan.start_time, columns, p))(event)


def test_a_wide_screen_shows_everything() -> None:
    """TRAIN-02 to TRAIN-04, ENH-02."""
    run = RUNS[CLASSIC.name]
    assert line_of(run, 220, event_of(run, 1000)) == (
        "[2026-01-05 11:35:13] INFO    [Rank 0/64] [Node 0/8] step  1,000/14,304 | loss  3.0547 | ppl   21.21 "
        "| lr 2.99e-04 | grad_norm  0.259 |   9.17 s | 457,512 tok/s | 111.7 samples/s | MFU 46.4%"
    )


def test_what_goes_first_when_space_gets_scarce() -> None:
    run = RUNS[CLASSIC.name]
    event = event_of(run, 1000)
    shown = [
        {field for field in FIELDS if f"{field} " in line_of(run, columns, event)} for columns in range(220, 39, -1)
    ]
    sizes = [len(fields) for fields in shown]
    assert shown[-1] == {"step", "loss"}
    assert sizes[0] == len(FIELDS)
    assert {"step", "loss", "ppl", "lr"} <= shown[220 - 80], "80 columns hold what matters"


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(sorted(RUNS)), columns=st.integers(40, 300), data=st.data())
def test_no_line_is_wider_than_the_screen(name: str, columns: int, data: st.DataObject) -> None:
    run = RUNS[name]
    step = data.draw(st.one_of(st.sampled_from([1, 2, run.plan.total_steps]), st.integers(1, run.plan.total_steps)))
    plain = line_of(run, columns, event_of(run, step))
    assert len(plain) <= columns
    assert strip(line_of(run, columns, event_of(run, step), color=True)) == plain


@pytest.mark.parametrize("columns", range(40, 240))
def test_a_slow_first_step_stays_on_its_line(columns: int) -> None:
    """A step of a fifth of a second that takes twenty the first time."""
    run = RUNS[TINY.name]
    first = event_of(run, 1)
    assert (first.step_seconds > 20, run.figures.step_seconds < 1) == (True, True)
    line = line_of(run, columns, first, color=True)
    assert visible_width(line) <= columns
    assert "loss" in line
    assert line.endswith("\x1b[0m") or line.rfind("\x1b[0m") > line.rfind("\x1b[1m")


def test_numbers_beyond_all_expectation_are_cut_at_the_margin() -> None:
    run = RUNS[CLASSIC.name]
    event = replace(event_of(run, 1000), grad_norm=1e12, tokens_per_second=1e15, perplexity=485_165_195.0)
    for columns in range(40, 240):
        assert len(line_of(run, columns, event)) <= columns


@pytest.mark.parametrize("plan", [CLASSIC, HUGE], ids=lambda plan: plan.name)
def test_columns_stand_below_each_other(plan: Plan) -> None:
    run = RUNS[plan.name]
    lines = [line_of(run, 200, event_of(run, step)) for step in range(2, plan.total_steps, plan.total_steps // 50)]
    assert len({len(line) for line in lines}) == 1
    assert len({line.index("| lr") for line in lines}) == 1


def test_large_perplexities_have_no_decimals() -> None:
    run = RUNS[CLASSIC.name]
    event = event_of(run, 1000)
    assert "ppl  123.46" in line_of(run, 120, replace(event, perplexity=123.46))
    assert "ppl 9999.99" in line_of(run, 120, replace(event, perplexity=9999.99))
    assert "ppl  54,321" in line_of(run, 120, replace(event, perplexity=54_321.0))


def test_fp16_shows_its_scale_and_what_overflowed() -> None:
    """ENH-03."""
    run = RUNS[HALF.name]
    event = next(e for e in (event_of(run, step) for step in range(8000, 9300)) if e.grad_norm is None)
    line = line_of(run, 160, event)
    assert "| grad_norm    inf | loss scale 131,072 |" in line
    assert "loss scale" not in line_of(RUNS[CLASSIC.name], 300, event_of(RUNS[CLASSIC.name], 5))
