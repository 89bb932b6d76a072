"""The promises about corpora: what a second worker is worth, and what a worker takes of memory.

`make bench` measures with few runs. `python benchmarks/corpora.py 10000` has two workers make as many small ones, and prints what they hold
meanwhile.
"""

import contextlib
import logging
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import dask
from distributed import Client, LocalCluster

from pysim.edge.cluster import SETTINGS, work
from pysim.edge.drawing import tell_run
from pysim.export.corpus.making import Task, make_run

Row = tuple[str, float, str, float]

_WORKERS = 2
_ROUNDS, _RUNS = 3, 48  # small runs in each round, with each number of workers
_MANY = 400  # small runs, with which nothing may grow
_LOOKS = 20  # at the memory of workers meanwhile
_WARM = 5  # of these, until caches are full
_STEPS, _FEWER_STEPS = 200_000, 50_000
_SMALL = """
[sample]
preset = "gpt2-124m"
gpus = 8
tokens = "40M"
view = ["nanogpt", "hf", "llmc"]
incidents = 0
inject = { count = [0, 1], cause = "any" }
"""
_LONG = """
[sample]
preset = "llama3-70b"
view = "torchtitan"
log-every = 1
until = "step:%s"
"""


def rows() -> list[Row]:
    """Name, value, unit and limit of each."""
    return [*_of_workers(), *_of_steps(), _of_runs(_MANY, growth(_MANY))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Processes that make runs of a corpus."""

    client: Any
    folder: str

    def make(self, numbers: range) -> None:
        """Some runs."""
        tasks = [Task(address=self.folder, number=number) for number in numbers]
        work(self.client, make_run, tasks, shows=False, tell=tell_run)

    def ask(self, measure: Callable[[], float]) -> list[float]:
        """What each says of itself."""
        return list(self.client.run(measure).values())


@contextlib.contextmanager
def started(count: int, specification: str) -> Iterator[Workers]:
    """So many processes, and the folder of a corpus."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster) as client,
    ):
        (Path(folder) / "specification.toml").write_text(specification, encoding="utf-8")
        (Path(folder) / "corpus.json").write_text('{"seed": 0, "pairs": false}', encoding="utf-8")
        yield Workers(client=client, folder=folder)


# A second worker


def _of_workers() -> list[Row]:
    """The same runs by two workers and by one, in turn, since a machine is not always as fast.

    Where others work beside it, what one waits for says more of them than of us: so the second row takes what the busiest process
    works, for which one would wait if it were alone.
    """
    with started(1, _SMALL) as one, started(_WORKERS, _SMALL) as two:
        for each in (one, two):
            each.make(range(4 * _WORKERS))  # what is imported once
        waits, works = [], []
        for index in range(_ROUNDS):
            numbers = range((index + 1) * _RUNS, (index + 2) * _RUNS)
            (wait_two, work_two), (wait_one, work_one) = _timed(two, numbers), _timed(one, numbers)
            waits.append(wait_two / wait_one)
            works.append(work_two / work_one)
    return [
        (f"{_RUNS} small runs of a corpus on two workers / on one", statistics.median(waits), "x", 1 / 1.7),
        ("the busiest process of two workers / of one", statistics.median(works), "x", 1 / 1.7),
    ]


def _timed(workers: Workers, numbers: range) -> tuple[float, float]:
    """Seconds that one waits for some runs, and those that the busiest works of workers, and the scheduler with the client."""
    before, start = _worked(workers), perf_counter()
    workers.make(numbers)
    waited = perf_counter() - start
    return waited, max(after - begun for begun, after in zip(before, _worked(workers), strict=True))


def _worked(workers: Workers) -> list[float]:
    return [*workers.ask(process_time), process_time()]


# Memory


def _of_steps() -> list[Row]:
    """What a worker takes for a long run, and for one of which a quarter is told."""
    long, short = _peak(_STEPS), _peak(_FEWER_STEPS)
    return [
        (f"peak memory of a worker with a run of {_STEPS:,} lines", long, "MB", 400.0),
        (f"the same / with {_FEWER_STEPS:,}", long / short, "x", 1.2),
    ]


def _peak(steps: int) -> float:
    with started(1, _LONG % steps) as workers:
        workers.make(range(1))
        return max(workers.ask(peak))


def growth(runs: int) -> list[tuple[int, list[float]]]:
    """So many small runs by two workers: how many were made, and what each of them held then, in megabytes."""
    looks: list[tuple[int, list[float]]] = []
    with started(_WORKERS, _SMALL) as workers:
        for index in range(_LOOKS):
            end = (index + 1) * runs // _LOOKS
            workers.make(range(index * runs // _LOOKS, end))
            looks.append((end, workers.ask(held)))
    return looks


def _of_runs(runs: int, looks: list[tuple[int, list[float]]]) -> Row:
    """How much more the worker that grew most holds than once its caches were full, by the line through what it held since."""
    ends = [end for end, _ in looks[_WARM:]]
    lines = [
        statistics.linear_regression(ends, sizes) for sizes in zip(*(each for _, each in looks[_WARM:]), strict=True)
    ]
    grown = max(line.slope for line in lines) * (ends[-1] - ends[0])
    return (f"memory of a worker after {runs:,} small runs above that after {ends[0]:,}", grown, "MB", 20.0)


def peak() -> float:
    """The most that this process held, in megabytes."""
    return _megabytes("VmHWM")


def held() -> float:
    """What this process holds."""
    return _megabytes("VmRSS")


def _megabytes(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1000


def main(runs: int) -> None:
    """Print what workers hold while they make so many runs."""
    looks = growth(runs)
    for end, sizes in looks:
        print(f"{end:>9,} runs  {'  '.join(f'{size:6.1f} MB' for size in sizes)}")
    name, value, unit, limit = _of_runs(runs, looks)
    print(f"{name}: {value:.2f} {unit} <= {limit:g} {unit}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
