"""The auditor over many random plans, and over runs in which things go wrong: it should have nothing to say of either."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

import random_failures
import random_plans

from realism.section import Section

PLANS = 2_000
SHOWN = 40  # findings
_CHUNK = 20  # plans that a process takes at a time

Findings = Callable[[int], list[str]]


def section() -> Section:
    """What the auditor finds in the runs of `PLANS` random plans; passed if that is nothing."""
    return _section("auditor over random plans", "their start, middle and end", random_plans.findings)


def failing_section() -> Section:
    """The same of random plans with incidents: published, more frequent, and injected."""
    how = "published, frequent and injected incidents, short runs as a whole"
    return _section("auditor over random plans with incidents", how, random_failures.findings)


def _section(title: str, how: str, findings: Findings) -> Section:
    found = list(_findings(findings))
    return Section(title, (f"{PLANS:,} random plans, {how}: {len(found)} findings", *found[:SHOWN]), not found)


def _findings(findings: Findings) -> Iterator[str]:
    with ProcessPoolExecutor() as pool:
        yield from chain.from_iterable(pool.map(findings, range(PLANS), chunksize=_CHUNK))
