"""The promises about corpora: memory of a worker, and what a second one is worth."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

RUNS = 32  # of a corpus for each number of workers
_MANY, _SOME = 400, 100  # runs in one process
_STATUS = (
    "{line.split()[0]: int(line.split()[1]) / 1000 for line in open('/proc/self/status') if line.startswith('Vm')}"
)
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
until = "step:200000"
"""
_MAKE = """
import json
from pathlib import Path
from pysim.edge.drawing import tell_run
from pysim.export.corpus.making import Task, make_run
out = Path({out!r})
(out / "specification.toml").write_text({specification!r})
(out / "corpus.json").write_text(json.dumps({{"seed": 0, "pairs": False}}))
def status():
    return {status}
for number in range({runs}):
    make_run(Task(address=str(out), number=number), tell_run)
    if number == {some}:
        before = status()["VmRSS:"]
print(status()["VmHWM:"], status()["VmRSS:"] - before)
"""


def rows() -> list[tuple[str, float, str, float]]:
    """Name, value, unit and limit of each."""
    peak, _ = _memory(_LONG, 1, 0)
    _, growth = _memory(_SMALL, _MANY, _SOME)
    return [
        ("peak memory of a run of 200,000 steps in a corpus, each with its line", peak, "MB", 400.0),
        (f"memory after {_MANY} runs of a corpus above that after {_SOME}", growth, "MB", 20.0),
        (f"{RUNS} runs of a corpus on two workers / on one", _seconds(2) / _seconds(1), "x", 1 / 1.7),
    ]


def _memory(specification: str, runs: int, some: int) -> tuple[float, float]:
    """The most that a process takes that makes some runs, and how much more it holds at the end than after some of them."""
    with tempfile.TemporaryDirectory() as out:
        code = _MAKE.format(out=out, specification=specification, status=_STATUS, runs=runs, some=some)
        printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own code
    peak, growth = map(float, printed.split())
    return peak, growth


def _seconds(workers: int) -> float:
    """What a corpus takes with so many workers, those that are there already."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra

    from pysim.edge.cluster import work  # noqa: PLC0415 - likewise
    from pysim.edge.drawing import tell_run  # noqa: PLC0415 - likewise
    from pysim.export.corpus.making import Task, make_run  # noqa: PLC0415 - likewise

    out = Path(tempfile.mkdtemp())
    (out / "specification.toml").write_text(_SMALL, encoding="utf-8")
    (out / "corpus.json").write_text('{"seed": 0, "pairs": false}', encoding="utf-8")
    tasks = [Task(address=str(out), number=number) for number in range(RUNS + 2 * workers)]
    try:
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
            Client(cluster) as client,
        ):
            work(client, make_run, tasks[RUNS:], shows=False, tell=tell_run)  # what is imported once
            start = perf_counter()
            work(client, make_run, tasks[:RUNS], shows=False, tell=tell_run)
            return perf_counter() - start
    finally:
        shutil.rmtree(out)
