"""The live region."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CLASSIC, HALF, MIXTURE, PIPELINED, PLANS, TINY

from pysim.pretraining.moment import moment
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import header
from pysim.story.steps import Executed
from pysim.terminal.ansi import strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.live import LIVE_ROWS, Live

RUNS = {name: simulate(plan) for name, plan in PLANS.items()}
RUN = RUNS[TINY.name]
TIMELINE = RUN.timeline
PLACES = {
    "bring-up": TIMELINE.start_us // 2,
    "first step": TIMELINE.start_us + 5_000_000,
    "training": TIMELINE.end_of_us(Executed(149)) + 1,
    "validating": (TIMELINE.end_of_us(Executed(150)) + TIMELINE.checkpoint_start_us(Executed(150))) // 2,
    "saving": (TIMELINE.end_of_us(Executed(120)) + TIMELINE.next_start_us(Executed(120))) // 2,
    "exporting": (TIMELINE.end_us + RUN.end_us) // 2,
    "done": RUN.end_us,
}


def region(place: str, columns: int = 160, note: str = "") -> list[str]:
    return Live(header(RUN), Screen(columns, 24, color=False)).lines(moment(RUN, PLACES[place]), note)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("bring-up", r"Bring-up  \[=+> +\]   (49|50)%  initialising weights  0:00:0\d"),
        ("first step", r"Step     0/100  \[> {34}\]  first step 0:00:05"),
        (
            "training",
            r"Step    49/100  \[={17}> {17}\]  loss \d\.\d{4}  0:0\d:\d\d<0:00:\d\d  [\d,]+ tok/s  MFU \d\d\.\d%",
        ),
        ("validating", r"Validation  \[={17}> {17}\]   (49|50)%  batch [12]/4  step 150"),
        ("saving", r"Checkpoint  \[={17}> {17}\]   (49|50)%  87\d MB of 1\.74 GB  step 120"),
        ("exporting", r"Export  \[={17}> {17}\]   (49|50)%  writing shards"),
        ("done", r"Run complete  small-wren-7"),
    ],
)
def test_what_is_going_on(place: str, words: str) -> None:
    """VAL-02: validation has its own bar."""
    assert re.match(words, region(place)[2])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("columns", [40, 59, 60, 80, 300])
def test_always_as_many_rows(place: str, columns: int) -> None:
    lines = region(place, columns)
    assert len(lines) == LIVE_ROWS
    assert lines[0] == "─" * columns
    assert lines[1].startswith("Epoch  ")


def test_the_runs_bar_has_its_cells_and_its_share() -> None:
    """TRAIN-01."""
    assert region("training")[1].startswith("Epoch  2/3  [============>            ]   49.6%")
    assert region("done")[1].startswith("Epoch  3/3  [=========================]  100.0%")


def test_a_narrow_screen_keeps_the_loss_and_the_time_left() -> None:
    assert re.fullmatch(r" 49/100 \[=+> +\] \d\.\d{4} <0:00:\d\d", region("training", 40)[2])


def test_the_schedule_shows_where_the_run_is() -> None:
    """ENH-01."""
    schedule = re.search(r"lr (\S{12})", region("training")[1])
    assert schedule
    assert schedule[1].index("┃") == 5


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (TINY, "BF16 · ZeRO-1 · GBS 512 x 1,024"),
        (PIPELINED, "BF16 · ZeRO-1 · TP8 PP4 · GBS 512 x 8,192"),
        (MIXTURE, "BF16 · ZeRO-1 · TP2 PP2 EP8 · GBS 1,024 x 4,096"),
        (HALF, "FP16 · FSDP · TP2 · GBS 1,024 x 2,048"),
    ],
)
def test_precision_and_sharding_where_they_fit(plan: object, words: str) -> None:
    """ENH-03, ENH-04."""
    run = next(run for run in RUNS.values() if run.plan is plan)
    assert words in Live(header(run), Screen(200, 24, color=False)).lines(moment(run, run.end_us // 2))[1]


def test_a_note_stands_in_the_rule_and_is_cut_to_it() -> None:
    assert region("training", 40, "2x paused")[0] == "── 2x paused " + "─" * 27
    long = region("training", 40, "x" * 100)[0]
    assert long.startswith("── xxx")
    assert len(long) <= 40


def test_time_goes_on_between_steps() -> None:
    run = RUNS[CLASSIC.name]
    live = Live(header(run), Screen(160, 24, color=False))
    start, end = run.timeline.end_of_us(Executed(1001)), run.timeline.end_of_us(Executed(1002)) - 1
    lines = [live.lines(moment(run, time_us))[2] for time_us in (start, end)]
    elapsed, left = zip(*(re.findall(r"(\d+:\d\d:\d\d)<(\S+ ?\S*h?)  ", line)[0] for line in lines), strict=True)
    assert elapsed[0] < elapsed[1]
    assert left[0] > left[1] or left[0].endswith("h")


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from(sorted(RUNS)),
    columns=st.integers(40, 300),
    share=st.floats(0.0, 1.0),
    note=st.sampled_from(["", "paused", "1e+06x paused", "x" * 400]),
)
def test_any_moment_fits_any_screen(name: str, columns: int, share: float, note: str) -> None:
    run = RUNS[name]
    screen = Screen(columns, 24)
    lines = Live(header(run), screen).lines(moment(run, int(run.end_us * share)), note)
    assert all(visible_width(line) <= columns for line in lines)
    assert all(line.rfind("\x1b[0m") == line.rfind("\x1b[") for line in lines)
    plain = Live(header(run), replace(screen, color=False, unicode=False)).lines(
        moment(run, int(run.end_us * share)), note
    )
    assert [len(strip(line)) for line in lines] == [len(line) for line in plain]
    assert "".join(plain).isascii()
