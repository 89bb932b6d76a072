"""What a reader that knows logs only should make of each cause, said before it is asked: the truth, or the wrong one that the evidence leads to.

`WHO` is whose rank it should name. Only two things are derived from the log: a job of which not two steps were printed yet counts as
still in its setup, and what leaves no word leaves no failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Literal

from plans import TINY
from restart_agent import Verdict

from pysim.catalog import accelerators
from pysim.pretraining.injection import Injection, possible
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.transcript import timed_transcript
from pysim.story import events as ev
from pysim.terminal.screen import PAGE
from pysim.views.registry import VIEWS

Who = Literal["victim", "survivor", "nobody"]
LOG_EVERY = 10
PLAN = replace(TINY, accelerator=accelerators()["h100-sxm"], world_size=64, micro_batch_size=8)
EXCEPTION, FAILURE, HARDWARE = "observed_exception", "observed_failure", "gpu_hardware_fault"


@dataclass(frozen=True, slots=True)
class Expected:
    """The class, None for no failure, whose rank, and why that and not the cause itself; empty where it is the cause itself."""

    failure_class: str | None
    who: Who = "nobody"
    why: str = ""


_SILENT = Expected(None, why="no program says a word of it")
_LOST = Expected(EXCEPTION, why="peers of the node find out; the exception of C++ names no rank")
_CRASH = Expected(EXCEPTION, "victim", "the exception comes before the kernel's line, or without one")
EXPECTED: Mapping[str, Expected] = MappingProxyType(
    {
        # Accelerators
        "gpu-off-bus": Expected(
            FAILURE, why="NCCL's warning of the failing call is taken for the root, Xid 79 beside it"
        ),
        "gpu-error": _CRASH,
        "hbm-error": _CRASH,
        "hbm-uncontained": _CRASH,
        "sram-error": Expected(HARDWARE),
        "row-remap": Expected(None, why="it is only noted: nothing fails"),
        "nvlink-error": Expected(
            FAILURE, why="NCCL's warning of the failing call is taken for the root, Xid 74 beside it"
        ),
        "nvswitch-error": _CRASH,
        "gsp-timeout": Expected(
            FAILURE, why="the driver's line before Xid 119 is taken for the root; the timeouts follow"
        ),
        "gpu-overheats": _SILENT,
        "thermal-throttling": _SILENT,
        "silent-corruption": Expected(None, why="the trainer's own check exits, and calls it no error"),
        # Network
        "nic-down": _LOST,
        "cable-down": _LOST,
        "link-flap": Expected(None, why="steps stall, and go on"),
        # Nodes
        "host-reboot": _LOST,
        "kernel-panic": _LOST,
        "power-supply": _LOST,
        "local-disk": Expected(EXCEPTION, "victim"),
        "host-out-of-memory": Expected(EXCEPTION, why="the launcher's exception, since a killed process says nothing"),
        "pcie-degraded": _SILENT,
        "straggler": _SILENT,
        "cpu-contention": _SILENT,
        "congestion": _SILENT,
        "rack-cooling": _SILENT,
        "power-cap": _SILENT,
        # Storage and data
        "storage-slow": Expected(None, why="the client complains, and waits"),
        "storage-lost": Expected(EXCEPTION, "victim"),
        "disk-full": Expected(EXCEPTION, "victim"),
        "torn-checkpoint": Expected(None, why="it is found out when it is read, after the restart"),
        "loader-stall": _SILENT,
        "loader-deadlock": Expected(None, why="nobody times out before somebody ends the job"),
        "loader-killed": Expected(FAILURE, "victim"),
        # Software and people
        "software-bug": Expected(EXCEPTION, "victim"),
        "cuda-out-of-memory": Expected("cuda_oom", "victim"),
        "collective-hang": Expected("observed_distributed_operation_timeout", "survivor", "who waits speaks"),
        "dependency": Expected(EXCEPTION, "victim"),
        "preemption": Expected("infra_policy_event"),
        "time-limit": Expected("time_limit"),
        "planned-maintenance": Expected(None, why="the job is told to exit, and does"),
        "code-update": Expected(None, why="the job is told to exit, and does"),
        "host-maintenance": Expected(None, why="the job is told to exit, and does"),
        # Training
        "loss-spike": _SILENT,
        "divergence": _SILENT,
        "nan": Expected(EXCEPTION, "victim"),
    }
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One that was let happen: its cause, the rank that it hit, and the job's log up to the restart."""

    cause: str
    victim: int | None
    log: str

    def matches(self, found: Verdict) -> bool:
        """Whether a verdict is the one that the cause's row says."""
        expected = EXPECTED[self.cause]
        if found.failure_class != expected.failure_class:
            return False
        who: Who = "nobody" if found.rank is None else "victim" if found.rank == self.victim else "survivor"
        return who == expected.who and found.phase == self._phase

    @property
    def _phase(self) -> str | None:
        if EXPECTED[self.cause].failure_class is None:
            return None
        printed = sum(" iteration " in line for line in self.log.split("\n") if line.startswith(" ["))
        return "steady_mid" if printed > 1 else "setup"


def incident(number: int) -> Incident:
    """One of very many: every cause in turn, in runs of other seeds, at other steps and places."""
    causes, draw = list(possible(PLAN)), Random(number)  # noqa: S311 - nothing secret
    cause = causes[number % len(causes)]
    plan = replace(PLAN, seed=draw.randrange(1000), name=f"run-{draw.randrange(100)}")
    at_us = tell(plan).item_begin(draw.randrange(5, 300)) + 50_000
    return _told(cause.name, tell(plan, [Injection(cause=cause.name, at_us=at_us)]))


def _told(cause: str, story: PretrainingStory) -> Incident:
    told = [event for event in story.narrate(every=LOG_EVERY) if isinstance(event, ev.IncidentBegan | ev.JobRelaunched)]
    victim = next((event.rank for event in told if isinstance(event, ev.IncidentBegan)), None)
    again = next((event.time_seconds for event in told if isinstance(event, ev.JobRelaunched)), None)
    until_us = None if again is None else round(again * 1e6)
    lines = timed_transcript(story, PAGE, 0, until_us, view=VIEWS["merged"], log_every=LOG_EVERY)
    return Incident(cause, victim, "".join(text for _, text in lines))
