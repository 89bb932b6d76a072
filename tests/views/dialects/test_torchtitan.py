"""torchtitan's words: its own log and ours have lines of the same shapes, and ours says what the events say."""

import re

import pytest
from auditor.readers.torchtitan import Torchtitan
from lives import LIVES, compare_golden, life, log_of
from telling import REAL, assert_same_run

from pysim.story import events as ev
from pysim.terminal.screen import Screen
from pysim.views.registry import VIEWS, cadence


@pytest.fixture(scope="module")
def log() -> tuple[str, ...]:
    return log_of("torchtitan")


def test_whole_life(log: tuple[str, ...], *, update_golden: bool) -> None:
    compare_golden("torchtitan", log, update=update_golden)


def test_it_is_the_same_run(log: tuple[str, ...]) -> None:
    reader = Torchtitan()
    told = reader.read(log)
    assert told.findings == []
    assert_same_run(told, life().narrate(), every=10)
    assert reader.flops.low <= life().header.job.flops_per_token("torchtitan") <= reader.flops.high


def test_lines_have_the_shapes_of_real_ones(log: tuple[str, ...]) -> None:
    real = (REAL / "torchtitan.txt").read_text().splitlines()
    assert Torchtitan().read(real).findings == []
    ours, theirs = ({shape(line) for line in lines if "[titan]" in line} for lines in (log, real))
    assert ours - theirs == set()
    assert theirs - ours == {shape(line) for line in real if any(words in line for words in OF_THE_SAMPLE)}


OF_THE_SAMPLE = ("lspci", "purge thread", "safetensors", "SelectiveAC", "Optimizer AdamW")
"""What a container without lspci says, who keeps ten checkpoints and no index of weights; and of a Llama, whose activations are recomputed."""
NAMES = (
    r"\S*/\S+", r"(?<=Building )\S+ \S+", r"(?<=Model )\S+ \S+(?= size)", r"(?<=size: )[\d,]+", r"(?<=Preparing )\S+", r"(?<=capacity: ).+(?= with)",
    r"CPU|CUDA", r"(?<=dimensions: ).*",
)  # fmt: skip


def shape(line: str) -> str:
    """A line without its numbers and names."""
    for names in NAMES:
        line = re.sub(names, "*", line)
    return re.sub(r"\d[\d,.]*", "#", re.sub(r" +(?=\d)", " ", line))


# ROCm/cvs dddd9143, torchtitan_training_lib
@pytest.mark.parametrize(
    ("pattern", "least"),
    [(r"tps:\s+([0-9,\.]+)", 20), (r"loss:\s+([0-9\.]+)", 20), (r"memory:\s+([0-9\.]+)\s*GiB", 20)],
)
def test_published_expressions_find_numbers(log: tuple[str, ...], pattern: str, least: int) -> None:
    found = [float(number.replace(",", "")) for number in re.findall(pattern, "\n".join(log))]
    assert len(found) >= least
    assert min(found) > 0


def test_completion_is_found_at_the_end_only(log: tuple[str, ...]) -> None:
    completed = re.compile(rf"step:\s+{LIVES['life'].total_steps}\b")
    assert [bool(completed.search(line)) for line in log].index(True) > len(log) - 12


def test_colours_are_for_screens() -> None:
    plain, colored = (
        [
            line
            for event in _reported()
            for line in VIEWS["torchtitan"](life().header, Screen(500, 50, color=color)).lines(event)
        ]
        for color in (False, True)
    )
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in colored] == plain
    step = next(line for line in colored if "grad_norm" in line)
    assert "\x1b[31mstep:  1  \x1b[32mloss: 10.9" in step
    assert "\x1b[38;2;180;60;0mgrad_norm" in step
    assert step.endswith("\x1b[39m")


def _reported() -> list[ev.Event]:
    return list(life().narrate(0, None, *cadence(VIEWS["torchtitan"])))


def test_only_the_local_rank_that_is_shown_speaks(log: tuple[str, ...]) -> None:
    others = [e for e in life().narrate() if isinstance(e, ev.LogLine) and e.local_rank not in (None, 0)]
    assert others
    assert not any(f"[rank{e.rank}]" in line for e in others for line in log)
