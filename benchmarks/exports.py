"""How fast a run becomes Parquet, on one core."""

import statistics
import tempfile
from pathlib import Path
from time import process_time

import pyarrow as pa
from bench import run_of
from waits import ROUNDS

from pysim.export.feeding import feed
from pysim.export.format import Asked
from pysim.export.parquet import Parquet
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.columns import StepColumns
from pysim.story.story import Span

_STEPS = 500_000
_MICROSECONDS = 1e6


def rows() -> list[tuple[str, float, str, float]]:
    """Name, value, unit and limit of each; half a microsecond a step is two million steps a second."""
    pa.set_cpu_count(1)
    story = PretrainingStory(simulate(run_of(_STEPS)))
    blocks = [each for each in story.blocks(between="nothing") if isinstance(each, StepColumns)]
    writing = statistics.median(_written(story, blocks) for _ in range(ROUNDS))
    making = statistics.median(_made(story) for _ in range(ROUNDS // 3))
    whole = statistics.median(_exported(story) for _ in range(ROUNDS // 3))
    return [
        ("a step to Parquet, from the columns of many", writing, "us", 0.5),
        ("a step to Parquet, computed / computed alone", whole / making, "x", 1.8),
    ]


def _written(story: PretrainingStory, blocks: list[StepColumns]) -> float:
    """Microseconds a step to write columns that are there."""
    with tempfile.TemporaryDirectory() as folder:
        exporter = Parquet(Path(folder), Asked())
        exporter.begin(story, Span())
        begun = process_time()
        for each in blocks:
            exporter.steps(each)
        exporter.end()
        return (process_time() - begun) * _MICROSECONDS / _STEPS


def _made(story: PretrainingStory) -> float:
    """Microseconds a step to compute them."""
    begun = process_time()
    for _ in story.blocks(between="no looks"):
        pass
    return (process_time() - begun) * _MICROSECONDS / _STEPS


def _exported(story: PretrainingStory) -> float:
    """Both, and everything else that an export is but looks at accelerators."""
    with tempfile.TemporaryDirectory() as folder:
        exporter = Parquet(Path(folder), Asked())
        exporter.between = "no looks"
        begun = process_time()
        for _ in feed(exporter, "blocks", story, Span(), Asked()):
            pass
        return (process_time() - begun) * _MICROSECONDS / _STEPS


if __name__ == "__main__":
    for name, value, unit, _limit in rows():
        print(f"{name}: {value:.3f} {unit}")
