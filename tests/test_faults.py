"""Faults of the scene that this one grew from, and of the program around it: ours does not have them.

The numbers are those of the list of faults. What only the command line can show is tested with the command line; the table
at the end names those tests.
"""

import ast
import re
import time
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from plans import CLASSIC, HALF, HUGE, PLANS, TINY
from screens import Terminal

from pysim.catalog import Model, accelerators, models
from pysim.physics.memory import checkpoint_bytes
from pysim.physics.transformer import flops_per_token, parameter_count
from pysim.physics.workload import LossCurve
from pysim.pretraining.moment import moment
from pysim.pretraining.names import export_files
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.validate import validate
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory, header, tell
from pysim.show.player import Player
from pysim.show.show import HOLD_SECONDS, Show
from pysim.show.transcript import transcript
from pysim.story import events as ev
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.ansi import visible_width
from pysim.terminal.screen import PAGE, Screen
from pysim.views.console.console import Console
from pysim.views.console.live import Live

TESTS = Path(__file__).parent
RUNS = {name: simulate(plan) for name, plan in PLANS.items()}
WIDE = replace(PAGE, columns=200)


def printed(run: Run, since_us: int = 0, until_us: int | None = None, screen: Screen = WIDE) -> str:
    return "".join(transcript(PretrainingStory(run), screen, since_us, until_us))


def steps_printed(run: Run, first: int, last: int) -> str:
    return printed(run, run.timeline.end_of_us(Executed(first)), run.timeline.end_of_us(Executed(last)) + 1)


def numbers(pattern: str, text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(pattern, text)]


@pytest.mark.parametrize("curve", ["exponential", "scaling-law"])
def test_fault_1_the_loss_does_not_compound_down_to_its_floor(curve: LossCurve) -> None:
    run = simulate(replace(CLASSIC, loss_curve=curve))
    losses = numbers(r"\| loss +([\d.]+)", steps_printed(run, 1, 600))
    assert len(losses) == 600
    expected = run.steps.expected_losses(np.arange(1, 601))
    if curve == "exponential":
        assert losses[69] > 0.8 * losses[0]
        assert np.abs(np.array(losses) / expected - 1.0).max() < 0.03 * 5, "noise never adds up"
    assert min(losses) > 2.0
    assert losses[-1] < losses[0] - 2.0


def test_fault_2_no_clock_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """All times are those of the run; the plan says when it began."""

    def refuse(*_args: object) -> NoReturn:
        pytest.fail("the simulation read a clock")

    for name in ("time", "monotonic", "perf_counter", "time_ns", "localtime", "gmtime", "sleep"):
        monkeypatch.setattr(time, name, refuse)
    run = simulate(replace(TINY, start_time=0))
    assert printed(run).splitlines()[1].startswith("[1970-01-01 00:00:00] INFO    run small-wren-7")


@pytest.mark.parametrize(("model", "tokens_per_second"), [("llama3-405b", 3_700), ("llama2-7b", 214_000)])
def test_fault_3_the_rate_follows_from_model_and_hardware(model: str, tokens_per_second: float) -> None:
    """64 A100 at 45 % of their peak."""
    card = accelerators()["a100-80gb"]
    flops = 64 * card.bf16_tflops * 1e12 * 0.45
    assert flops / flops_per_token(models()[model], 2048) == pytest.approx(tokens_per_second, rel=0.07)


@pytest.mark.parametrize("name", PLANS)
def test_fault_3_printed_rates_are_utilisation_times_peak(name: str) -> None:
    run = RUNS[name]
    text = steps_printed(run, 20, 40)
    rates, shares = numbers(r"([\d,]+) tok/s", text), numbers(r"MFU +([\d.]+)%", text)
    peak = run.figures.peak_flops_per_second * run.plan.world_size
    for rate, share in zip(rates, shares, strict=True):
        assert rate * run.figures.flops_per_token / peak * 100 == pytest.approx(share, abs=0.06)
        assert 10.0 < share < 65.0
    assert len(rates) == 21


def test_fault_3_what_does_not_fit_is_refused_instead_of_made_up() -> None:
    with pytest.raises(PlanError, match=r"GiB > 80\.0 GiB$"):
        validate(replace(CLASSIC, model=models()["llama3-405b"], accelerator=accelerators()["a100-80gb"]))


@pytest.mark.parametrize("row", models().values(), ids=models().keys())
def test_fault_4_a_model_is_what_its_name_says(row: Model) -> None:
    heads_of_their_own_size = not row.fictional and row.head_dim * row.attention_heads != row.hidden_size
    assert heads_of_their_own_size or row.hidden_size % row.attention_heads == 0
    assert row.attention_heads % row.kv_heads == 0
    assert parameter_count(row) == pytest.approx(row.published_parameters, rel=0.02)
    size = re.search(r"(?<![\dx.])(\d+(?:\.\d+)?)([BM])\b(?!.*x)", row.title)
    if size and row.moe is None:
        named = float(size[1]) * {"B": 1e9, "M": 1e6}[size[2]]
        assert parameter_count(row) == pytest.approx(named, rel=0.3)


@pytest.mark.parametrize("name", PLANS)
def test_fault_4_the_exported_model_is_the_trained_one(name: str) -> None:
    run = RUNS[name]
    bring_up = printed(run, 0, run.timeline.start_us)
    export = printed(run, run.timeline.end_us)
    (parameters,) = numbers(r"\| ([\d,]+) parameters", bring_up)
    assert numbers(r"converted to BF16 \| ([\d,]+) parameters", export) == [parameters]
    files = export_files(run.plan, run.figures.export_bytes, run.figures.export_files)
    weights = sum(size for file, size in files if file.endswith(".safetensors"))
    assert weights == 2 * parameters
    assert re.search(rf"exporting to \S*{run.plan.name}\S*/export ", export)


@pytest.mark.parametrize(
    ("name", "capacity"), [("h100-sxm", 80), ("h200", 140), ("mi300x", 192), ("b200", 179), ("a100-80gb", 80)]
)
def test_fault_5_the_grid_shows_the_memory_and_power_of_the_card(name: str, capacity: int) -> None:
    card = accelerators()[name]
    run = simulate(replace(CLASSIC, accelerator=card))
    grid = [line for line in steps_printed(run, 500, 500).splitlines() if re.match(r"Node \d", line)]
    used = {float(share) for line in grid for share in re.findall(r"([\d.]+)/\d+G", line)}
    assert {total for line in grid for total in re.findall(r"/(\d+)G", line)} == {str(round(card.memory_mib / 1024))}
    assert abs(round(card.memory_mib / 1024) - capacity) <= 12
    assert used == {round(run.figures.memory.total_bytes / 2**30, 1)}
    watts = [int(power) for line in grid for power in re.findall(r"(\d+)W", line)]
    assert 0.7 * card.power_watts < min(watts) <= max(watts) <= card.power_watts


def test_fault_6_the_learning_rate_follows_its_schedule() -> None:
    run = RUNS[TINY.name]
    rates = numbers(r"\| lr ([\d.e+-]+)", steps_printed(run, 1, 300))
    peak = rates.index(max(rates))
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert (max(rates), rates[-1]) == (6e-4, 6e-5)


def test_fault_6_samples_per_second_are_printed_and_tie() -> None:
    run = RUNS[CLASSIC.name]
    text = steps_printed(run, 100, 120)
    for samples, tokens in zip(numbers(r"([\d.,]+) samples/s", text), numbers(r"([\d,]+) tok/s", text), strict=True):
        assert samples * CLASSIC.sequence_length == pytest.approx(tokens, rel=1e-3)


def test_fault_6_a_mean_loss_is_a_mean() -> None:
    run = RUNS[TINY.name]
    losses = numbers(r"\| loss +([\d.]+)", steps_printed(run, 1, 100))
    (mean,) = numbers(r"epoch 1/3 done \| mean loss ([\d.]+)", steps_printed(run, 1, 100))
    assert mean == pytest.approx(sum(losses) / 100, abs=5.1e-5)
    assert mean != losses[-1]


def test_fault_7_the_epoch_bar_is_not_one_ahead() -> None:
    run = RUNS[TINY.name]
    live = Live(header(run), Screen(120, 24, color=False))
    for step in range(1, 300):
        rows = live.lines(moment(run, run.timeline.end_of_us(Executed(step))))
        assert rows[1].startswith(f"Epoch  {step // 100 + 1}/3  ["), "an epoch is complete when its last step is"
        assert rows[1].partition("[")[2].partition("]")[0].count("=") == step * 25 // 300
    assert live.lines(moment(run, run.timeline.end_of_us(Executed(300))))[1].startswith(
        "Epoch  3/3  [=========================]"
    )


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("name", [CLASSIC.name, HALF.name, HUGE.name])
def test_fault_8_a_narrow_terminal_is_not_corrupted(name: str, columns: int) -> None:
    """No line is wider than the screen, so none wraps and the live region stays three rows."""
    run = RUNS[name]
    console = Console(header(run), Screen(columns, 24))
    events = narrate(run, 0, run.timeline.end_of_us(Executed(30)))
    assert all(visible_width(line) <= columns for event in events for line in console.lines(event))
    player = Player(PretrainingStory(run), Screen(columns, 24), span=Span(run.timeline.end_of_us(Executed(5))))
    terminal = Terminal(columns, 24).feed(player.advance(0.0))
    for _ in range(20):
        terminal.feed(player.advance(0.25))
        assert terminal.rows[-2].startswith("Epoch  ")
        assert sum(row.startswith("Epoch  ") for row in terminal.rows) == 1


@pytest.mark.parametrize("name", PLANS)
def test_fault_9_a_checkpoint_has_the_size_of_what_is_in_it(name: str) -> None:
    run = RUNS[name]
    steps = [index * run.plan.checkpoint_interval for index in (1, 2)]
    sizes = {
        (event.checkpoint_bytes, event.files)
        for step in steps
        for event in narrate(
            run, run.timeline.end_of_us(Executed(step)), run.timeline.next_start_us(Executed(step)) + 1
        )
        if isinstance(event, ev.CheckpointCompleted)
    }
    assert sizes == {(checkpoint_bytes(run.plan), run.figures.checkpoint_files)}
    assert 6 < checkpoint_bytes(run.plan) / run.figures.parameters <= 16, "bytes per parameter"


def test_fault_9_a_warning_has_a_consequence() -> None:
    run = RUNS[HALF.name]
    text = steps_printed(run, 20, 30)
    (step,) = numbers(r"WARNING gradient overflow, step ([\d,]+) skipped \| loss scale 2,048 -> 1,024", text)
    scales = dict(
        zip(numbers(r"step +([\d,]+)/", text), numbers(r"loss scale +([\d,]+) \| +[\d.]+ s", text), strict=True)
    )
    assert (scales[step], scales[step + 1]) == (2048, 1024)
    assert set(numbers(r"WARNING gradient overflow, step ([\d,]+) skipped", text)) == {
        each for each in scales if scales[each] > 1024
    }


def test_fault_10_a_run_ends_and_another_gets_its_turn() -> None:
    plans: list[Plan] = [replace(TINY, name=f"wren-{seed}", seed=seed) for seed in range(3)]
    show = Show(map(tell, plans), Screen(80, 24))
    names = []
    for _ in islice(range(10), 3):
        names.append(show.story.header.run_name)
        show.advance(0.0)
        show.advance(10_000.0)
        show.advance(HOLD_SECONDS)
    assert names == [plan.name for plan in plans]
    assert show.ended


def test_fault_10_what_is_printed_is_tested() -> None:
    assert len(list((TESTS / "golden").glob("*.txt"))) >= 10


def test_fault_of_genact_speed_changes_no_number() -> None:
    texts = []
    for speed in (1.0, 4.0):  # faster, and a line stands for ten steps: their means
        player = Player(PretrainingStory(RUNS[TINY.name]), Screen(120, 40), speed=speed)
        player.advance(0.0)
        terminal = Terminal(120, 40)
        for _ in range(18):
            terminal.feed(player.advance(4.0 / speed))
        player.set_speed(1.0)
        texts.append([row for row in [*terminal.scrolled, *terminal.rows] if re.search(r"\d\d:\d\d:\d\d\] ", row)])
    assert texts[0] == texts[1]
    assert len(texts[0]) > 50


def test_fault_of_genact_without_a_terminal_there_are_plain_lines() -> None:
    lines = printed(RUNS[TINY.name], screen=PAGE)
    assert not set(lines) & {"\x1b", "\r", "\b"}
    stamps = re.findall(r"^\[(.{19})\]", lines, re.MULTILINE)
    assert all(earlier <= later for earlier, later in pairwise(stamps))


ELSEWHERE = {
    "it panics when standard output is not a terminal": "edge/test_cli.py::test_a_pipe_gets_plain_lines_and_no_panic",
    "a closed pipe is an error": "edge/test_cli.py::test_a_pipe_that_closes_ends_quietly",
    "--instant-print-lines counts sleeps": "edge/test_cli.py::test_instant_print_lines_are_lines",
    "the story changes with --speed-factor": "edge/test_cli.py::test_the_storys_numbers_do_not_change_with_the_speed",
    "no other module gets a turn": "edge/test_cli.py::test_modules_take_turns",
    "the size is read once": "edge/test_pty.py::test_the_size_is_followed_while_it_runs",
    "nothing can be paused": "edge/test_pty.py::test_space_pauses_and_goes_on",
    "there are no keys": "edge/test_watch.py::test_every_key",
    "a clock is read": "test_nothing_is_real.py::",
    "clocks could be read": "test_purity.py::",
}


@pytest.mark.parametrize(("fault", "place"), ELSEWHERE.items())
def test_faults_that_are_tested_elsewhere_are_tested(fault: str, place: str) -> None:
    file, _, name = place.partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert name in names or (not name and any(found.startswith("test_") for found in names)), fault
