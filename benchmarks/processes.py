"""The promises about whole processes: start-up time and memory."""

import statistics
import subprocess
import sys
from time import perf_counter

ROUNDS = 15
_VERSION = [sys.executable, "-m", "pysim", "--version"]
_NUMPY = [sys.executable, "-c", "import numpy"]
# Not getrusage: its maximum survives exec, so a child would report its parent's.
_PEAK = "print(next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')) / 1000)"
_OPEN = """
import sys; sys.path.insert(0, {folder!r})
from bench import open_in_the_middle, run_of
open_in_the_middle(run_of(10_000_000))
"""


def rows() -> list[tuple[str, float, str, float]]:
    """Name, value, unit and limit of each."""
    return [start_up(), memory()]


def start_up() -> tuple[str, float, str, float]:
    """Answering --version, against importing numpy."""
    pairs = [(_seconds(_VERSION), _seconds(_NUMPY)) for _ in range(ROUNDS)]
    value = statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)
    return ("python -m pysim --version / python -c 'import numpy'", value, "x", 1.5)


def memory() -> tuple[str, float, str, float]:
    """Peak memory of opening the long run, above that of importing numpy."""
    folder = __file__.rpartition("/")[0]
    opened = _megabytes(_OPEN.format(folder=folder) + _PEAK)
    return (
        "memory to open 10,000,000 steps above import numpy",
        opened - _megabytes(f"import numpy; {_PEAK}"),
        "MB",
        60.0,
    )


def _seconds(command: list[str]) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own interpreter
    return perf_counter() - start


def _megabytes(code: str) -> float:
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)  # noqa: S603  # our own code
