"""The auditor over many random plans, as a section of `make realism`: it should have nothing to say."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from random_plans import findings

from realism.section import Section

PLANS = 2_000
SHOWN = 40  # findings
_CHUNK = 20  # plans that a process takes at a time


def section() -> Section:
    """What the auditor finds in the runs of `PLANS` random plans; passed if that is nothing."""
    found = list(_findings())
    lines = (f"{PLANS:,} random plans, their start, middle and end: {len(found)} findings", *found[:SHOWN])
    return Section("auditor over random plans", lines, not found)


def _findings() -> Iterator[str]:
    with ProcessPoolExecutor() as pool:
        yield from chain.from_iterable(pool.map(findings, range(PLANS), chunksize=_CHUNK))
