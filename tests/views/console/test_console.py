"""The log view: every event as lines."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from inspect import isclass
from typing import Any

import numpy as np
import pytest
from plans import CLASSIC, HALF, HUGE, MIXTURE, PLANS, TINY

from pysim.catalog import accelerators
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.scenes.closing import closing
from pysim.pretraining.story import header
from pysim.story import events as ev
from pysim.story.fleet import DEAD
from pysim.story.steps import Executed
from pysim.terminal.ansi import strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console

RUNS = {name: simulate(plan) for name, plan in PLANS.items()}
KINDS = {kind for kind in vars(ev).values() if isclass(kind) and issubclass(kind, ev.Event)} - {
    ev.Event,
    ev.LibraryLogged,
    ev.GroundTruth,
}


def telling(run: Run) -> Iterator[ev.Event]:
    """Bring-up and a few steps, a checkpoint, the closing."""
    timeline, plan = run.timeline, run.plan
    saved = plan.checkpoint_interval
    yield from narrate(run, 0, timeline.end_of_us(Executed(11)))
    yield from narrate(run, timeline.end_of_us(Executed(saved)), timeline.next_start_us(Executed(saved)))
    yield from narrate(run, timeline.end_of_us(Executed(plan.total_steps)))


EVENTS = {name: list(telling(run)) for name, run in RUNS.items()}


def text_of(plan: Plan, columns: int = 120, **screen: Any) -> str:
    console = Console(header(RUNS[plan.name]), Screen(columns, 40, color=False, **screen))
    return "\n".join(line for event in EVENTS[plan.name] for line in console.lines(event))


def test_every_kind_of_event_has_a_writer() -> None:
    """Exhaustive: an event without lines would be a hole in the story."""
    console = Console(header(RUNS[TINY.name]), Screen())
    assert set(console._writers) | {ev.StepCompleted} == KINDS


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("columns", [40, 47, 60, 71, 72, 80, 99, 100, 109, 110, 120, 160, 300])
def test_every_line_fits_and_closes_its_colours(name: str, columns: int) -> None:
    colored, plain = (
        Console(header(RUNS[name]), Screen(columns, 20, color=color, unicode=False)) for color in (True, False)
    )
    for event in EVENTS[name]:
        lines, bare = colored.lines(event), plain.lines(event)
        assert all(0 < visible_width(line) <= columns for line in lines)
        assert all(line.rfind("\x1b[0m") == line.rfind("\x1b[") for line in lines)
        assert all("\x1b" not in line and line.isascii() for line in bare)
        if type(event) is not ev.FleetSampled:  # its heat map paints cells or writes digits
            assert [strip(line) for line in lines] == bare


@pytest.mark.parametrize("name", PLANS)
def test_a_narrow_screen_gets_more_lines_and_no_number_is_cut(name: str) -> None:
    """What is said at 300 columns is said at 40, but for fields that are left out whole and words that are not the trainer's."""
    narrow, wide = (Console(header(RUNS[name]), Screen(columns, 40, color=False)) for columns in (40, 300))
    told: dict[int, set[str]] = defaultdict(set)
    left_out = (ev.StepCompleted, ev.FleetSampled, ev.AcceleratorDetected, ev.RunCompleted, ev.OptimizerReady)
    for event in EVENTS[name]:
        if isinstance(event, (*left_out, ev.CheckpointStarted, ev.ExportStarted, ev.LibraryLogged, ev.LauncherWarned)):
            continue
        for columns, console in ((40, narrow), (300, wide)):
            told[columns] |= set(re.findall(r"[\d,.]+\d", " ".join(console.lines(event))))
    stamps = re.compile(r"\d\d|2026")
    assert {number for number in told[300] - told[40] if not stamps.fullmatch(number)} == set()


def test_bring_up() -> None:
    """INIT-01 to INIT-05."""
    text = text_of(CLASSIC)
    for words in (
        "64 processes on 8 nodes",
        "[Rank  0/64] [Node 0/8] NVIDIA H100 80GB HBM3 | 79.6 GiB | 700 W",
        "torch/distributed/run.py:792] Setting OMP_NUM_THREADS",
        "NCCL INFO Connected all rings",
        "... and 48 more GPUs",
        "64 x NVIDIA H100 80GB HBM3",
        "NCCL version 2.27.7+cuda13.0",
        "process group ready: NCCL 2.27.7",
        "world size 64",
        "parallel layout TP 1 x PP 1 x CP 1 x DP 64 = 64",
        "test: all-reduce 1.07 GB over 64 ranks in ",
        "initialising weight shards [====================] 64/64",
        "layers 4",
        "tokenizer Llama 3",
        "global batch 1,024 x 4,096 = 4,194,304 tokens",
        "micro batch 2 x accumulation 8",
        "optimizer AdamW | peak lr 3.00e-04 | cosine, warm-up 500 steps",
    ):
        assert words in text


def test_all_listed_no_more() -> None:
    assert " more GPU" not in text_of(TINY)


def test_a_mixture_tells_its_experts() -> None:
    text = text_of(MIXTURE)
    assert "8 experts, 2 per token" in text
    assert "active per token" in text
    assert "EP 8 | sharding ZeRO-1" in text


def test_a_small_job_is_spoken_of_in_the_singular() -> None:
    run = simulate(replace(TINY, world_size=1, epochs=1))
    console = Console(header(run), Screen(120, 40, color=False))
    text = "\n".join(line for event in narrate(run, 0, run.timeline.start_us + 1) for line in console.lines(event))
    assert "| 1 process on 1 node |" in text
    assert "| 300 steps in 1 epoch |" in text


def test_a_chart_of_the_schedule() -> None:
    """ENH-01."""
    for unicode in (True, False):
        lines = text_of(TINY, unicode=unicode).splitlines()
        top = next(index for index, line in enumerate(lines) if line.startswith(" 6.0e-04 "))
        assert lines[top + 3].startswith("       0 ")
        assert lines[top + 4].rstrip().endswith("step 300")
        assert all(len(line) <= 69 for line in lines[top : top + 5])


def test_an_overflow_is_a_warning_with_a_consequence() -> None:
    """Fault 9: a warning that changes something. ENH-03."""
    run = RUNS[HALF.name]
    event = ev.StepSkipped(time_seconds=1000.0, step=1100, loss_scale=131_072, next_loss_scale=65_536)
    (line,) = Console(header(run), Screen(120, 40, color=False)).lines(event)
    assert line.endswith("WARNING gradient overflow, step 1,100 skipped | loss scale 131,072 -> 65,536")


def test_validation_stands_beside_training() -> None:
    """VAL-01, VAL-03."""
    text = text_of(TINY)
    assert re.search(r"validation 6 starts \| step 300 \| 4 batches \| 2\.10 M tokens", text)
    assert re.search(r"validation loss (\S+) \| ppl \S+ \| train loss \S+ \|", text)
    assert re.search(r"best so far \| patience 0/\d+", text)
    event = ev.ValidationCompleted(
        time_seconds=9.0,
        step=500,
        index=10,
        loss=2.5,
        perplexity=12.18,
        train_loss=2.4,
        best_loss=2.45,
        best_step=400,
        improved=False,
        validations_without_improvement=2,
        patience=10,
        seconds=1.5,
    )
    lines = Console(header(RUNS[TINY.name]), Screen(120, 40, color=False)).lines(event)
    assert lines[-1].endswith("best 2.4500 at step 400 | patience 2/10")


def test_a_checkpoint_with_progress() -> None:
    """CKPT-01, CKPT-02."""
    text = text_of(TINY)
    assert "saving checkpoint to /checkpoints/small-wren-7/step_000120 | 1.74 GB in 17 files" in text
    for share in (25, 50, 75):
        assert re.search(rf"\[=+> +\]  {share}% \| \S+ [MG]B of 1\.74 GB", text)
    assert re.search(r"checkpoint of step 300 saved \| 1\.74 GB \| \d\.\d\d s, \d\.\d GB/s", text)


def test_a_path_that_is_too_long_keeps_its_end() -> None:
    text = text_of(CLASSIC, 40)
    assert re.search(r"…\S*step_000500", text)


def test_export_and_summary() -> None:
    """EXPORT-01, EXPORT-02."""
    text = text_of(HUGE)
    for words in (
        "merged",
        "converted to BF16",
        "] 1/168 model-00001-of-00163.safetensors | 4.98 GB",
        "] 164/168 model.safetensors.index.json",
        "/168 config.json",
        "/168 tokenizer.json",
    ):
        assert words in text
    run = RUNS[HUGE.name]
    lines = Console(header(run), Screen(120, 40, color=False)).lines(list(closing(run))[-1])
    labels = [line[2:18].strip() for line in lines[2:-1]]
    assert labels == [
        "total time", "epochs", "steps", "tokens", "train loss", "validation loss", "mean throughput", "mean MFU",
        "GPU-hours", "energy", "cost", "saved to",
    ]  # fmt: skip
    assert lines[0] == lines[-1] == "─" * 72


@pytest.mark.parametrize(("name", "word"), [("tpu-v5p", "TPU"), ("trainium2", "chip")])
def test_other_accelerators_are_not_called_gpus(name: str, word: str) -> None:
    run = simulate(replace(CLASSIC, accelerator=accelerators()[name]))
    console = Console(header(run), Screen(160, 50, color=False))
    text = "\n".join(line for event in telling(run) for line in console.lines(event))
    assert f"more {word}s" in text
    assert f"[ {word} status ]" in text
    assert "GPU" not in text


def test_the_grid_leaves_room_for_the_log() -> None:
    """GPU-04."""
    for rows in (15, 24, 60, 100):
        console = Console(header(RUNS[CLASSIC.name]), Screen(120, rows))
        sample = next(event for event in EVENTS[CLASSIC.name] if type(event) is ev.FleetSampled)
        assert len(console.lines(sample)) <= max(rows - 5, 9)


def test_of_what_is_dead_nothing_is_read() -> None:
    """Not even a temperature of 0 degrees, where all are."""
    console = Console(header(RUNS[TINY.name]), Screen(200, 60))
    sample = next(event for event in EVENTS[TINY.name] if type(event) is ev.FleetSampled)
    dead = replace(sample, condition=np.full_like(sample.condition, DEAD))
    assert "hottest node" in strip(console.lines(sample)[0])
    assert strip(console.lines(dead)[0]).endswith("x 16 dead")


@pytest.mark.parametrize("name", [CLASSIC.name, HUGE.name, TINY.name])
@pytest.mark.parametrize("columns", [40, 71, 72, 80, 120, 300])
def test_means_are_one_line_that_fits_and_says_of_which_steps(name: str, columns: int) -> None:
    run = RUNS[name]
    middle_us = run.timeline.end_of_us(Executed(run.timeline.last_step // 2 // 10 * 10 + 11))
    told = (e for e in narrate(run, middle_us, middle_us + 10**10, every=10) if type(e) is ev.StepsReported)
    report = next(told)
    (line,) = Console(header(run), Screen(columns, 40)).lines(report)
    plain = strip(line)
    assert visible_width(line) <= columns
    assert f"{report.first:,}-{report.last:,}" in plain
    assert f"loss {report.mean_loss:.4f}" in re.sub(" +", " ", plain)
    assert "mean" in plain


def test_means_of_no_number_are_said_as_a_trainer_does() -> None:
    report = ev.StepsReported(
        time_seconds=100.0, first=1201, last=1300, mean_loss=None, mean_grad_norm=None, mean_step_seconds=9.843,
        tokens_per_second=426_101.2, learning_rate=2.93e-4, epoch=1, last_loss=None, last_grad_norm=None,
        last_step_seconds=9.8, samples_per_second=104.0, mfu=0.4, tokens=5_452_595_200, elapsed_seconds=12_800.0,
        eta_seconds=1e5, memory_bytes=2**36, loss_scale=1, global_batch_size=1024, skipped_steps=0, nan_steps=100,
        is_due=True, is_preview=False, applied_loss=None, started_with=1, started_seconds=90.0,
        interval=100, since_step_before_seconds=9.8, skipped_in_all=0, running_rate=None, loss_deviation=None,
        grad_norm_deviation=None, validation_loss=None,
    )  # fmt: skip
    wide, narrow = (
        Console(header(RUNS[CLASSIC.name]), Screen(columns, 40, color=False)).lines(report)[0] for columns in (130, 40)
    )
    assert wide.endswith(
        "steps  1,201-1,300  | mean loss     nan | grad_norm    nan |   9.84 s | 426,101 tok/s | lr 2.93e-04"
    )
    assert narrow.endswith("mean 1,201-1,300 | loss nan")
