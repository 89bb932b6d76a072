"""What a line has to do with what went wrong: of which incident it is, and which part it has in it.

`cause`: said where it happened, as it happened. `symptom`: how others meet it - who waits in vain, steps that take longer, losses off their
course. `consequence`: what follows from it - processes that end, launchers and schedulers that end the rest, steps that are done again.
`recovery`: what is done about it, up to the first batch after it. `noise`: said because of it, and tells nothing of it, or of something that
did no harm. A line without a role is of no incident.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from pysim.catalog.incidents import Cause, Evidence, causes
from pysim.story import events as ev
from pysim.story.story import Label, Story

Role = Literal["cause", "symptom", "consequence", "recovery", "noise"]
ROLES: tuple[Role, ...] = get_args(Role)

_TELLS_NOTHING = (
    "NVRM: GPU at PCI:",
    "NVRM: GPU Board Serial Number",
    "CUDA kernel errors might be",
    "NVRM: A GPU crash dump",
)
"""How words begin that come with faults of every kind."""
_BY_ORDER = frozenset({"preemption", "time-limit"})  # what the scheduler does by itself, and says why
_MACHINES = frozenset({"kernel", "fabric-manager", "storage", "telemetry"})
_AFTER = frozenset({"relaunch", "over"})
_LATEST_US = 60_000_000  # after a job is up again, in which words of its restart may still come
_RESTARTS = (
    ev.JobRelaunched,
    ev.LauncherWarned,
    ev.GroupsRejoined,
    ev.CheckpointLoadStarted,
    ev.CheckpointLoaded,
    ev.TrainingResumed,
    ev.NodeDrained,
    ev.NodeReplaced,
    ev.Recovered,
)


_PACE = re.compile(
    r"elapsed|throughput(?!/chinchilla|/total)|(?<!0 )seconds|tps|[TB]PS|mfu|MFU|flops|tok/s|[Tt]ok/?_?sec|tokens_per|samples_per|SamplesPerSec|it/s|eta\b|timing|\bms\b|iter time|\r<"
)
_LOSS = re.compile(r"loss|norm|perplexity|PPL", re.IGNORECASE)
_OVERFLOW = re.compile(r"loss|norm|perplexity|PPL|skipped|scale", re.IGNORECASE)
_MOVED = {"slow": _PACE, "stall": _PACE, "loss": _LOSS}
_SAVES = re.compile(r"sav|seconds", re.IGNORECASE)
"""What a line names that tells a number which an effect on steps, or on saves, moves."""


class Part(NamedTuple):
    """An incident by its number, and the part that a line has in it."""

    incident: int
    role: Role


def role_of(evidence: Evidence, cause: Cause) -> Role:
    """The part of what was said by a row of the table of causes."""
    return next(role for is_so, role in _RULES if is_so(evidence, cause))


_RULES: Sequence[tuple[Callable[[Evidence, Cause], bool], Role]] = (
    (lambda _, cause: cause.effect == "survives", "noise"),
    (lambda said, _: said.words.startswith(_TELLS_NOTHING), "noise"),
    (lambda said, _: said.since in _AFTER, "recovery"),
    (lambda said, _: said.since == "loading" and said.level == "info", "recovery"),
    (lambda said, _: said.since == "loading", "cause"),
    (lambda said, _: "set to DRAINING" in said.words or said.words.endswith("now responding"), "recovery"),
    (lambda said, cause: cause.name in _BY_ORDER and " DUE TO " in said.words, "cause"),
    (lambda said, _: said.speaker in _MACHINES or said.since == "beginning", "cause"),
    (lambda said, _: said.speaker in ("nccl", "watchdog"), "symptom"),
    (lambda said, _: said.words.endswith("not responding") or "unexpectedly rebooted" in said.words, "symptom"),
    (lambda said, _: "oom_kill event" in said.words, "symptom"),
    (lambda said, _: said.speaker == "trainer" and said.role == "victim", "symptom"),
    (lambda _, __: True, "consequence"),
)
"""The first that holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A label with a number of its own: that of its events, or below zero where no event tells of it."""

    number: int
    label: Label

    @property
    def cause(self) -> Cause | None:
        """Its row, if it is an incident."""
        return causes().get(self.label.cause)

    @property
    def effect(self) -> str:
        """On steps; what is no incident makes them slow."""
        return self.cause.effect if self.cause else "slow"

    @property
    def moves(self) -> re.Pattern[str]:
        """What a line of steps has to name to show it."""
        skips = self.cause is not None and self.cause.loss is not None and self.cause.loss.skipped_steps > 0
        return _OVERFLOW if skips else _MOVED[self.effect]

    @property
    def interrupts(self) -> bool:
        """Whether the job went down."""
        return self.label.lost_seconds > 0

    def touches(self, begin_us: int, end_us: int) -> bool:
        """Whether any of it lies in a span of time."""
        return self.label.begin_us < end_us and begin_us <= self.label.end_us


def troubles(story: Story) -> tuple[Trouble, ...]:
    """Everything that befell a run, in order of its beginning."""
    labels = sorted(story.labels(), key=lambda label: (label.begin_us, label.number))
    found, unnumbered = [], 0
    for label in labels:
        unnumbered -= not label.number
        found.append(Trouble(number=label.number or unnumbered, label=label))
    return tuple(found)


class Parts:
    """Says of every event what it has to do with what befell a run; events come in order of time."""

    def __init__(self, befell: Sequence[Trouble]) -> None:
        self._of_number = {each.number: each for each in befell}
        self._down = [each for each in befell if each.interrupts]
        self._down_since = [each.label.begin_us for each in self._down]
        saving = [each for each in befell if each.cause and each.cause.disturbs_saves]
        self._saving = [each for each in saving if each.effect == "stall"]
        self._stepping = [each for each in befell if each.effect in ("slow", "stall", "loss") and each not in saving]
        self._losing = [each for each in befell if each.effect == "loss"]
        self._last_step = self._redone_to = 0
        self._redoes = 0  # number of the incident that steps are done again for

    def narrowed(self, part: Part | None, event: ev.Event, written: str) -> Part | None:
        """The part of one line of an event, by its template and the names in it: a symptom shows only where a number is told that it moves."""
        if part is None or part.role != "symptom" or isinstance(event, ev.LogLine | ev.FleetSampled):
            return part
        moved = _SAVES if isinstance(event, ev.CheckpointCompleted) else self._of_number[part.incident].moves
        return part if moved.search(written) else None

    def cause(self, number: int) -> Cause:
        """The row of an incident's cause."""
        cause = self._of_number[number].cause
        assert cause is not None  # noqa: S101 - what has a number is an incident
        return cause

    def of(self, event: ev.Event) -> Part | None:
        """The part of all lines of an event; of what is said in the words of a program, `role_of` knows better."""
        time_us = event.time_us
        if isinstance(event, ev.StepsReported):
            return self._of_steps(event, time_us)
        if isinstance(event, ev.TrainingInterrupted):
            return self._interrupted(time_us)
        if isinstance(event, _RESTARTS):
            found = self._restart(time_us)
            if isinstance(event, ev.TrainingResumed):
                self._goes_on(event, found)
            return Part(found.number, "recovery") if found else None
        if isinstance(event, ev.FleetSampled):
            return self._of_fleet(event, time_us)
        if isinstance(event, ev.ValidationCompleted | ev.CheckpointCompleted):
            shown = self._saving if isinstance(event, ev.CheckpointCompleted) else self._losing
            return _seen(shown, time_us - round(event.seconds * 1e6), time_us)
        return None

    def _of_steps(self, event: ev.StepsReported, time_us: int) -> Part | None:
        self._last_step = max(self._last_step, event.last)
        took_us = round((event.last - event.first + 1) * event.mean_step_seconds * 1e6)
        seen = _seen(self._stepping, time_us - took_us, time_us)
        if seen is None and self._redoes and event.last <= self._redone_to:
            return Part(self._redoes, "consequence")
        return seen

    def _of_fleet(self, event: ev.FleetSampled, time_us: int) -> Part | None:
        """Accelerators that do not work as they should."""
        if not (event.condition != 0).any():
            return None
        found = [each.number for each in self._of_number.values() if each.touches(time_us, time_us + 1)]
        return Part(found[-1], "symptom") if found else None

    def _interrupted(self, time_us: int) -> Part | None:
        found = self._restart(time_us)
        return Part(found.number, "consequence") if found else None

    def _restart(self, time_us: int) -> Trouble | None:
        """The last thing before a moment that brought the job down, if that is not long over."""
        index = bisect_right(self._down_since, time_us) - 1
        if index < 0 or time_us > self._down[index].label.end_us + _LATEST_US:
            return None
        return self._down[index]

    def _goes_on(self, event: ev.TrainingResumed, found: Trouble | None) -> None:
        self._redone_to = self._last_step if event.step <= self._last_step else 0
        self._redoes = found.number if found and self._redone_to else 0


def _seen(shown: Sequence[Trouble], begin_us: int, end_us: int) -> Part | None:
    """What shows in work that was done in a span of time: the latest of it."""
    found = [each.number for each in shown if each.touches(begin_us, end_us)]
    return Part(found[-1], "symptom") if found else None
