"""MaxText's words: its own log and ours have lines of the same shapes, and ours says what the events say."""

import re
from dataclasses import replace

import pytest
from auditor.readers.maxtext import MaxText
from lives import compare_golden, life, log_of
from plans import TINY
from telling import FILE, REAL, assert_same_run

from pysim.catalog import accelerators, models
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.views.registry import VIEWS, cadence

ON_TPUS = replace(
    TINY,
    model=models()["gemma-7b"],
    accelerator=accelerators()["tpu-v5p"],
    world_size=16,
    sharding="fsdp",
    micro_batch_size=1,
)


@pytest.fixture(scope="module")
def log() -> tuple[str, ...]:
    return log_of("maxtext")


def test_whole_life(log: tuple[str, ...], *, update_golden: bool) -> None:
    compare_golden("maxtext", log, update=update_golden)


def test_it_is_the_same_run(log: tuple[str, ...]) -> None:
    reader = MaxText()
    told = reader.read(log)
    assert told.findings == []
    assert_same_run(told, life().narrate(), every=1)
    header = life().header
    tokens = header.global_batch_size * header.sequence_length / header.world_size
    teraflops = header.job.flops_per_token("megatron") * tokens / 1e12
    assert reader.teraflops.low <= teraflops <= reader.teraflops.high


def test_a_run_on_tpus() -> None:
    story = PretrainingStory(
        simulate(replace(ON_TPUS, tokens=60 * ON_TPUS.tokens_per_step, epochs=1, checkpoint_interval=30))
    )
    view, reader = VIEWS["maxtext"](story.header, FILE), MaxText()
    told = reader.read(
        line for event in story.narrate(0, None, *cadence(VIEWS["maxtext"])) for line in view.lines(event)
    )
    assert told.findings == []
    assert (len(told.steps), len(told.validations), told.saved, told.ended) == (60, 2, [30, 60], True)
    assert reader.parameters["hardware"] == "tpu"


def test_lines_have_the_shapes_of_real_ones(log: tuple[str, ...]) -> None:
    real = (REAL / "maxtext.txt").read_text().splitlines()
    assert MaxText().read(real).findings == []
    ours, theirs = ({shape(line) for line in lines if re.match(r"[IWE]\d{4} ", line)} for lines in (log, real))
    assert {line for line in ours - theirs if not any(words in line for words in OF_ACCELERATORS)} == set()
    assert {line for line in theirs - ours if not any(words in line for words in OF_THE_SAMPLE)} == set()


OF_ACCELERATORS = ("distributed system", "dataset_path", "Using (GB)")
"""What it says of accelerators, and of a corpus that is not made up."""
OF_THE_SAMPLE = (
    "synthetic", "Skipping jax distributed", "Jax Backend", "[eval]", "Completed eval step", "Memstats unavailable", "Finished blocking", "Waiting for step",
    "Waited", "tensorboardX",
)  # fmt: skip
"""What it says of a CPU and of a corpus that is made up; single batches of a validation, which a run does not tell apart; parts of a save."""


def shape(line: str) -> str:
    line = re.sub(r"(?<=logdir=)\S+|(?<=shape ).*|(?<=@ )\S+(?=/checkpoints)", "*", line)
    return re.sub(r"\d[\d.]*", "#", re.sub(r"(?<=: )\S+$", "*", line) if "Config param" in line else line)


# ROCm/cvs, maxtext_parsing and its JAX library; MaxText's own monitor of disruptions
@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r"completed step:\s*(\d+)", 300),
        (r"TFLOP/s/device:\s*([\d.eE+\-]+)", 300),
        (r".*completed step: (\d+), .*", 300),
        (r"Config param \w+: (\d+)\b", 10),
    ],
)
def test_published_expressions_find_numbers(log: tuple[str, ...], pattern: str, least: int) -> None:
    assert sum(bool(re.search(pattern, line)) for line in log) >= least
    assert not any(re.search(r"(TFLOP/s/device|Tokens/s/device):\s*(NaN|Inf|-Inf)", line) for line in log)


def test_a_run_on_gpus_has_no_word_of_torch(log: tuple[str, ...]) -> None:
    assert any(isinstance(e, ev.LogLine) and "torch" in e.words for e in life().narrate())
    assert not any("torch" in line for line in log)
    assert any("NCCL WARN" in line for line in log)
