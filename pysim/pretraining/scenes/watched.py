"""Looks at all accelerators that no step asks for: of somebody who watches them, whatever the job does meanwhile."""

from collections.abc import Iterator

from pysim.pretraining.run.run import Run
from pysim.story.events import FleetSampled
from pysim.story.moment import AT_WORK

_MICROSECONDS = 1_000_000


def look(run: Run, time_us: int) -> FleetSampled:
    """Every accelerator just before a time; a job that is not up holds no memory."""
    is_up = run.at(max(time_us - 1, 0)).phase in AT_WORK
    return run.fleet.sample(time_us, run.figures.memory.total_bytes if is_up else 0)


def watched(run: Run, since_us: int, until_us: int, seconds: int) -> Iterator[FleetSampled]:
    """The looks in [since_us, until_us), at an interval from the launch on; each is made when it is due."""
    apart_us = seconds * _MICROSECONDS
    return (look(run, time_us) for time_us in range(-(-since_us // apart_us) * apart_us, until_us, apart_us))
