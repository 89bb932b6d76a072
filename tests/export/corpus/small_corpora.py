"""A small corpus for tests: few runs, short ones, of all that can go wrong."""

from hashlib import sha256
from pathlib import Path

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
