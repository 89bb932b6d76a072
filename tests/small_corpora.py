"""A small corpus for tests, and some runs that every dialect can tell: few, short, and with things that go wrong."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pysim.edge.playlist import turns
from pysim.edge.telling import told
from pysim.options.settings import settle
from pysim.pretraining.story import PretrainingStory

SPECIFICATION = """\
runs = 6
seed = 11
beside = ["kernel", "slurm"]

[sample]
incidents = 0
inject = { count = { 1 = 3, 2 = 1 }, cause = ["gpu-off-bus", "collective-hang", "straggler", "loss-spike", "row-remap"] }

[[population]]
name = "small"
weight = 2
[population.sample]
preset = "gpt2-124m"
gpus = [2, 8]
tokens = { least = "20M", most = "60M" }
view = ["hf", "deepspeed", "nanogpt"]

[[population]]
name = "larger"
[population.sample]
preset = "classic"
gpus = { least = 16, most = 32, multiple = 8 }
tokens = "150M"
view = ["merged", "torchtitan"]
log-every = 5
"""


def digests(folder: Path) -> dict[str, str]:
    """Of every file in a folder, by its path there."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {each.relative_to(folder).as_posix(): sha256(each.read_bytes()).hexdigest() for each in files}


TROUBLED = (
    [("preset", "classic"), ("gpus", "32"), ("tokens", "250M"), ("log-every", "5"), ("inject", "gpu-off-bus@50%"), ("inject", "collective-hang@70%")],
    [("preset", "gpt2-124m"), ("tokens", "60M"), ("inject", "cuda-out-of-memory@1m"), ("inject", "software-bug@50%")],
    [("model", "llama3-8b"), ("accelerator", "tpu-v5p"), ("gpus", "16"), ("tokens", "300M"), ("inject", "nan@60%")],
    [("preset", "llama3-8b"), ("gpus", "64"), ("tokens", "500M"), ("inject", "divergence@20%")],
)  # fmt: skip


def stories() -> Iterator[PretrainingStory]:
    for options in TROUBLED:
        settings, problems = settle(options)
        assert not problems
        yield told(next(turns(settings, 0)))
