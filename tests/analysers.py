"""PyTorch's analyser of flight recorders and gcm's reader of `sacct` (facebookresearch/gcm), which `make hunt` fetches.

They lie in a folder of their own, `.cache/analysers`, without the packages that they come with, and run in processes of their own.
"""

# ruff: noqa: S603 - a program is what is tested

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / ".cache" / "analysers"


def are_there() -> bool:
    """Whether they were fetched."""
    return (FOLDER / "ready").is_file()


def run(*arguments: str, programs: Path | None = None) -> str:
    """What Python says to these arguments where they can be imported, and `programs` can be called."""
    paths = f"{programs}{os.pathsep}{os.environ['PATH']}" if programs else os.environ["PATH"]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER), "PATH": paths}
    called = [sys.executable, "-P", *arguments]
    done = subprocess.run(called, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout + done.stderr
