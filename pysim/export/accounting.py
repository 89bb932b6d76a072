"""What Slurm would leave of a job: the controller's log, and what `sacct` prints of it, to be read by programs.

Three files: `slurmctld.log`; `sacct.txt`, as `sacct --parsable2 --format` prints those fields; `sacct.json`, as `sacct --json` does, with
those members whose values a run knows (slurm 284c3b95, src/sacct, src/plugins/data_parser). Times are UTC.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.story import events as ev
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE
from pysim.views.dialects.slurm import ACCOUNT, PROCESSORS, Account, Controller, hostlist, job_step, whole_job

LOG, TABLE, DOCUMENT = "slurmctld.log", "sacct.txt", "sacct.json"
FIELDS = (
    "JobID",
    "JobName",
    "Partition",
    "User",
    "Account",
    "ReqNodes",
    "ReqTRES",
    "AllocNodes",
    "AllocCPUS",
    "AllocTRES",
    "State",
    "ExitCode",
    "Submit",
    "Start",
    "End",
    "Elapsed",
    "Suspended",
    "NodeList",
)
USER = "trainer"
_RUNNING, _COMPLETED = "RUNNING", "COMPLETED"
_MICROSECONDS = 1_000_000
_SIGNALS = {15: "Terminated"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounted:
    """A row with its times, in Unix seconds; no end: it still runs."""

    row: Account
    start: int
    end: int | None
    nodes: str

    def elapsed(self, now: int) -> int:
        """For how many seconds it ran, or has run."""
        return (now if self.end is None else self.end) - self.start


class Accounting(Quiet):
    """Writes the log as it comes, and the accounts at the end."""

    def __init__(self, folder: Path, _asked: Asked) -> None:
        self._folder = folder

    def begin(self, story: Story, span: Span, /) -> None:
        """Whose accounts."""
        self._story, self._header, self._job = story, story.header, story.header.job
        self._log = Controller(story.header, PAGE)
        self._until_us = span.ends_us(story.end_us)
        self._step_us = span.since_us or None  # in the middle of a run: since then, as far as anybody knows
        self._steps: list[Accounted] = []
        self._is_over = False
        (self._folder / LOG).touch()

    def event(self, event: ev.Event, /) -> None:
        """What the controller says, and when steps begin and end."""
        with (self._folder / LOG).open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in self._log.lines(event))
        time_us = event.time_us
        match event:
            case ev.JobLaunched() | ev.JobRelaunched():
                self._step_us = time_us
            case ev.TrainingInterrupted():
                self._end_step(time_us, self._job.ended_as(time_us))
            case ev.RunCompleted():
                self._end_step(time_us, _COMPLETED)
                self._is_over = True
            case _:
                pass

    def end(self) -> None:
        """The accounts of the job and all its steps."""
        if self._step_us is not None:
            self._end_step(self._until_us, _RUNNING)
        rows = [*self._whole(), *self._steps]
        now = self._unix(self._until_us)
        table = "".join(f"{line}\n" for line in self._table(rows, now))
        (self._folder / TABLE).write_text(table, encoding="utf-8", newline="\n")
        document = json.dumps(self._document(rows, now), indent=2)
        (self._folder / DOCUMENT).write_text(f"{document}\n", encoding="utf-8", newline="\n")

    def _end_step(self, time_us: int, state: str) -> None:
        if self._step_us is None:
            return
        launches = self._job.launches(max(time_us - 1, 0))
        row = job_step(self._header, launches, state)
        self._steps.append(self._accounted(row, self._step_us, None if state == _RUNNING else time_us))
        self._step_us = None

    def _whole(self) -> Iterator[Accounted]:
        state = _COMPLETED if self._is_over else _RUNNING
        for row in whole_job(self._header, state):
            yield self._accounted(row, 0, self._until_us if self._is_over else None)

    def _accounted(self, row: Account, start_us: int, end_us: int | None) -> Accounted:
        machines = (self._job.machine(node, start_us) for node in range(self._header.nodes))
        return Accounted(
            row=row,
            start=self._unix(start_us),
            end=None if end_us is None else self._unix(end_us),
            nodes=hostlist(sorted(self._job.short_host(machine) for machine in machines)),
        )

    def _unix(self, time_us: int) -> int:
        return self._header.start_time + time_us // _MICROSECONDS

    # sacct --parsable2

    def _table(self, rows: list[Accounted], now: int) -> Iterator[str]:
        yield "|".join(FIELDS)
        resources = ",".join(f"{name}={count}" for name, count in self._resources)
        for each in rows:
            is_step = "." in each.row.job  # nobody's, and nothing is asked for it but by its job
            yield "|".join(
                (
                    each.row.job,
                    each.row.name,
                    each.row.partition,
                    "" if is_step else USER,
                    ACCOUNT,
                    str(self._header.nodes),
                    "" if is_step else resources,
                    str(self._header.nodes),
                    str(self._header.nodes * PROCESSORS),
                    resources,
                    each.row.state,
                    each.row.code,
                    _iso(each.start if is_step else self._header.start_time),
                    _iso(each.start),
                    "Unknown" if each.end is None else _iso(each.end),
                    elapsed(each.elapsed(now)),
                    elapsed(0),
                    each.nodes,
                )
            )

    @property
    def _resources(self) -> tuple[tuple[str, int], ...]:
        nodes = self._header.nodes
        return (("cpu", nodes * PROCESSORS), ("gres/gpu", self._header.world_size), ("node", nodes))

    # sacct --json

    def _document(self, rows: list[Accounted], now: int) -> dict[str, Any]:
        job, *others = rows
        return {
            "jobs": [
                {
                    "account": ACCOUNT,
                    "allocation_nodes": self._header.nodes,
                    "exit_code": _exit_code(job.row),
                    "job_id": self._job.job_id,
                    "name": job.row.name,
                    "nodes": job.nodes,
                    "partition": job.row.partition,
                    "state": {"current": [job.row.state], "reason": "None"},
                    "steps": [self._step(each, now) for each in others],
                    "time": {
                        "elapsed": job.elapsed(now),
                        "eligible": job.start,
                        "end": job.end or 0,
                        "start": job.start,
                        "submission": job.start,
                    },
                    "tres": {"allocated": self._allocated()},
                }
            ],
            "warnings": [],
            "errors": [],
        }

    def _step(self, each: Accounted, now: int) -> dict[str, Any]:
        return {
            "exit_code": _exit_code(each.row),
            "nodes": {"count": self._header.nodes, "range": each.nodes},
            "state": [each.row.state],
            "step": {"id": each.row.job, "name": each.row.name},
            "time": {"elapsed": each.elapsed(now), "end": _number(each.end), "start": _number(each.start)},
            "tres": {"allocated": self._allocated()},
        }

    def _allocated(self) -> list[dict[str, Any]]:
        return [
            {"type": kind, "name": name, "count": count}
            for (kind, _, name), count in ((resource.partition("/"), count) for resource, count in self._resources)
        ]


def _exit_code(row: Account) -> dict[str, Any]:
    code, signal = map(int, row.code.split(":"))
    is_running = row.state == _RUNNING
    status = "PENDING" if is_running else "SIGNALED" if signal else "ERROR" if code else "SUCCESS"
    return {
        "status": [status],
        "return_code": _number(None if is_running else code),
        "signal": {"id": _number(signal or None), "name": _SIGNALS.get(signal, "")},
    }


def _number(value: int | None) -> dict[str, Any]:
    """As Slurm writes a number that may not be there."""
    return {"set": value is not None, "infinite": False, "number": value or 0}


def _iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def elapsed(seconds: int) -> str:
    """[DD-]HH:MM:SS."""
    days, rest = divmod(seconds, 86_400)
    return (f"{days}-" if days else "") + f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
