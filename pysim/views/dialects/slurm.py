"""What Slurm knows of the job: the controller's log as it goes, and what `sacct -j` prints of each step that is over.

Formats: slurm 284c3b95 (src/sacct/print.c and options.c; src/slurmctld/job_scheduler.c and job_mgr.c); the job's partition, account and
processors are made up.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from pysim.story import events as ev
from pysim.views.dialects.dialect import Lines, Writers
from pysim.views.dialects.of_nodes import OfNodes
from pysim.views.speakers import spoken

_PARTITION, _ACCOUNT, _PROCESSORS = "gpu", "research", 112
_MICROSECONDS = 1_000_000
_NUMBERED = re.compile(r"(.*?)(\d+)")
_HEAD = "       JobID    JobName  Partition    Account  AllocCPUS      State ExitCode "
_RULE = "------------ ---------- ---------- ---------- ---------- ---------- -------- "
_CODES = {"COMPLETED": "0:0", "CANCELLED": "0:15", "TIMEOUT": "0:0", "PREEMPTED": "0:15", "OUT_OF_MEMORY": "0:125"}


class Slurm(OfNodes):
    """Writes the scheduler's side of a run."""

    def launched(self, e: ev.JobLaunched) -> Lines:
        """The job gets its nodes."""
        yield from self._controller(
            e.time_seconds,
            f"sched: Allocate JobId={self.job.job_id} NodeList={self._nodes()} #CPUs={self._processors} "
            f"Partition={_PARTITION}",
        )

    def said(self, e: ev.LogLine) -> Lines:
        """What the controller says of nodes and jobs."""
        if e.speaker == "scheduler" and e.is_shown:
            yield from spoken(e, self.moment(e.time_seconds))

    def interrupted(self, e: ev.TrainingInterrupted) -> Lines:
        """A step of the job is over before its time."""
        time_us = round(e.time_seconds * _MICROSECONDS)
        yield from self._accounted(self.job.launches(time_us), self.job.ended_as(time_us))

    def completed(self, e: ev.RunCompleted) -> Lines:
        """The last step and the job are done."""
        yield from self._controller(e.time_seconds, f"_job_complete: JobId={self.job.job_id} WEXITSTATUS 0")
        yield from self._controller(e.time_seconds, f"_job_complete: JobId={self.job.job_id} done")
        yield from self._accounted(self.job.launches(round(e.time_seconds * _MICROSECONDS)), "COMPLETED", last=True)

    def _controller(self, time_seconds: float, words: str) -> Lines:
        moment = self.moment(time_seconds)
        yield f"[{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}] {words}"

    def _accounted(self, step: int, state: str, *, last: bool = False) -> Lines:
        yield _HEAD
        yield _RULE
        name = self.header.run_name
        if last:
            yield self._row(str(self.job.job_id), name, _PARTITION, state)
            yield self._row(f"{self.job.job_id}.batch", "batch", "", state)
            yield self._row(f"{self.job.job_id}.extern", "extern", "", state)
        yield self._row(f"{self.job.job_id}.{step}", "python3", "", state)

    def _row(self, job: str, name: str, partition: str, state: str) -> str:
        code = _CODES.get(state, "1:0")
        cells = (_fitted(cell, 10) for cell in (name, partition, _ACCOUNT, str(self._processors), state))
        return f"{_fitted(job, 12):<12} {' '.join(f'{cell:>10}' for cell in cells)} {code:>8} "

    @property
    def _processors(self) -> int:
        return self.header.nodes * _PROCESSORS

    def _nodes(self) -> str:
        return hostlist([self.job.short_host(node) for node in range(self.header.nodes)])

    WRITERS: ClassVar[Writers] = {
        ev.JobLaunched: launched,
        ev.LogLine: said,
        ev.TrainingInterrupted: interrupted,
        ev.RunCompleted: completed,
    }


def hostlist(names: Sequence[str]) -> str:
    """Host names as Slurm writes many: those that differ in the number at their end only in one bracket, ranges with a hyphen."""
    runs: list[tuple[str, int, int, int]] = []  # prefix, digits of the first, first, last
    for name in names:
        found = _NUMBERED.fullmatch(name)
        prefix, digits = found.groups() if found else (name, "")
        number = int(digits or 0)
        if runs and digits and runs[-1][0] == prefix and runs[-1][3] == number - 1 and len(digits) >= runs[-1][1]:
            runs[-1] = (*runs[-1][:3], number)
        else:
            runs.append((prefix, len(digits), number, number))
    grouped = groupby(runs, key=lambda run: run[0])
    return ",".join(_bracketed(prefix, list(group)) for prefix, group in grouped)


def _bracketed(prefix: str, runs: Sequence[tuple[str, int, int, int]]) -> str:
    if not runs[0][1]:
        return prefix
    ranges = [f"{first:0{width}d}" + (f"-{last:0{width}d}" if last > first else "") for _, width, first, last in runs]
    is_single = len(ranges) == 1 and "-" not in ranges[0]
    return f"{prefix}{ranges[0]}" if is_single else f"{prefix}[{','.join(ranges)}]"


def _fitted(words: str, columns: int) -> str:
    """Cut as Slurm cuts: the last column says that there was more."""
    return words if len(words) <= columns else f"{words[: columns - 1]}+"
