"""What DCGM's exporter tells of every accelerator, by columns: a moment of all and a whole run of some are the same work.

Left out are those of its usual metrics that a run does not know: clocks of the memory, PCIe, NVLink, encoders, profiling counters. Two
stand commented out in its list and are worth having: double-bit errors, and the time in which heat held a clock down.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.export.metrics.families import Family, precise
from pysim.story.events import FleetSampled
from pysim.story.fleet import DEAD

Ints = NDArray[np.int64]

MEBIBYTE = 2**20
COLUMNS = ("clock", "memory_celsius", "celsius", "watts", "busy", "used", "throttled", "readable")
"""What is kept of a look at all accelerators: each fits into 32 bits."""
ADDED_UP = ("millijoules", "held_back_nanoseconds")
"""And what adds up from look to look."""

_MILLIJOULES, _NANOSECONDS = 1000, 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Some accelerators at one time, or at some times: columns of one shape."""

    now: Mapping[str, Ints]  # by the names of `COLUMNS`
    millijoules: Ints  # since it came into the job
    held_back_nanoseconds: Ints
    capacity: int  # MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Family):
    """A family of which every accelerator that can be read has a sample; `is_there` says when, beside that."""

    value: Callable[[Readings], Ints]
    is_there: Callable[[Readings], NDArray[np.bool_]] | None = None


CLOCK = Told(
    name="DCGM_FI_DEV_SM_CLOCK",
    help="SM clock frequency (in MHz).",
    value=lambda r: r.now["clock"],
    is_there=lambda r: r.now["clock"] > 0,  # 0 where the driver reports none
)
MEMORY_CELSIUS = Told(
    name="DCGM_FI_DEV_MEMORY_TEMP", help="Memory temperature (in C).", value=lambda r: r.now["memory_celsius"]
)
CELSIUS = Told(name="DCGM_FI_DEV_GPU_TEMP", help="GPU temperature (in C).", value=lambda r: r.now["celsius"])
WATTS = Told(name="DCGM_FI_DEV_POWER_USAGE", help="Power draw (in W).", form=precise, value=lambda r: r.now["watts"])
ENERGY = Told(
    name="DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    help="Total energy consumption since boot (in mJ).",
    kind="counter",
    value=lambda r: r.millijoules,
)
BUSY = Told(name="DCGM_FI_DEV_GPU_UTIL", help="GPU utilization (in %).", value=lambda r: r.now["busy"])
HELD_BACK = Told(
    name="DCGM_FI_DEV_THERMAL_VIOLATION",
    help="Throttling duration due to thermal constraints (in ns).",
    kind="counter",
    value=lambda r: r.held_back_nanoseconds,
)
FREE = Told(
    name="DCGM_FI_DEV_FB_FREE",
    help="Framebuffer memory free (in MiB).",
    value=lambda r: r.capacity - r.now["used"],
)
USED = Told(name="DCGM_FI_DEV_FB_USED", help="Framebuffer memory used (in MiB).", value=lambda r: r.now["used"])
READ = (CLOCK, MEMORY_CELSIUS, CELSIUS, WATTS, ENERGY, BUSY, HELD_BACK, FREE, USED)
"""Those that are read off every accelerator at every look, in the order of the exporter's list."""

XID = Family(name="DCGM_FI_DEV_XID_ERRORS", help="Value of the last XID error encountered.")
XID_COUNT = Family(
    name="DCGM_EXP_XID_ERRORS_COUNT",
    help="reported XIDs during last window",
    kind="counter",  # as its list has it, though it falls again
)
DOUBLE_BITS = Family(
    name="DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
    help="Total number of double-bit volatile ECC errors.",
    kind="counter",
)
ROWS = Family(
    name="DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
    help="Number of remapped rows for uncorrectable errors",
    kind="counter",
)
ROWS_FAILED = Family(name="DCGM_FI_DEV_ROW_REMAP_FAILURE", help="Whether remapping of rows has failed")
COUNTED: Mapping[str, Family] = {"double_bits": DOUBLE_BITS, "rows": ROWS, "rows_failed": ROWS_FAILED}
"""Those that move when something fails, by what `Faults` keeps of them."""


def columns_of(sample: FleetSampled) -> dict[str, Ints]:
    """A look at all accelerators in those columns. Energy and memory are whole: who is dead reads 0 and cannot be read."""
    return {
        "clock": sample.clock_mhz,
        "memory_celsius": sample.memory_celsius,
        "celsius": sample.temperature_celsius,
        "watts": sample.power_watts,
        "busy": sample.utilisation_percent,
        "used": sample.memory_bytes // MEBIBYTE,
        "throttled": sample.throttled,
        "readable": (sample.condition != DEAD).astype(np.int64),
    }


def millijoules(watts_before: Ints, watts: Ints, seconds: float) -> Ints:
    """What was drawn between two looks, if power went evenly from one to the other."""
    drawn: Ints = np.rint((watts_before + watts) * (seconds * _MILLIJOULES / 2)).astype(np.int64)
    return drawn


def nanoseconds(throttled: Ints, seconds: float) -> Ints:
    """For how long heat held a clock down that it holds down at the second of two looks."""
    held: Ints = throttled * np.int64(round(seconds * _NANOSECONDS))
    return held


def is_told(told: Told, readings: Readings) -> NDArray[np.bool_]:
    """Who, or when, has a sample."""
    readable = readings.now["readable"] > 0
    return readable if told.is_there is None else readable & told.is_there(readings)
