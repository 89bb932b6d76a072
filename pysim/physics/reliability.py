"""How often hardware ends a step, and why.

The counts are the 419 unexpected interruptions of Llama 3 405B in 54 days on 16,384 H100 (arXiv 2407.21783, table 5; the
table's own percentage for faulty GPUs disagrees with its count, so counts are used).
"""

from types import MappingProxyType
from typing import Final

OBSERVED_DAYS: Final = 54.0
OBSERVED_ACCELERATORS: Final = 16_384
HOURS_PER_DAY: Final = 24.0

CAUSE_COUNTS: Final = MappingProxyType(
    {
        "faulty GPU": 148,
        "GPU HBM3 memory": 72,
        "software bug": 54,
        "network switch or cable": 35,
        "host maintenance": 32,
        "GPU SRAM memory": 19,
        "GPU system processor": 17,
        "network card": 7,
        "NCCL watchdog timeout": 7,
        "silent data corruption": 6,
        "GPU thermal interface or sensor": 6,
        "SSD": 3,
        "power supply": 3,
        "server chassis": 2,
        "IO expansion board": 2,
        "dependency": 2,
        "CPU": 2,
        "system memory": 2,
    }
)
"""Unexpected interruptions by cause."""

FAILURES_PER_ACCELERATOR_DAY: Final = sum(CAUSE_COUNTS.values()) / (OBSERVED_DAYS * OBSERVED_ACCELERATORS)
"""4.74e-4. Small jobs fail somewhat more often than this scales to (Kokolis et al. 2024, arXiv 2410.21680)."""


def mean_time_between_failures_hours(world_size: int) -> float:
    """Expected hours between two interruptions of a job on `world_size` accelerators."""
    return HOURS_PER_DAY / (FAILURES_PER_ACCELERATOR_DAY * world_size)


def cause_shares() -> dict[str, float]:
    """Share of all interruptions by cause; they add up to 1."""
    total = sum(CAUSE_COUNTS.values())
    return {cause: count / total for cause, count in CAUSE_COUNTS.items()}
