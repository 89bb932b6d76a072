"""What Slurm knows of the job: the controller's log as it goes, and what `sacct -j` prints of each step that is over.

Formats: slurm 284c3b95 (src/sacct/print.c and options.c; src/slurmctld/job_scheduler.c:1925 and job_mgr.c:6165, 6352); the job's partition, account and
processors are made up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.views.dialects.dialect import Lines, Writers
from pysim.views.dialects.of_nodes import OfNodes
from pysim.views.speakers import spoken

PARTITION, ACCOUNT, PROCESSORS = "gpu", "research", 112
_NUMBERED = re.compile(r"(.*?)(\d+)")
_HEAD = "       JobID    JobName  Partition    Account  AllocCPUS      State ExitCode "
_RULE = "------------ ---------- ---------- ---------- ---------- ---------- -------- "
_NODE_FAILED, _GIVEN_UP = "NODE_FAIL", "requeue job "  # and what the controller says when it gives a node up
_CODES = {
    "COMPLETED": "0:0",
    "RUNNING": "0:0",
    "CANCELLED": "0:15",
    "TIMEOUT": "0:0",
    "PREEMPTED": "0:15",
    "OUT_OF_MEMORY": "0:125",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A row of the accounting: a job, or a step of one."""

    job: str
    name: str
    partition: str = ""  # a step has none of its own
    state: str

    @property
    def code(self) -> str:
        """Exit code and signal."""
        return _CODES.get(self.state, "1:0")


def whole_job(header: Header, state: str) -> list[Account]:
    """What there is of a job as a whole."""
    job = header.job.job_id
    return [
        Account(job=str(job), name=header.run_name, partition=PARTITION, state=state),
        Account(job=f"{job}.batch", name="batch", state=state),
        Account(job=f"{job}.extern", name="extern", state=state),
    ]


def job_step(header: Header, step: int, state: str) -> Account:
    """And of a step of it: all its processes, started once."""
    return Account(job=f"{header.job.job_id}.{step}", name="python3", state=state)


class Slurm(OfNodes):
    """Writes the scheduler's side of a run."""

    def launched(self, e: ev.JobLaunched) -> Lines:
        """The job gets its nodes."""
        yield from self._controller(
            e.time_seconds,
            f"sched: Allocate JobId={self.job.job_id} NodeList={self._nodes()} #CPUs={self._processors} "
            f"Partition={PARTITION}",
        )

    def said(self, e: ev.LogLine) -> Lines:
        """What the controller says of nodes and jobs."""
        if e.speaker == "scheduler" and e.is_shown:
            yield from spoken(e, self.moment(e.time_seconds))

    def heard(self, e: ev.LogLine) -> Lines:
        """The same, and the step that ends when a node is given up."""
        yield from self.said(e)
        if e.speaker == "scheduler" and e.words.startswith(_GIVEN_UP):
            yield from self._accounted(self.job.launches(e.time_us), _NODE_FAILED)

    def interrupted(self, e: ev.TrainingInterrupted) -> Lines:
        """A step of the job is over before its time; that a node has failed nobody knows by then."""
        state = self.job.ended_as(e.time_us)
        if state != _NODE_FAILED:
            yield from self._accounted(self.job.launches(e.time_us), state)

    def completed(self, e: ev.RunCompleted) -> Lines:
        """The last step and the job are done."""
        yield from self.ended(e)
        yield from self._accounted(self.job.launches(e.time_us), "COMPLETED", last=True)

    def ended(self, e: ev.RunCompleted) -> Lines:
        """What the controller says of the end."""
        yield from self._controller(e.time_seconds, f"_job_complete: JobId={self.job.job_id} WEXITSTATUS 0")
        yield from self._controller(e.time_seconds, f"_job_complete: JobId={self.job.job_id} done")

    def _controller(self, time_seconds: float, words: str) -> Lines:
        moment = self.moment(time_seconds)
        yield f"[{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}] {words}"

    def _accounted(self, step: int, state: str, *, last: bool = False) -> Lines:
        yield _HEAD
        yield _RULE
        for row in whole_job(self.header, state) if last else ():
            yield self._row(row)
        yield self._row(job_step(self.header, step, state))

    def _row(self, row: Account) -> str:
        values = (row.name, row.partition, ACCOUNT, str(self._processors), row.state)
        cells = (_fitted(cell, 10) for cell in values)
        return f"{_fitted(row.job, 12):<12} {' '.join(f'{cell:>10}' for cell in cells)} {row.code:>8} "

    @property
    def _processors(self) -> int:
        return self.header.nodes * PROCESSORS

    def _nodes(self) -> str:
        return hostlist([self.job.short_host(node) for node in range(self.header.nodes)])

    WRITERS: ClassVar[Writers] = {
        ev.JobLaunched: launched,
        ev.LogLine: heard,
        ev.TrainingInterrupted: interrupted,
        ev.RunCompleted: completed,
    }


class Controller(Slurm):
    """Writes the controller's own log alone."""

    WRITERS: ClassVar[Writers] = {ev.JobLaunched: Slurm.launched, ev.LogLine: Slurm.said, ev.RunCompleted: Slurm.ended}


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
