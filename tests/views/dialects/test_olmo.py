"""OLMo-core's words: its own log and ours have lines of the same shapes, and ours says what the events say."""

import json
import re
from itertools import islice
from typing import Any

import numpy as np
import pytest
from auditor.readers.olmo import Olmo
from hypothesis import given
from hypothesis import strategies as st
from lives import compare_golden, life, log_of
from telling import REAL, assert_same_run

from pysim.story import events as ev
from pysim.terminal.ansi import strip
from pysim.terminal.screen import Screen
from pysim.views.dialects.olmo import below, formatted, printed
from pysim.views.registry import VIEWS, cadence

EVERY = 10
ALIKE = st.sampled_from(
    (0.5, 1.0, 2.5, 999.94, 999.96, 1e9, 5.5e10, 9.9994e11, 9.9996e11)
)  # of which many are written in one way


@pytest.fixture(scope="module")
def log() -> tuple[str, ...]:
    return log_of("olmo")


def test_whole_life(*, update_golden: bool) -> None:
    compare_golden("olmo", log_of("olmo", log_every=EVERY), update=update_golden)


@pytest.mark.parametrize("log_every", [None, EVERY])
def test_it_is_the_same_run(log_every: int | None) -> None:
    reader = Olmo()
    told = reader.read(log_of("olmo", log_every=log_every))
    assert told.findings == []
    assert [line["step"].low for line in told.steps if "loss" in line][:3] == [1, 5, 10][
        : 3 if log_every is None else 1
    ] + [10, 20][: 0 if log_every is None else 2]
    validated = (e for e in life().narrate() if isinstance(e, ev.ValidationCompleted))
    for line, event in zip(told.validations, validated, strict=True):
        line["step"] = line["loss"].__class__(event.step, event.step)
    told.steps = [line for line in told.steps if "loss" in line]
    assert_same_run(told, life().narrate(), every=log_every or 5)
    flops = life().header.job.flops_per_token("megatron")
    assert reader.flops.low * 0.9999 <= flops <= reader.flops.high * 1.0001


def test_every_step_has_a_line(log: tuple[str, ...]) -> None:
    told = Olmo().read(log)
    done = [e.step for e in life().narrate() if isinstance(e, ev.StepCompleted)]
    assert [int(line["step"].low) for line in told.steps] == done


def test_lines_have_the_shapes_of_real_ones(log: tuple[str, ...]) -> None:
    real = (REAL / "olmo.txt").read_text().splitlines()
    assert Olmo().read(real).findings == []
    ours, theirs = (
        {shape(line) for line in lines if "\tolmo_core" in line or line.startswith("    ")} for lines in (log, real)
    )
    assert {line for line in ours - theirs if not any(words in line for words in OF_GPUS)} == set()
    assert {line for line in theirs - ours if not any(words in line for words in OF_THE_SAMPLE)} == set()


OF_GPUS = (
    "MFU",
    "device mesh",
    "Device:",
    "ERROR",
    "CRITICAL",
    "Epoch complete",
    "parallelism",
    "host      :",
    "traceback : ",
)
"""What it says of several GPUs, of their failures, and of several epochs."""
OF_THE_SAMPLE = (
    "loading (",
    "in-loop eval",
    "OMP_NUM_THREADS",
    "instance",
    "document indices",
    "Group",
    "save_duration",
)
"""What a run does not know apart (times of loading), or what is said once for all (indices of a corpus)."""
NAMES = (
    r"'[^']*'",
    r"\S*/\S+/\S*",
    r"(?<=\t)[\w.-]+(?=:\d+\t)",
    r"(?<=capacity: ).+(?= with)",
    r"(?<=    )\S+(?=-validation)",
    r"cpu:\S+|gloo",
    r",eta=\w+",
    r"\w+-validation",
)


def shape(line: str) -> str:
    for names in NAMES:
        line = re.sub(names, "*", line)
    line = re.sub(r"\d[\d,.]*(?:E-\d+|[BTPE]\b)?", "#", line)
    return re.sub(r"c#\*|\S+\*/", "*/", line)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"), (3.75, "3.750"), (26.524, "26.52"), (106_736_205.0, "106,736,205"), (143.8e12, "143.8T"), (2.5e-6, "2.50E-06"), (0.0015, "0.0015"),
        (1000.4, "1,000"), (256.0, "256.0"), (float("nan"), "nan"), (-1.5, "-1.500"), (1.2e9, "1.200B"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_its_own_function_does(value: float, text: str) -> None:
    assert formatted(value) == text


@given(st.lists(st.floats(), min_size=1, max_size=5) | st.lists(ALIKE, min_size=2, max_size=5))
def test_many_numbers_are_written_as_each(values: list[float]) -> None:
    rows = list(islice(below("a (%)", np.array(values)).texts(), len(values)))
    assert rows == [f"\n    a (%)={formatted(value)}" for value in values]


# OLMo-core's launcher, launch/beaker.py: what tells it that steps go on
def test_the_launcher_sees_steps(log: tuple[str, ...]) -> None:
    step = re.compile(r"\[olmo_core\..+\].+\[.*step\=\d+.*\]")
    rows = rich_rows(Screen(160, 50))
    assert sum(bool(step.search(strip(row))) for row in rows) == sum("step=" in line for line in log)


def rich_rows(screen: Screen) -> list[str]:
    view = VIEWS["olmo"](life().header, screen)
    return [row for event in life().narrate(0, None, *cadence(VIEWS["olmo"])) for row in view.lines(event)]


@pytest.mark.parametrize("case", json.loads((REAL / "olmo_rich.json").read_text()))
def test_a_terminal_shows_what_rich_prints(case: dict[str, Any]) -> None:
    parts = ("[2026-01-05 09:00:04]", f"{case['level']:<8}", f"[{case['name']}, worker-0, rank=0]", case["words"])
    ours = printed(parts, case["level"], Screen(case["width"], 50))
    assert [row.rstrip() for row in ours] == [row.rstrip() for row in case["printed"].splitlines()]


def test_colours_are_for_screens_that_have_them() -> None:
    assert all("\x1b" not in row for row in rich_rows(Screen(160, 50, color=False)))
