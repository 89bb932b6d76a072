"""Where in a corpus what lies: names of runs, folders and files."""

from typing import Literal, get_args

from pysim.export.corpus.sampling import run_seed
from pysim.story.noise import Stream

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Variant = Literal["", "with", "without"]

MARKER, SPECIFICATION, LICENCE, CARD, CROISSANT = (
    "corpus.json",
    "specification.toml",
    "LICENSE",
    "README.md",
    "croissant.json",
)
RUNS, TEMPLATES, QUESTIONS = "runs.parquet", "templates.parquet", "questions.jsonl"
RUNS_PER_PART = 1000
_SHARES = (0.8, 0.9)  # up to which a run is for training, and for validation


def split_of(seed: int, number: int) -> Split:
    """Which split a run is in; known before it is made."""
    uniform = Stream(run_seed(seed, number), "corpus split").uniform(0)
    return SPLITS[sum(uniform >= share for share in _SHARES)]


def run_name(number: int, variant: Variant = "") -> str:
    """Of a run, the same for folder and tables."""
    return f"{number:08d}-{variant}" if variant else f"{number:08d}"


def part_of(number: int) -> str:
    """The folder of a thousand runs that a run is in."""
    return f"{number // RUNS_PER_PART:05d}"


def folder_of(seed: int, number: int, variant: Variant = "") -> str:
    """Of a run."""
    return f"runs/{split_of(seed, number)}/{part_of(number)}/{run_name(number, variant)}"


def marker_of(seed: int, number: int, variant: Variant = "") -> str:
    """What says that a run is made, and how: written last."""
    return f"{folder_of(seed, number, variant)}.json"
