"""Which nodes something speaks against at a moment: diagnostics, the automatic diagnosis, telemetry, and the log that everybody reads."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from pysim.pretraining.calls import opened
from pysim.pretraining.names import short_host
from pysim.pretraining.run.decisions import Diagnosed
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.incidents import incidents
from pysim.story.events import LogLine
from pysim.story.fleet import DEAD, THROTTLED

_LISTED = 6
_READ_BACK_US = 3_600_000_000  # of the log
_SPEAK_OF_THEMSELVES = ("kernel", "fabric-manager", "telemetry")  # whose words are of the machine where they speak
_REPORTS = "elastic"  # whose words name its own node where the first failure was there
_SPEAKS_OF_ITSELF, _IS_NAMED = "its own log speaks of a fault", "named in the log"
_NAMES = re.compile(r"[A-Za-z][\w-]*")


class Suspect(NamedTuple):
    """A node, and what speaks against it."""

    node: int
    why: str


def suspects(run: Run, time_us: int) -> list[Suspect]:
    """The best evidence first; nothing that cannot be seen by then."""
    return _Evidence(run, time_us).suspects()


def host_name(run: Run, node: int, time_us: int) -> str:
    """The name of the machine that is a node of the job at a time, up to its first dot."""
    return short_host(run.plan, run.incidents.machine_in(node, time_us))


class _Evidence:
    """What there is at one moment."""

    def __init__(self, run: Run, time_us: int) -> None:
        self._run = run
        self._time_us = time_us

    def suspects(self) -> list[Suspect]:
        known = [each for each in self._run.record.diagnosed if self._still_holds(each)]
        cleared = {each.node for each in known if not each.is_named}
        found: dict[int, str] = {}
        for node, why in self._found(known):
            found.setdefault(node, why)
        listed = list(found.items())[:_LISTED]
        return [Suspect(node, f"{why}, nothing found in it" if node in cleared else why) for node, why in listed]

    def _found(self, known: list[Diagnosed]) -> Iterator[tuple[int, str]]:
        yield from ((each.node, "named by diagnostics") for each in reversed(known) if each.is_named)
        for _, call in opened(self._run, self._time_us):
            if call.suspect is not None:
                yield call.suspect, "named by the automatic diagnosis"
        sample = self._run.fleet.sample(self._time_us, 0)
        per_node = self._run.plan.accelerators_per_node
        for condition, why in ((DEAD, "an accelerator cannot be read"), (THROTTLED, "an accelerator is held back")):
            yield from ((rank // per_node, why) for rank in (sample.condition == condition).nonzero()[0].tolist())
        yield from self._of_the_log()

    def _still_holds(self, diagnosed: Diagnosed) -> bool:
        """Whether it is done, and the machine is still there."""
        machines = self._run.incidents
        machine = machines.machine_in(diagnosed.node, diagnosed.begin_us)
        return diagnosed.end_us <= self._time_us and machine == machines.machine_in(diagnosed.node, self._time_us)

    # What everybody reads

    def _of_the_log(self) -> Iterator[tuple[int, str]]:
        """The last that was said first; of a machine that is gone nothing counts any more."""
        said = list(self._said())
        for why in (_SPEAKS_OF_ITSELF, _IS_NAMED) if said else ():
            for line in reversed(said):
                names = _of_itself(line) if why == _SPEAKS_OF_ITSELF else _others(line)
                yield from ((self._nodes[name], why) for name in names if name in self._nodes)

    def _said(self) -> Iterator[LogLine]:
        since_us, until_us = max(self._time_us - _READ_BACK_US, 0), self._time_us + 1
        for event in incidents(self._run, since_us, until_us, looks=False):
            if isinstance(event, LogLine) and event.is_shown and since_us <= event.time_us < until_us:
                yield event

    @cached_property
    def _nodes(self) -> Mapping[str, int]:
        """Nodes of the job by the names that a log has for them."""
        return {host_name(self._run, node, self._time_us): node for node in range(self._run.plan.nodes)}


def _of_itself(line: LogLine) -> tuple[str, ...]:
    """A kernel has its faults at any level."""
    return (line.host,) if line.speaker in _SPEAK_OF_THEMSELVES else ()


def _others(line: LogLine) -> Iterator[str]:
    """Who is named; that a program says where it runs is no evidence, but for the report of who failed first."""
    names = (name for name in _NAMES.findall(line.words))
    return (name for name in names if name != line.host or line.speaker == _REPORTS)
