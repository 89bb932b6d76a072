"""NVIDIA's restart agent (nvidia-resiliency-ext 0.7.0), which reads a job's log and says what failed first; without its language model.

It lies in a folder of its own, `.cache/restart-agent`, which `make restart-agent` fills from the package index: its wheel is for a newer C
library than it needs for this part of it. Where that cannot be had, the tests that need it are skipped.
"""

import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FOLDER = Path(__file__).parent.parent / ".cache" / "restart-agent"
_PACKAGE = "nvidia_resiliency_ext.attribution.restart_agent"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it takes for the primary failure: its class, None where it sees none, the rank, and how far the job had come."""

    failure_class: str | None
    rank: int | None
    phase: str | None


def is_there() -> bool:
    """Whether it was fetched."""
    return (FOLDER / "ready").is_file()


@cache
def _parts() -> tuple[Any, Any, Any, Any]:
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    named = (
        ("agent_runtime", "RestartAgentRuntime"),
        ("pipeline", "RestartAgent"),
        ("models", "RestartAgentRequest"),
        ("attempt_records", "InMemoryAttemptRecordStore"),
    )
    runtime, agent, request, store = (getattr(import_module(f"{_PACKAGE}.{module}"), name) for module, name in named)
    return runtime, agent, request, store


def judge(log: str) -> Verdict:
    """Its verdict over a log."""
    runtime, agent, request, store = _parts()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "job.log"
        path.write_text(log, encoding="utf-8")
        asked = runtime(agent(evidence_extractor=None), attempt_record_store=store())
        found = asked.analyze_one(request(log_path=str(path), job_id="1", cycle_id=0)).result.to_payload()
    primary = found.get("primary_failure") or {}
    rank = primary.get("rank")
    return Verdict(primary.get("failure_class"), None if rank is None else int(rank), primary.get("phase"))
