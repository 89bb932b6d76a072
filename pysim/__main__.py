"""`python -m pysim`, and what the installed command calls.

Every Python 3.6 and later can read this file and `__init__`: one that is too old is told so in a sentence.
"""

import os
import signal
import sys

OLDEST_PYTHON = (3, 11)
STDOUT = 1
INTERRUPTED = 128 + signal.SIGINT


def main() -> int:
    """Run pysim; the exit code."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)
    if sys.version_info < OLDEST_PYTHON:
        wanted, present = (".".join(map(str, version[:2])) for version in (OLDEST_PYTHON, sys.version_info))
        sys.stderr.write(f"pysim: needs Python {wanted} or newer; this is Python {present}\n")
        return 1
    from pysim.edge.cli import main as run  # noqa: PLC0415 - an old Python cannot, and Ctrl-C may come first

    return run()


def _leave(_number: int, _frame: object) -> None:
    """Ctrl-C while nothing has begun: there is nothing to put back, and an exception would surface in half an import."""
    os._exit(0 if os.isatty(STDOUT) else INTERRUPTED)


if __name__ == "__main__":
    raise SystemExit(main())
