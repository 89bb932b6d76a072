"""How fast a run becomes Parquet, on one core."""

import gc
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pyarrow as pa
from bench import run_of
from waits import ROUNDS

from pysim.export.feeding import feed
from pysim.export.format import TABLES, Asked, Names
from pysim.export.parquet import Parquet
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story.columns import Between
from pysim.story.story import Span

_STEPS = 500_000
_ONLY_STEPS: Names = ("steps",)
_ALL_BUT_LOOKS = tuple(each for each in TABLES if each != "fleet")
_MICROSECONDS = 1e6


def rows() -> list[tuple[str, float, str, float]]:
    """Name, value, unit and limit of each; half a microsecond a step is two million steps a second."""
    pa.set_cpu_count(1)
    story = PretrainingStory(simulate(run_of(_STEPS)))
    gc.freeze()  # as the program does
    making, steps = _alternating(lambda: _made(story, "nothing"), lambda: _exported(story, _ONLY_STEPS), ROUNDS)
    telling, whole = _alternating(
        lambda: _made(story, "no looks"), lambda: _exported(story, _ALL_BUT_LOOKS), ROUNDS // 3
    )
    gc.unfreeze()
    return [
        ("a step to Parquet, from the run to its file", steps, "us", 0.5),
        ("a step to Parquet / computed alone", steps / making, "x", 2.0),
        ("a step and all events to Parquet / computed alone", whole / telling, "x", 1.5),
    ]


def _alternating(one: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Medians of both, once each has been done."""
    one(), other()
    times = [(one(), other()) for _ in range(rounds)]
    return statistics.median(each for each, _ in times), statistics.median(each for _, each in times)


def _made(story: PretrainingStory, between: Between) -> float:
    """Microseconds of the processor a step to compute what is written of it."""
    begun = process_time()
    for _ in story.blocks(between=between):
        pass
    return (process_time() - begun) * _MICROSECONDS / _STEPS


def _exported(story: PretrainingStory, tables: Names) -> float:
    """The same for the whole export, as `pysim export --to parquet --tables` has it: computed, encoded, in a file."""
    asked = Asked(tables=tables)
    with tempfile.TemporaryDirectory() as folder:
        begun = process_time()
        for _ in feed(Parquet(Path(folder), asked), "blocks", story, Span(), asked):
            pass
        return (process_time() - begun) * _MICROSECONDS / _STEPS


if __name__ == "__main__":
    for name, value, unit, _limit in rows():
        print(f"{name}: {value:.3f} {unit}")
